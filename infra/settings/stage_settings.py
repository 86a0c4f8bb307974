"""Reads the settings of one stage from the context of `cdk.json`.

A stage is a block under `stages`. A block with `extends` takes over another block and overrides some of its keys. Any
key can be overridden for one command, as `-c load_concurrency=2`, or, for lists and blocks, as JSON:
`-c models='["amazon.titan-embed-text-v2:0"]'`.
"""

from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any, Literal, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from infra.settings.combinations import find_wrong_combination
from infra.settings.fields import DomainSize, ModelRole, decode
from infra.settings.settings import Settings

# What to write instead of a value of the wrong type; other remedies are the descriptions of the fields.
REMEDIES = {
    "tuple_type": "a list, on the command line as JSON",
    "mapping_type": "a map of names to values, on the command line as JSON",
    "dict_type": "a map of names to values, on the command line as JSON",
    "model_type": "a block of settings, on the command line as JSON",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
}


class SettingsError(Exception):
    """A stage's settings cannot be used. Names the key, the value and what to write instead."""


def read_settings(context: Mapping[str, Any]) -> Settings:
    """The settings of the stage that the context names. Raises `SettingsError`."""
    # CDK's own keys all contain one of these characters; the others were written by a person.
    own = {key: value for key, value in context.items() if not set(key) & set(":/@") and key != "stages"}
    raw = _without_nulls({**_block_of(own.get("stage"), context.get("stages", {})), **own})
    try:
        settings = Settings.model_validate(raw)
    except ValidationError as error:
        # A misspelt key is reported before the setting that is missing because of it.
        first = min(error.errors(), key=lambda problem: problem["type"] != "extra_forbidden")
        raise SettingsError(_sentence(first, raw)) from None
    if problem := find_wrong_combination(settings):
        raise SettingsError(problem)
    return settings


def _block_of(stage: Any, stages: Mapping[str, Any]) -> dict[str, Any]:
    """A stage's block, merged with the block that it extends."""
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


def _without_nulls(raw: Mapping[str, Any]) -> dict[str, Any]:
    """The values that are set: null stands for a setting's default, also in the block of the domain."""
    decoded = {key: decode(value) if key == "domain" else value for key, value in raw.items()}
    return {
        key: {name: each for name, each in value.items() if each is not None}
        if key == "domain" and isinstance(value, dict)
        else value
        for key, value in decoded.items()
        if value is not None
    }


def _sentence(problem: ErrorDetails, raw: Mapping[str, Any]) -> str:
    """One problem that pydantic found: the setting's name, its value, and what to write instead."""
    kind, place = problem["type"], problem["loc"]
    model: type[BaseModel] = Settings
    name, value = str(place[0]), raw.get(str(place[0]))
    key = name
    if name == "domain" and len(place) > 1:
        model, key = DomainSize, str(place[1])
        name, value = f"domain.{key}", raw["domain"].get(key)
    if name == "model_roles" and len(place) > 2:
        model, key = ModelRole, str(place[2])
        name, value = f"model_roles[{place[1]}].{key}", decode(raw["model_roles"])[place[1]].get(key)
    if kind == "extra_forbidden":
        near = get_close_matches(key, model.model_fields, n=1) or list(model.model_fields)
        return f"Setting '{name}' ({value!r}) is unknown: write {' or '.join(near)}."
    if kind == "missing":
        return f"Setting '{name}' is missing: add it to the stage's block in cdk.json or stages.json."
    if kind == "literal_error":
        return f"Setting '{name}' is {value!r}: write one of {_choices(model, key)}."
    return f"Setting '{name}' is {value!r}: write {REMEDIES.get(kind) or model.model_fields[key].description}."


def _choices(model: type[BaseModel], key: str) -> str:
    """The values that a setting, or the keys of a map, may have."""
    annotation: Any = model.model_fields[key].annotation
    while get_origin(annotation) is not Literal:
        annotation = get_args(annotation)[0]
    return ", ".join(map(str, get_args(annotation)))
