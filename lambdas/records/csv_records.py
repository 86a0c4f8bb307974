"""CSV, read by one parser when the file is split and when it is loaded, so that both see the same records. Pure.

Cells are parsed as Latin-1, in which each byte is a character, and decoded as UTF-8 afterwards: so the place of each
record is known in bytes, and a byte that is not UTF-8 fails one record and names its column.
"""

import csv
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from lambdas.errors import ErrorDetail, InvalidObjectError
from lambdas.jobs.import_options import CsvOptions
from lambdas.records.byte_lines import BYTE_ORDER_MARK, MAX_LINE_BYTES, RawLine

# The library's own limit is 131,072 characters a cell.
csv.field_size_limit(MAX_LINE_BYTES)


class HeaderError(Exception):
    """The first record cannot name columns. The text is a sentence for people."""


class CsvRecord(NamedTuple):
    """One record: where it begins and ends, its bytes, and its cells as Latin-1 (None: it could not be parsed)."""

    start: int
    end: int
    data: bytes
    cells: list[str] | None
    is_cut: bool


def read_csv(lines: Iterable[RawLine], options: CsvOptions) -> Iterator[CsvRecord]:
    """The records of lines, without blank ones. A cell may go over several lines."""
    taken: list[RawLine] = []
    end = 0

    def feed() -> Iterator[str]:
        nonlocal end
        for line in lines:
            taken.append(line)
            end = line.start + len(line.data)
            data = line.data.removeprefix(BYTE_ORDER_MARK) if line.start == 0 else line.data
            yield data.decode("latin-1")

    reader = csv.reader(feed(), delimiter=options.delimiter)
    while True:
        cells: list[str] | None
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error:
            cells = None
        record = CsvRecord(
            taken[0].start, end, b"".join(line.data for line in taken), cells, any(line.is_cut for line in taken)
        )
        taken.clear()
        if cells is None or any(cell.strip() for cell in cells):
            yield record


def columns_of(record: CsvRecord) -> tuple[str, ...]:
    """The names that a header gives. Raises `HeaderError`."""
    if record.cells is None or record.is_cut:
        raise HeaderError("Its first record, which should name the columns, is too long.")
    try:
        names = tuple(cell.encode("latin-1").decode().strip() for cell in record.cells)
    except UnicodeDecodeError:
        raise HeaderError("Its first record, which should name the columns, is not UTF-8 text.") from None
    if "" in names:
        raise HeaderError(f"Column {names.index('') + 1} has no name: give each column a name in the first record.")
    for name in names:
        if names.count(name) > 1:
            raise HeaderError(f"Two columns are named '{name}': rename one of them.")
    return names


def row_of(record: CsvRecord, columns: Sequence[str]) -> dict[str, str]:
    """The record by column, without empty cells. Raises `InvalidObjectError` naming the column that is wrong."""
    if record.cells is None or record.is_cut or len(record.data) > MAX_LINE_BYTES:
        raise InvalidObjectError(
            f"The record is longer than {MAX_LINE_BYTES} bytes, the most that is imported. Is a quote not closed?"
        )
    if len(record.cells) != len(columns):
        raise InvalidObjectError(
            f"The record has {len(record.cells)} cells, but there are {len(columns)} columns. A cell with a delimiter "
            "or a line end in it must be in double quotes; a quote that is not closed takes in the lines behind it."
        )
    row: dict[str, str] = {}
    for name, cell in zip(columns, record.cells, strict=True):
        try:
            text = cell.encode("latin-1").decode()
        except UnicodeDecodeError as error:
            problem = f"is not UTF-8 text (byte {error.start} of the cell): save the file as UTF-8"
            raise InvalidObjectError(f"'{name}' {problem}.", [ErrorDetail(name, problem)]) from None
        if text:
            row[name] = text
    return row
