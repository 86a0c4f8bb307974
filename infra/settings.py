"""What differs between stages: one typed, checked object, read from the context of `cdk.json`.

A stage is a block under `stages`. With `extends` it takes another block as it is and says only what differs. Any key
can be overridden for one command, as `-c load_concurrency=2`, or, for lists and blocks, as JSON:
`-c models='["amazon.titan-embed-text-v2:0"]'`.
"""

import re
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, field, fields
from difflib import get_close_matches
from ipaddress import ip_address
from types import MappingProxyType
from typing import Any, Literal
from urllib.parse import urlsplit

from infra.setting_rules import (
    Rule,
    WrongValueError,
    block,
    flag,
    list_of,
    map_of,
    matching,
    one_of,
    text,
    whole_number,
)

Architecture = Literal["arm64", "x86_64"]

# The values of CloudWatch Logs that people ask for.
LOG_RETENTION_DAYS = (1, 3, 7, 14, 30, 90, 180, 365, 731)

# A domain's name may have 28 characters, and `alto-` is in front of the stage.
STAGE_NAME = r"[a-z][a-z0-9-]{0,22}"
INSTANCE_TYPE = r"[a-z0-9]+\.[a-z0-9]+\.search"
REGION = r"[a-z]{2}(-[a-z]+)+-\d"
ROLE_ARN = r"arn:aws[a-z-]*:iam::[0-9]{12}:role/[A-Za-z0-9_+=,.@/-]+"
CERTIFICATE_ARN = r"arn:aws[a-z-]*:acm:[a-z0-9-]+:[0-9]{12}:certificate/[A-Za-z0-9-]+"
HOST_NAME = r"(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,}"
AWS_ENDPOINT_HOST = re.compile(r"(?P<place>search|vpc)-(?P<name>[a-z][a-z0-9-]{2,27})-[a-z0-9]{20,}\.[a-z0-9.-]+")


class SettingsError(Exception):
    """A stage's settings cannot be used. Names the key, the value and what to write instead."""


def setting(rule: Rule, default: Any = MISSING) -> Any:
    """A field that `rule` reads."""
    return field(default=default, metadata={"rule": rule})


# Models that take batch jobs (Supported Regions and models for batch inference).
BATCH_MODELS = ("amazon.titan-embed-text-v2:0", "amazon.titan-embed-image-v1")


@dataclass(frozen=True, kw_only=True)
class DomainSize:
    """How large Alto's own OpenSearch domain is."""

    instance_type: str = setting(matching(INSTANCE_TYPE, "write a type such as r7g.large.search"))
    instance_count: int = setting(whole_number(1, 80))
    zones: int = setting(whole_number(1, 3))
    dedicated_managers: int = setting(one_of(0, 3, 5))
    manager_instance_type: str = setting(
        matching(INSTANCE_TYPE, "write a type such as m7g.large.search"), "m7g.large.search"
    )
    volume_gib: int = setting(whole_number(10, 16_384))


