"""The fields that a body may have at a place, for messages about unknown ones."""

import types
from collections.abc import Iterable, Iterator, Sequence
from typing import Annotated, Any, Literal, NamedTuple, TypeAliasType, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

# Words of other systems for the same thing.
SYNONYMS = {
    "avg": "mean",
    "average": "mean",
    "bool": "boolean",
    "datetime": "date",
    "double": "number",
    "eq": "equal",
    "euclidean": "l2_squared",
    "filters": "filter",
    "float": "number",
    "gt": "greater_than",
    "gte": "greater_or_equal",
    "integer": "int",
    "keyword": "text",
    "l2": "l2_squared",
    "lt": "less_than",
    "lte": "less_or_equal",
    "ne": "not_equal",
    "path": "property",
    "size": "limit",
    "str": "text",
    "string": "text",
    "timestamp": "date",
    "top": "limit",
    "top_k": "limit",
    "where": "filter",
}


class KnownFields(NamedTuple):
    """Names of fields at one place; names one level below, by field; and the models' own hint."""

    names: list[str]
    below: dict[str, set[str]]
    hint: str


def known_fields(model: Any, path: Sequence[str | int], body: Any) -> KnownFields:
    """Return the fields of the object at a path of a body that should be a `model`."""
    found = [*_models(model, body)] if model is not None else []
    candidates: list[Any] = [model]
    value = body
    for step in path:
        candidates = [item for each in candidates for item in _step(each, step, value)]
        value = value[step]
        found = [each for item in candidates for each in _models(item, value)]
    fields = {_name(name, field): field for each in found for name, field in each.model_fields.items()}
    below = {
        name: {_name(*item) for each in _models(field.annotation, None) for item in each.model_fields.items()}
        for name, field in fields.items()
    }
    return KnownFields(list(fields), below, next((each.unknown_field_hint for each in found if _has_hint(each)), ""))


def suggest(name: str, choices: Iterable[str]) -> str | None:
    """Return the choice that a wrong name most likely means, if one is near or is another word for it."""
    from difflib import get_close_matches  # noqa: PLC0415 - only wrong requests need it

    by_lower_case = {choice.lower(): choice for choice in choices}
    lower = name[:200].lower()
    if SYNONYMS.get(lower) in by_lower_case:
        return by_lower_case[SYNONYMS[lower]]
    beginning = [choice for choice in by_lower_case if len(lower) > 2 and choice.startswith(lower)]
    nearest = beginning if len(beginning) == 1 else get_close_matches(lower, list(by_lower_case), n=1, cutoff=0.65)
    return by_lower_case[nearest[0]] if nearest else None


def _has_hint(model: Any) -> bool:
    return bool(getattr(model, "unknown_field_hint", ""))


def _name(name: str, field: FieldInfo) -> str:
    return field.alias or name


def _flatten(annotation: Any) -> Iterator[Any]:
    """Yield the alternatives of an annotation."""
    if isinstance(annotation, TypeAliasType):
        yield from _flatten(annotation.__value__)
    elif get_origin(annotation) is Annotated:
        yield from _flatten(get_args(annotation)[0])
    elif get_origin(annotation) in (Union, types.UnionType):
        for each in get_args(annotation):
            yield from _flatten(each)
    else:
        yield annotation


def _models(annotation: Any, value: Any) -> Iterator[Any]:
    """Yield the models among the alternatives; of several, those whose tag the value has."""
    for each in _flatten(annotation):
        if isinstance(each, type) and issubclass(each, BaseModel):
            if not each.__pydantic_complete__:
                each.model_rebuild()
            if not isinstance(value, dict) or _tag_fits(each, value):
                yield each


def _tag_fits(model: type[BaseModel], value: dict[str, Any]) -> bool:
    return all(
        value[name] in get_args(field.annotation)
        for name, field in model.model_fields.items()
        if get_origin(field.annotation) is Literal and field.is_required() and len(get_args(field.annotation)) == 1
        if name in value
    )


def _step(annotation: Any, step: str | int, value: Any) -> Iterator[Any]:
    """Yield the annotations of a field, of the values of a dictionary or of the items of a list."""
    for each in _flatten(annotation):
        arguments = get_args(each)
        if isinstance(step, int) and get_origin(each) in (list, tuple, set, frozenset):
            yield arguments[0]
        elif get_origin(each) is dict:
            yield arguments[1]
    for model in _models(annotation, value):
        for name, field in model.model_fields.items():
            if _name(name, field) == step:
                yield field.annotation
