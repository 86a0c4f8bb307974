"""An import job, its source and its chunks. Pure."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Self
from uuid import NAMESPACE_URL, uuid5

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from lambdas.models import StrictModel

MAX_FIRST_ERRORS = 10
# A job item is rewritten with every chunk, so it must stay small. All files lie under one prefix anyway.
MAX_ERROR_FILES = 100

Count = Annotated[int, Field(ge=0)]


class JobFailedError(Exception):
    """The job cannot go on. The reason is a sentence for whoever started it."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class JobState(StrEnum):
    """Where a job is. It only ever moves forward."""

    SPLITTING = "splitting"
    LOADING = "loading"
    COMPLETED = "completed"
    FAILED = "failed"


UNFINISHED = (JobState.SPLITTING, JobState.LOADING)


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
        """The same content at the same place is the same job, however often S3 tells of it."""
        return str(uuid5(NAMESPACE_URL, f"{self.uri}#{self.version_id or self.etag}"))


class Chunk(StrictModel):
    """A part of a job as it travels through the queue: the records that begin in bytes `start` to `end` - 1."""

    job_id: str
    chunk: Count
    start: Count
    end: Count
    collection: str
    source: Source
    size: Count = Field(description="Bytes of the whole object.")

    def __str__(self) -> str:
        return f"chunk {self.chunk} of import {self.job_id}"


class RecordError(StrictModel):
    """Why one record was not loaded."""

    chunk: Count
    line_start_byte: Count = Field(description="Where in the object its line begins.")
    code: str
    message: str


class Problem(StrictModel):
    """What keeps a chunk from being loaded. It is tried again by itself."""

    chunk: Count
    attempts: Count
    code: str
    message: str
    time: AwareDatetime


class ChunkReport(StrictModel):
    """What became of the records of a chunk."""

    loaded: Count = 0
    failed: Count = 0
    first_errors: tuple[RecordError, ...] = ()
    error_file: str | None = None

    @property
    def read(self) -> int:
        """Every record is either loaded or failed."""
        return self.loaded + self.failed


class ImportCounts(StrictModel):
    """Records. At every moment read = loaded + failed."""

    read: Count
    loaded: Count
    failed: Count


class ImportChunks(StrictModel):
    """Parts of the object. The total is known as soon as the job exists."""

    total: Count
    done: Count


class ImportResponse(StrictModel):
    """An import job as the API shows it."""

    id: str
    state: JobState
    reason: str | None = Field(description="Why the job failed.")
    collection: str
    bucket: str
    key: str
    size: Count = Field(description="Bytes.")
    counts: ImportCounts
    chunks: ImportChunks
    errors: list[RecordError] = Field(description=f"The first {MAX_FIRST_ERRORS} records that failed.")
    error_files: list[str] = Field(
        description=f"JSON lines with every record that failed: S3 addresses, at most {MAX_ERROR_FILES}."
    )
    problem: Problem | None = Field(description="What last kept a chunk back, while the job is not finished.")
    created: datetime
    updated: datetime


class Job(BaseModel):
    """An import job as it is stored."""

    # A stored job also has its keys, and may come from a newer version.
    model_config = ConfigDict(frozen=True, extra="ignore")

    id: str
    collection: str
    source: Source
    state: JobState
    reason: str | None = None
    size: Count = 0
    # Stored, so that splitting goes on with the same ranges even when the setting has changed since.
    chunk_bytes: int = Field(default=1, ge=1)
    chunks_total: Count = 0
    chunks_sent: Count = 0
    chunks_done: Count = 0
    loaded: Count = 0
    failed: Count = 0
    errors: list[RecordError] = []
    error_files: list[str] = []
    problem: Problem | None = None
    created: AwareDatetime
    updated: AwareDatetime

    @classmethod
    def planned(cls, source: Source, collection: str, *, size: int, chunk_bytes: int, now: datetime) -> Self:
        """A job that is about to be split, or, if the object is empty, has nothing to do."""
        return cls(
            id=source.job_id,
            collection=collection,
            source=source,
            state=JobState.SPLITTING if size else JobState.COMPLETED,
            size=size,
            chunk_bytes=chunk_bytes,
            chunks_total=-(-size // chunk_bytes),
            created=now,
            updated=now,
        )

    @classmethod
    def refused(cls, source: Source, collection: str, reason: str, now: datetime) -> Self:
        """A job that failed before it began."""
        return cls(
            id=source.job_id,
            collection=collection,
            source=source,
            state=JobState.FAILED,
            reason=reason,
            created=now,
            updated=now,
        )

    @property
    def unfinished(self) -> bool:
        """Whether there may be something left to do."""
        return self.state in UNFINISHED

    @property
    def all_chunks_done(self) -> bool:
        """Whether only the end of the job itself is missing."""
        return self.chunks_done == self.chunks_total

    def chunk(self, number: int) -> Chunk:
        """One of the chunks, 0 <= number < chunks_total."""
        start = number * self.chunk_bytes
        return Chunk(
            job_id=self.id,
            chunk=number,
            start=start,
            end=min(start + self.chunk_bytes, self.size),
            collection=self.collection,
            source=self.source,
            size=self.size,
        )

    def to_response(self) -> ImportResponse:
        """The job as the API shows it."""
        return ImportResponse(
            id=self.id,
            state=self.state,
            reason=self.reason,
            collection=self.collection,
            bucket=self.source.bucket,
            key=self.source.key,
            size=self.size,
            counts=ImportCounts(read=self.loaded + self.failed, loaded=self.loaded, failed=self.failed),
            chunks=ImportChunks(total=self.chunks_total, done=self.chunks_done),
            errors=self.errors[:MAX_FIRST_ERRORS],
            error_files=self.error_files[:MAX_ERROR_FILES],
            problem=self.problem if self.unfinished else None,
            created=self.created,
            updated=self.updated,
        )
