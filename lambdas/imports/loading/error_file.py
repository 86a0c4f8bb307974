"""The records that could not be loaded, as JSON lines in S3: a file for each chunk, and in the end one of them all."""

import base64
import io
from collections.abc import Iterable, Mapping, Sequence
from hashlib import sha256
from typing import TYPE_CHECKING, Any, NamedTuple

import orjson

from lambdas.errors import AltoError
from lambdas.imports.files.s3_multipart import GrowingObject
from lambdas.imports.files.s3_notifications import OWN_PREFIX
from lambdas.jobs.chunk import Chunk, RecordError
from lambdas.jobs.job_response import MAX_FIRST_ERRORS
from lambdas.jobs.job_store import ErrorFilePart
from lambdas.records.read_records import ImportRecord

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client

# Of a line that is longer than what is imported, so much is shown. Other records are kept whole, to be tried again.
MAX_CUT_CHARACTERS = 4_000
# The job shows its first errors, and its item must stay small.
MAX_SHOWN_CHARACTERS = 500
NDJSON = "application/x-ndjson"


class ErrorFile:
    """Collects the failed records of one chunk."""

    def __init__(self, chunk: Chunk) -> None:
        self._chunk = chunk
        self._lines = io.BytesIO()
        self.count = 0
        self.first_errors: list[RecordError] = []

    def add(self, record: ImportRecord, error: AltoError) -> None:
        """Note that a record failed: where it is, why, and the record itself."""
        self.count += 1
        location: dict[str, Any] = {
            "key": self._chunk.source.key,
            "chunk": self._chunk.chunk,
            record.place: record.start,
        }
        if record.line:
            location["line"] = record.line
        elif record.line_in_chunk:
            location["line_in_chunk"] = record.line_in_chunk
        line = {
            "location": location,
            "id": record.object_id,
            "code": error.code,
            "message": error.message,
            "details": [{"field": detail.field, "message": detail.message} for detail in error.details],
            **_shown(record),
            "record_is_cut": record.is_cut,
        }
        if record.is_unreadable:
            line["unreadable"] = True
        self._lines.write(orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE))
        if len(self.first_errors) < MAX_FIRST_ERRORS:
            self.first_errors.append(
                RecordError(
                    chunk=self._chunk.chunk,
                    line_start_byte=record.start,
                    line=record.line or (record.start + 1 if record.place == "row" else None),
                    code=error.code,
                    message=error.message[:MAX_SHOWN_CHARACTERS],
                )
            )

    def save(self, s3: "S3Client", bucket: str) -> str | None:
        """Write the file if any record failed and return its address.

        Two attempts at a part may end at different records, and the one that writes last need not be the one that is
        counted: so each content has an address of its own.
        """
        if not self.count:
            return None
        content = self._lines.getvalue()
        name = f"{self._chunk.chunk:08}-{self._chunk.part:04}-{sha256(content).hexdigest()[:12]}"
        # Not `.jsonl`, which would make S3 announce it as something to import.
        key = f"{OWN_PREFIX}imports/{self._chunk.job_id}/errors/{name}.ndjson"
        s3.put_object(Bucket=bucket, Key=key, Body=content, ContentType=NDJSON)
        return f"s3://{bucket}/{key}"


def _shown(record: ImportRecord) -> dict[str, Any]:
    """The record as text or fields; bytes that are not UTF-8 also as base64, so that none of them is changed."""
    shown = record.shown
    if isinstance(shown, dict):
        return {"record": shown}
    if record.is_cut:
        shown = shown[:MAX_CUT_CHARACTERS]
    if isinstance(shown, str):
        return {"record": shown}
    return {"record": shown.decode(errors="replace"), "record_base64": base64.b64encode(shown).decode()}


class Merged(NamedTuple):
    """The address of the one error file of a job, None when it has none, and the job's first errors with lines."""

    uri: str | None
    first_errors: list[RecordError]


def merge(
    s3: "S3Client", bucket: str, job_id: str, files: Iterable[ErrorFilePart], first_errors: Sequence[RecordError]
) -> Merged:
    """Put the error files of all chunks into one, in order, with the line of each record.

    Holds one chunk's file and one part in memory, for any number of files.
    """
    key = f"{OWN_PREFIX}imports/{job_id}/errors.ndjson"
    merged = GrowingObject(s3, bucket, key, NDJSON)
    wanted = {(error.chunk, error.line_start_byte) for error in first_errors if error.line is None}
    lines: dict[tuple[int, int], int] = {}
    for file in files:
        content = s3.get_object(Bucket=bucket, Key=file.uri.removeprefix(f"s3://{bucket}/"))["Body"].read()
        if file.lines_before is not None and b'"line_in_chunk":' in content:
            failed = [_with_line(line, file.lines_before) for line in content.splitlines()]
            content = b"".join(orjson.dumps(each, option=orjson.OPT_APPEND_NEWLINE) for each in failed)
            places = ((each["location"], _place_of(each["location"])) for each in failed)
            lines |= {place: location["line"] for location, place in places if place in wanted}
        merged.write(content)
    if not merged.size:
        return Merged(None, list(first_errors))
    merged.close()
    shown = [
        error.model_copy(update={"line": error.line or lines.get((error.chunk, error.line_start_byte))})
        for error in first_errors
    ]
    return Merged(f"s3://{bucket}/{key}", shown)


def _with_line(line: bytes, lines_before: int) -> dict[str, Any]:
    """A line of an error file, with the line of the record in its file in place of that in its chunk."""
    failed: dict[str, Any] = orjson.loads(line)
    in_chunk = failed["location"].pop("line_in_chunk", None)
    if in_chunk is not None:
        failed["location"]["line"] = lines_before + in_chunk
    return failed


def _place_of(location: Mapping[str, Any]) -> tuple[int, int]:
    return location["chunk"], location.get("line_start_byte", 0)
