"""Boosts: preferences of the caller that make up a share of the score. Pure. Described in docs/search.md."""

import math
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, StringConstraints, Tag

from lambdas.collections.model import CollectionConfig
from lambdas.collections.properties import property_at
from lambdas.errors import InvalidRequestError, abbreviate
from lambdas.models import StrictModel
from lambdas.objects.values import is_date
from lambdas.search.clauses.filters import (
    MAX_CLAUSES,
    OWN_FIELDS,
    Filter,
    build_filter,
    count_clauses,
    resolve_own_field,
)

Curve = Literal["gauss", "exp", "linear"]
Duration = Annotated[str, StringConstraints(pattern=r"^[0-9]{1,9}(\.[0-9]{1,6})?(s|m|h|d|w)$")]
Amount = Annotated[float, Field(ge=0)] | Duration

Booster = Callable[[Mapping[str, Any], Sequence[str]], float]

MEASURED_TYPES = frozenset({"int", "number", "date"})
SECONDS = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86_400.0, "w": 604_800.0}
# The formulas of OpenSearch's function_score: 1 up to the offset, `decay` at offset + scale. Distances are counted
# from the offset on.
CURVES: dict[Curve, Callable[[float, float, float], float]] = {
    "gauss": lambda distance, scale, decay: math.exp(math.log(decay) * (distance / scale) * (distance / scale)),
    "exp": lambda distance, scale, decay: math.exp(math.log(decay) * distance / scale),
    "linear": lambda distance, scale, decay: max(0.0, 1 - (1 - decay) * distance / scale),
}


class Decay(StrictModel):
    """Prefers objects whose number or date is near to an origin."""

    property: str = Field(
        pattern=r"^(_created|_updated|[A-Za-z][A-Za-z0-9_]{0,99}(\.[A-Za-z][A-Za-z0-9_]{0,99}){0,4})$",
        description="A property with numbers or dates, or `_created`, `_updated`.",
    )
    origin: float | Annotated[str, StringConstraints(max_length=40)] = Field(
        default="now", description="The best value: a number, a date in RFC 3339, or `now`."
    )
    scale: Amount = Field(
        description="Where the rating is `decay`: a number, or for dates a duration such as `30d` or `12h`."
    )
    offset: Amount = Field(default=0, description="Objects up to this far from the origin are rated like the origin.")
    decay: float = Field(default=0.5, gt=0, lt=1, description="The rating at `offset` + `scale` from the origin.")
    curve: Curve = "gauss"
    weight: float = Field(default=1, gt=0, le=1000, description="Compared with the other conditions.")


class Preferred(StrictModel):
    """Prefers objects that meet a filter. The others stay."""

    filter: Filter
    weight: float = Field(default=1, gt=0, le=1000, description="Compared with the other conditions.")


def _form(value: Any) -> str:
    is_filter = "filter" in value if isinstance(value, dict) else isinstance(value, Preferred)
    return "filter" if is_filter else "decay"


Preference = Annotated[Annotated[Decay, Tag("decay")] | Annotated[Preferred, Tag("filter")], Discriminator(_form)]


class Boost(StrictModel):
    """The best hits are scored again: the conditions make up a share of the score."""

    conditions: list[Preference] = Field(min_length=1, max_length=20)
    weight: float = Field(default=0.25, gt=0, le=1, description="The conditions' share of the score.")
    candidates: int = Field(
        default=500, ge=1, le=1000, description="How many of the best hits are scored again. Pages end there."
    )


def build_marking_filter(collection: CollectionConfig, boost: Boost) -> dict[str, Any] | None:
    """Build a filter that every object meets, and that names the conditions that each hit meets. None without filters.

    As a `post_filter` it changes neither scores nor totals, and works with every query.
    Raises `InvalidRequestError` for one that does not fit the collection.
    """
    filters = {place: each.filter for place, each in enumerate(boost.conditions) if isinstance(each, Preferred)}
    if not filters:
        return None
    count = sum(map(count_clauses, filters.values()))
    if count > MAX_CLAUSES:
        problem = f"has filters with {count} conditions together: send {MAX_CLAUSES} at most"
        raise InvalidRequestError.at("boost.conditions", problem)
    named = [
        {"bool": {"filter": [build_filter(collection, condition)], "_name": name_condition(place)}}
        for place, condition in filters.items()
    ]
    return {"bool": {"must": [{"match_all": {}}], "should": named}}


def name_condition(place: int) -> str:
    """Return the name of the condition at this place."""
    return f"boost.{place}"


def list_boost_fields(collection: CollectionConfig, boost: Boost) -> list[str]:
    """Return the fields of the documents that the conditions read.

    Raises `InvalidRequestError` for a property that has no distance, or an origin, scale or offset of another type.
    """
    fields = []
    for place, each in enumerate(boost.conditions):
        if isinstance(each, Decay):
            _check(collection, place, each)
            own = each.property in OWN_FIELDS
            fields.append(each.property.removeprefix("_") if own else f"properties.{each.property}")
    return fields


