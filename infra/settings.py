"""What differs between stages: one typed, checked object, read from the context of `cdk.json`.

A stage is a block under `stages`. Any key can be overridden for one command, as `-c load_concurrency=2`, or, for
lists and blocks, as JSON: `-c models='["amazon.titan-embed-text-v2:0"]'`.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import MISSING, dataclass, field, fields
from difflib import get_close_matches
from ipaddress import ip_address
from types import MappingProxyType
from typing import Any, Literal
from urllib.parse import urlsplit

from infra.setting_rules import Rule, WrongValueError, block, list_of, matching, one_of, text_by_name, whole_number

Architecture = Literal["arm64", "x86_64"]

# The values of CloudWatch Logs that people ask for.
LOG_RETENTION_DAYS = (1, 3, 7, 14, 30, 90, 180, 365, 731)

# A domain's name may have 28 characters, and `alto-` is in front of the stage.
STAGE_NAME = r"[a-z][a-z0-9-]{0,22}"
INSTANCE_TYPE = r"[a-z0-9]+\.[a-z0-9]+\.search"
ROLE_ARN = r"arn:aws[a-z-]*:iam::[0-9]{12}:role/[A-Za-z0-9_+=,.@/-]+"
AWS_ENDPOINT_HOST = re.compile(r"(?:search|vpc)-(?P<name>[a-z][a-z0-9-]{2,27})-[a-z0-9]{20,}\.[a-z0-9.-]+")

# What the constructs tell the functions themselves.
ALTO_VARIABLE = re.compile(r"ALTO_\w+|POWERTOOLS_SERVICE_NAME")


class SettingsError(Exception):
    """A stage's settings cannot be used. Names the key, the value and what to write instead."""


def setting(rule: Rule, default: Any = MISSING) -> Any:
    """A field that `rule` reads."""
    return field(default=default, metadata={"rule": rule})


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
    region: str = setting(matching(r"[a-z]{2}(-[a-z]+)+-\d", "write an AWS region such as eu-west-1"))
    architecture: Architecture = setting(one_of("arm64", "x86_64"))  # noqa: RUF009 - it makes a field
    engine: Literal["lucene", "faiss"] = setting(one_of("lucene", "faiss"))
    removal: Literal["retain", "destroy"] = setting(one_of("retain", "destroy"))
    domain: DomainSize | None = setting(domain_size, None)  # noqa: RUF009 - it makes a field
    existing_domain_url: str | None = setting(
        matching(r"https?://[^/\s]+", "write scheme and host only, as in http://127.0.0.1:9200"), None
    )
    models: tuple[str, ...] = setting(
        list_of(matching(r"[A-Za-z0-9][A-Za-z0-9.:/_-]*", "write Bedrock model ids, without wildcards"))
    )
    sagemaker_endpoints: tuple[str, ...] = setting(
        list_of(matching(r"[A-Za-z0-9][A-Za-z0-9-]{0,62}", "write endpoint names, without wildcards"))
    )
    # Roles, also of other accounts, that collections may name in `role_arn`.
    embedding_roles: tuple[str, ...] = setting(
        list_of(matching(ROLE_ARN, "write role ARNs such as arn:aws:iam::123456789012:role/embed, without wildcards")),
        (),
    )
    # SQS itself takes 2 to 1000.
    load_concurrency: int = setting(whole_number(2, 1_000))
    throttle_rate: int = setting(whole_number(1, 10_000))
    throttle_burst: int = setting(whole_number(1, 5_000))
    # Web pages that may call the API: origins such as https://search.example.com. None by default.
    cors_origins: tuple[str, ...] = setting(
        list_of(matching(r"https?://[A-Za-z0-9.-]+(:[0-9]{1,5})?", "write origins: scheme, host and port, no path")), ()
    )
    log_retention_days: int = setting(one_of(*LOG_RETENTION_DAYS))
    log_level: str = setting(one_of("DEBUG", "INFO", "WARNING", "ERROR"), "INFO")
    function_environment: Mapping[str, str] = setting(text_by_name, MappingProxyType({}))

    @property
    def domain_name(self) -> str:
        """The name by which policies know the OpenSearch domain."""
        endpoint = AWS_ENDPOINT_HOST.fullmatch(_host(self.existing_domain_url))
        return endpoint["name"] if endpoint else f"alto-{self.stage}"


def read_settings(context: Mapping[str, Any]) -> Settings:
    """The settings of the stage that the context names. Raises `SettingsError`."""
    stages = context.get("stages", {})
    stage = context.get("stage")
    if stage not in stages:
        raise SettingsError(f"Context 'stage' is {stage!r}: write -c stage=<name>, one of {', '.join(stages)}.")
    # CDK's own keys all hold one of these characters; what remains was written by a person.
    own = {key: value for key, value in context.items() if not set(key) & set(":/@") and key != "stages"}
    settings: Settings = _read(Settings, {**stages[stage], **own})
    for problem in _wrong_combinations(settings):
        raise SettingsError(problem)
    return settings


def _read(cls: Any, raw: Mapping[str, Any], prefix: str = "") -> Any:
    rules = {each.name: each for each in fields(cls)}
    for key in sorted(raw.keys() - rules.keys()):
        near = get_close_matches(key, rules, n=1) or list(rules)
        raise SettingsError(f"Setting '{prefix}{key}' ({raw[key]!r}) is unknown: write {' or '.join(near)}.")
    read = {}
    for key, rule in rules.items():
        if key in raw:
            try:
                read[key] = rule.metadata["rule"](raw[key])
            except WrongValueError as remedy:
                raise SettingsError(f"Setting '{prefix}{key}' is {raw[key]!r}: {remedy}.") from None
        elif rule.default is MISSING:
            raise SettingsError(f"Setting '{prefix}{key}' is missing: add it to the stage's block in cdk.json.")
    return cls(**read)


def _wrong_combinations(settings: Settings) -> Iterator[str]:
    url, domain = settings.existing_domain_url, settings.domain
    on_this_machine = _is_loopback(_host(url))
    if url is None and domain is None:
        yield "Setting 'domain' is missing: describe a domain, or give 'existing_domain_url'."
    if url and not on_this_machine and not (url.startswith("https:") and AWS_ENDPOINT_HOST.fullmatch(_host(url))):
        yield (
            f"Setting 'existing_domain_url' is {url!r}: write a domain's endpoint (https://search-<name>-<id>.<region>"
            ".es.amazonaws.com) or a loopback address, because policies are built from the domain's name."
        )
    if domain and domain.instance_count % domain.zones:
        yield (
            f"Setting 'domain.instance_count' is {domain.instance_count}: "
            f"write a multiple of 'domain.zones' ({domain.zones})."
        )
    for name in filter(ALTO_VARIABLE.fullmatch, settings.function_environment):
        yield f"Setting 'function_environment' has {name!r}: remove it, Alto sets it itself."


def _host(url: str | None) -> str:
    return urlsplit(url or "").hostname or ""


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
