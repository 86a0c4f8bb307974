"""Boosts: what a caller prefers beside what is searched for, as a share of the score. Pure. docs/search.md has them."""

import math
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, StringConstraints, Tag

from lambdas.collections.model import CollectionConfig
from lambdas.collections.properties import property_at
from lambdas.errors import ErrorDetail, InvalidRequestError
from lambdas.models import StrictModel
from lambdas.objects.values import is_date
from lambdas.search.filters import MAX_CLAUSES, OWN_FIELDS, Filter, clauses, filter_query, own_field

Curve = Literal["gauss", "exp", "linear"]
Duration = Annotated[str, StringConstraints(pattern=r"^[0-9]{1,9}(\.[0-9]{1,6})?(s|m|h|d|w)$")]
Amount = Annotated[float, Field(ge=0)] | Duration

Booster = Callable[[Mapping[str, Any], Sequence[str]], float]

MEASURED_TYPES = frozenset({"int", "number", "date"})
SECONDS = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86_400.0, "w": 604_800.0}
# The formulas of OpenSearch's function_score: 1 up to the offset, `decay` at offset + scale. Distances are what is
# left of them after the offset.
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
        default="now", description="What is best: a number, or a date in RFC 3339, or `now`."
    )
    scale: Amount = Field(
        description="How far from there an object gets `decay`: a number, or of dates a duration such as `30d`, `12h`."
    )
    offset: Amount = Field(default=0, description="Up to here all are as good as at the origin.")
    decay: float = Field(default=0.5, gt=0, lt=1, description="What is left at `offset` + `scale`.")
    curve: Curve = "gauss"
    weight: float = Field(default=1, gt=0, le=1000, description="Compared with the other conditions.")


class Preferred(StrictModel):
    """Prefers objects that a filter lets through. The others stay."""

    filter: Filter
    weight: float = Field(default=1, gt=0, le=1000, description="Compared with the other conditions.")


def _form(value: Any) -> str:
    is_filter = "filter" in value if isinstance(value, dict) else isinstance(value, Preferred)
    return "filter" if is_filter else "decay"


Preference = Annotated[Annotated[Decay, Tag("decay")] | Annotated[Preferred, Tag("filter")], Discriminator(_form)]


class Boost(StrictModel):
    """The best hits are scored anew: a share of the score is what these conditions say."""

    conditions: list[Preference] = Field(min_length=1, max_length=20)
    weight: float = Field(default=0.25, gt=0, le=1, description="The conditions' share of the score.")
    candidates: int = Field(
        default=500, ge=1, le=1000, description="How many of the best hits are scored anew. Pages end there."
    )


def marking_filter(collection: CollectionConfig, boost: Boost) -> dict[str, Any] | None:
    """A filter that lets everything through and names, for each hit, the conditions that it meets.

    Asked as `post_filter`, it changes neither scores nor totals, and works with every query. None without filters.
    Raises `InvalidRequestError` for one that does not fit the collection.
    """
    filters = {place: each.filter for place, each in enumerate(boost.conditions) if isinstance(each, Preferred)}
    if not filters:
        return None
    count = sum(map(clauses, filters.values()))
    if count > MAX_CLAUSES:
        problem = f"has filters with {count} conditions together: send {MAX_CLAUSES} at most"
        raise InvalidRequestError(f"boost {problem}.", [ErrorDetail("boost.conditions", problem)])
    named = [
        {"bool": {"filter": [filter_query(collection, condition)], "_name": mark(place)}}
        for place, condition in filters.items()
    ]
    return {"bool": {"must": [{"match_all": {}}], "should": named}}


def mark(place: int) -> str:
    """The name of the condition at this place."""
    return f"boost.{place}"


def boosting_fields(collection: CollectionConfig, boost: Boost) -> list[str]:
    """The parts of the documents that the conditions look at.

    Raises `InvalidRequestError` for a property that has no distance, or an origin, scale or offset of another type.
    """
    fields = []
    for place, each in enumerate(boost.conditions):
        if isinstance(each, Decay):
            _check(collection, place, each)
            own = each.property in OWN_FIELDS
            fields.append(each.property.removeprefix("_") if own else f"properties.{each.property}")
    return fields


