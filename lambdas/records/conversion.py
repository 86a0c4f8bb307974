"""Values in the types of their properties: CSV has only text, Parquet has types of its own. Pure."""

import math
import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any
from uuid import UUID

from lambdas.errors import ErrorDetail, InvalidObjectError, abbreviate
from lambdas.json_text import parse_json
from lambdas.objects.keys import parse_uuid
from lambdas.objects.values import is_date

TRUTHS = {"true": True, "t": True, "yes": True, "1": True, "false": False, "f": False, "no": False, "0": False}
# The grammar of JSON: Python's own reads `12_34`, `inf` and the digits of other scripts.
NUMBER = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?", re.ASCII)
INTEGER = re.compile(r"-?(0|[1-9][0-9]*)", re.ASCII)
# RFC 3339, or its date alone, or without a zone, which is UTC.
DATE = re.compile(r"(\d{4}-\d\d-\d\d)(?:[Tt ](\d\d:\d\d:\d\d(?:\.\d{1,9})?)([Zz]|[+-]\d\d:\d\d)?)?", re.ASCII)
# How a value of each type is written, for messages.
FORMS = {
    "int": "digits, such as -1234",
    "number": "digits, such as -12.5 or 1e6",
    "boolean": "true or false",
    "date": "2026-01-02T03:04:05Z or 2026-01-02",
    "uuid": "7a3f2e0c-5b1d-4c89-9a57-2f6c1d0e8b34",
    "geo": '{"lat": 52.5, "lon": 13.4}',
    "object": 'JSON, such as {"name": "value"}',
}
# More digits than a number of JSON may have here.
MAX_DIGITS = 400
UUID_BYTES = 16


def convert(values: Mapping[str, Any], types: Mapping[str, str], prefix: str = "") -> dict[str, Any]:
    """The values in the types of their properties, without nulls. Fields of objects have paths: `maker.founded`.

    A property that is not described keeps its value. Raises `InvalidObjectError` naming every field whose value cannot
    be read as its type.
    """
    problems: list[ErrorDetail] = []
    converted = _fields(values, types, prefix, problems)
    if problems:
        more = f" {len(problems) - 1} more in details." if len(problems) > 1 else ""
        raise InvalidObjectError(f"'{problems[0].field}' {problems[0].message}.{more}", problems)
    return converted


def _fields(
    values: Mapping[str, Any], types: Mapping[str, str], prefix: str, problems: list[ErrorDetail]
) -> dict[str, Any]:
    converted: dict[str, Any] = {}
    for name, value in values.items():
        path = f"{prefix}{name}"
        kind = types.get(path, "")
        if value is None:
            continue
        try:
            converted[name] = _as_type(value, kind, types, path, problems)
        except (ValueError, OverflowError, RecursionError):
            problem = f"cannot be read as {kind or 'a value'}: {_shown(value)}{_advice(kind)}"
            problems.append(ErrorDetail(f"properties.{path}", problem))
    return converted


def _shown(value: Any) -> str:
    if isinstance(value, bytes):
        return f"the bytes 0x{value[:16].hex()}"
    return abbreviate([_in_list(each) for each in value] if isinstance(value, list) else value)


def _in_list(value: Any) -> Any:
    if isinstance(value, bytes):
        return f"0x{value[:16].hex()}"
    return {name: _in_list(each) for name, each in value.items()} if isinstance(value, dict) else value


def _advice(kind: str) -> str:
    if kind.endswith("[]"):
        return ' (write a list as JSON, such as ["a", "b"] or [1, 2])'
    return f" (write {FORMS[kind]})" if kind in FORMS else ""


def _as_type(value: Any, kind: str, types: Mapping[str, str], path: str, problems: list[ErrorDetail]) -> Any:
    if kind.endswith("[]"):
        single = kind.removesuffix("[]")
        items = (item for item in _as_list(value) if item is not None)
        return [_as_single(item, single, types, path, problems) for item in items]
    return _as_single(value, kind, types, path, problems)


