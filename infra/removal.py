"""What becomes of a stage's data when a resource leaves the stack."""

import aws_cdk as cdk

from infra.settings import Settings


def removal_policy(settings: Settings) -> cdk.RemovalPolicy:
    """Stays or goes. What a failed first deployment made goes in either case: it would be in the next one's way."""
    if settings.removal == "retain":
        return cdk.RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE
    return cdk.RemovalPolicy.DESTROY
