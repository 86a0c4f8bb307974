"""Property types: one row each, with the check of a value and the text for its error. Pure."""

import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from lambdas.collections.model import CollectionConfig
from lambdas.collections.properties import PropertyBase
from lambdas.dates import parse_date
from lambdas.errors import ErrorDetail, InvalidObjectError, abbreviate

# OpenSearch's `long`.
INT_MIN, INT_MAX = -(2**63), 2**63 - 1
UUID_TEXT = re.compile(r"[0-9a-fA-F]{8}-([0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}")
GEO_FIELDS = {"lat": 90, "lon": 180}


class ValueType(NamedTuple):
    """How values of one property type are recognised."""

    fits: Callable[[Any], bool]
    expected: str


def is_date(value: Any) -> bool:
    """Whether a value is a date that Alto stores, see `parse_date`."""
    try:
        return isinstance(value, str) and parse_date(value) is not None
    except ValueError:
        return False


def is_uuid(value: Any) -> bool:
    """Whether a value is a UUID with its dashes, in either case."""
    return isinstance(value, str) and UUID_TEXT.fullmatch(value) is not None


def is_int(value: Any) -> bool:
    """Whether a value is a whole number that OpenSearch can hold; bool is excluded."""
    return type(value) is int and INT_MIN <= value <= INT_MAX


def is_number(value: Any) -> bool:
    """Whether a value is a finite number; bool and whole numbers beyond a double's range are excluded."""
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
    """Return what is wrong with a single value (not a list) of this property; None if it fits."""
    if item.scalar_type == "date" and isinstance(value, str):
        try:
            parse_date(value)
        except ValueError as error:
            return f"{error}, not {abbreviate(value)}"
        return None
    expected = VALUE_TYPES[item.scalar_type]
    return None if expected.fits(value) else f"must be {expected.expected}, not {abbreviate(value)}"


def normalize(value: Any) -> Any:
    """Return a JSON value as it is stored: null is absent at any depth, also in lists, and -0.0 is 0.0."""
    if isinstance(value, dict):
        return {name: normalize(each) for name, each in value.items() if each is not None}
    if isinstance(value, list):
        return [normalize(each) for each in value if each is not None]
    # OpenSearch orders -0.0 before 0.0 and does not find one by the other.
    return 0.0 if type(value) is float and value == 0 else value


def lengths(properties: Sequence[PropertyBase], values: Mapping[str, Any]) -> dict[str, int | list[int]]:
    """Return the lengths of the values, by path: characters of a text, items of a list.

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
