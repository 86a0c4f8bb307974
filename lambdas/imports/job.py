"""An import job, its source and its chunks. Pure."""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated, Self
from uuid import NAMESPACE_URL, uuid5

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from lambdas.imports.options import Format, ImportOptions
from lambdas.models import StrictModel

MAX_FIRST_ERRORS = 10
# A job item is rewritten with every chunk, so it must stay small. All files lie under one prefix anyway.
MAX_ERROR_FILES = 100

EMPTY = "The file is empty: there was nothing to import."
NO_RECORDS = "The file has no records: there was nothing to import."

Count = Annotated[int, Field(ge=0)]


class JobFailedError(Exception):
    """The job cannot go on. The reason is a sentence for whoever started it."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class JobState(StrEnum):
    """Where a job is.

    `completed`: every record is loaded, unchanged or failed. `failed`: nothing of it can succeed before someone changes
    something. `incomplete`: everything but its dead chunks is done. `cancelled`: someone stopped it.
    """

    SPLITTING = "splitting"
    LOADING = "loading"
    COMPLETED = "completed"
    FAILED = "failed"
    INCOMPLETE = "incomplete"
    CANCELLED = "cancelled"


# Longer than a message may be out of sight: a job that nothing was heard of for so long has lost one.
QUIET = timedelta(hours=1)

UNFINISHED = (JobState.SPLITTING, JobState.LOADING)
RESUMABLE = (JobState.FAILED, JobState.INCOMPLETE, JobState.CANCELLED)
SHOWS_PROBLEM = (*UNFINISHED, JobState.INCOMPLETE)


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


class ChunkBatch(StrictModel):
    """The batch inference that a chunk waits for: that of its part `part`, for the records that begin before `end`."""

    part: Count
    end: Count
    checks: Count = Field(default=0, description="How often it was looked at.")


class Chunk(StrictModel):
    """A part of a job as it travels through the queue: the records that begin in bytes `start` to `end` - 1.

    What a loader has no time for goes back as the chunk's next `part`; the ranges of all parts of a chunk follow one
    another.
    """

    job_id: str
    chunk: Count
    part: Count = 0
    start: Count
    end: Count
    collection: str
    source: Source
    size: Count = Field(description="Where the bytes end that may be read: mostly those of the whole object.")
    stored_key: str | None = Field(
        default=None, description="Key of the object of Alto's own that holds the chunk, if its file was compressed."
    )
    base: Count = Field(default=0, description="Which byte of the file's content is the first of that object.")

    batch: ChunkBatch | None = None

    def rest(self, start: int) -> "Chunk":
        """What is left of this chunk when only the records that begin before `start` were loaded."""
        batch = self.batch if self.batch and start < self.batch.end else None
        return self.model_copy(update={"part": self.part + 1, "start": start, "batch": batch})

    def waiting_for(self, batch: ChunkBatch) -> "Chunk":
        """The same, to be loaded when this batch inference has ended."""
        return self.model_copy(update={"batch": batch})

    def __str__(self) -> str:
        return f"chunk {self.chunk} (part {self.part}) of import {self.job_id}"


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
    """What became of the records of a chunk. With `rest_start`, of those that begin before it."""

    loaded: Count = 0
    unchanged: Count = 0
    failed: Count = 0
    rest_start: Count | None = None
    first_errors: tuple[RecordError, ...] = ()
    error_file: str | None = None

    @property
    def read(self) -> int:
        """Every record is loaded, unchanged or failed."""
        return self.loaded + self.unchanged + self.failed


class ImportCounts(StrictModel):
    """Records. At every moment read = loaded + unchanged + failed."""

    read: Count
    loaded: Count
    unchanged: Count = Field(description="Were stored with this very content before the job began: cost no model call.")
    failed: Count


class ImportChunks(StrictModel):
    """Parts of the object."""

    total: Count
    done: Count
    dead: Count = Field(description="Given up after many attempts. `POST .../resume` tries them again.")


class ImportProgress(StrictModel):
    """How fast it goes."""

    records_per_second: float | None = Field(description="Since the job began.")
    done_share: float | None = Field(description="Chunks done of all, 0 to 1; null while they are not known.")
    estimated_end: datetime | None


class ImportResponse(StrictModel):
    """An import job as the API shows it."""

    id: str
    state: JobState
    reason: str | None = Field(description="Why the job ended as it did, where the counts do not say it.")
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
    error_file: str | None = Field(description="All of them in one, once the job is completed.")
    error_file_url: str | None = Field(description="Downloads it, for an hour.")
    progress: ImportProgress
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
    options: ImportOptions = ImportOptions(format="jsonl", gzip=False)
    # The columns of a CSV file, as its header or the options name them.
    columns: tuple[str, ...] = ()
    # The job whose failed records this one tries again.
    retry_of: str | None = None
    # Stored, so that splitting goes on with the same ranges even when the setting has changed since.
    chunk_bytes: int = Field(default=1, ge=1)
    # Known from the start where ranges need no reading, else when splitting has ended.
    chunks_total: Count = 0
    chunks_sent: Count = 0
    # Where the first chunk that is not sent yet begins.
    position: Count = 0
    # How often it was resumed. A splitter of an earlier run must not say how far this one is.
    run: Count = 0
    # Sent again by whoever finds the job waiting for nothing: its loader completes the job.
    last_chunk: Chunk | None = None
    chunks_done: Count = 0
    chunks_dead: Count = 0
    loaded: Count = 0
    unchanged: Count = 0
    failed: Count = 0
    errors: list[RecordError] = []
    error_files: list[str] = []
    error_file: str | None = None
    problem: Problem | None = None
    created: AwareDatetime
    updated: AwareDatetime

    @classmethod
    def planned(
        cls,
        source: Source,
        collection: str,
        *,
        size: int,
        chunk_bytes: int,
        now: datetime,
        options: ImportOptions = ImportOptions(format="jsonl", gzip=False),  # noqa: B008 - immutable
        columns: tuple[str, ...] = (),
        job_id: str | None = None,
        retry_of: str | None = None,
    ) -> Self:
        """A job that is about to be split, or, if the object is empty, has nothing to do."""
        by_size = -(-size // chunk_bytes)
        return cls(
            id=job_id or source.job_id,
            collection=collection,
            source=source,
            state=JobState.SPLITTING if size else JobState.COMPLETED,
            reason=None if size else EMPTY,
            size=size,
            options=options,
            columns=columns,
            retry_of=retry_of,
            chunk_bytes=chunk_bytes,
            chunks_total=by_size if retry_of or (options.format == "jsonl" and not options.needs_reading) else 0,
            created=now,
            updated=now,
        )

    @classmethod
    def refused(cls, source: Source, collection: str, reason: str, now: datetime, job_id: str | None = None) -> Self:
        """A job that failed before it began."""
        return cls(
            id=job_id or source.job_id,
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

    def can_be_resumed(self, now: datetime) -> bool:
        """Whether it goes on only if someone says so: it has ended early, or nothing was heard of it for too long."""
        return self.state in RESUMABLE or (self.state is JobState.LOADING and self.updated < now - QUIET)

    @property
    def began(self) -> datetime:
        """When it was created, as exactly as objects know when they were written."""
        return self.created.replace(microsecond=self.created.microsecond // 1000 * 1000)

    @property
    def all_chunks_done(self) -> bool:
        """Whether only the end of the job itself is missing."""
        return self.state is JobState.LOADING and self.chunks_done == self.chunks_total

    @property
    def waits_for_nobody(self) -> bool:
        """Whether every chunk is done or dead, and yet the job has not ended."""
        return self.all_chunks_done or self.only_dead_chunks_left

    @property
    def only_dead_chunks_left(self) -> bool:
        """Whether nothing will happen by itself any more."""
        done = self.chunks_done + self.chunks_dead
        return self.state is JobState.LOADING and self.chunks_dead > 0 and done == self.chunks_total

    def chunk(self, number: int) -> Chunk:
        """One of the chunks of a file whose chunks have one size, 0 <= number < chunks_total."""
        start = number * self.chunk_bytes
        return self.chunk_of(number, start, min(start + self.chunk_bytes, self.size))

    def chunk_of(self, number: int, start: int, end: int) -> Chunk:
        """The chunk of this range."""
        return Chunk(
            job_id=self.id,
            chunk=number,
            start=start,
            end=end,
            collection=self.collection,
            source=self.source,
            size=self.size,
        )

    @property
    def reads(self) -> Format:
        """The format of the object that is read. An error file is JSON lines, whatever the failed records were."""
        return "jsonl" if self.retry_of or self.options.format is None else self.options.format

    @property
    def is_compressed(self) -> bool:
        """Whether the object that is read is."""
        return bool(self.options.gzip) and not self.retry_of

    def _progress(self, now: datetime) -> ImportProgress:
        """How fast it was on average, and when it ends if it goes on like that."""
        seconds = ((now if self.unfinished else self.updated) - self.created).total_seconds()
        read = self.loaded + self.unchanged + self.failed
        remaining = self.chunks_total - self.chunks_done
        known = self.state is JobState.LOADING and self.chunks_done and remaining > 0
        return ImportProgress(
            records_per_second=round(read / seconds, 1) if seconds > 0 else None,
            done_share=round(self.chunks_done / self.chunks_total, 4) if self.chunks_total else None,
            estimated_end=now + timedelta(seconds=seconds * remaining / self.chunks_done) if known else None,
        )

    def to_response(self, now: datetime | None = None) -> ImportResponse:
        """The job as the API shows it."""
        return ImportResponse(
            id=self.id,
            state=self.state,
            reason=self.reason or None,
            collection=self.collection,
            bucket=self.source.bucket,
            key=self.source.key,
            size=self.size,
            counts=ImportCounts(
                read=self.loaded + self.unchanged + self.failed,
                loaded=self.loaded,
                unchanged=self.unchanged,
                failed=self.failed,
            ),
            chunks=ImportChunks(total=self.chunks_total, done=self.chunks_done, dead=self.chunks_dead),
            errors=self.errors[:MAX_FIRST_ERRORS],
            error_files=self.error_files[:MAX_ERROR_FILES],
            error_file=self.error_file,
            error_file_url=None,
            progress=self._progress(now or self.updated),
            problem=self.problem if self.state in SHOWS_PROBLEM else None,
            created=self.created,
            updated=self.updated,
        )
