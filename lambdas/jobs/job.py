"""An import job. Pure."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Literal, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from lambdas.jobs.chunk import Chunk, Count, LiveChunk, Problem, RecordError, Source
from lambdas.jobs.import_options import Format, ImportOptions

JobKind = Literal["import", "fill", "rebuild"]
# More parts than a rebuild ever has: each is what one loader has time for.
REBUILD_PARTS = 1_000_000_000
EMPTY = "The file is empty: there was nothing to import."
NO_RECORDS = "The file has no records: there was nothing to import."


class JobFailedError(Exception):
    """The job cannot continue. The reason is a sentence for the caller who started it."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class JobState(StrEnum):
    """Where a job is.

    `completed`: every record is loaded, unchanged or failed. `failed`: no record can succeed before the cause is fixed.
    `incomplete`: everything but its dead chunks is done. `cancelled`: a caller stopped it, or a newer version of its
    file replaced it.
    """

    SPLITTING = "splitting"
    LOADING = "loading"
    COMPLETED = "completed"
    FAILED = "failed"
    INCOMPLETE = "incomplete"
    CANCELLED = "cancelled"


# Longer than the visibility timeout: a job silent for this long has lost a message.
STALLED_AFTER = timedelta(hours=1)

# A job's item is rewritten with every chunk.
MAX_REASON_CHARACTERS = 2000

UNFINISHED = (JobState.SPLITTING, JobState.LOADING)
RESUMABLE = (JobState.FAILED, JobState.INCOMPLETE, JobState.CANCELLED)
SHOWS_PROBLEM = (*UNFINISHED, JobState.INCOMPLETE)


