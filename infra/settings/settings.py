"""The settings of a stage: one typed, checked model. `stage_settings.py` reads it from `cdk.json`."""

import json
import re
from collections.abc import Callable, Mapping
from operator import attrgetter
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StrictBool, StringConstraints, model_validator

from infra.settings.hosts import AWS_ENDPOINT_HOST, host, is_loopback

Architecture = Literal["arm64", "x86_64"]
FunctionName = Literal["query", "write", "split", "load"]

# A domain's name may have 28 characters, and `alto-` is in front of the stage.
STAGE_NAME = r"^[a-z][a-z0-9-]{0,22}$"
INSTANCE_TYPE = r"^[a-z0-9]+\.[a-z0-9]+\.search$"
REGION = r"^[a-z]{2}(-[a-z]+)+-\d$"
MODEL = r"^[A-Za-z0-9][A-Za-z0-9.:/_-]*$"
ENDPOINT = r"^[A-Za-z0-9][A-Za-z0-9-]{0,62}$"
ROLE_NAME = r"^[a-z][a-z0-9-]{0,31}$"
EXTERNAL_ID = r"^[A-Za-z0-9_+=,.@:/-]{2,256}$"
ROLE_ARN = r"^arn:aws[a-z-]*:iam::[0-9]{12}:role/[A-Za-z0-9_+=,.@/-]+$"
CERTIFICATE_ARN = r"^arn:aws[a-z-]*:acm:[a-z0-9-]+:[0-9]{12}:certificate/[A-Za-z0-9-]+$"
HOST_NAME = r"^(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,}$"
ORIGIN = r"^https?://[A-Za-z0-9.-]+(:[0-9]{1,5})?$"
EMAIL = r"^[^@\s]+@[^@\s]+\.[^@\s]+$"

# Hybrid search with a common filter and rank fusion need 3.x. Tests run 3.6, the newest version whose neural-search
# plugin is on Maven Central; the service has 3.5 and 3.7, so that the deployed version is the newer (docs/deploy.md).
ENGINE_VERSION = "3.7"

# Models that take batch jobs (Supported Regions and models for batch inference).
BATCH_MODELS = ("amazon.titan-embed-text-v2:0", "amazon.titan-embed-image-v1")

# Set by the constructs, unlike the limits of requests (ALTO_LIMIT_*).
ALTO_VARIABLE = re.compile(r"ALTO_(?!LIMIT_)\w+|POWERTOOLS_SERVICE_NAME")
# Names under which secrets are kept. A function's environment can be read by every principal that may describe it.
SECRET_VARIABLE = re.compile(r"(?i)\w*(SECRET|TOKEN|PASSWORD|CREDENTIAL|ACCESS_?KEY|API_?KEY)\w*")

# The largest volume of the burstable types, in GiB.
SMALL_VOLUMES = {"t3.small.search": 100, "t3.medium.search": 200}
PRODUCTION_NAMES = ("prod", "production", "live")
# Each has up to 700 characters, and a function's environment 4,096 bytes.
MOST_ROLES = 8
# The most splitters at once: of files, and of dead letters.
SPLITTERS = 7


def decode(value: Any) -> Any:
    """A value from the command line, which arrives as text: JSON where it is JSON."""
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except json.JSONDecodeError:
        return value


def _whole(value: Any) -> Any:
    """Rejects true, which pydantic would take for 1."""
    decoded = decode(value)
    return str(decoded) if isinstance(decoded, bool) else decoded


Decoded = BeforeValidator(decode)
WholeNumber = Annotated[int, BeforeValidator(_whole)]
Text = Annotated[str, StringConstraints(min_length=1)]
Flag = Annotated[StrictBool, Decoded]


def whole_number(low: int, high: int, **options: Any) -> Any:
    """A field for a whole number, ends included."""
    return Field(ge=low, le=high, description=f"a whole number from {low} to {high}", **options)


def matching(pattern: str) -> Any:
    """The type of texts of a given form."""
    return StringConstraints(pattern=pattern, strict=True)


class _Block(BaseModel):
    """A block of settings. The description of a field says what to write there."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class DomainSize(_Block):
    """The size of Alto's own OpenSearch domain."""

    instance_type: Annotated[str, matching(INSTANCE_TYPE)] = Field(description="a type such as r7g.large.search")
    instance_count: WholeNumber = whole_number(1, 80)
    zones: WholeNumber = whole_number(1, 3)
    dedicated_managers: Literal[0, 3, 5]
    manager_instance_type: Annotated[str, matching(INSTANCE_TYPE)] = Field(
        "m7g.large.search", description="a type such as m7g.large.search"
    )
    volume_gib: WholeNumber = whole_number(10, 16_384)