def _as_list(value: Any) -> list[Any]:
    """A cell writes a list as JSON: `["a", "b"]`."""
    if isinstance(value, str):
        value = parse_json(value)
    if not isinstance(value, list):
        raise ValueError(value)  # noqa: TRY004 - of the same kind as text that cannot be read
    return value


def _as_single(value: Any, kind: str, types: Mapping[str, str], path: str, problems: list[ErrorDetail]) -> Any:
    """One value. What does not need to be converted is checked with the rest of the object."""
    if isinstance(value, bytes):
        value = _text_of(value, kind)
    if isinstance(value, str) and kind in ("object", "geo"):
        value = parse_json(value)
        if not isinstance(value, dict):
            raise ValueError(value)
    if isinstance(value, dict):
        if kind == "geo":
            return {name: _read(item) for name, item in value.items() if item is not None}
        return _fields(value, types, f"{path}.", problems)
    if isinstance(value, str) and kind != "text":
        return _read_text(value.strip(), kind)
    if isinstance(value, Decimal):
        return _decimal(value, kind)
    if isinstance(value, float) and kind == "int":
        # Columns of whole numbers with gaps are often kept as floats.
        return _whole(value)
    return str(value) if isinstance(value, UUID) else value


def _read(value: Any) -> Any:
    return _decimal(value, "number") if isinstance(value, Decimal) else value


def plain_numbers(value: Any) -> Any:
    """A vector, or vectors by name, with decimals as numbers."""
    if isinstance(value, dict):
        return {name: plain_numbers(each) for name, each in value.items()}
    # All values of a column have one type: a vector of floats, as most are, is not read number by number.
    if not isinstance(value, list) or (value and isinstance(value[0], float)):
        return value
    return [_read(each) for each in value]


def _text_of(value: bytes, kind: str) -> str:
    if kind == "uuid" and len(value) == UUID_BYTES:
        return str(UUID(bytes=value))
    return value.decode()


def _read_text(text: str, kind: str) -> Any:
    match kind:
        case "int":
            if not NUMBER.fullmatch(text) or len(text) > MAX_DIGITS:
                raise ValueError(text)
            return int(text) if INTEGER.fullmatch(text) else _decimal(Decimal(text), kind)
        case "number":
            if not NUMBER.fullmatch(text) or len(text) > MAX_DIGITS or not math.isfinite(float(text)):
                raise ValueError(text)
            return int(text) if INTEGER.fullmatch(text) else float(text)
        case "boolean":
            if text.lower() not in TRUTHS:
                raise ValueError(text)
            return TRUTHS[text.lower()]
        case "date":
            return date_of(text)
        case "uuid":
            return _uuid_of(text)
    return text


def _uuid_of(text: str) -> str:
    found = parse_uuid(text)
    if found is None:
        raise ValueError(text)
    return found


def date_of(text: str) -> str:
    """A date in the form that objects take. Raises `ValueError` for all but RFC 3339, its date alone, or no zone."""
    found = DATE.fullmatch(text)
    day, time, zone = found.groups() if found else ("", "", "")
    written = f"{day}T{time or '00:00:00'}{(zone or 'Z').upper()}"
    if not is_date(written):
        raise ValueError(text)
    return written


def _decimal(value: Decimal, kind: str) -> Any:
    """A whole decimal is exact. Another one is the nearest number, as in JSON."""
    if not value.is_finite():
        raise ValueError(value)
    if value.adjusted() < MAX_DIGITS and value == value.to_integral_value():
        return int(value)
    if kind == "int":
        raise ValueError(value)
    return float(value)


def _whole(value: float) -> int:
    # From 2^53 on, a float may be another number than the one that was meant: 2^53 + 1 is read as 2^53.
    if not math.isfinite(value) or value != int(value) or abs(value) >= 2**53:
        raise ValueError(value)
    return int(value)
