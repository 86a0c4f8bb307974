"""Parquet: what the footer says, and the rows of row groups. The file is read by ranges, never as a whole.

The reader is imported late: only Parquet jobs pay for it.
"""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

from lambdas.records.byte_lines import ReadRange

if TYPE_CHECKING:
    from pyarrow.parquet import ParquetFile

ROWS_AT_ONCE = 512


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
        # What reading a range met: that is no fault of the file.
        self.failure: Exception | None = None

    def readable(self) -> bool:
        """It is."""
        return True

    def seekable(self) -> bool:
        """It is."""
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Go to a place."""
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._size}[whence]
        self._position = base + offset
        return self._position

    def tell(self) -> int:
        """The place."""
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
    groups: list[RowGroup] = []
    start = 0
    for number in range(metadata.num_row_groups):
        group = metadata.row_group(number)
        groups.append(RowGroup(start, start + group.num_rows, group.total_byte_size))
        start += group.num_rows
    return groups


def read_rows(read: ReadRange, size: int, start: int, end: int) -> Iterator[tuple[int, dict[str, Any]]]:
    """The rows `start` to `end` - 1, each with its number. Raises `NotParquetError`."""
    with _opened(read, size) as file:
        first = 0
        for number in range(file.metadata.num_row_groups):
            count = file.metadata.row_group(number).num_rows
            if first < end and first + count > start:
                yield from _rows_of(file, number, first, start, end)
            first += count


def _rows_of(
    file: "ParquetFile", number: int, first: int, start: int, end: int
) -> Iterator[tuple[int, dict[str, Any]]]:
    position = first
    for batch in file.iter_batches(batch_size=ROWS_AT_ONCE, row_groups=[number], use_threads=False):
        wanted = range(max(position, start), min(position + batch.num_rows, end))
        if wanted:
            rows = batch.slice(wanted.start - position, len(wanted)).to_pylist()
            yield from zip(wanted, rows, strict=True)
        position += batch.num_rows
        if position >= end:
            return


@contextmanager
def _opened(read: ReadRange, size: int) -> "Iterator[ParquetFile]":
    """The file. Whatever pyarrow cannot make sense of, now or later, is a `NotParquetError`."""
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
