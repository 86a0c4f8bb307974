"""Settings that do not go together, each with a remedy."""

import re
from collections.abc import Callable, Mapping
from operator import attrgetter

from pydantic import BaseModel

from infra.settings.hosts import AWS_ENDPOINT_HOST, host, is_loopback
from infra.settings.settings import EXTRACTORS, SPLITTERS, FunctionName, Settings

# Set by the constructs, unlike the limits of requests (ALTO_LIMIT_*).
ALTO_VARIABLE = re.compile(r"ALTO_(?!LIMIT_)\w+|POWERTOOLS_SERVICE_NAME")
# Names under which secrets are kept. A function's environment can be read by every principal that may describe it.
SECRET_VARIABLE = re.compile(r"(?i)\w*(SECRET|TOKEN|PASSWORD|CREDENTIAL|ACCESS_?KEY|API_?KEY)\w*")

# The largest volume of the burstable types, in GiB.
SMALL_VOLUMES = {"t3.small.search": 100, "t3.medium.search": 200}
PRODUCTION_NAMES = ("prod", "production", "live")
# Each has up to 700 characters, and a function's environment 4,096 bytes.
MOST_ROLES = 8


def find_wrong_combination(settings: Settings) -> str | None:
    """The first wrong combination, as a complete sentence with a remedy; None if the settings go together."""
    for name, check in COMBINATIONS:
        if remedy := check(settings):
            value = None if name == "domain" else attrgetter(name)(settings)
            return f"Setting '{name}' is {_render(name, value)}: {remedy}."
    return None


def _domain(settings: Settings) -> str | None:
    missing = settings.domain is None and settings.existing_domain_url is None
    return "describe a domain, or give 'existing_domain_url'" if missing else None


def _existing_domain(settings: Settings) -> str | None:
    url = settings.existing_domain_url
    if url is None or is_loopback(host(url)):
        return None
    endpoint = AWS_ENDPOINT_HOST.fullmatch(host(url))
    if not (url.startswith("https:") and endpoint):
        return (
            "write a domain's endpoint (https://search-<name>-<id>.<region>.es.amazonaws.com) or a loopback address, "
            "because policies are built from the domain's name"
        )
    if settings.network == "vpc":
        return "leave it out with 'network' vpc, because Alto makes its domain inside its own VPC"
    if endpoint["place"] == "vpc":
        return "write the endpoint of a public domain (search-...), because functions outside its VPC cannot reach it"
    return None


def _instance_count(settings: Settings) -> str | None:
    size = settings.domain
    uneven = size and size.instance_count % size.zones
    return f"write a multiple of 'domain.zones' ({size.zones})" if size and uneven else None


def _volume(settings: Settings) -> str | None:
    size = settings.domain
    largest = SMALL_VOLUMES.get(size.instance_type, 16_384) if size else 16_384
    if size and size.volume_gib > largest:
        return f"write at most {largest}, or a larger 'domain.instance_type' than {size.instance_type}"
    return None


def _removal(settings: Settings) -> str | None:
    if settings.stage in PRODUCTION_NAMES and settings.removal == "destroy":
        return f"write retain, or give a stage that may lose its data another name than {settings.stage}"
    return None


def _issuer(settings: Settings) -> str | None:
    issuer = settings.jwt_issuer
    if settings.auth == "iam":
        return "leave it out, or set 'auth' to jwt" if issuer else None
    if issuer is None:
        return "write the issuer's URL, because 'auth' is jwt"
    on_this_machine = is_loopback(host(issuer)) and is_loopback(host(settings.existing_domain_url))
    return None if issuer.startswith("https:") or on_this_machine else "write an https URL: API Gateway asks for keys"


def _audience(settings: Settings) -> str | None:
    if settings.auth == "iam":
        return "leave it out, or set 'auth' to jwt" if settings.jwt_audience else None
    return None if settings.jwt_audience else "list whom tokens must be made for (their aud), because 'auth' is jwt"


def _scopes(settings: Settings) -> str | None:
    lists = (settings.jwt_read_scopes, settings.jwt_write_scopes, settings.jwt_admin_scopes)
    if settings.auth == "iam":
        return "leave 'jwt_*_scopes' out, or set 'auth' to jwt" if any(lists) else None
    if any(lists) and not all(lists):
        return "give all of 'jwt_read_scopes', 'jwt_write_scopes' and 'jwt_admin_scopes', or none of them"
    return None


def _custom_domain(settings: Settings) -> str | None:
    alone = settings.certificate_arn and not settings.custom_domain
    return "write the host name that 'certificate_arn' is for, or leave that out" if alone else None


