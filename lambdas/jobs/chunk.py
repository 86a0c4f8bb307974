"""Chunks: the queue message for a part of an import, and its result. Pure."""

from datetime import datetime
from typing import Annotated, Literal, NamedTuple
from uuid import NAMESPACE_URL, uuid5

from pydantic import AwareDatetime, Field

from lambdas.documents.names import DocumentFormat
from lambdas.models import StrictModel

Count = Annotated[int, Field(ge=0)]


class Source(StrictModel):
    """One version of one S3 object. Without a version, its ETag (no quotes) says which content is meant."""

    bucket: str
    key: str
    version_id: str | None = None
    etag: str

    @property
    def uri(self) -> str:
        """The object's address."""
        return f"s3://{self.bucket}/{self.key}"

    @property
    def job_id(self) -> str:
        """The same content at the same place is the same job, however often S3 announces it."""
        return str(uuid5(NAMESPACE_URL, f"{self.uri}#{self.version_id or self.etag}"))


class AwaitedBatchInference(StrictModel):
    """The batch inference that a chunk waits for: that of its part `part`, for the records that begin before `end`."""

    part: Count
    end: Count
    checks: Count = Field(default=0, description="How often its state was checked.")


class Chunk(StrictModel):
    """A part of a job as it travels through the queue: the records that begin in bytes `start` to `end` - 1.

    Records for which a loader has no time go back to the queue as the chunk's next `part`; the ranges of all parts of a
    chunk follow one another.
    """

    job_id: str
    chunk: Count
    part: Count = 0
    start: Count
    end: Count
    collection: str
    source: Source
    size: Count = Field(description="Where the bytes end that may be read: usually those of the whole object.")
    stored_key: str | None = Field(
        default=None, description="Key of the object of Alto's own that holds the chunk, if its file was compressed."
    )
    base: Count = Field(default=0, description="Which byte of the file's content is the first of that object.")
    line: Count = Field(default=0, description="The line of its first byte, from 1; 0 if unknown.")
    lines_before: Count = Field(default=0, description="How many lines begin in earlier parts of the chunk.")

    batch: AwaitedBatchInference | None = None
    stage: Literal["extract"] | None = Field(
        default=None, description="`extract`: its documents (`start` to `end` - 1) are to be read first."
    )

    documents: DocumentFormat | Literal["zip"] | None = Field(
        default=None, description="The format of the file, if the records are documents."
    )
    lists_objects: bool = Field(
        default=False, description="No part of a file: the file, a list of the collection's objects, is to be written."
    )

    def rest(self, start: int, *, line: int = 0, lines_before: int = 0) -> "Chunk":
        """Return the rest of this chunk, of which only the records that begin before `start` were loaded."""
        batch = self.batch if self.batch and start < self.batch.end else None
        place = {"start": start, "line": line, "lines_before": lines_before}
        return self.model_copy(update={"part": self.part + 1, "batch": batch, **place})

    def waiting_for(self, batch: AwaitedBatchInference) -> "Chunk":
        """Return the chunk as it is loaded once this batch inference has ended."""
        return self.model_copy(update={"batch": batch})

    def __str__(self) -> str:
        return f"chunk {self.chunk} (part {self.part}) of import {self.job_id}"


class LiveChunk(NamedTuple):
    """A part of a chunk that is being loaded: its counts so far, and until when its loader holds it."""

    loaded: int
    unchanged: int
    failed: int
    until: datetime


class RecordError(StrictModel):
    """Why one record was not loaded."""

    chunk: Count
    line_start_byte: Count = Field(description="Where in the object its line begins.")
    code: str
    message: str
    line: int | None = Field(
        default=None,
        description="Its line, or row of a Parquet file, from 1. Beyond the first chunk of JSON lines that are not "
        "compressed it is null until the job is completed.",
    )


class Problem(StrictModel):
    """The reason why a chunk could not be loaded. It is retried automatically."""

    chunk: Count
    attempts: Count
    code: str
    message: str
    time: AwareDatetime


class ChunkReport(StrictModel):
    """The result of loading a chunk. With `rest_start`, of its records that begin before it.

    rest_line: the line of that place, 0 if unknown. lines: how many lines begin in the chunk up to there, or in all of
    it; None where nothing needs them.
    """

    loaded: Count = 0
    unchanged: Count = 0
    failed: Count = 0
    passages: Count = Field(default=0, description="Of the documents that are loaded or unchanged.")
    rest_start: Count | None = None
    rest_line: Count = 0
    lines: Count | None = None
    first_errors: tuple[RecordError, ...] = ()
    error_file: str | None = None

    @property
    def read(self) -> int:
        """Every record is loaded, unchanged or failed."""
        return self.loaded + self.unchanged + self.failed
