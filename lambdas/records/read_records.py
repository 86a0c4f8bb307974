"""The records of a chunk, whatever the format: each is an object to load, or the error that it met. Pure."""

from collections.abc import Iterator
from typing import Any, NamedTuple

import orjson

from lambdas.errors import AltoError, InvalidObjectError
from lambdas.jobs.chunk import Chunk
from lambdas.jobs.job import Job, JobFailedError
from lambdas.objects.model import ObjectInput
from lambdas.records.byte_lines import BLOCK_BYTES, ReadRange, split_lines
from lambdas.records.csv_records import CsvRecord, read_csv, row_of
from lambdas.records.json_lines import Line, derived_id, json_object, parse_record, read_lines
from lambdas.records.parquet_rows import NotParquetError, read_rows
from lambdas.records.record_shape import RecordShape


class ImportRecord(NamedTuple):
    """One record.

    start: where it begins, in the unit that `place` names. size: its bytes, about. shown: the record as the error file
    shows it. object_id: the id that it gets if it brings none.
    """

    start: int
    size: int
    shown: str | dict[str, Any]
    object_id: str
    item: ObjectInput | AltoError
    is_cut: bool = False
    place: str = "line_start_byte"


def read_records(job: Job, chunk: Chunk, shape: RecordShape, read: ReadRange) -> Iterator[ImportRecord]:
    """The records of a chunk of the job, in order. Raises `JobFailedError` when the file is not what it seemed."""
    match job.source_format:
        case "jsonl" if job.retry_of:
            return (_retried_record(line, chunk.job_id, shape) for line in read_lines(chunk, read))
        case "jsonl":
            return (_json_record(line, chunk.job_id, shape) for line in read_lines(chunk, read))
        case "csv":
            records = read_csv(split_lines(_blocks(chunk, read), chunk.start), job.options.csv)
            return (_csv_record(record, job, shape) for record in records if record.start >= chunk.start)
        case "parquet":
            return _rows(job, chunk, shape, read)


def _json_record(line: Line, job_id: str, shape: RecordShape) -> ImportRecord:
    item: ObjectInput | AltoError
    try:
        item = parse_record(line, job_id, shape)
    except InvalidObjectError as error:
        item = error
    text = line.data.decode(errors="replace")
    return ImportRecord(line.start, len(line.data), text, derived_id(job_id, line.start), item, is_cut=line.too_long)


def _retried_record(line: Line, job_id: str, shape: RecordShape) -> ImportRecord:
    """A record from an error file: read as in its own file, with the id that it would have had there."""
    shown: str | dict[str, Any] = line.data.decode(errors="replace")
    object_id = derived_id(job_id, line.start)
    item: ObjectInput | AltoError
    try:
        failed = json_object(line)
        shown, object_id = failed["record"], failed["id"]
        record = shown if isinstance(shown, dict) else json_object(Line(line.start, shown.encode()))
        item = shape.object_of(record, object_id)
    except InvalidObjectError as error:
        item = error
    except KeyError as error:
        item = InvalidObjectError(f"The line is not from an error file: it has no {error}.")
    return ImportRecord(line.start, len(line.data), shown, object_id, item)


def _csv_record(record: CsvRecord, job: Job, shape: RecordShape) -> ImportRecord:
    object_id = derived_id(job.id, record.start)
    shown: str | dict[str, Any] = record.data.decode(errors="replace")
    item: ObjectInput | AltoError
    try:
        row = row_of(record, job.columns)
        shown = dict(row)
        item = shape.object_of(dict(row), object_id)
    except InvalidObjectError as error:
        item = error
    return ImportRecord(
        record.start, len(record.data), shown, object_id, item, is_cut=record.is_cut, place="record_start_byte"
    )


def _rows(job: Job, chunk: Chunk, shape: RecordShape, read: ReadRange) -> Iterator[ImportRecord]:
    try:
        for number, row in read_rows(read, chunk.size, chunk.start, chunk.end):
            yield _row_record(number, row, job, shape)
    except NotParquetError as error:
        raise JobFailedError(f"{job.source.uri} cannot be read. {error}") from None


def _row_record(number: int, row: dict[str, Any], job: Job, shape: RecordShape) -> ImportRecord:
    object_id = derived_id(job.id, number)
    item: ObjectInput | AltoError
    present = {name: value for name, value in row.items() if value is not None}
    size = len(orjson.dumps(present, default=str, option=orjson.OPT_NON_STR_KEYS))
    try:
        item = shape.object_of(present, object_id)
    except InvalidObjectError as error:
        item = error
    return ImportRecord(number, size, _plain(present), object_id, item, place="row")


def _plain(row: dict[str, Any]) -> dict[str, Any]:
    plain: dict[str, Any] = orjson.loads(orjson.dumps(row, default=str, option=orjson.OPT_NON_STR_KEYS))
    return plain


def _blocks(chunk: Chunk, read: ReadRange) -> Iterator[bytes]:
    """The bytes of a chunk that ends where a record ends."""
    for start in range(chunk.start, chunk.end, BLOCK_BYTES):
        yield read(start, min(start + BLOCK_BYTES, chunk.end))
