"""Values that a format has no types for: CSV knows only text, Parquet has types of its own. Pure."""

import math
from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, Protocol
from uuid import UUID

import orjson

from lambdas.errors import ErrorDetail, InvalidObjectError, abbreviate

TRUTHS = {"true": True, "t": True, "yes": True, "1": True, "false": False, "f": False, "no": False, "0": False}


class TypedProperty(Protocol):
    """What conversion has to know of a property."""

    @property
    def name(self) -> str:
        """Its name."""
        ...

    @property
    def type(self) -> str:
        """Such as `int` or `text[]`."""
        ...


def convert(values: Mapping[str, Any], types: Mapping[str, str]) -> dict[str, Any]:
    """The values in the types of their properties. A property that is not described keeps its value.

    Raises `InvalidObjectError` naming every field whose value cannot be read as its type.
    """
    converted: dict[str, Any] = {}
    problems: list[ErrorDetail] = []
    for name, value in values.items():
        try:
            converted[name] = _as_type(value, types.get(name, ""))
        except ValueError:
            problem = f"cannot be read as {types[name]}: {abbreviate(value)}"
            problems.append(ErrorDetail(f"properties.{name}", problem))
    if problems:
        more = f" {len(problems) - 1} more in details." if len(problems) > 1 else ""
        raise InvalidObjectError(f"'{problems[0].field}' {problems[0].message}.{more}", problems)
    return converted


def _as_type(value: Any, kind: str) -> Any:
    if kind.endswith("[]"):
        return [_as_single(element, kind.removesuffix("[]")) for element in _as_list(value)]
    return _as_single(value, kind)


def _as_list(value: Any) -> list[Any]:
    """A cell writes a list as JSON: `["a", "b"]`."""
    if isinstance(value, str):
        value = orjson.loads(value)
    if not isinstance(value, list):
        raise ValueError(value)  # noqa: TRY004 - of the same kind as text that cannot be read
    return value


def _as_single(value: Any, kind: str) -> Any:
    """One value. What does not need to be converted is checked with the rest of the object."""
    if isinstance(value, str) and kind != "text":
        return _read(value.strip(), kind)
    if isinstance(value, date):
        return _moment(value).isoformat()
    if isinstance(value, Decimal):
        value = float(value)
    if isinstance(value, float) and kind == "int":
        # Columns of whole numbers with gaps are often kept as floats.
        return _whole(value)
    return str(value) if isinstance(value, UUID) else value


def _moment(value: date) -> datetime:
    """A date is its first moment; what has no zone is meant as UTC."""
    if not isinstance(value, datetime):
        return datetime(value.year, value.month, value.day, tzinfo=UTC)
    return value if value.tzinfo else value.replace(tzinfo=UTC)


def _read(text: str, kind: str) -> Any:
    match kind:
        case "int":
            return int(text) if text.lstrip("+-").isdecimal() else _whole(float(text))
        case "number":
            return float(text)
        case "boolean":
            if text.lower() not in TRUTHS:
                raise ValueError(text)
            return TRUTHS[text.lower()]
        case "date":
            return _as_single(datetime.fromisoformat(text), kind)
        case "uuid":
            return str(UUID(text))
    return text


def _whole(value: float) -> int:
    if not math.isfinite(value) or value != int(value) or abs(value) > 2**53:
        raise ValueError(value)
    return int(value)
