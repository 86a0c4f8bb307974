"""Boosts: preferences of the caller that make up a share of the score. Pure. Described in docs/search.md."""

import math
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, StringConstraints, Tag

from lambdas.collections.model import CollectionConfig
from lambdas.collections.properties import PropertyBase, property_at
from lambdas.errors import InvalidRequestError, abbreviate
from lambdas.models import StrictModel
from lambdas.objects.values import is_date
from lambdas.search.clauses.filter_model import MAX_CLAUSES, Filter, count_clauses
from lambdas.search.clauses.filters import OWN_FIELDS, build_filter, resolve_own_field

Curve = Literal["gauss", "exp", "linear"]
Modifier = Literal["none", "log1p", "sqrt"]
Duration = Annotated[str, StringConstraints(pattern=r"^[0-9]{1,9}(\.[0-9]{1,6})?(s|m|h|d|w)$")]
Amount = Annotated[float, Field(ge=0)] | Duration

# A hit of OpenSearch's response.
Hit = Mapping[str, Any]

NUMBER_TYPES = frozenset({"int", "number"})
MEASURED_TYPES = NUMBER_TYPES | {"date"}
SECONDS = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86_400.0, "w": 604_800.0}
# The formulas of OpenSearch's function_score: 1 up to the offset, `decay` at offset + scale. Distances are counted
# from the offset on.
CURVES: dict[Curve, Callable[[float, float, float], float]] = {
    "gauss": lambda distance, scale, decay: math.exp(math.log(decay) * (distance / scale) * (distance / scale)),
    "exp": lambda distance, scale, decay: math.exp(math.log(decay) * distance / scale),
    "linear": lambda distance, scale, decay: max(0.0, 1 - (1 - decay) * distance / scale),
}
# Functions of a number of at least 0.
MODIFIERS: dict[Modifier, Callable[[float], float]] = {
    "none": lambda value: value,
    "log1p": math.log1p,
    "sqrt": math.sqrt,
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


class Magnitude(StrictModel):
    """Prefers objects with a large number, compared with the smallest and the largest among the candidates."""

    property: str = Field(
        pattern=r"^[A-Za-z][A-Za-z0-9_]{0,99}(\.[A-Za-z][A-Za-z0-9_]{0,99}){0,4}$",
        description="A property with numbers. Of several, the largest counts; an object without one is rated 0.",
    )
    modifier: Modifier = Field(
        description="Applied to the number first: `log1p` and `sqrt` dampen very large ones, and take a negative as 0."
    )
    weight: float = Field(default=1, gt=0, le=1000, description="Compared with the other conditions.")


def _form(value: Any) -> str:
    if isinstance(value, dict):
        return next((form for name, form in FORMS.items() if name in value), "decay")
    return "filter" if isinstance(value, Preferred) else "magnitude" if isinstance(value, Magnitude) else "decay"


# The field by which another condition than a decay is recognized.
FORMS = {"filter": "filter", "modifier": "magnitude"}
Preference = Annotated[
    Annotated[Decay, Tag("decay")] | Annotated[Preferred, Tag("filter")] | Annotated[Magnitude, Tag("magnitude")],
    Discriminator(_form),
]


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
        if isinstance(each, Magnitude):
            _check_type(collection, place, each.property, NUMBER_TYPES)
            fields.append(f"properties.{each.property}")
        elif isinstance(each, Decay):
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


def is_boosted_by_columns(collection: CollectionConfig, boost: Boost | None) -> bool:
    """Return whether columns are enough for the boost of a search, if it has one. Raises as `list_boost_fields`."""
    return boost is None or list_boost_columns(collection, boost) is not None


def _has_column(collection: CollectionConfig, field: str) -> bool:
    """Whether the index has the values of a field. It has none of objects that are not filterable."""
    first, *names = field.split(".")
    paths = [".".join(names[: end + 1]) for end in range(len(names) - 1)] if first == "properties" else []
    items = [property_at(collection.properties, path) for path in paths]
    return all(item is not None and item.filterable for item in items)


def rate_hits(boost: Boost, now: datetime, hits: Sequence[Hit]) -> list[float]:
    """Rate each hit of OpenSearch from 0 to 1: the weighted mean of the conditions."""
    total = sum(each.weight for each in boost.conditions)
    rated = [(each.weight, _rate_by(each, place, now, hits)) for place, each in enumerate(boost.conditions)]
    # `sum` compensates what rounding loses: equal ratings stay equal, and none is above 1.
    return [sum(weight * ratings[place] for weight, ratings in rated) / total for place in range(len(hits))]


def _rate_by(condition: Preference, place: int, now: datetime, hits: Sequence[Hit]) -> list[float]:
    if isinstance(condition, Preferred):
        name = name_condition(place)
        return [float(name in hit.get("matched_queries", ())) for hit in hits]
    if isinstance(condition, Magnitude):
        return _rate_by_magnitude(condition, hits)
    return _rate_by_decay(condition, now, hits)


def _rate_by_magnitude(condition: Magnitude, hits: Sequence[Hit]) -> list[float]:
    """Where all hits have the same number, each is rated 1."""
    modify = MODIFIERS[condition.modifier]
    largest = [max(map(float, values), default=None) for values in _list_values(hits, condition.property)]
    if condition.modifier != "none":
        largest = [None if number is None else modify(max(0.0, number)) for number in largest]
    numbers = [number for number in largest if number is not None]
    low, high = min(numbers, default=0.0), max(numbers, default=0.0)
    if high == low:
        return [float(number is not None) for number in largest]
    # Halves: the difference of two numbers can be beyond the largest one.
    return [0.0 if number is None else (number / 2 - low / 2) / (high / 2 - low / 2) for number in largest]


def _rate_by_decay(decay: Decay, now: datetime, hits: Sequence[Hit]) -> list[float]:
    """Of several values, the nearest counts. A hit without a value is rated 0."""
    origin = now.timestamp() if decay.origin == "now" else _to_number(decay.origin)
    offset, scale, curve = _to_amount(decay.offset), _to_amount(decay.scale), CURVES[decay.curve]
    nearest = [
        min([abs(_to_number(value) - origin) for value in values], default=None)
        for values in _list_values(hits, decay.property)
    ]
    return [0.0 if distance is None else curve(max(0.0, distance - offset), scale, decay.decay) for distance in nearest]


def _list_values(hits: Sequence[Hit], name: str) -> list[list[Any]]:
    """Return the values of a property of each hit, from its column or its document."""
    field = name.removeprefix("_") if name in OWN_FIELDS else f"properties.{name}"
    path = field.split(".")
    columns = [hit.get("fields", {}).get(field) for hit in hits]
    return [
        collect_values(hit.get("_source", {}), path) if column is None else column
        for hit, column in zip(hits, columns, strict=True)
    ]


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


def _check_type(collection: CollectionConfig, place: int, name: str, types: frozenset[str]) -> PropertyBase:
    item = resolve_own_field(name).item if name in OWN_FIELDS else property_at(collection.properties, name)
    if item is None or item.scalar_type not in types:
        fitting = [known.name for known in collection.properties if known.scalar_type in types]
        fitting += [own for own, kind in OWN_FIELDS.items() if kind in types]
        is_what = f"is {item.type}" if item else f"is not a property of '{collection.name}'"
        kinds = "numbers or dates" if "date" in types else "numbers"
        raise InvalidRequestError.at(
            f"boost.conditions.{place}.property",
            f"'{name}' {is_what}. These have {kinds}: {', '.join(fitting) or 'none'}",
        )
    return item


def _check(collection: CollectionConfig, place: int, decay: Decay) -> None:
    where = f"boost.conditions.{place}"
    item = _check_type(collection, place, decay.property, MEASURED_TYPES)
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
