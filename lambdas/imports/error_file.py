"""The records of a chunk that could not be loaded, as JSON lines in S3."""

import io
from typing import TYPE_CHECKING

import orjson

from lambdas.errors import AltoError
from lambdas.imports.job import MAX_FIRST_ERRORS, Chunk, RecordError
from lambdas.imports.notifications import OWN_PREFIX
from lambdas.imports.records import Line

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client

MAX_RECORD_CHARACTERS = 4_000
# The job shows its first errors, and its item must stay small.
MAX_SHOWN_CHARACTERS = 500


class ErrorFile:
    """Collects the failed records of one chunk."""

    def __init__(self, chunk: Chunk) -> None:
        self._chunk = chunk
        self._lines = io.BytesIO()
        self.count = 0
        self.first_errors: list[RecordError] = []

    def add(self, line: Line, error: AltoError) -> None:
        """Note that a record failed: where it is, why, and as much of it as helps to find it."""
        self.count += 1
        record = line.data.decode(errors="replace")
        entry = {
            "location": {
                "key": self._chunk.source.key,
                "chunk": self._chunk.chunk,
                "line_start_byte": line.start,
            },
            "code": error.code,
            "message": error.message,
            "details": [{"field": detail.field, "message": detail.message} for detail in error.details],
            "record": record[:MAX_RECORD_CHARACTERS],
            "record_is_cut": line.too_long or len(record) > MAX_RECORD_CHARACTERS,
        }
        self._lines.write(orjson.dumps(entry, option=orjson.OPT_APPEND_NEWLINE))
        if len(self.first_errors) < MAX_FIRST_ERRORS:
            self.first_errors.append(
                RecordError(
                    chunk=self._chunk.chunk,
                    line_start_byte=line.start,
                    code=error.code,
                    message=error.message[:MAX_SHOWN_CHARACTERS],
                )
            )

    def save(self, s3: "S3Client", bucket: str) -> str | None:
        """Write the file if any record failed and return its address. Every attempt at a chunk writes the same file."""
        if not self.count:
            return None
        # Not `.jsonl`, which would make S3 announce it as something to import.
        key = f"{OWN_PREFIX}imports/{self._chunk.job_id}/errors/{self._chunk.chunk:08}.ndjson"
        s3.put_object(Bucket=bucket, Key=key, Body=self._lines.getvalue(), ContentType="application/x-ndjson")
        return f"s3://{bucket}/{key}"
