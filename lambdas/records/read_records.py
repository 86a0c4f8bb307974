"""The records of a chunk in any format: each is an object to load, or the error that it met. Pure."""

import base64
from collections.abc import Iterator
from typing import Any, NamedTuple

import orjson

from lambdas.errors import AltoError, ErrorDetail, InvalidObjectError
from lambdas.jobs.chunk import Chunk
from lambdas.jobs.job import Job, JobFailedError
from lambdas.objects.model import ObjectInput
from lambdas.records.byte_lines import BLOCK_BYTES, ReadRange
from lambdas.records.csv_records import CsvRecord, read_csv, row_of
from lambdas.records.json_array import NotJsonArrayError, read_elements
from lambdas.records.json_lines import Line, derived_id, json_object, read_lines
from lambdas.records.parquet_rows import NotParquetError, read_rows
from lambdas.records.parquet_values import Unreadable, shown_value, unreadable_in
from lambdas.records.record_shape import RecordShape

type Shown = str | bytes | dict[str, Any]


class ImportRecord(NamedTuple):
    """One record.

    start: where it begins, in the unit that `place` names. size: its approximate bytes. shown: the record as the error
    file shows it; bytes that are not UTF-8 are kept as they are. object_id: the id that it gets if it brings none.
    line: its line in the file, from 1; 0 if unknown. line_in_chunk: its line among those that begin in its chunk, from
    1; 0 if they are not counted. is_unreadable: trying it again must fail in the same way.
    """

    start: int
    size: int
    shown: Shown
    object_id: str
    item: ObjectInput | AltoError
    is_cut: bool = False
    place: str = "line_start_byte"
    line: int = 0
    line_in_chunk: int = 0
    is_unreadable: bool = False


def read_records(job: Job, chunk: Chunk, shape: RecordShape, read: ReadRange) -> Iterator[ImportRecord]:
    """The records of a chunk of the job, in order. Raises `JobFailedError` when the file is damaged as a whole."""
    match job.source_format:
        case "jsonl" if job.retry_of:
            return (_retried_record(line, job.id_seed, shape) for line in read_lines(chunk, read))
        case "jsonl":
            return (_json_record(line, job.id_seed, shape) for line in read_lines(chunk, read))
        case "json":
            return _elements(job, chunk, shape, read)
        case "csv":
            records = read_csv(_blocks(chunk, read), job.options.csv, chunk.start, chunk.line)
            return (_csv_record(record, job, shape) for record in records if _has_values(record, len(job.columns)))
        case "parquet":
            return _rows(job, chunk, shape, read)
        case documents:
            raise ValueError(f"a loader reads passages as JSON lines, not {documents}")


def _json_record(line: Line, job_id: str, shape: RecordShape, noun: str = "line") -> ImportRecord:
    object_id = derived_id(job_id, line.start)
    item: ObjectInput | AltoError
    try:
        item = shape.object_of(json_object(line, noun), object_id)
    except InvalidObjectError as error:
        item = error
    shown = _text(line.data)
    return ImportRecord(
        line.start,
        len(line.data),
        shown,
        object_id,
        item,
        is_cut=line.too_long,
        line=line.number,
        line_in_chunk=line.in_chunk,
        is_unreadable=line.too_long or isinstance(shown, bytes),
    )


def _elements(job: Job, chunk: Chunk, shape: RecordShape, read: ReadRange) -> Iterator[ImportRecord]:
    try:
        for element in read_elements(_blocks(chunk, read), chunk.start, chunk.line, is_whole=False):
            line = Line(element.start, element.data, too_long=element.is_cut, number=element.line)
            yield _json_record(line, job.id_seed, shape, "element")._replace(place="record_start_byte")
    except NotJsonArrayError as error:
        raise JobFailedError(f"{job.source.uri} cannot be read. {error}") from None