def list_boost_columns(collection: CollectionConfig, boost: Boost) -> list[str] | None:
    """Return the fields that the conditions read if each has a column; None if documents have to be read.

    Raises as `list_boost_fields`.
    """
    fields = list_boost_fields(collection, boost)
    return fields if all(_has_column(collection, field) for field in fields) else None


def _has_column(collection: CollectionConfig, field: str) -> bool:
    """Whether the index has the values of a field. It has none of objects that are not filterable."""
    first, *names = field.split(".")
    paths = [".".join(names[: end + 1]) for end in range(len(names) - 1)] if first == "properties" else []
    items = [property_at(collection.properties, path) for path in paths]
    return all(item is not None and item.filterable for item in items)


def read_columns(fields: Mapping[str, list[Any]]) -> dict[str, Any]:
    """Return the values of columns in the form of a document."""
    source: dict[str, Any] = {}
    for field, values in fields.items():
        *path, name = field.split(".")
        place = source
        for each in path:
            place = place.setdefault(each, {})
        place[name] = values
    return source


def make_booster(boost: Boost, now: datetime) -> Booster:
    """Return a function that rates an object from 0 to 1: the weighted mean of the conditions.

    Its arguments are the object's source and the names of the filters that the object meets.
    """
    total = sum(each.weight for each in boost.conditions)
    parts = [
        (each.weight, _make_filter_booster(place) if isinstance(each, Preferred) else _make_decay_booster(each, now))
        for place, each in enumerate(boost.conditions)
    ]
    return lambda source, marks: sum(weight * part(source, marks) for weight, part in parts) / total


def _make_filter_booster(place: int) -> Booster:
    name = name_condition(place)
    return lambda _, marks: float(name in marks)


def _make_decay_booster(decay: Decay, now: datetime) -> Booster:
    """Of several values, the nearest counts. An object without a value is rated 0."""
    own = decay.property in OWN_FIELDS
    path = [decay.property.removeprefix("_")] if own else ["properties", *decay.property.split(".")]
    origin = now.timestamp() if decay.origin == "now" else _to_number(decay.origin)
    offset, scale, curve = _to_amount(decay.offset), _to_amount(decay.scale), CURVES[decay.curve]

    def value(source: Mapping[str, Any], _: Sequence[str]) -> float:
        values = collect_values(source, path)
        if not values:
            return 0.0
        distance = min(abs(_to_number(value) - origin) for value in values)
        return curve(max(0.0, distance - offset), scale, decay.decay)

    return value


def collect_values(source: Mapping[str, Any], path: Sequence[str]) -> list[Any]:
    """Return all values at a path, through objects and lists of objects."""
    values: list[Any] = [source]
    for name in path:
        values = [each[name] for each in values if isinstance(each, dict) and each.get(name) is not None]
        values = [item for each in values for item in (each if isinstance(each, list) else [each])]
    return values


def _to_number(value: float | str) -> float:
    """Return a number unchanged, a date in seconds."""
    if not isinstance(value, str):
        return float(value)
    return datetime.fromisoformat(value).timestamp()


def _to_amount(amount: float | str) -> float:
    """Return a number unchanged, a duration in seconds."""
    return float(amount[:-1]) * SECONDS[amount[-1]] if isinstance(amount, str) else float(amount)


def _check(collection: CollectionConfig, place: int, decay: Decay) -> None:
    where = f"boost.conditions.{place}"
    own = decay.property in OWN_FIELDS
    item = resolve_own_field(decay.property).item if own else property_at(collection.properties, decay.property)
    if item is None or item.scalar_type not in MEASURED_TYPES:
        fitting = [known.name for known in collection.properties if known.scalar_type in MEASURED_TYPES]
        fitting += [name for name, kind in OWN_FIELDS.items() if kind in MEASURED_TYPES]
        is_what = f"is {item.type}" if item else f"is not a property of '{collection.name}'"
        raise InvalidRequestError.at(
            f"{where}.property",
            f"'{decay.property}' {is_what}. These have numbers or dates: {', '.join(fitting)}",
        )
    if item.scalar_type == "date":
        if decay.origin != "now" and not is_date(decay.origin):
            raise InvalidRequestError.at(
                f"{where}.origin",
                f"{abbreviate(decay.origin)} is not a date: write one as 2026-01-31T00:00:00Z, or 'now'",
            )
        if not isinstance(decay.scale, str) or (decay.offset != 0 and not isinstance(decay.offset, str)):
            raise InvalidRequestError.at(
                where, f"'{decay.property}' has dates: write scale and offset as durations, such as '30d'"
            )
    elif isinstance(decay.origin, str) or isinstance(decay.scale, str) or isinstance(decay.offset, str):
        raise InvalidRequestError.at(
            where, f"'{decay.property}' has numbers: write origin, scale and offset as numbers"
        )
    if _to_amount(decay.scale) == 0:
        raise InvalidRequestError.at(f"{where}.scale", "is 0: write how far from the origin 'decay' is reached")
