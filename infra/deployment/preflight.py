"""Checks of an account before a deployment spends 40 minutes in it. Each check reads, and changes nothing.

A check that the operator may not make is a warning that names the missing right: CloudFormation, which uses other
roles, may still succeed.
"""

from collections.abc import Callable, Iterator
from typing import Any, Literal, NamedTuple

from botocore.exceptions import BotoCoreError, ClientError

from infra.deployment.deployment import FAILED_CREATIONS, Clients
from infra.deployment.model_checks import check_models
from infra.deployment.stage_cost import describe_cost
from infra.settings.settings import ENGINE_VERSION, SPLITTERS, Settings

OK: Literal["ok"] = "ok"
WARNING: Literal["warning"] = "warning"
ERROR: Literal["error"] = "error"

OPENSEARCH = "opensearchservice.amazonaws.com"
OPENSEARCH_ROLE = "AWSServiceRoleForAmazonOpenSearchService"
# Lambda keeps this much of an account's concurrency unreserved.
UNRESERVED_MINIMUM = 100
# Searches and writes at once that an import should leave room for.
ROOM_FOR_CALLERS = 20
DENIED = ("AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "AuthorizationError")

NO_CREDENTIALS = """\
No working AWS credentials were found ({reason}).
Alto is deployed into your own account. Sign in first, for example with
    aws sso login --profile my-profile && export AWS_PROFILE=my-profile
and run the same command again. `make synth STAGE={stage}` renders the template without credentials."""

NOT_BOOTSTRAPPED = """\
The account is not prepared for CDK in {region}: parameter {parameter} is missing.
Prepare it once (it makes a bucket and roles for deployments):
    make bootstrap STAGE={stage}
and run the same command again."""


class NotReadyError(Exception):
    """The account cannot be deployed to yet. The message contains the remedy."""


class Finding(NamedTuple):
    """The result of a check."""

    level: Literal["ok", "warning", "error"]
    text: str


class Check(NamedTuple):
    """A check, and the rights that it needs."""

    name: str
    rights: str
    run: Callable[[Clients, Settings], Iterator[Finding]]


def check_credentials(clients: Clients, settings: Settings) -> str:
    """The account's id. Raises `NotReadyError` without working credentials."""
    try:
        return str(clients("sts", settings.region).get_caller_identity()["Account"])
    except (BotoCoreError, ClientError) as error:
        raise NotReadyError(NO_CREDENTIALS.format(reason=error, stage=settings.stage)) from None


def preflight(clients: Clients, settings: Settings, qualifier: str, *, call_models: bool = False) -> Iterator[Finding]:
    """All findings, in the order of the checks; the plan and its cost come last."""
    checks = (
        Check("bootstrap", "ssm:GetParameter", lambda *given: _bootstrap(given[0], given[1], qualifier)),
        Check("service-linked role", "iam:GetRole", _service_linked_role),
        Check("stack and names", "cloudformation:DescribeStacks, es:DescribeDomain, kms:ListAliases", _names),
        Check("engine and instances", "es:ListVersions, es:ListInstanceTypeDetails", _engine),
        Check("limits of instances", "es:DescribeInstanceTypeLimits", _limits),
        Check("zones", "ec2:DescribeAvailabilityZones", _zones),
        Check("Lambda concurrency", "lambda:GetAccountSettings", _concurrency),
        Check("quotas", "servicequotas:ListServiceQuotas", _quotas),
        Check(
            "models",
            "bedrock:ListFoundationModels, bedrock:GetFoundationModelAvailability",
            lambda *given: (Finding(*each) for each in check_models(*given, call=call_models)),
        ),
    )
    for check in checks:
        yield from _run(check, clients, settings)
    yield Finding(OK, describe_cost(settings))


def ensure_service_linked_role(clients: Clients, settings: Settings) -> str | None:
    """Make the role with which OpenSearch enters a VPC, unless the account has it; returns a problem.

    The first domain in a VPC needs it. It belongs to the account: a template that makes it fails where it exists.
    https://docs.aws.amazon.com/opensearch-service/latest/developerguide/slr.html
    """
    iam = clients("iam", settings.region)
    try:
        iam.get_role(RoleName=OPENSEARCH_ROLE)
    except ClientError as missing:
        if _code(missing) not in ("NoSuchEntity", *DENIED):
            return f"role {OPENSEARCH_ROLE} could not be read: {missing}"
    else:
        return None
    try:
        iam.create_service_linked_role(AWSServiceName=OPENSEARCH)
    except ClientError as error:
        if "has been taken" not in str(error):
            return (
                f"role {OPENSEARCH_ROLE} could not be made ({error}). If the account has none, the domain fails: "
                f"aws iam create-service-linked-role --aws-service-name {OPENSEARCH}"
            )
    return None


def _run(check: Check, clients: Clients, settings: Settings) -> Iterator[Finding]:
    try:
        yield from check.run(clients, settings)
    except ClientError as error:
        if _code(error) in DENIED:
            text = f"{check.name}: not checked, because your identity may not ({check.rights})."
        else:
            text = f"{check.name}: not checked ({error})."
        yield Finding(WARNING, text)
    except BotoCoreError as error:
        yield Finding(WARNING, f"{check.name}: not checked ({error}).")


def _bootstrap(clients: Clients, settings: Settings, qualifier: str) -> Iterator[Finding]:
    parameter = f"/cdk-bootstrap/{qualifier}/version"
    try:
        version = clients("ssm", settings.region).get_parameter(Name=parameter)["Parameter"]["Value"]
    except ClientError as error:
        if _code(error) != "ParameterNotFound":
            raise
        text = NOT_BOOTSTRAPPED.format(region=settings.region, parameter=parameter, stage=settings.stage)
        yield Finding(ERROR, text)
    else:
        yield Finding(OK, f"bootstrap: version {version} ({parameter})")


def _service_linked_role(clients: Clients, settings: Settings) -> Iterator[Finding]:
    if settings.network != "vpc":
        return
    try:
        clients("iam", settings.region).get_role(RoleName=OPENSEARCH_ROLE)
        yield Finding(OK, f"service-linked role: {OPENSEARCH_ROLE} exists")
    except ClientError as error:
        if _code(error) != "NoSuchEntity":
            raise
        yield Finding(OK, f"service-linked role: {OPENSEARCH_ROLE} is missing; `make deploy` makes it")


def _names(clients: Clients, settings: Settings) -> Iterator[Finding]:
    """Names that a new stack could not use because an earlier one left them."""
    stack = f"alto-{settings.stage}"
    status = _stack_status(clients, settings, stack)
    if status and status not in FAILED_CREATIONS:
        level = OK if status.endswith("_COMPLETE") else WARNING
        yield Finding(level, f"stack {stack}: exists, status {status}")
        return
    if status:
        yield Finding(WARNING, f"stack {stack}: its first deployment failed ({status}); see docs/deploy.md, Deploy")
        return
    remedy = "Import it with `cdk import`, name it in 'existing_domain_url' of another stage, or delete it"
    if not settings.existing_domain_url and _domain_exists(clients, settings):
        yield Finding(
            ERROR,
            f"The domain {settings.domain_name} exists in {settings.region}, left by an earlier stack, so that the "
            f"deployment would fail. {remedy} (docs/deploy.md, A second life).",
        )
    alias = f"alias/{stack}"
    pages = clients("kms", settings.region).get_paginator("list_aliases").paginate()
    if settings.encryption_key == "customer" and any(
        each["AliasName"] == alias for page in pages for each in page["Aliases"]
    ):
        yield Finding(
            ERROR,
            f"The key alias {alias} exists in {settings.region}, left by an earlier stack. Delete it (the key stays): "
            f"aws kms delete-alias --alias-name {alias}",
        )


def _stack_status(clients: Clients, settings: Settings, stack: str) -> str | None:
    try:
        stacks = clients("cloudformation", settings.region).describe_stacks(StackName=stack)["Stacks"]
    except ClientError as error:
        if "does not exist" in str(error):
            return None
        raise
    return str(stacks[0]["StackStatus"])


def _domain_exists(clients: Clients, settings: Settings) -> bool:
    try:
        clients("opensearch", settings.region).describe_domain(DomainName=settings.domain_name)
    except ClientError as error:
        if _code(error) == "ResourceNotFoundException":
            return False
        raise
    return True


def _engine(clients: Clients, settings: Settings) -> Iterator[Finding]:
    size = settings.domain
    if settings.existing_domain_url or not size:
        return
    opensearch = clients("opensearch", settings.region)
    wanted = f"OpenSearch_{ENGINE_VERSION}"
    versions = _all(opensearch.list_versions, "Versions")
    if wanted not in versions:
        newest = next((version for version in versions if version.startswith("OpenSearch_")), "none")
        yield Finding(ERROR, f"{settings.region} does not offer {wanted} (newest: {newest}). Choose another 'region'.")
        return
    details = _all(opensearch.list_instance_type_details, "InstanceTypeDetails", EngineVersion=wanted)
    offered = {each["InstanceType"] for each in details}
    types = {"domain.instance_type": size.instance_type}
    if size.dedicated_managers:
        types["domain.manager_instance_type"] = size.manager_instance_type
    missing = {name: kind for name, kind in types.items() if kind not in offered}
    for name, kind in missing.items():
        yield Finding(ERROR, f"{settings.region} does not offer {kind} for {wanted}. Change '{name}'.")
    if not missing:
        yield Finding(OK, f"engine: {wanted} on {', '.join(types.values())} is offered in {settings.region}")


def _limits(clients: Clients, settings: Settings) -> Iterator[Finding]:
    """The service's limits of the instance types: volume, number of data nodes, and whether they can be managers."""
    size = settings.domain
    if settings.existing_domain_url or not size:
        return
    data = _limits_of(clients, settings, size.instance_type).get("data", {})
    largest = [
        int(limit["LimitValues"][0])
        for kind in data.get("StorageTypes", [])
        if kind["StorageTypeName"] == "ebs" and kind.get("StorageSubTypeName") == "gp3"
        for limit in kind["StorageTypeLimits"]
        if limit["LimitName"] == "MaximumVolumeSize"
    ]
    most = [
        int(limit["LimitValues"][0])
        for limit in data.get("AdditionalLimits", [])
        if limit["LimitName"] == "MaximumNumberOfDataNodesSupported"
    ]
    if largest and size.volume_gib > largest[0]:
        yield Finding(
            ERROR,
            f"Setting 'domain.volume_gib' is {size.volume_gib}: {size.instance_type} takes at most {largest[0]}. Write "
            "less, or choose a larger 'domain.instance_type'.",
        )
    elif largest:
        yield Finding(OK, f"volume: {size.volume_gib} of at most {largest[0]} GiB")
    if most and size.instance_count > most[0]:
        yield Finding(
            ERROR,
            f"Setting 'domain.instance_count' is {size.instance_count}: a domain takes at most {most[0]} data nodes of "
            f"{size.instance_type}. Write less, or choose a larger 'domain.instance_type'.",
        )
    if size.dedicated_managers and "master" not in _limits_of(clients, settings, size.manager_instance_type):
        yield Finding(
            ERROR,
            f"Setting 'domain.manager_instance_type' is '{size.manager_instance_type}': it cannot be a dedicated "
            "manager. Choose another, such as m7g.large.search.",
        )


def _limits_of(clients: Clients, settings: Settings, instance_type: str) -> dict[str, Any]:
    limits: dict[str, Any] = clients("opensearch", settings.region).describe_instance_type_limits(
        InstanceType=instance_type, EngineVersion=f"OpenSearch_{ENGINE_VERSION}"
    )["LimitsByRole"]
    return limits


def _zones(clients: Clients, settings: Settings) -> Iterator[Finding]:
    needed = settings.domain.zones if settings.domain and not settings.existing_domain_url else 1
    if settings.network == "vpc":
        needed = max(2, needed)
    zones = clients("ec2", settings.region).describe_availability_zones(
        Filters=[{"Name": "state", "Values": ["available"]}, {"Name": "zone-type", "Values": ["availability-zone"]}]
    )["AvailabilityZones"]
    if len(zones) < needed:
        text = f"{settings.region} has {len(zones)} zones, and the stage needs {needed}. Lower 'domain.zones'."
        yield Finding(ERROR, text)
    else:
        yield Finding(OK, f"zones: {needed} of {len(zones)} are used")


def _concurrency(clients: Clients, settings: Settings) -> Iterator[Finding]:
    limits = clients("lambda", settings.region).get_account_settings()["AccountLimit"]
    limit = int(limits["ConcurrentExecutions"])
    reserved = sum(settings.reserved_concurrency.values())
    if reserved and reserved > limit - UNRESERVED_MINIMUM:
        yield Finding(
            ERROR,
            f"Setting 'reserved_concurrency' is {reserved} in all, and the account has {limit} concurrent executions, "
            f"of which {UNRESERVED_MINIMUM} must stay unreserved. Remove it, or raise 'Concurrent executions'.",
        )
        return
    imports = settings.load_concurrency + SPLITTERS
    if not reserved and limit - imports < ROOM_FOR_CALLERS:
        yield Finding(
            WARNING,
            f"Lambda concurrency: the account has {limit} concurrent executions, and an import may take {imports}, so "
            "that searches end in 429. Raise the quota 'Concurrent executions' (free), or lower 'load_concurrency'.",
        )
        return
    yield Finding(OK, f"Lambda concurrency: {limit}, of which an import may take {imports}")


def _quotas(clients: Clients, settings: Settings) -> Iterator[Finding]:
    """Quotas that a stage may meet; the service lists them under names, so they are found by these."""
    quotas = clients("service-quotas", settings.region)
    size = settings.domain if not settings.existing_domain_url else None
    if size:
        nodes = size.instance_count + size.dedicated_managers
        yield from _quota(quotas, "es", "Instances per domain", nodes, "the domain's nodes")
    if settings.network == "vpc":
        yield from _quota(quotas, "vpc", "Interface VPC endpoints per VPC", 8, "the stage's endpoints")
        yield from _quota(quotas, "vpc", "VPCs per Region", 1, "the stage's VPC")


def _quota(quotas: Any, service: str, name: str, needed: int, purpose: str) -> Iterator[Finding]:
    for each in _all(quotas.list_service_quotas, "Quotas", ServiceCode=service):
        if each["QuotaName"].lower() == name.lower():
            level = OK if each["Value"] >= needed else ERROR
            more = "" if level == OK else ". Raise it in the console of Service Quotas"
            yield Finding(level, f"quota '{each['QuotaName']}': {each['Value']:g}, {purpose} need {needed}{more}")


def _all(operation: Callable[..., dict[str, Any]], key: str, **given: Any) -> list[Any]:
    """The items of all pages of an operation."""
    items: list[Any] = []
    token: dict[str, str] = {}
    while True:
        page = operation(**given, **token)
        items += page[key]
        if not page.get("NextToken"):
            return items
        token = {"NextToken": page["NextToken"]}


def _code(error: ClientError) -> str:
    return str(error.response["Error"]["Code"])
