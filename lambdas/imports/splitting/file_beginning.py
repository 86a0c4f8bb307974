"""Reads the beginning of a file: its kind of JSON, the delimiter and the columns of CSV. Pure."""

import re
from collections.abc import Callable, Iterable

import orjson

from lambdas.errors import abbreviate
from lambdas.imports.splitting.file_content import after_lines
from lambdas.jobs.import_options import ImportOptions
from lambdas.records.byte_lines import BYTE_ORDER_MARK
from lambdas.records.csv_records import (
    CsvRecord,
    HeaderError,
    check_encoding,
    columns_of,
    named_by_position,
    read_csv,
    sniff_delimiter,
)
from lambdas.records.json_array import begins_with_array
from lambdas.records.signatures import is_utf16, other_format

# Enough to see whether JSON is an array.
JSON_SAMPLE_BYTES = 16_384
# A property, or `id`, `_id`, `_key`, `vector` and the like.
COLUMN_NAME = re.compile(r"_?[A-Za-z][A-Za-z0-9_]{0,99}|#[0-9]+")
UTF16 = "It is UTF-16 text: save it as UTF-8."
CR_ALONE = "Its lines end in CR alone (old Macintosh): save it with line ends LF or CRLF."


def inspect(sample: bytes, options: ImportOptions) -> ImportOptions:
    """Return the options with the delimiter of CSV, or whether JSON is an array. Raises `HeaderError`."""
    if options.format != "csv":
        return _inspect_json(sample[:JSON_SAMPLE_BYTES], options)
    check_encoding(sample, options.csv)
    if options.csv.delimiter is not None:
        return options
    delimiter = sniff_delimiter(_without_lines(sample, options.csv.skip_lines), options.csv)
    return options.model_copy(update={"csv": options.csv.model_copy(update={"delimiter": delimiter})})


def find_columns(
    sample: bytes, options: ImportOptions, read_all: Callable[[], Iterable[bytes]], *, is_whole: bool
) -> tuple[str, ...]:
    """Return the columns of a CSV file. `read_all` reads it, for a header that the sample does not have all of.

    Raises `HeaderError` when the header does not name them.
    """
    if options.format != "csv":
        return ()
    if options.csv.columns:
        return tuple(named_by_position(options.csv.columns, options.mapping))
    header = _read_header([sample], options)
    # A quote that is still open at the sample's end makes lines of what may be one record.
    if not is_whole and (header is None or header.cells is None or header.end >= len(sample)):
        header = _read_header(read_all(), options)
    if header is None:
        return ()
    return _checked_single_column(columns_of(header, options.csv, options.mapping), options)


def _read_header(blocks: Iterable[bytes], options: ImportOptions) -> CsvRecord | None:
    rest, position = after_lines(blocks, options.csv.skip_lines)
    return next(read_csv(rest, options.csv, position), None)


def _inspect_json(sample: bytes, options: ImportOptions) -> ImportOptions:
    """JSON with one object a line, in a file named for an array, is JSON lines; and the other way around."""
    if (kind := other_format(sample)) is not None:
        raise HeaderError(kind)
    if is_utf16(sample):
        raise HeaderError(UTF16)
    if begins_with_array(sample):
        return options.model_copy(update={"format": "json"})
    try:
        orjson.loads(sample.removeprefix(BYTE_ORDER_MARK).lstrip().partition(b"\n")[0])
    except orjson.JSONDecodeError:
        if options.format == "jsonl" and b"\r" in sample and b"\n" not in sample:
            raise HeaderError(CR_ALONE) from None
        return options
    return options.model_copy(update={"format": "jsonl"})


def _checked_single_column(columns: tuple[str, ...], options: ImportOptions) -> tuple[str, ...]:
    """The columns. Raises `HeaderError` for one that can be no property, and is alone: no record could be loaded."""
    if len(columns) != 1:
        return columns
    target = options.mapping.get(columns[0], columns[0])
    if target is not None and not COLUMN_NAME.fullmatch(target):
        separator = options.csv.delimiter or ","
        raise HeaderError(
            f"Its header is one column, {abbreviate(columns[0])}, with {abbreviate(separator)} as the delimiter: set "
            "options.csv.delimiter to the character between its cells, or map the column to a property."
        )
    return columns


def _without_lines(sample: bytes, count: int) -> bytes:
    for _ in range(count):
        sample = sample.partition(b"\n")[2]
    return sample
