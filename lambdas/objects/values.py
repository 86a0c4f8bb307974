"""Does a value fit its property? A table of types, each with its check and the words for its errors. Pure."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from lambdas.collections.model import CollectionConfig, Property
from lambdas.errors import ErrorDetail, InvalidObjectError

# OpenSearch's `long`.
INT_MIN, INT_MAX = -(2**63), 2**63 - 1


@dataclass(frozen=True, slots=True)
class ValueType:
    """How values of one property type are recognised."""

    fits: Callable[[Any], bool]
    wanted: str


def _is_date(value: Any) -> bool:
    if not isinstance(value, str) or len(value) < len("2026-01-01T00:00:00Z"):
        return False
    try:
        return datetime.fromisoformat(value).tzinfo is not None
    except ValueError:
        return False


def _is_uuid(value: Any) -> bool:
    try:
        return isinstance(value, str) and bool(UUID(value))
    except ValueError:
        return False


VALUE_TYPES: dict[str, ValueType] = {
    "text": ValueType(lambda value: isinstance(value, str), "text in quotes"),
    "int": ValueType(lambda value: type(value) is int and INT_MIN <= value <= INT_MAX, "a whole number such as 42"),
    "number": ValueType(
        lambda value: type(value) in (int, float) and math.isfinite(value), "a finite number such as 4.2"
    ),
    "boolean": ValueType(lambda value: isinstance(value, bool), "true or false"),
    "date": ValueType(_is_date, "a date with time and zone such as 2026-11-23T09:30:00Z"),
    "uuid": ValueType(_is_uuid, "a UUID such as 7a3f2e0c-5b1d-4c89-9a57-2f6c1d0e8b34"),
}


def check_properties(collection: CollectionConfig, values: Mapping[str, Any]) -> None:
    """Raise `InvalidObjectError` naming every value that does not fit the collection's properties."""
    described = {item.name: item for item in collection.properties}
    problems = [
        ErrorDetail(f"properties.{name}", problem)
        for name, value in values.items()
        if (problem := _problem(described.get(name), value)) is not None
    ]
    if not problems:
        return
    first = problems[0]
    more = f" {len(problems) - 1} more in details." if len(problems) > 1 else ""
    raise InvalidObjectError(
        f"'{first.field}' {first.message} in the collection '{collection.name}'.{more}",
        problems,
    )


def value_problem(item: Property, value: Any) -> str | None:
    """What is wrong with a single value (not a list) of this property; None when it fits."""
    expected = VALUE_TYPES[item.type.removesuffix("[]")]
    return None if expected.fits(value) else f"must be {expected.wanted}, not {_shown(value)}"


def _problem(item: Property | None, value: Any) -> str | None:
    if item is None:
        return "is not a property: add it to the collection or leave it out"
    if not item.type.endswith("[]"):
        return value_problem(item, value)
    if not isinstance(value, list):
        return f"must be a list of {item.type.removesuffix('[]')}, not {_shown(value)}"
    return next((problem for element in value if (problem := value_problem(item, element))), None)


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