def _retried_record(line: Line, job_id: str, shape: RecordShape) -> ImportRecord:
    """A record from an error file: read as in its own file, with the id that it would have had there."""
    shown: Shown = _text(line.data)
    object_id = derived_id(job_id, line.start)
    is_unreadable = False
    item: ObjectInput | AltoError
    try:
        failed = json_object(line)
        shown, object_id = _shown_in(failed), failed["id"]
        is_text = shape.options.format in ("csv", "parquet") and not isinstance(shown, dict)
        is_unreadable = is_text or failed.get("unreadable", False) or failed.get("record_is_cut", False)
        if is_unreadable:
            # Its bytes have not changed, so neither has the error.
            item = InvalidObjectError(failed["message"], [ErrorDetail(**each) for each in failed.get("details", [])])
        else:
            record = shown if isinstance(shown, dict) else json_object(Line(line.start, _bytes(shown)))
            item = shape.object_of(record, object_id)
    except InvalidObjectError as error:
        item = error
    except (KeyError, TypeError, ValueError) as error:
        item = InvalidObjectError(f"The line is not from an error file: {type(error).__name__} at {error}.")
    return ImportRecord(
        line.start,
        len(line.data),
        shown,
        object_id,
        item,
        line=line.number,
        line_in_chunk=line.in_chunk,
        is_unreadable=is_unreadable,
    )


def _shown_in(failed: dict[str, Any]) -> Shown:
    if "record_base64" in failed:
        return base64.b64decode(failed["record_base64"], validate=True)
    shown: Shown = failed["record"]
    return shown


def _csv_record(record: CsvRecord, job: Job, shape: RecordShape) -> ImportRecord:
    object_id = derived_id(job.id_seed, record.start)
    shown: Shown = _text(record.data)
    item: ObjectInput | AltoError
    is_unreadable = True
    try:
        row = row_of(record, job.columns, job.options.csv)
        shown, is_unreadable = dict(row), False
        item = shape.object_of(dict(row), object_id)
    except InvalidObjectError as error:
        item = error
    return ImportRecord(
        record.start,
        len(record.data),
        shown,
        object_id,
        item,
        is_cut=record.is_cut,
        place="record_start_byte",
        line=record.line,
        is_unreadable=is_unreadable,
    )


def _has_values(record: CsvRecord, columns: int) -> bool:
    """False for records of empty cells only, and for lines of nothing but white space."""
    if record.cells is None:
        return True
    return any(record.cells) and (columns == 1 or len(record.cells) > 1 or bool(record.cells[0].strip()))


def _rows(job: Job, chunk: Chunk, shape: RecordShape, read: ReadRange) -> Iterator[ImportRecord]:
    left_out = [name for name, target in job.options.mapping.items() if target is None]
    try:
        for number, row in read_rows(read, chunk.size, chunk.start, chunk.end, left_out):
            yield _row_record(number, row, job, shape)
    except NotParquetError as error:
        raise JobFailedError(f"{job.source.uri} cannot be read. {error}") from None


def _row_record(number: int, row: dict[str, Any] | Unreadable, job: Job, shape: RecordShape) -> ImportRecord:
    object_id = derived_id(job.id_seed, number)
    if isinstance(row, Unreadable):
        error = InvalidObjectError(row.problem)
        return ImportRecord(number, len(row.problem), {}, object_id, error, place="row", is_unreadable=True)
    present = {name: value for name, value in row.items() if value is not None}
    item: ObjectInput | AltoError
    problems = [
        ErrorDetail(path, problem) for name, value in present.items() for path, problem in unreadable_in(value, name)
    ]
    try:
        if problems:
            raise InvalidObjectError(f"'{problems[0].field}' {problems[0].message}.", problems)
        item = shape.object_of(present, object_id)
    except InvalidObjectError as error:
        item = error
    shown = shown_value(present)
    size = len(orjson.dumps(shown, default=str, option=orjson.OPT_NON_STR_KEYS))
    has_bytes = isinstance(item, AltoError) and any(isinstance(value, bytes) for value in present.values())
    return ImportRecord(number, size, shown, object_id, item, place="row", is_unreadable=bool(problems) or has_bytes)


def _text(data: bytes) -> str | bytes:
    try:
        return data.decode()
    except UnicodeDecodeError:
        return data


def _bytes(text: str | bytes) -> bytes:
    return text if isinstance(text, bytes) else text.encode()


def _blocks(chunk: Chunk, read: ReadRange) -> Iterator[bytes]:
    """The bytes of a chunk that ends where a record ends."""
    for start in range(chunk.start, chunk.end, BLOCK_BYTES):
        yield read(start, min(start + BLOCK_BYTES, chunk.end))
