"""The removal policy of resources with data."""

import aws_cdk as cdk

from infra.settings.settings import Settings


def removal_policy(settings: Settings) -> cdk.RemovalPolicy:
    """RETAIN or DESTROY. Resources of a failed first deployment are removed either way, for the next attempt."""
    if settings.removal == "retain":
        return cdk.RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE
    return cdk.RemovalPolicy.DESTROY