def _certificate(settings: Settings) -> str | None:
    arn = settings.certificate_arn
    if settings.custom_domain and not arn:
        return f"write the ARN of an ACM certificate in {settings.region} for 'custom_domain' {settings.custom_domain}"
    if arn and arn.split(":")[3] != settings.region:
        return f"write a certificate of the stage's region, {settings.region}: API Gateway takes no other"
    return None


def _model_regions(settings: Settings) -> str | None:
    others = [region for region in settings.regions_of_models if region != settings.region]
    if settings.makes_vpc and others:
        return f"leave out {', '.join(others)}: from inside a VPC without internet only {settings.region} is reached"
    return None


def _model_roles(settings: Settings) -> str | None:
    for field in ("name", "role_arn"):
        values = [getattr(role, field) for role in settings.model_roles]
        for value in values:
            if values.count(value) > 1:
                return f"list the {field} {value!r} once: a role has one external id"
    if len(settings.model_roles) > MOST_ROLES:
        return f"list at most {MOST_ROLES}: the functions have them in their environment, which is limited to 4 KB"
    return None


def _rerank_role(settings: Settings) -> str | None:
    names = [role.name for role in settings.model_roles]
    if settings.rerank_role and settings.rerank_role not in names:
        return f"write the name of one of 'model_roles' ({', '.join(names) or 'none'}), or leave it out"
    return None


def _network(settings: Settings) -> str | None:
    if settings.network == "vpc" and is_loopback(host(settings.existing_domain_url)):
        return "write public, because 'existing_domain_url' is on this machine"
    return None


def _existing_vpc(settings: Settings) -> str | None:
    vpc = settings.existing_vpc
    if vpc is None:
        return None
    if settings.network != "vpc":
        return "leave it out, or set 'network' to vpc"
    zones = [subnet.zone for subnet in vpc.subnets]
    for zone in zones:
        if zones.count(zone) > 1:
            return f"list one subnet in {zone}: each is in a zone of its own"
        if not zone.startswith(settings.region):
            return f"list subnets in {settings.region}, the stage's region: {zone} is in another"
    if settings.domain and settings.domain.zones > len(zones):
        return f"list a subnet for each of the {settings.domain.zones} zones of 'domain.zones'"
    return None


def _reserved(settings: Settings) -> str | None:
    needs: dict[FunctionName, int] = {"load": settings.load_concurrency, "split": SPLITTERS, "extract": EXTRACTORS}
    for function, needed in needs.items():
        if settings.reserved_concurrency.get(function, needed) < needed:
            return (
                f"write at least {needed} for {function}, which its queues may start at once; "
                "what is throttled becomes a dead letter"
            )
    return None


def _environment(settings: Settings) -> str | None:
    for name in settings.function_environment:
        if ALTO_VARIABLE.fullmatch(name):
            return f"remove {name}, Alto sets it itself"
        if SECRET_VARIABLE.fullmatch(name):
            return f"remove {name}: do not keep secrets in an environment; name a role in 'model_roles'"
    return None


def _collections_claim(settings: Settings) -> str | None:
    return "leave it out, or set 'auth' to jwt" if settings.jwt_collections_claim and settings.auth == "iam" else None


def _tags(settings: Settings) -> str | None:
    for name in settings.tags:
        if name.lower().startswith("aws:"):
            return f"give {name} another name: names that begin with aws: are AWS's own"
    return None


# Read from top to bottom: a setting, and a function that returns what to write instead of its value, given all
# settings, or None.
COMBINATIONS: tuple[tuple[str, Callable[[Settings], str | None]], ...] = (
    ("domain", _domain),
    ("domain.instance_count", _instance_count),
    ("domain.volume_gib", _volume),
    ("network", _network),
    ("existing_vpc", _existing_vpc),
    ("existing_domain_url", _existing_domain),
    ("removal", _removal),
    ("jwt_issuer", _issuer),
    ("jwt_audience", _audience),
    ("jwt_read_scopes", _scopes),
    ("custom_domain", _custom_domain),
    ("certificate_arn", _certificate),
    ("model_regions", _model_regions),
    ("model_roles", _model_roles),
    ("rerank_role", _rerank_role),
    ("reserved_concurrency", _reserved),
    ("function_environment", _environment),
    ("jwt_collections_claim", _collections_claim),
    ("tags", _tags),
)
SECRETIVE = frozenset({"function_environment"})


def _render(name: str, value: object) -> str:
    if value in (None, ()):
        return "missing"
    if name in SECRETIVE:
        return "wrong"
    if isinstance(value, BaseModel):
        return repr(value.model_dump(mode="json"))
    if isinstance(value, tuple):
        return repr([each.model_dump(exclude_none=True) if isinstance(each, BaseModel) else each for each in value])
    return repr(dict(value) if isinstance(value, Mapping) else value)
