"""Checks of the account: bootstrap, names that are taken, zones, concurrency and quotas."""

from collections.abc import Iterator
from typing import Any

from botocore.exceptions import ClientError

from infra.deployment.deployment import FAILED_CREATIONS, Clients
from infra.deployment.findings import DENIED, ERROR, OK, WARNING, Finding, all_pages, code_of
from infra.settings.settings import EXTRACTORS, SPLITTERS, Settings

OPENSEARCH = "opensearchservice.amazonaws.com"
OPENSEARCH_ROLE = "AWSServiceRoleForAmazonOpenSearchService"
# Lambda keeps this much of an account's concurrency unreserved.
UNRESERVED_MINIMUM = 100
# Searches and writes at once that an import should leave room for.
ROOM_FOR_CALLERS = 20

NOT_BOOTSTRAPPED = """\
The account is not prepared for CDK in {region}: parameter {parameter} is missing.
Prepare it once (it makes a bucket and roles for deployments):
    make bootstrap STAGE={stage}
and run the same command again."""


def bootstrap(clients: Clients, settings: Settings, qualifier: str) -> Iterator[Finding]:
    """The bootstrap of this qualifier in the stage's region."""
    parameter = f"/cdk-bootstrap/{qualifier}/version"
    try:
        version = clients("ssm", settings.region).get_parameter(Name=parameter)["Parameter"]["Value"]
    except ClientError as error:
        if code_of(error) != "ParameterNotFound":
            raise
        text = NOT_BOOTSTRAPPED.format(region=settings.region, parameter=parameter, stage=settings.stage)
        yield Finding(ERROR, text)
    else:
        yield Finding(OK, f"bootstrap: version {version} ({parameter})")


def service_linked_role(clients: Clients, settings: Settings) -> Iterator[Finding]:
    """The role with which OpenSearch enters a VPC."""
    if settings.network != "vpc":
        return
    try:
        clients("iam", settings.region).get_role(RoleName=OPENSEARCH_ROLE)
        yield Finding(OK, f"service-linked role: {OPENSEARCH_ROLE} exists")
    except ClientError as error:
        if code_of(error) != "NoSuchEntity":
            raise
        yield Finding(OK, f"service-linked role: {OPENSEARCH_ROLE} is missing; `make deploy` makes it")


def ensure_service_linked_role(clients: Clients, settings: Settings) -> str | None:
    """Make the role with which OpenSearch enters a VPC, unless the account has it; returns a problem.

    The first domain in a VPC needs it. It belongs to the account: a template that makes it fails where it exists.
    https://docs.aws.amazon.com/opensearch-service/latest/developerguide/slr.html
    """
    iam = clients("iam", settings.region)
    try:
        iam.get_role(RoleName=OPENSEARCH_ROLE)
    except ClientError as missing:
        if code_of(missing) not in ("NoSuchEntity", *DENIED):
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


def stack(clients: Clients, settings: Settings) -> Iterator[Finding]:
    """The state of the stack, if it exists."""
    name = f"alto-{settings.stage}"
    status = _stack_status(clients, settings)
    if status in FAILED_CREATIONS:
        yield Finding(
            WARNING, f"stack {name}: its first deployment failed ({status}); see docs/deploy.md, What can go wrong"
        )
    elif status:
        level = OK if status.endswith("_COMPLETE") else WARNING
        yield Finding(level, f"stack {name}: exists, status {status}")


def domain_name(clients: Clients, settings: Settings) -> Iterator[Finding]:
    """A domain that an earlier stack left has the name that a new one needs."""
    if settings.existing_domain_url or not _is_new(clients, settings) or not _domain_exists(clients, settings):
        return
    yield Finding(
        ERROR,
        f"The domain {settings.domain_name} exists in {settings.region}, left by an earlier stack, so that the "
        "deployment would fail. Import it with `cdk import`, name it in 'existing_domain_url' of another stage, or "
        "delete it (docs/deploy.md, A second life).",
    )


def key_alias(clients: Clients, settings: Settings) -> Iterator[Finding]:
    """The alias of a key that an earlier stack left."""
    if settings.encryption_key != "customer" or not _is_new(clients, settings):
        return
    alias = f"alias/alto-{settings.stage}"
    pages = clients("kms", settings.region).get_paginator("list_aliases").paginate()
    if any(each["AliasName"] == alias for page in pages for each in page["Aliases"]):
        yield Finding(
            ERROR,
            f"The key alias {alias} exists in {settings.region}, left by an earlier stack. Delete it (the key stays): "
            f"aws kms delete-alias --alias-name {alias}",
        )


def _is_new(clients: Clients, settings: Settings) -> bool:
    """Whether the deployment makes the stack. False if that is unknown: then names may be the stack's own."""
    try:
        status = _stack_status(clients, settings)
    except ClientError:
        return False
    return status is None


def _stack_status(clients: Clients, settings: Settings) -> str | None:
    name = f"alto-{settings.stage}"
    try:
        stacks = clients("cloudformation", settings.region).describe_stacks(StackName=name)["Stacks"]
    except ClientError as error:
        if "does not exist" in str(error):
            return None
        raise
    return str(stacks[0]["StackStatus"])


def _domain_exists(clients: Clients, settings: Settings) -> bool:
    try:
        clients("opensearch", settings.region).describe_domain(DomainName=settings.domain_name)
    except ClientError as error:
        if code_of(error) == "ResourceNotFoundException":
            return False
        raise
    return True


def zones(clients: Clients, settings: Settings) -> Iterator[Finding]:
    """As many zones as the stage needs."""
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


def concurrency(clients: Clients, settings: Settings) -> Iterator[Finding]:
    """Lambda's concurrency, which new accounts have little of."""
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
    imports = settings.load_concurrency + SPLITTERS + EXTRACTORS
    if not reserved and limit - imports < ROOM_FOR_CALLERS:
        yield Finding(
            WARNING,
            f"Lambda concurrency: the account has {limit} concurrent executions, and an import may take {imports}, so "
            "that searches end in 429. Raise the quota 'Concurrent executions' (free), or lower 'load_concurrency'.",
        )
        return
    yield Finding(OK, f"Lambda concurrency: {limit}, of which an import may take {imports}")


def quotas(clients: Clients, settings: Settings) -> Iterator[Finding]:
    """Quotas that a stage may meet; the service lists them under names, so they are found by these."""
    quotas = clients("service-quotas", settings.region)
    size = settings.domain if not settings.existing_domain_url else None
    if size:
        nodes = size.instance_count + size.dedicated_managers
        yield from _quota(quotas, "es", "Instances per domain", nodes, "the domain's nodes")
    if settings.makes_vpc:
        yield from _quota(quotas, "vpc", "Interface VPC endpoints per VPC", 8, "the stage's endpoints")
        yield from _quota(quotas, "vpc", "VPCs per Region", 1, "the stage's VPC")


def _quota(quotas: Any, service: str, name: str, needed: int, purpose: str) -> Iterator[Finding]:
    for each in all_pages(quotas.list_service_quotas, "Quotas", ServiceCode=service):
        if each["QuotaName"].lower() == name.lower():
            level = OK if each["Value"] >= needed else ERROR
            more = "" if level == OK else ". Raise it in the console of Service Quotas"
            yield Finding(level, f"quota '{each['QuotaName']}': {each['Value']:g}, {purpose} need {needed}{more}")
