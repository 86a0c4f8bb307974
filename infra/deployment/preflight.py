"""Checks of an account before a deployment spends 40 minutes in it. Each check reads, and changes nothing.

A check that the operator may not make is a warning that names the missing right: CloudFormation, which uses other
roles, may still succeed.
"""

from collections.abc import Iterator

from botocore.exceptions import BotoCoreError, ClientError

from infra.deployment import account_checks, domain_checks
from infra.deployment.deployment import Clients
from infra.deployment.findings import DENIED, OK, WARNING, Check, Finding, NotReadyError, code_of
from infra.deployment.model_checks import check_models, model_quotas
from infra.deployment.stage_cost import describe_cost
from infra.settings.settings import Settings

NO_CREDENTIALS = """\
No working AWS credentials were found ({reason}).
Alto is deployed into your own account. Sign in first, for example with
    aws sso login --profile my-profile && export AWS_PROFILE=my-profile
and run the same command again. `make synth STAGE={stage}` renders the template without credentials."""


def check_credentials(clients: Clients, settings: Settings) -> str:
    """The account's id. Raises `NotReadyError` without working credentials."""
    try:
        return str(clients("sts", settings.region).get_caller_identity()["Account"])
    except (BotoCoreError, ClientError) as error:
        raise NotReadyError(NO_CREDENTIALS.format(reason=error, stage=settings.stage)) from None


def checks(qualifier: str, *, call_models: bool = False) -> tuple[Check, ...]:
    """All checks, in their order, for the bootstrap of a qualifier."""
    return (
        Check(
            "bootstrap",
            ("ssm:GetParameter",),
            lambda clients, settings: account_checks.bootstrap(clients, settings, qualifier),
        ),
        Check("service-linked role", ("iam:GetRole",), account_checks.service_linked_role),
        Check("stack", ("cloudformation:DescribeStacks",), account_checks.stack),
        Check("name of the domain", ("es:DescribeDomain",), account_checks.domain_name),
        Check("alias of the key", ("kms:ListAliases",), account_checks.key_alias),
        Check("engine and instances", ("es:ListVersions", "es:ListInstanceTypeDetails"), domain_checks.engine),
        Check("limits of instances", ("es:DescribeInstanceTypeLimits",), domain_checks.limits),
        Check("zones", ("ec2:DescribeAvailabilityZones",), account_checks.zones),
        Check("Lambda concurrency", ("lambda:GetAccountSettings",), account_checks.concurrency),
        Check("quotas", ("servicequotas:ListServiceQuotas",), account_checks.quotas),
        Check(
            "models",
            ("bedrock:ListFoundationModels", "bedrock:GetFoundationModelAvailability"),
            lambda clients, settings: check_models(clients, settings, call=call_models),
        ),
        Check("quotas of models", ("servicequotas:ListServiceQuotas",), model_quotas),
    )


def preflight(clients: Clients, settings: Settings, qualifier: str, *, call_models: bool = False) -> Iterator[Finding]:
    """All findings, in the order of the checks; the plan and its cost come last."""
    for check in checks(qualifier, call_models=call_models):
        yield from _run(check, clients, settings)
    yield Finding(OK, describe_cost(settings))


def _run(check: Check, clients: Clients, settings: Settings) -> Iterator[Finding]:
    try:
        yield from check.run(clients, settings)
    except ClientError as error:
        if code_of(error) in DENIED:
            denied = [right for right in check.rights if right.endswith(f":{error.operation_name}")] or check.rights
            text = f"{check.name}: not checked, because your identity may not ({', '.join(denied)})."
        else:
            text = f"{check.name}: not checked ({error})."
        yield Finding(WARNING, text)
    except BotoCoreError as error:
        yield Finding(WARNING, f"{check.name}: not checked ({error}).")