class ModelRole(_Block):
    """A role that Alto may assume to call models, and the external id with which it does: always this pair."""

    name: Annotated[str, matching(ROLE_NAME)] = Field(description="lower case letters, digits and '-', at most 32")
    role_arn: Annotated[str, matching(ROLE_ARN)] = Field(
        description="a role's ARN such as arn:aws:iam::123456789012:role/embed, without wildcards"
    )
    external_id: Annotated[str, matching(EXTERNAL_ID)] | None = Field(
        None, description="what the role's trust policy asks for: 2 to 256 letters, digits and _+=,.@:/-"
    )


class Settings(_Block):
    """All settings of a stage."""

    stage: Annotated[str, matching(STAGE_NAME)] = Field(description="lower case letters, digits and '-', at most 23")
    region: Annotated[str, matching(REGION)] = Field(description="an AWS region such as eu-west-1")
    architecture: Architecture
    # Whether the stage's data outlive it: bucket, table, domain, key and logs.
    removal: Literal["retain", "destroy"]

    # Where collections live.
    engine: Literal["lucene", "faiss"]
    # Copies of each shard of a collection that does not ask for a number. By default 1, or 0 on a domain of one node.
    replicas: Annotated[WholeNumber, Field(ge=0, le=5)] | None = Field(None, description="a whole number from 0 to 5")
    domain: Annotated[DomainSize | None, Decoded] = None
    existing_domain_url: Annotated[str, matching(r"^https?://[^/\s]+$")] | None = Field(
        None, description="scheme and host only, as in http://127.0.0.1:9200"
    )

    # Which models the functions may invoke, in which regions besides the stage's own, and as which roles.
    models: Annotated[tuple[Annotated[str, matching(MODEL)], ...], Decoded] = Field(
        description="Bedrock model ids, without wildcards"
    )
    model_regions: Annotated[tuple[Annotated[str, matching(REGION)], ...], Decoded] = Field(
        (), description="AWS regions such as us-east-1"
    )
    # The models that may rerank searches.
    rerank_models: Annotated[tuple[Annotated[str, matching(MODEL)], ...], Decoded] = Field(
        (), description="Bedrock model ids, without wildcards"
    )
    sagemaker_endpoints: Annotated[tuple[Annotated[str, matching(ENDPOINT)], ...], Decoded] = Field(
        (), description="endpoint names, without wildcards"
    )
    # Roles, also of other accounts, that collections may name in `role_arn`, by name or ARN.
    model_roles: Annotated[tuple[ModelRole, ...], Decoded] = Field(
        (), description='a list of {"name": ..., "role_arn": ..., "external_id": ...}'
    )
    # The one of these that calls the models that rerank. By default the function calls them with its own role.
    rerank_role: Annotated[str, matching(ROLE_NAME)] | None = Field(
        None, description="the name of one of 'model_roles'"
    )

    # Who may call the API, and under which name.
    # The claim that lists the collections of a token; without it a token is not limited to collections.
    jwt_collections_claim: Annotated[str, matching(r"^[A-Za-z0-9_:./-]{1,100}$")] | None = Field(
        None, description="the name of a claim"
    )
    auth: Literal["iam", "jwt"] = "iam"
    jwt_issuer: Annotated[str, matching(r"^https?://[^\s?#]+$")] | None = Field(
        None, description="the issuer's URL, as in its tokens"
    )
    jwt_audience: Annotated[tuple[Text, ...], Decoded] = Field((), description="text")
    # A token needs one scope of a route's list; without lists any valid token may use every route.
    jwt_read_scopes: Annotated[tuple[Text, ...], Decoded] = Field((), description="scopes, as in tokens")
    jwt_write_scopes: Annotated[tuple[Text, ...], Decoded] = Field((), description="scopes, as in tokens")
    jwt_admin_scopes: Annotated[tuple[Text, ...], Decoded] = Field((), description="scopes, as in tokens")
    custom_domain: Annotated[str, matching(HOST_NAME)] | None = Field(
        None, description="a host name such as search.example.com"
    )
    certificate_arn: Annotated[str, matching(CERTIFICATE_ARN)] | None = Field(
        None, description="an ACM certificate's ARN: arn:aws:acm:<region>:<account>:certificate/<id>"
    )
    # Web pages that may call the API: origins such as https://search.example.com. None by default.
    cors_origins: Annotated[tuple[Annotated[str, matching(ORIGIN)], ...], Decoded] = Field(
        (), description="origins: scheme, host and port, no path"
    )
    throttle_rate: WholeNumber = whole_number(1, 10_000)
    throttle_burst: WholeNumber = whole_number(1, 5_000)

    # Where the functions run, and which key encrypts their data.
    network: Literal["public", "vpc"] = "public"
    encryption_key: Literal["aws-owned", "customer"] = "aws-owned"

    # Days after which files in the import bucket expire; they stay by default.
    upload_expiry_days: Annotated[WholeNumber, Field(ge=1, le=3_650)] | None = Field(
        None, description="a whole number from 1 to 3650"
    )

    # SQS itself takes 2 to 1000.
    load_concurrency: WholeNumber = whole_number(2, 1_000)
    # By function: the share of the account's concurrent executions that is kept for it, and its limit.
    reserved_concurrency: Annotated[Mapping[FunctionName, Annotated[WholeNumber, Field(ge=1, le=10_000)]], Decoded] = (
        Field(default_factory=dict, description="a whole number from 1 to 10000")
    )
    # Whether query and write start from a snapshot of their initialised selves.
    snap_start: Flag = False

    # The values of CloudWatch Logs that are in common use.
    log_retention_days: Annotated[Literal[1, 3, 7, 14, 30, 90, 180, 365, 731], Decoded]
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    # Who is notified of alarms; each address has to confirm first.
    alarm_emails: Annotated[tuple[Annotated[str, matching(EMAIL)], ...], Decoded] = Field(
        (), description="e-mail addresses such as team@example.com"
    )
    function_environment: Annotated[Mapping[Text, Text], Decoded] = Field(default_factory=dict, description="text")

    @model_validator(mode="after")
    def check_combinations(self) -> Self:
        """Reject settings that do not go together. The message is a complete sentence."""
        for name, check in COMBINATIONS:
            if remedy := check(self):
                value = None if name == "domain" else attrgetter(name)(self)
                raise ValueError(f"Setting '{name}' is {_render(name, value)}: {remedy}.")
        return self

    @property
    def batch_models(self) -> tuple[str, ...]:
        """The stage's models that take batch jobs."""
        return tuple(model for model in self.models if model in BATCH_MODELS)

    @property
    def domain_name(self) -> str:
        """The name by which policies know the OpenSearch domain."""
        endpoint = AWS_ENDPOINT_HOST.fullmatch(host(self.existing_domain_url))
        return endpoint["name"] if endpoint else f"alto-{self.stage}"

    @property
    def default_replicas(self) -> int:
        """The replicas of a collection that does not ask for a number: none where one node could not hold them."""
        if self.replicas is not None:
            return self.replicas
        if self.existing_domain_url:
            return 0 if is_loopback(host(self.existing_domain_url)) else 1
        return 0 if self.domain and self.domain.instance_count == 1 else 1

    @property
    def regions_of_models(self) -> tuple[str, ...]:
        """Where the stage's models may be invoked: in its own region, and in those it names."""
        return tuple(dict.fromkeys((self.region, *self.model_regions)))


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
    if settings.network == "vpc" and others:
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


def _reserved(settings: Settings) -> str | None:
    needs: dict[FunctionName, int] = {"load": settings.load_concurrency, "split": SPLITTERS}
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


# Read from top to bottom: a setting, and a function that returns what to write instead of its value, given all
# settings, or None.
COMBINATIONS: tuple[tuple[str, Callable[[Settings], str | None]], ...] = (
    ("domain", _domain),
    ("domain.instance_count", _instance_count),
    ("domain.volume_gib", _volume),
    ("network", _network),
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
)
SECRETIVE = frozenset({"function_environment"})


def _render(name: str, value: object) -> str:
    if value in (None, ()):
        return "missing"
    if name in SECRETIVE:
        return "wrong"
    if isinstance(value, tuple):
        return repr([each.model_dump(exclude_none=True) if isinstance(each, BaseModel) else each for each in value])
    return repr(dict(value) if isinstance(value, Mapping) else value)
