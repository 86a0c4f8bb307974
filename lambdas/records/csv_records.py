"""CSV: one scanner finds the records when a file is split and when it is loaded, so that both agree. Pure.

Records are found in bytes and cells are decoded afterwards: the position of each record is known in bytes, and a cell
that cannot be decoded fails one record and names its column. The scanner is strict. After a quote that is never closed,
or that is followed by more text, each line of the damaged region fails: which of them are records cannot be known.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from lambdas.errors import ErrorDetail, InvalidObjectError
from lambdas.jobs.import_options import MAX_COLUMN_NAME, MAX_COLUMNS, CsvOptions
from lambdas.records.byte_lines import BYTE_ORDER_MARK, MAX_LINE_BYTES
from lambdas.records.csv_scanner import CsvDamageError, CsvScanner
from lambdas.records.signatures import is_utf16, other_format

# The columns are kept with the job, whose item in DynamoDB has at most 400 kB.
MAX_HEADER_BYTES = 100_000
DELIMITERS = (",", ";", "\t", "|")
CODECS = {"utf-8": "utf-8", "utf-16": "utf-8", "latin-1": "latin-1", "windows-1252": "cp1252"}


class HeaderError(Exception):
    """The file cannot be read as CSV with these options. The text is a sentence for the user."""


class CsvRecord(NamedTuple):
    """One record, or one line of a damaged region: its range, its bytes, and its cells or the problem.

    line: the number of its first line, from 1; 0 if unknown. Lines of one damaged region have the same `start`, because
    a chunk must not begin inside the region.
    """

    start: int
    end: int
    data: bytes
    cells: list[bytes] | None
    line: int = 0
    problem: str = ""
    is_cut: bool = False


def read_csv(blocks: Iterable[bytes], options: CsvOptions, start: int = 0, line: int = 1) -> Iterator[CsvRecord]:
    """The records of blocks that begin at byte `start` and line `line` of a file, without blank lines."""
    return _Reader(options, start, line).read(blocks)


class _Reader:
    """Collects the lines of a record. Holds one block, and one record of at most `MAX_LINE_BYTES`."""

    def __init__(self, options: CsvOptions, start: int, line: int) -> None:
        self._scanner = CsvScanner(options)
        self._position = start
        # 0: the number of lines before `start` is unknown.
        self._line = line
        self._start, self._first = start, line
        self._held: list[bytes] = []
        self._size = 0
        self._is_cut = False

    def read(self, blocks: Iterable[bytes]) -> Iterator[CsvRecord]:
        for piece, is_line in _pieces(blocks):
            if not self._held:
                self._start, self._first = self._position, self._line
            data = piece.removeprefix(BYTE_ORDER_MARK) if self._position == 0 else piece
            self._position += len(piece)
            if self._line and is_line:
                self._line += 1
            yield from self._take(data, piece, is_line=is_line)
        if self._held:
            yield from self._end()

    def _take(self, data: bytes, piece: bytes, *, is_line: bool) -> Iterator[CsvRecord]:
        if self._is_cut:
            self._scanner.skim(data)
            if is_line and not self._scanner.is_open:
                yield self._too_long()
            return
        self._held.append(piece)
        self._size += len(piece)
        if self._size > MAX_LINE_BYTES or not is_line:
            self._is_cut = True
            self._scanner.skim_record(self._held)
            if is_line and not self._scanner.is_open:
                yield self._too_long()
            return
        try:
            is_complete = self._scanner.feed(data)
        except CsvDamageError as problem:
            yield from self._damaged(problem.text.format(line=_place(self._first)))
            return
        if is_complete:
            cells = self._scanner.cells
            if len(self._held) > 1 or data.strip(b"\r\n"):
                yield CsvRecord(self._start, self._position, b"".join(self._held), cells, self._first)
            self._reset()

    def _end(self) -> Iterator[CsvRecord]:
        if self._is_cut:
            yield self._too_long()
        else:
            yield from self._damaged(self._scanner.end_problem.format(line=_place(self._first)))

    def _damaged(self, problem: str) -> Iterator[CsvRecord]:
        held, start, first = self._held, self._start, self._first
        end = self._position
        self._reset()
        for number, data in enumerate(held):
            if number and not data.strip():
                continue
            line = first + number if first else 0
            shown = problem if not number else f"This line may be part of a cell of the line before it: {problem}"
            yield CsvRecord(start, end, data, None, line, shown)

    def _too_long(self) -> CsvRecord:
        problem = (
            f"The record that begins at {_place(self._first)} is longer than {MAX_LINE_BYTES} bytes, the most that is "
            "imported. Is a quote not closed?"
        )
        data = b"".join(self._held)[: MAX_LINE_BYTES + 1]
        record = CsvRecord(self._start, self._position, data, None, self._first, problem, is_cut=True)
        self._reset()
        return record

    def _reset(self) -> None:
        self._scanner.reset()
        self._held = []
        self._size = 0
        self._is_cut = False


def _place(line: int) -> str:
    return f"line {line}" if line else "this line"


def _pieces(blocks: Iterable[bytes]) -> Iterator[tuple[bytes, bool]]:
    """Lines with their ends. Of a line that is too long: pieces, all but the last of which are not a line."""
    held = bytearray()
    for block in blocks:
        cursor = 0
        while (newline := block.find(b"\n", cursor)) >= 0:
            held += block[cursor : newline + 1]
            yield bytes(held), True
            held.clear()
            cursor = newline + 1
        held += block[cursor:]
        if len(held) > MAX_LINE_BYTES:
            yield bytes(held), False
            held.clear()
    if held:
        yield bytes(held), True


def sniff_delimiter(sample: bytes, options: CsvOptions) -> str:
    """The delimiter of a file, from its first record: the candidate that makes the most cells (or those given)."""
    best, most = ",", 1
    for delimiter in DELIMITERS:
        if delimiter in (options.quote, options.escape):
            continue
        dialect = options.model_copy(update={"delimiter": delimiter})
        first = next(read_csv([sample], dialect), None)
        count = len(first.cells) if first is not None and first.cells is not None else 0
        if options.columns is not None and count == len(options.columns):
            return delimiter
        if count > most:
            best, most = delimiter, count
    return best


def check_encoding(sample: bytes, options: CsvOptions) -> None:
    """Raise `HeaderError` if the beginning of a file shows another format or encoding, or line ends of CR alone."""
    if (kind := other_format(sample)) is not None:
        raise HeaderError(kind)
    if options.encoding != "utf-16" and is_utf16(sample):
        raise HeaderError("It is UTF-16 text: set options.csv.encoding to utf-16, or save it as UTF-8.")
    start = sample.removeprefix(BYTE_ORDER_MARK).lstrip()
    if start.startswith((b'{"', b'[{"')):
        raise HeaderError("It looks like JSON: name it .jsonl or .json, or set options.format.")
    if start[:9].lower().startswith((b"<!doctype", b"<html", b"<?xml")):
        raise HeaderError("It is HTML or XML: is it the page of an error instead of the file?")
    if b"\r" in sample and b"\n" not in sample:
        raise HeaderError("Its lines end in CR alone (old Macintosh): save it with line ends LF or CRLF.")


def columns_of(record: CsvRecord, options: CsvOptions, by_position: Iterable[str] = ()) -> tuple[str, ...]:
    """The names that a header gives. A column in `by_position` (`#1`) has that name. Raises `HeaderError`."""
    if record.cells is None:
        raise HeaderError(f"Its first record, which should name the columns, is damaged or too long. {record.problem}")
    if len(record.cells) > MAX_COLUMNS:
        raise HeaderError(f"It has {len(record.cells)} columns; at most {MAX_COLUMNS} can be imported.")
    if record.data.removeprefix(BYTE_ORDER_MARK).startswith(b"sep="):
        raise HeaderError("Its first line is 'sep=', a mark of Excel: set options.csv.skip_lines to 1.")
    try:
        names = [cell.decode(CODECS[options.encoding]).strip() for cell in record.cells]
    except UnicodeDecodeError:
        raise HeaderError(
            "Its first record, which should name the columns, is not UTF-8 text: save the file as UTF-8, or set "
            "options.csv.encoding to windows-1252, latin-1 or utf-16."
        ) from None
    names = named_by_position(names, by_position)
    if "" in names:
        position = names.index("") + 1
        raise HeaderError(
            f"Column {position} has no name: name it in the first record, in options.csv.columns, or by its position "
            f'in options.mapping: {{"#{position}": "a name"}}, or null to leave it out.'
        )
    _check_names(names)
    return tuple(names)


def named_by_position(names: Sequence[str], by_position: Iterable[str]) -> list[str]:
    """The names, with `#1` for a first column that is in `by_position`. Raises `HeaderError` if it is missing."""
    given = set(by_position)
    numbers = [int(name[1:]) for name in given if name.startswith("#") and name[1:].isdecimal()]
    if numbers and max(numbers) > len(names) and f"#{max(numbers)}" not in names:
        raise HeaderError(f"options.mapping names column #{max(numbers)}, but it has {len(names)} columns.")
    return [f"#{number}" if f"#{number}" in given else name for number, name in enumerate(names, start=1)]


def _check_names(names: Sequence[str]) -> None:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise HeaderError(f"Two columns are named '{name}': rename one of them.")
        if len(name) > MAX_COLUMN_NAME:
            raise HeaderError(f"The name of column {len(seen) + 1} is longer than {MAX_COLUMN_NAME} characters.")
        seen.add(name)
    if (size := sum(len(name.encode()) for name in names)) > MAX_HEADER_BYTES:
        raise HeaderError(f"The names of its columns have {size} bytes; at most {MAX_HEADER_BYTES} can be imported.")


def _count(items: Sequence[object], noun: str) -> str:
    return f"{len(items)} {noun}{'' if len(items) == 1 else 's'}"


def row_of(record: CsvRecord, columns: Sequence[str], options: CsvOptions) -> dict[str, str]:
    """The record by column, without empty cells. Raises `InvalidObjectError` naming the column that is wrong."""
    if record.cells is None:
        raise InvalidObjectError(record.problem)
    if len(record.cells) != len(columns):
        raise InvalidObjectError(
            f"The record has {_count(record.cells, 'cell')}, but the header has {_count(columns, 'column')}. A cell "
            "with a delimiter or a line end in it must be in double quotes; a quote that is not closed takes in the "
            "lines behind it."
        )
    codec = CODECS[options.encoding]
    row: dict[str, str] = {}
    for name, cell in zip(columns, record.cells, strict=True):
        try:
            text = cell.decode(codec)
        except UnicodeDecodeError as error:
            label = "UTF-8" if codec == "utf-8" else options.encoding
            problem = (
                f"is not {label} text (byte {error.start} of the cell): save the file as UTF-8, or set "
                "options.csv.encoding"
            )
            raise InvalidObjectError(f"'{name}' {problem}.", [ErrorDetail(name, problem)]) from None
        if text:
            row[name] = text
    return row