class Job(BaseModel):
    """An import job as it is stored."""

    # A stored job also has its keys, and may come from a newer version.
    model_config = ConfigDict(frozen=True, extra="ignore")

    id: str
    # Empty if the key names none.
    collection: str
    # The unique alias of the collection, so that no object reaches a later collection of this name. The splitter cannot
    # know it; then the job's first loader stores it.
    alias: str | None = None
    source: Source
    # Ids of records without an id derive from it: the same content again is the same objects.
    content_id: str | None = None
    # Jobs of older versions of this file. Their loaders must have stopped before this job loads anything.
    replaces: tuple[str, ...] = ()
    state: JobState
    reason: str | None = None
    size: Count = 0
    options: ImportOptions = ImportOptions(format="jsonl", gzip=False)
    # The columns of a CSV file, as its header or the options name them.
    columns: tuple[str, ...] = ()
    # The vector that a fill makes. Its file is a list of the collection's objects.
    vector: str | None = None
    # The number of the index that a rebuild fills. It has no file: all of it is one chunk.
    rebuild: int | None = None
    # The number of records that are to be read, where that is known at the start.
    expected: Count | None = None
    # The job whose failed records this one tries again.
    retry_of: str | None = None
    # Its file is a document that was deleted from S3.
    removes: bool = False
    # Stored, so that splitting continues with the same ranges after a change of the setting.
    chunk_bytes: int = Field(default=1, ge=1)
    # Known from the start where chunks are plain ranges, else when splitting has ended.
    chunks_total: Count = 0
    chunks_sent: Count = 0
    # Where the first chunk that is not sent yet begins.
    position: Count = 0
    # The line of that place, from 1; 0 if unknown.
    line: Count = 0
    # How often it was resumed. A splitter of an earlier run must not overwrite this run's position.
    run: Count = 0
    # Sent again when the job waits for nothing else: its loader completes the job.
    last_chunk: Chunk | None = None
    chunks_done: Count = 0
    chunks_dead: Count = 0
    loaded: Count = 0
    unchanged: Count = 0
    failed: Count = 0
    # Of documents that are loaded or unchanged.
    passages: Count = 0
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
        alias: str | None = None,
        content_id: str | None = None,
        vector: str | None = None,
    ) -> Self:
        """Return a job that is about to be split, or is completed if its object is empty."""
        by_size = -(-size // chunk_bytes)
        return cls(
            id=job_id or source.job_id,
            collection=collection,
            alias=alias,
            source=source,
            content_id=content_id,
            vector=vector,
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
        """Return a job that failed before it began."""
        return cls(
            id=job_id or source.job_id,
            collection=collection,
            source=source,
            state=JobState.FAILED,
            reason=reason[:MAX_REASON_CHARACTERS],
            created=now,
            updated=now,
        )

    @classmethod
    def fill(
        cls,
        source: Source,
        collection: str,
        vector: str,
        *,
        alias: str,
        options: ImportOptions,
        now: datetime,
        job_id: str,
    ) -> Self:
        """Return a job that gives a vector to the objects of a collection. Their list, its file, is written first."""
        return cls(
            id=job_id,
            collection=collection,
            alias=alias,
            source=source,
            vector=vector,
            state=JobState.SPLITTING,
            options=options,
            created=now,
            updated=now,
        )

    @classmethod
    def rebuilding(cls, collection: str, number: int, *, alias: str, expected: int, now: datetime, job_id: str) -> Self:
        """Return a job that fills the index of this number from the collection's own."""
        return cls(
            id=job_id,
            collection=collection,
            alias=alias,
            source=Source(bucket="", key="", etag=""),
            rebuild=number,
            expected=expected,
            state=JobState.SPLITTING,
            size=REBUILD_PARTS,
            chunk_bytes=REBUILD_PARTS,
            chunks_total=1,
            created=now,
            updated=now,
        )

    @property
    def kind(self) -> JobKind:
        """The kind of work that the job does."""
        if self.rebuild is not None:
            return "rebuild"
        return "import" if self.vector is None else "fill"

    @property
    def id_seed(self) -> str:
        """The UUID from which the ids of records without an id derive."""
        return self.content_id or self.id

    @property
    def unfinished(self) -> bool:
        """Whether the job is still being split or loaded."""
        return self.state in UNFINISHED

    def can_be_resumed(self, now: datetime) -> bool:
        """Whether it continues only when resumed: it has ended early, or made no progress for too long."""
        return self.state in RESUMABLE or (self.state is JobState.LOADING and self.updated < now - STALLED_AFTER)

    @property
    def started_at(self) -> datetime:
        """The time of its creation, in the milliseconds of the objects' own times."""
        return self.created.replace(microsecond=self.created.microsecond // 1000 * 1000)

    @property
    def all_chunks_done(self) -> bool:
        """Whether only the completion of the job itself is missing."""
        return self.state is JobState.LOADING and self.chunks_done == self.chunks_total

    @property
    def is_settled(self) -> bool:
        """Whether every chunk is done or dead, and yet the job has not ended."""
        return self.all_chunks_done or self.only_dead_chunks_left

    @property
    def only_dead_chunks_left(self) -> bool:
        """Whether every unfinished chunk is dead, so that the job cannot progress on its own."""
        done = self.chunks_done + self.chunks_dead
        return self.state is JobState.LOADING and self.chunks_dead > 0 and done == self.chunks_total

    def with_live(self, live: Iterable[LiveChunk]) -> Self:
        """Return the job with the counts of chunks that are being loaded added to its own."""
        parts = list(live)
        return self.model_copy(
            update={
                "loaded": self.loaded + sum(part.loaded for part in parts),
                "unchanged": self.unchanged + sum(part.unchanged for part in parts),
                "failed": self.failed + sum(part.failed for part in parts),
            }
        )

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
    def source_format(self) -> Format:
        """The format of the object that is read. An error file is JSON lines, in any case."""
        return "jsonl" if self.retry_of or self.options.format is None else self.options.format

    @property
    def is_compressed(self) -> bool:
        """Whether the object that is read is."""
        return self.options.is_converted and not self.retry_of
