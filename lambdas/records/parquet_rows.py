"""Parquet: what the footer says, and the rows of row groups. The file is read by ranges, never as a whole.

The reader is imported late: only Parquet jobs pay for it.
"""

import io
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

from lambdas.jobs.import_options import MAX_COLUMNS
from lambdas.records.byte_lines import MAX_LINE_BYTES, ReadRange
from lambdas.records.parquet_values import Unreadable, column_values

if TYPE_CHECKING:
    import pyarrow as pa
    from pyarrow.parquet import FileMetaData, ParquetFile

ROWS_AT_ONCE = 512
# Decoded at once, about. Values are decoded before their size is known, so it is estimated from the footer.
BATCH_BYTES = 8_000_000
# A text of a dictionary may be as large as all of its column, and stand in each row.
REPEATED_BYTES = 128_000_000
FEWEST_ROWS_AT_ONCE = 4
VALUE_BYTES = 8
# A few bytes of Parquet can stand for billions of repeated values. Lists above both bounds are refused.
MAX_LIST_BYTES = 256_000_000
MAX_LIST_GROWTH = 100


class NotParquetError(Exception):
    """The file is not Parquet, or not as a whole. The text is a sentence for people."""


class RowGroup(NamedTuple):
    """The rows `start` to `end` - 1 of the file, and their bytes as they are in memory."""

    start: int
    end: int
    size: int