def domain_size(value: Any) -> DomainSize:
    """The rule that reads the block of a domain."""
    size: DomainSize = _read(DomainSize, block(value), "domain.")
    return size


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Everything that may differ between two stages."""

    stage: str = setting(matching(STAGE_NAME, "write lower case letters, digits and '-', at most 23"))
    region: str = setting(matching(REGION, "write an AWS region such as eu-west-1"))
    architecture: Architecture = setting(one_of("arm64", "x86_64"))  # noqa: RUF009 - it makes a field
    # Whether the stage's data outlive it: bucket, table, domain, key and logs.
    removal: Literal["retain", "destroy"] = setting(one_of("retain", "destroy"))

    # Where collections live.
    engine: Literal["lucene", "faiss"] = setting(one_of("lucene", "faiss"))
    domain: DomainSize | None = setting(domain_size, None)  # noqa: RUF009 - it makes a field
    existing_domain_url: str | None = setting(
        matching(r"https?://[^/\s]+", "write scheme and host only, as in http://127.0.0.1:9200"), None
    )

    # Which models the functions may invoke, in which regions besides the stage's own, and as whom.
    models: tuple[str, ...] = setting(
        list_of(matching(r"[A-Za-z0-9][A-Za-z0-9.:/_-]*", "write Bedrock model ids, without wildcards"))
    )
    model_regions: tuple[str, ...] = setting(list_of(matching(REGION, "write AWS regions such as us-east-1")), ())
    # What searches may be reranked by.
    rerank_models: tuple[str, ...] = setting(
        list_of(matching(r"[A-Za-z0-9][A-Za-z0-9.:/_-]*", "write Bedrock model ids, without wildcards")), ()
    )
    sagemaker_endpoints: tuple[str, ...] = setting(
        list_of(matching(r"[A-Za-z0-9][A-Za-z0-9-]{0,62}", "write endpoint names, without wildcards")), ()
    )
    # Roles, also of other accounts, that collections may name in `role_arn`.
    embedding_roles: tuple[str, ...] = setting(
        list_of(matching(ROLE_ARN, "write role ARNs such as arn:aws:iam::123456789012:role/embed, without wildcards")),
        (),
    )

    # Who may call the API, and from where it is reached.
    auth: Literal["iam", "jwt"] = setting(one_of("iam", "jwt"), "iam")
    jwt_issuer: str | None = setting(matching(r"https?://[^\s?#]+", "write the issuer's URL, as in its tokens"), None)
    jwt_audience: tuple[str, ...] = setting(list_of(text), ())
    custom_domain: str | None = setting(matching(HOST_NAME, "write a host name such as search.example.com"), None)
    certificate_arn: str | None = setting(
        matching(CERTIFICATE_ARN, "write an ACM certificate's ARN: arn:aws:acm:<region>:<account>:certificate/<id>"),
        None,
    )
    # Web pages that may call the API: origins such as https://search.example.com. None by default.
    cors_origins: tuple[str, ...] = setting(
        list_of(matching(r"https?://[A-Za-z0-9.-]+(:[0-9]{1,5})?", "write origins: scheme, host and port, no path")), ()
    )
    throttle_rate: int = setting(whole_number(1, 10_000))
    throttle_burst: int = setting(whole_number(1, 5_000))

    # Where the functions run, and by whose key their data are encrypted.
    network: Literal["public", "vpc"] = setting(one_of("public", "vpc"), "public")
    encryption_key: Literal["aws-owned", "customer"] = setting(one_of("aws-owned", "customer"), "aws-owned")

    # SQS itself takes 2 to 1000.
    load_concurrency: int = setting(whole_number(2, 1_000))
    # By function: what is kept for it, and the most that it gets, of the account's concurrent executions.
    reserved_concurrency: Mapping[str, int] = setting(
        map_of(one_of("query", "write", "split", "load"), whole_number(1, 10_000)), MappingProxyType({})
    )
    # Whether query and write start from a snapshot of their initialised selves.
    snap_start: bool = setting(flag, default=False)

    log_retention_days: int = setting(one_of(*LOG_RETENTION_DAYS))
    log_level: str = setting(one_of("DEBUG", "INFO", "WARNING", "ERROR"), "INFO")
    # Who is told of alarms; each address is asked first.
    alarm_emails: tuple[str, ...] = setting(
        list_of(matching(r"[^@\s]+@[^@\s]+\.[^@\s]+", "write e-mail addresses such as team@example.com")), ()
    )
    function_environment: Mapping[str, str] = setting(map_of(text, text), MappingProxyType({}))

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
    def regions_of_models(self) -> tuple[str, ...]:
        """Where the stage's models may be invoked: in its own region, and in those it names."""
        return tuple(dict.fromkeys((self.region, *self.model_regions)))


def read_settings(context: Mapping[str, Any]) -> Settings:
    """The settings of the stage that the context names. Raises `SettingsError`."""
    # Here, because the table of combinations is about the class above.
    from infra.setting_combinations import wrong_combinations  # noqa: PLC0415

    # CDK's own keys all hold one of these characters; what remains was written by a person.
    own = {key: value for key, value in context.items() if not set(key) & set(":/@") and key != "stages"}
    settings: Settings = _read(Settings, {**_block_of(own.get("stage"), context.get("stages", {})), **own})
    for problem in wrong_combinations(settings):
        raise SettingsError(problem)
    return settings


def _block_of(stage: Any, stages: Mapping[str, Any]) -> dict[str, Any]:
    """A stage's block, with what it takes from the one that it extends."""
    if stage not in stages:
        raise SettingsError(f"Context 'stage' is {stage!r}: write -c stage=<name>, one of {', '.join(stages)}.")
    own = dict(stages[stage])
    base = own.pop("extends", None)
    if base is None:
        return own
    if base not in stages or "extends" in stages[base]:
        raise SettingsError(
            f"Setting 'extends' of stage '{stage}' is {base!r}: write another stage, which extends none itself."
        )
    return {**stages[base], **own}


def _read(cls: Any, raw: Mapping[str, Any], prefix: str = "") -> Any:
    rules = {each.name: each for each in fields(cls)}
    for key in sorted(raw.keys() - rules.keys()):
        near = get_close_matches(key, rules, n=1) or list(rules)
        raise SettingsError(f"Setting '{prefix}{key}' ({raw[key]!r}) is unknown: write {' or '.join(near)}.")
    read = {}
    for key, rule in rules.items():
        if raw.get(key) is not None:
            try:
                read[key] = rule.metadata["rule"](raw[key])
            except WrongValueError as remedy:
                raise SettingsError(f"Setting '{prefix}{key}' is {raw[key]!r}: {remedy}.") from None
        elif rule.default is MISSING:
            raise SettingsError(f"Setting '{prefix}{key}' is missing: add it to the stage's block in cdk.json.")
    return cls(**read)


def host(url: str | None) -> str:
    """The host name in a URL; empty where there is none."""
    return urlsplit(url or "").hostname or ""


def is_loopback(name: str) -> bool:
    """Whether a host name or address is this machine."""
    try:
        return ip_address(name).is_loopback
    except ValueError:
        return name == "localhost"
