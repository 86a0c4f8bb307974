"""Does a value fit its property? A table of types, each with its check and the words for its errors. Pure."""

import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from lambdas.collections.model import CollectionConfig
from lambdas.collections.properties import PropertyBase
from lambdas.errors import ErrorDetail, InvalidObjectError, abbreviate

# OpenSearch's `long`.
INT_MIN, INT_MAX = -(2**63), 2**63 - 1
# RFC 3339, which is narrower than ISO 8601. OpenSearch keeps milliseconds, and takes zones of 18 hours at most.
DATE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]((0\d|1[0-7]):[0-5]\d|18:00))", re.ASCII)
UUID_TEXT = re.compile(r"[0-9a-fA-F]{8}-([0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}")
GEO_FIELDS = {"lat": 90, "lon": 180}


class ValueType(NamedTuple):
    """How values of one property type are recognised."""

    fits: Callable[[Any], bool]
    wanted: str


def is_date(value: Any) -> bool:
    """Whether a value is a date with time and zone, as RFC 3339 writes it, that exists."""
    if not isinstance(value, str) or not DATE.fullmatch(value):
        return False
    try:
        # Python knows microseconds only; what comes after them cannot make a date impossible.
        datetime.fromisoformat(re.sub(r"\.\d+", "", value))
    except ValueError:
        return False
    return True


def is_uuid(value: Any) -> bool:
    """Whether a value is a UUID with its dashes, in either case."""
    return isinstance(value, str) and UUID_TEXT.fullmatch(value) is not None


def is_int(value: Any) -> bool:
    """Whether a value is a whole number that OpenSearch can hold. `true` is none."""
    return type(value) is int and INT_MIN <= value <= INT_MAX


def is_number(value: Any) -> bool:
    """Whether a value is a finite number. `true` is none, and neither is a whole number beyond what a float holds."""
    try:
        return type(value) in (int, float) and math.isfinite(value)
    except OverflowError:
        return False


def is_geo(value: Any) -> bool:
    """Whether a value is a place on Earth: lat and lon, in degrees."""
    return (
        isinstance(value, dict)
        and value.keys() == GEO_FIELDS.keys()
        and all(is_number(value[name]) and abs(value[name]) <= limit for name, limit in GEO_FIELDS.items())
    )


VALUE_TYPES: dict[str, ValueType] = {
    "text": ValueType(lambda value: isinstance(value, str), "text in quotes"),
    "int": ValueType(is_int, "a whole number such as 42"),
    "number": ValueType(is_number, "a finite number such as 4.2"),
    "boolean": ValueType(lambda value: isinstance(value, bool), "true or false"),
    "date": ValueType(is_date, "a date with time and zone such as 2026-11-23T09:30:00Z"),
    "uuid": ValueType(is_uuid, "a UUID such as 7a3f2e0c-5b1d-4c89-9a57-2f6c1d0e8b34"),
    "geo": ValueType(is_geo, 'a place such as {"lat": 52.52, "lon": 13.4}, lat from -90 to 90, lon from -180 to 180'),
    "object": ValueType(lambda value: isinstance(value, dict), "an object in braces"),
}


def check_properties(collection: CollectionConfig, values: Mapping[str, Any]) -> None:
    """Raise `InvalidObjectError` naming every value that does not fit the collection's properties."""
    problems = list(_problems(collection.properties, values, "properties."))
    if not problems:
        return
    first = problems[0]
    more = f" {len(problems) - 1} more in details." if len(problems) > 1 else ""
    raise InvalidObjectError(
        f"'{first.field}' {first.message} in the collection '{collection.name}'.{more}",
        problems,
    )


def value_problem(item: PropertyBase, value: Any) -> str | None:
    """What is wrong with a single value (not a list) of this property; None when it fits."""
    expected = VALUE_TYPES[item.scalar_type]
    return None if expected.fits(value) else f"must be {expected.wanted}, not {abbreviate(value)}"


def lengths(properties: Sequence[PropertyBase], values: Mapping[str, Any]) -> dict[str, int | list[int]]:
    """The lengths of the values, by path: characters of a text, items of a list.

    One for each object of a list of objects: `{"actors": 2, "actors.name": [11, 8]}`.
    """
    found: dict[str, list[int]] = {}
    _measure(properties, values, "", found)
    return {path: measured[0] if len(measured) == 1 else measured for path, measured in found.items()}


def _measure(
    properties: Sequence[PropertyBase], values: Mapping[str, Any], prefix: str, found: dict[str, list[int]]
) -> None:
    for item in properties:
        value = values.get(item.name)
        if value is None:
            continue
        path = prefix + item.name
        if item.has_length:
            found.setdefault(path, []).append(len(value))
        for nested in (value if item.is_list else [value]) if item.properties else ():
            _measure(item.properties or (), nested, f"{path}.", found)


def _problems(properties: Sequence[PropertyBase], values: Mapping[str, Any], prefix: str) -> Iterator[ErrorDetail]:
    described = {item.name: item for item in properties}
    for name, value in values.items():
        field = f"{prefix}{name}"
        item = described.get(name)
        if item is None:
            yield ErrorDetail(field, "is not a property: add it to the collection or leave it out")
        elif not item.is_list:
            yield from _value_problems(item, value, field)
        elif not isinstance(value, list):
            yield ErrorDetail(field, f"must be a list of {item.scalar_type}, not {abbreviate(value)}")
        else:
            # One wrong item says enough about a list.
            yield from next(filter(None, (list(_value_problems(item, each, field)) for each in value)), ())


def _value_problems(item: PropertyBase, value: Any, field: str) -> Iterator[ErrorDetail]:
    problem = value_problem(item, value)
    if problem:
        yield ErrorDetail(field, problem)
    elif item.properties is not None:
        yield from _problems(item.properties, value, f"{field}.")