class RangeFile(io.RawIOBase):
    """A file whose bytes are read by ranges when they are asked for."""

    def __init__(self, read: ReadRange, size: int) -> None:
        super().__init__()
        self._read = read
        self._size = size
        self._position = 0
        # The error from reading a range; it must not be reported as a damaged file.
        self.failure: Exception | None = None

    def readable(self) -> bool:
        """Always true."""
        return True

    def seekable(self) -> bool:
        """Always true."""
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Move to a position."""
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._size}[whence]
        self._position = base + offset
        return self._position

    def tell(self) -> int:
        """The position."""
        return self._position

    def readinto(self, buffer: Any) -> int:
        """Read with one request."""
        end = min(self._position + len(buffer), self._size)
        if end <= self._position:
            return 0
        try:
            data = self._read(self._position, end)
        except Exception as error:
            self.failure = error
            raise
        buffer[: len(data)] = data
        self._position = end
        return len(data)


def row_groups(read: ReadRange, size: int) -> list[RowGroup]:
    """The row groups that the footer names. Raises `NotParquetError`."""
    with _opened(read, size) as file:
        metadata = file.metadata
        _check(file)
    groups: list[RowGroup] = []
    start = 0
    for number in range(metadata.num_row_groups):
        group = metadata.row_group(number)
        groups.append(RowGroup(start, start + group.num_rows, group.total_byte_size))
        start += group.num_rows
    return groups


def _check(file: "ParquetFile") -> list[str]:
    """Return the names of the columns. Raises `NotParquetError` for a file that cannot be read safely.

    The splitter checks so that a job ends at once; the loader checks again, since memory is at stake in its process and
    a chunk may have been made by an older splitter.
    """
    names: list[str] = file.schema_arrow.names
    _check_columns(names)
    _check_lists(file.metadata)
    return names


def _check_columns(names: list[str]) -> None:
    if len(names) > MAX_COLUMNS:
        raise NotParquetError(f"It has {len(names)} columns; at most {MAX_COLUMNS} can be imported.")
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise NotParquetError(f"Two columns are named '{name}': rename one of them.")
        seen.add(name)


def _check_lists(metadata: "FileMetaData") -> None:
    """Refuse lists whose values need far more memory than their bytes in the file."""
    for number in range(metadata.num_row_groups):
        group = metadata.row_group(number)
        for index in range(group.num_columns):
            column = group.column(index)
            decoded = column.num_values * VALUE_BYTES
            is_list = metadata.schema.column(index).max_repetition_level > 0
            if is_list and decoded > max(MAX_LIST_BYTES, column.total_uncompressed_size * MAX_LIST_GROWTH):
                raise NotParquetError(
                    f"The lists of column '{column.path_in_schema}' unpack from {column.total_uncompressed_size} bytes "
                    f"to {column.num_values} values in one row group: write smaller row groups."
                )


def read_rows(
    read: ReadRange, size: int, start: int, end: int, left_out: Collection[str] = ()
) -> Iterator[tuple[int, dict[str, Any] | Unreadable]]:
    """The rows `start` to `end` - 1, each with its number, without the columns in `left_out`.

    A row that is too large is `Unreadable`; so is each single value that cannot be represented. Raises
    `NotParquetError`.
    """
    with _opened(read, size) as file:
        names = _check(file)
        columns = [name for name in names if name not in left_out] if left_out else None
        first = 0
        for number in range(file.metadata.num_row_groups):
            count = file.metadata.row_group(number).num_rows
            if first < end and first + count > start:
                yield from _rows_of(file, number, range(max(first, start), min(first + count, end)), first, columns)
            first += count


def _rows_of(
    file: "ParquetFile", number: int, wanted: range, first: int, columns: list[str] | None
) -> Iterator[tuple[int, dict[str, Any] | Unreadable]]:
    position = first
    size = _rows_at_once(file, number)
    for batch in file.iter_batches(batch_size=size, row_groups=[number], columns=columns, use_threads=False):
        rows = range(max(position, wanted.start), min(position + batch.num_rows, wanted.stop))
        if rows:
            yield from zip(rows, _rows(batch.slice(rows.start - position, len(rows)), columns), strict=True)
        position += batch.num_rows
        if position >= wanted.stop:
            return


def _rows_at_once(file: "ParquetFile", number: int) -> int:
    group = file.metadata.row_group(number)
    columns = [group.column(index) for index in range(group.num_columns)]
    decoded: int = sum(max(column.total_uncompressed_size, column.num_values * VALUE_BYTES) for column in columns)
    fitting: int = BATCH_BYTES * max(1, group.num_rows) // max(1, decoded)
    repeated: list[int] = [
        column.total_uncompressed_size * max(1, column.num_values // max(1, group.num_rows))
        for column in columns
        if column.physical_type == "BYTE_ARRAY" and column.has_dictionary_page
    ]
    safe = max(FEWEST_ROWS_AT_ONCE, REPEATED_BYTES // max(1, *repeated, 1))
    return max(1, min(ROWS_AT_ONCE, fitting, safe))


def _rows(batch: "pa.RecordBatch", columns: list[str] | None) -> Iterator[dict[str, Any] | Unreadable]:
    if batch.nbytes > MAX_LINE_BYTES and batch.num_rows > 1:
        # One of the rows may be too large. Only rows that are not are made into Python's objects.
        half = batch.num_rows // 2
        yield from _rows(batch.slice(0, half), columns)
        yield from _rows(batch.slice(half), columns)
        return
    if batch.nbytes > MAX_LINE_BYTES:
        yield Unreadable(f"The row has {batch.nbytes} bytes; at most {MAX_LINE_BYTES} are imported.")
        return
    # With a dot in its name, a column may have been read that was not asked for.
    names = [name for name in batch.schema.names if columns is None or name in columns]
    values = [column_values(batch.column(name)) for name in names]
    for number in range(batch.num_rows):
        yield {name: column[number] for name, column in zip(names, values, strict=True)}


@contextmanager
def _opened(read: ReadRange, size: int) -> "Iterator[ParquetFile]":
    """The file. An error of pyarrow while it is open is a `NotParquetError`."""
    import pyarrow as pa  # noqa: PLC0415 - heavy
    from pyarrow.parquet import ParquetFile  # noqa: PLC0415

    ranges = RangeFile(read, size)
    try:
        yield ParquetFile(pa.PythonFile(ranges, mode="r"), pre_buffer=False, buffer_size=1_048_576)
    except (pa.ArrowException, OSError) as error:
        if ranges.failure is not None:
            raise
        raise NotParquetError(
            f"It is not a Parquet file, or a damaged one: {str(error).partition(chr(10))[0]}"
        ) from None