def booster(boost: Boost, now: datetime) -> Booster:
    """Says what the conditions give to an object, from 0 to 1: their weighted mean.

    It is told the object's source and the names of the filters that let it through.
    """
    total = sum(each.weight for each in boost.conditions)
    parts = [
        (each.weight, _marked(place) if isinstance(each, Preferred) else _decaying(each, now))
        for place, each in enumerate(boost.conditions)
    ]
    return lambda source, marks: sum(weight * part(source, marks) for weight, part in parts) / total


def _marked(place: int) -> Booster:
    name = mark(place)
    return lambda _, marks: float(name in marks)


def _decaying(decay: Decay, now: datetime) -> Booster:
    """Of several values, the nearest counts. Who lacks a value is given 0."""
    own = decay.property in OWN_FIELDS
    path = [decay.property.removeprefix("_")] if own else ["properties", *decay.property.split(".")]
    origin = now.timestamp() if decay.origin == "now" else _number(decay.origin)
    offset, scale, curve = _number_of(decay.offset), _number_of(decay.scale), CURVES[decay.curve]

    def value(source: Mapping[str, Any], _: Sequence[str]) -> float:
        values = values_at(source, path)
        if not values:
            return 0.0
        distance = min(abs(_number(value) - origin) for value in values)
        return curve(max(0.0, distance - offset), scale, decay.decay)

    return value


def values_at(source: Mapping[str, Any], path: Sequence[str]) -> list[Any]:
    """All values at a path, through objects and lists of them."""
    values: list[Any] = [source]
    for name in path:
        values = [each[name] for each in values if isinstance(each, dict) and each.get(name) is not None]
        values = [item for each in values for item in (each if isinstance(each, list) else [each])]
    return values


def _number(value: float | str) -> float:
    """A number as it is; a date in seconds."""
    if not isinstance(value, str):
        return float(value)
    return datetime.fromisoformat(value).timestamp()


def _number_of(amount: float | str) -> float:
    """A number as it is; a duration in seconds."""
    return float(amount[:-1]) * SECONDS[amount[-1]] if isinstance(amount, str) else float(amount)


def _check(collection: CollectionConfig, place: int, decay: Decay) -> None:
    where = f"boost.conditions.{place}"
    own = decay.property in OWN_FIELDS
    item = own_field(decay.property).item if own else property_at(collection.properties, decay.property)
    if item is None or item.scalar_type not in MEASURED_TYPES:
        fitting = [known.name for known in collection.properties if known.scalar_type in MEASURED_TYPES]
        fitting += [name for name, kind in OWN_FIELDS.items() if kind in MEASURED_TYPES]
        is_what = f"is {item.type}" if item else f"is not a property of '{collection.name}'"
        raise _wrong(
            f"{where}.property",
            f"'{decay.property}' {is_what}. These have numbers or dates: {', '.join(fitting)}",
        )
    if item.scalar_type == "date":
        if decay.origin != "now" and not is_date(decay.origin):
            raise _wrong(f"{where}.origin", f"{decay.origin!r} is no date: write one as 2026-01-31T00:00:00Z, or 'now'")
        if not isinstance(decay.scale, str) or (decay.offset != 0 and not isinstance(decay.offset, str)):
            raise _wrong(where, f"'{decay.property}' has dates: write scale and offset as durations, such as '30d'")
    elif isinstance(decay.origin, str) or isinstance(decay.scale, str) or isinstance(decay.offset, str):
        raise _wrong(where, f"'{decay.property}' has numbers: write origin, scale and offset as numbers")
    if _number_of(decay.scale) == 0:
        raise _wrong(f"{where}.scale", "is 0: write how far from the origin 'decay' is reached")


def _wrong(field: str, problem: str) -> InvalidRequestError:
    return InvalidRequestError(f"{field}: {problem}.", [ErrorDetail(field, problem)])
