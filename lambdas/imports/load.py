"""The second half of an import: load one chunk and count it exactly once.

The order makes every interruption harmless. Objects are written under ids that never change, then the error file,
then the counts in one transaction. Whatever happens before the transaction happens again with the same result;
whatever is delivered after it finds the chunk counted.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Literal, Protocol

from lambdas.deadline import Deadline
from lambdas.errors import (
    AltoError,
    CollectionNotFoundError,
    CredentialsRefusedError,
    EmbeddingTimeoutError,
    EndpointNotFoundError,
    ImportNotFoundError,
    InvalidObjectError,
    ModelAccessDeniedError,
    ModelNotFoundError,
    ModelThrottledError,
    ModelUnavailableError,
    SearchEngineUnavailableError,
)
from lambdas.imports.chunk_queue import ChunkQueue
from lambdas.imports.error_file import ErrorFile
from lambdas.imports.job import Chunk, ChunkReport, JobFailedError, Problem
from lambdas.imports.progress import JobStore
from lambdas.imports.records import Line, parse_record, read_lines
from lambdas.imports.source import S3Source
from lambdas.objects.model import ObjectInput

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client

# Five full calls of a model that takes 96 texts.
BATCH_OBJECTS = 480
BATCH_BYTES = 4_000_000

# A record that meets one of these is neither loaded nor failed: its chunk is tried again.
TRANSIENT = (ModelThrottledError, ModelUnavailableError, EmbeddingTimeoutError, SearchEngineUnavailableError)
# No record of the job can succeed before someone changes something, so it stops instead of failing each of them.
ENDS_THE_JOB = (
    CollectionNotFoundError,
    CredentialsRefusedError,
    EndpointNotFoundError,
    ModelAccessDeniedError,
    ModelNotFoundError,
)

FIRST_PUT_BACK_SECONDS = 15
LONGEST_PUT_BACK_SECONDS = 900

LoadResult = Literal["loaded", "repeated", "ignored", "failed"]


class ObjectResult(Protocol):
    """What became of one object."""

    @property
    def error(self) -> AltoError | None:
        """Why it was not stored, if it was not."""
        ...


class ObjectWriter[Collection](Protocol):
    """Stores objects, embedding what has to be."""

    def write(
        self, collection: Collection, objects: Sequence[ObjectInput], *, deadline: Deadline
    ) -> Sequence[ObjectResult]:
        """One result for each object, in order."""
        ...


class Collections[Collection](Protocol):
    """Knows the collections."""

    def get(self, name: str) -> Collection:
        """The collection. Raises `CollectionNotFoundError`."""
        ...


class ChunkPutBackError(Exception):
    """The chunk cannot be loaded now. Nothing of it was counted; it is delivered again."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """How a chunk came: `attempt` counts from 1, `receipt_handle` is what SQS knows the message by."""

    receipt_handle: str
    attempt: int


@dataclass(frozen=True, slots=True)
class LoadOutcome:
    """What became of a chunk. `records_read` = `records_loaded` + `records_failed`."""

    result: LoadResult
    reason: str | None = None
    records_read: int = 0
    records_loaded: int = 0
    records_failed: int = 0
    job_completed: bool = False


class Loader[Collection]:
    """Loads chunks."""

    def __init__(
        self,
        *,
        s3: "S3Client",
        source: S3Source,
        jobs: JobStore,
        queue: ChunkQueue,
        collections: Collections[Collection],
        writer: ObjectWriter[Collection],
        refresh: Callable[[Collection], Any],
        error_bucket: str,
        batch_objects: int = BATCH_OBJECTS,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._s3 = s3
        self._source = source
        self._jobs = jobs
        self._queue = queue
        self._collections = collections
        self._writer = writer
        self._refresh = refresh
        self._error_bucket = error_bucket
        self._batch_objects = batch_objects
        self._now = now

    def load(self, chunk: Chunk, delivery: Delivery, deadline: Deadline) -> LoadOutcome:
        """Load a chunk, count it, and complete the job if it was the last one.

        A chunk that was counted before, or whose job has ended, costs nothing. Raises, after the job shows why and
        the message is put back, whatever keeps the chunk from being loaded now.
        """
        try:
            if not self._jobs.get(chunk.job_id).unfinished:
                return LoadOutcome("ignored", "The job has ended.")
        except ImportNotFoundError as error:
            return LoadOutcome("ignored", error.message)
        try:
            with self._put_back_on_error(chunk, delivery):
                return self._load_once(chunk, deadline)
        except JobFailedError as error:
            self._jobs.fail(chunk.job_id, error.reason)
            return LoadOutcome("failed", error.reason)
        except ENDS_THE_JOB as error:
            self._jobs.fail(chunk.job_id, error.message)
            return LoadOutcome("failed", error.message)

    def _load_once(self, chunk: Chunk, deadline: Deadline) -> LoadOutcome:
        if self._jobs.is_counted(chunk):
            # Its loader may have died between counting and completing the job.
            return LoadOutcome("repeated", job_completed=self._complete(chunk))
        report = self._load_records(chunk, deadline)
        counted = self._jobs.count(chunk, report)
        completed = self._complete(chunk)
        if not counted:
            return LoadOutcome("repeated", "Another delivery was faster.", job_completed=completed)
        return LoadOutcome(
            "loaded",
            records_read=report.read,
            records_loaded=report.loaded,
            records_failed=report.failed,
            job_completed=completed,
        )

    def _load_records(self, chunk: Chunk, deadline: Deadline) -> ChunkReport:
        collection = self._collections.get(chunk.collection)
        errors = ErrorFile(chunk)
        loaded = 0
        for batch in self._batches(chunk, errors):
            if deadline.passed:
                raise ChunkPutBackError("There was no time left to load all of the chunk.")
            results = self._writer.write(collection, [item for _, item in batch], deadline=deadline)
            for (line, _), result in zip(batch, results, strict=True):
                if result.error is None:
                    loaded += 1
                elif isinstance(result.error, TRANSIENT + ENDS_THE_JOB):
                    raise result.error
                else:
                    errors.add(line, result.error)
        return ChunkReport(
            loaded=loaded,
            failed=errors.count,
            first_errors=tuple(errors.first_errors),
            error_file=errors.save(self._s3, self._error_bucket),
        )

    def _batches(self, chunk: Chunk, errors: ErrorFile) -> Iterator[list[tuple[Line, ObjectInput]]]:
        """The records of the chunk that can be read, in batches limited by count and size."""
        batch: list[tuple[Line, ObjectInput]] = []
        size = 0
        for line in read_lines(chunk, lambda start, end: self._source.read(chunk.source, start, end)):
            try:
                item = parse_record(line, chunk.job_id)
            except InvalidObjectError as error:
                errors.add(line, error)
                continue
            batch.append((line, item))
            size += len(line.data)
            if len(batch) >= self._batch_objects or size >= BATCH_BYTES:
                yield batch
                batch, size = [], 0
        if batch:
            yield batch

    def _complete(self, chunk: Chunk) -> bool:
        """Complete the job if nothing of it is left to load. Only then are its objects promised to be found."""
        job = self._jobs.get(chunk.job_id)
        if not (job.unfinished and job.all_chunks_done):
            return False
        self._refresh(self._collections.get(chunk.collection))
        return self._jobs.complete(job)

    @contextmanager
    def _put_back_on_error(self, chunk: Chunk, delivery: Delivery) -> Iterator[None]:
        try:
            yield
        except (JobFailedError, *ENDS_THE_JOB):
            raise
        except Exception as error:
            # The message first: should noting the problem fail too, the chunk still comes back soon.
            self._queue.put_back(delivery.receipt_handle, put_back_seconds(delivery.attempt))
            self._jobs.note_problem(chunk.job_id, self._problem(chunk, delivery, error))
            raise

    def _problem(self, chunk: Chunk, delivery: Delivery, error: Exception) -> Problem:
        # Only Alto's own errors are written for people, and free of what a vendor may have quoted.
        shown = error if isinstance(error, AltoError) else AltoError(f"{type(error).__name__}; the log says more.")
        return Problem(
            chunk=chunk.chunk, attempts=delivery.attempt, code=shown.code, message=shown.message, time=self._now()
        )


def put_back_seconds(attempt: int) -> int:
    """How long a chunk waits before its next attempt: longer each time."""
    return min(FIRST_PUT_BACK_SECONDS << (attempt - 1), LONGEST_PUT_BACK_SECONDS)
