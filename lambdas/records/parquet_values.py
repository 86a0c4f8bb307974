"""The values of Parquet columns, one by one: what cannot be represented fails its own record, not its neighbors. Pure.

Times are computed from their integers, so that no digit is lost and no database of time zones is needed.
The library is imported late: only Parquet jobs need it.
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple
from uuid import UUID

if TYPE_CHECKING:
    import pyarrow as pa

EPOCH_ORDINAL = date(1970, 1, 1).toordinal()
LAST_ORDINAL = date.max.toordinal()
DAY_SECONDS = 86_400
UNITS = {"s": 0, "ms": 3, "us": 6, "ns": 9}
type Values = list[Any]


class Unreadable(NamedTuple):
    """Stands for a value that cannot be represented. `problem` continues a sentence that starts with the field."""

    problem: str


def column_values(array: "pa.Array") -> Values:
    """The values of an array as text, numbers, booleans, `Decimal`, bytes, lists and dicts; or `Unreadable`."""
    import pyarrow as pa  # noqa: PLC0415 - heavy

    kind = array.type
    is_a = pa.types
    if isinstance(kind, pa.BaseExtensionType):
        return _extension(array)
    if is_a.is_dictionary(kind):
        known = column_values(array.dictionary)
        return [None if index is None else known[index] for index in array.indices.to_pylist()]
    if is_a.is_run_end_encoded(kind):
        import pyarrow.compute as pc  # noqa: PLC0415

        return column_values(pc.run_end_decode(array))
    for matches, read in _readers():
        if matches(kind):
            return read(array)
    problem = Unreadable(f"is of the Parquet type {kind}, which no property holds")
    return [problem if valid else None for valid in array.is_valid().to_pylist()]


def unreadable_in(value: Any, path: str) -> Iterator[tuple[str, str]]:
    """The fields at or below `path` that cannot be represented, and why."""
    if isinstance(value, Unreadable):
        yield path, value.problem
    elif isinstance(value, dict):
        for name, nested in value.items():
            yield from unreadable_in(nested, f"{path}.{name}")
    elif isinstance(value, list):
        for nested in value:
            if isinstance(nested, (Unreadable, dict, list)):
                yield from unreadable_in(nested, path)


def shown_value(value: Any) -> Any:  # noqa: PLR0911 - one for each type
    """A value as the error file shows it. Whole decimals are exact numbers, others exact text."""
    if isinstance(value, Unreadable):
        return {"unreadable": value.problem}
    if isinstance(value, dict):
        return {str(name): shown_value(nested) for name, nested in value.items()}
    if isinstance(value, list):
        return [shown_value(nested) for nested in value]
    if isinstance(value, bytes):
        try:
            return value.decode()
        except UnicodeDecodeError:
            return {"unreadable": f"binary, 0x{value[:32].hex()}"}
    if isinstance(value, (Decimal, UUID)):
        return str(value)
    return value


def _readers() -> list[tuple[Callable[[Any], bool], Callable[[Any], Values]]]:
    import pyarrow as pa  # noqa: PLC0415

    is_a = pa.types
    return [
        (is_a.is_null, lambda array: [None] * len(array)),
        (lambda kind: is_a.is_boolean(kind) or is_a.is_integer(kind), lambda array: array.to_pylist()),
        (is_a.is_floating, lambda array: [None if x is None else float(x) for x in array.to_pylist()]),
        (is_a.is_decimal, lambda array: array.to_pylist()),
        (
            lambda kind: is_a.is_string(kind) or is_a.is_large_string(kind) or is_a.is_string_view(kind),
            _texts,
        ),
        (
            lambda kind: (
                is_a.is_binary(kind)
                or is_a.is_large_binary(kind)
                or is_a.is_fixed_size_binary(kind)
                or is_a.is_binary_view(kind)
            ),
            lambda array: array.to_pylist(),
        ),
        (is_a.is_timestamp, _timestamps),
        (is_a.is_date, _dates),
        (is_a.is_time, _times),
        (is_a.is_struct, _structs),
        (is_a.is_map, _maps),
        (
            lambda kind: (
                is_a.is_list(kind)
                or is_a.is_large_list(kind)
                or is_a.is_fixed_size_list(kind)
                or is_a.is_list_view(kind)
                or is_a.is_large_list_view(kind)
            ),
            _lists,
        ),
    ]


def _extension(array: "pa.ExtensionArray[Any]") -> Values:
    if array.type.extension_name == "arrow.uuid":
        return [None if raw is None else UUID(bytes=raw) for raw in array.storage.to_pylist()]
    return column_values(array.storage)


def _texts(array: "pa.Array") -> Values:
    import pyarrow as pa  # noqa: PLC0415

    try:
        values: Values = array.to_pylist()
    except UnicodeDecodeError:
        raw = array.cast(pa.large_binary()).to_pylist()
        return [None if value is None else _text(value) for value in raw]
    return values


def _text(value: bytes) -> str | Unreadable:
    try:
        return value.decode()
    except UnicodeDecodeError as error:
        return Unreadable(f"is not UTF-8 text (byte {error.start})")


def _timestamps(array: "pa.Array") -> Values:
    import pyarrow as pa  # noqa: PLC0415

    digits = UNITS[array.type.unit]
    return [None if value is None else _moment(value, digits) for value in array.cast(pa.int64()).to_pylist()]


def _moment(value: int, digits: int) -> str | Unreadable:
    seconds, fraction = divmod(value, 10**digits)
    days, second = divmod(seconds, DAY_SECONDS)
    day = _day(days)
    if day is None:
        return Unreadable("is a time outside of the years 1 to 9999")
    return f"{day}T{_clock(second, fraction, digits)}Z"


def _day(days: int) -> str | None:
    ordinal = EPOCH_ORDINAL + days
    return date.fromordinal(ordinal).isoformat() if 1 <= ordinal <= LAST_ORDINAL else None


def _clock(second: int, fraction: int, digits: int) -> str:
    shown = f".{fraction:0{digits}}".rstrip("0") if fraction else ""
    return f"{second // 3600:02}:{second // 60 % 60:02}:{second % 60:02}{shown}"


def _dates(array: "pa.Array") -> Values:
    import pyarrow as pa  # noqa: PLC0415

    if array.type == pa.date64():
        days = [None if ms is None else ms // (DAY_SECONDS * 1000) for ms in array.cast(pa.int64()).to_pylist()]
    else:
        days = array.cast(pa.int32()).to_pylist()
    texts = [None if day is None else _day(day) for day in days]
    return [
        None if day is None else f"{text}T00:00:00Z" if text else Unreadable("is a date outside of the years 1 to 9999")
        for day, text in zip(days, texts, strict=True)
    ]


def _times(array: "pa.Array") -> Values:
    import pyarrow as pa  # noqa: PLC0415

    digits = UNITS[array.type.unit]
    raw = array.cast(pa.int32() if digits <= 3 else pa.int64()).to_pylist()
    return [None if value is None else _time(value, digits) for value in raw]


def _time(value: int, digits: int) -> str:
    second, fraction = divmod(value, 10**digits)
    return _clock(second, fraction, digits)


def _structs(array: "pa.StructArray") -> Values:
    names = [array.type.field(number).name for number in range(array.type.num_fields)]
    if len(set(names)) < len(names):
        problem = Unreadable("has two fields of one name")
        return [problem if valid else None for valid in array.is_valid().to_pylist()]
    columns = [column_values(column) for column in array.flatten()]
    return [
        dict(zip(names, row, strict=True)) if valid else None
        for valid, row in zip(
            array.is_valid().to_pylist(), zip(*columns, strict=True) if columns else [()] * len(array), strict=True
        )
    ]


def _lists(array: "pa.ListArray[Any]") -> Values:
    import pyarrow as pa  # noqa: PLC0415

    element = array.type.value_type
    if pa.types.is_float32(element) or pa.types.is_float64(element) or pa.types.is_integer(element):
        # Vectors, mostly: fast, and every value can be represented.
        values: Values = array.to_pylist()
        return values
    return [column_values(item.values) if item.is_valid else None for item in array]


def _maps(array: "pa.MapArray") -> Values:
    return [_map(item.values) if item.is_valid else None for item in array]


def _map(items: Any) -> Mapping[str, Any] | Unreadable:
    keys, values = column_values(items.field(0)), column_values(items.field(1))
    if not all(isinstance(key, str) for key in keys) or len(set(keys)) < len(keys):
        return Unreadable("is a map whose keys are not different texts")
    return dict(zip(keys, values, strict=True))
