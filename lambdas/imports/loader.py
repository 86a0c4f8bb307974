"""The second half of an import: load one chunk and count it exactly once.

The order makes every interruption harmless. Objects are written under ids that never change, then the error file,
then the counts in one transaction. Whatever happens before the transaction happens again with the same result;
whatever is delivered after it finds the chunk counted. What there was no time for is handed back in the same way: the
transaction says where the rest begins, then its message is sent, and sent again if the chunk is delivered again.
"""

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, Protocol

from lambdas.deadline import Deadline
from lambdas.errors import (
    AltoError,
    CollectionNotFoundError,
    CredentialsRefusedError,
    EndpointNotFoundError,
    ImportNotFoundError,
    ModelAccessDeniedError,
    ModelNotFoundError,
    RoleRefusedError,
)
from lambdas.imports.batch_inference_port import NO_BATCH, BatchSteps, Ready, Wait
from lambdas.imports.error_file import merge
from lambdas.imports.pipeline import in_order
from lambdas.imports.record_batches import BatchWriter, ObjectWriter, batches
from lambdas.imports.s3_source import S3Source
from lambdas.imports.tally import Tally
from lambdas.jobs.chunk import Chunk, ChunkReport, Problem
from lambdas.jobs.job import Job, JobFailedError, JobState
from lambdas.jobs.job_store import JobStore
from lambdas.jobs.queues import ChunkQueue
from lambdas.records.read_records import Entry, read_entries
from lambdas.records.record_shape import RecordShape

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client

# Five full calls of a model that takes 96 texts.
BATCH_OBJECTS = 480
# One batch is embedded while others are looked up and indexed. More would wait for the processor.
BATCHES_AT_ONCE = 4

# No record of the job can succeed before someone changes something, so it stops instead of failing each of them.
ENDS_THE_JOB = (
    CollectionNotFoundError,
    CredentialsRefusedError,
    EndpointNotFoundError,
    ModelAccessDeniedError,
    ModelNotFoundError,
    RoleRefusedError,
)

FIRST_PUT_BACK_SECONDS = 15
LONGEST_PUT_BACK_SECONDS = 900

LoadResult = Literal["loaded", "handed_back", "waiting", "repeated", "ignored", "failed"]


class Collections[Collection](Protocol):
    """Knows the collections."""

    def get(self, name: str) -> Collection:
        """The collection. Raises `CollectionNotFoundError`."""
        ...


class Delivery(NamedTuple):
    """How a chunk came: `attempt` counts from 1, `receipt_handle` is what SQS knows the message by."""

    receipt_handle: str
    attempt: int


class LoadOutcome(NamedTuple):
    """What became of a chunk. `records_read` = `records_loaded` + `records_unchanged` + `records_failed`."""

    result: LoadResult
    reason: str | None = None
    records_read: int = 0
    records_loaded: int = 0
    records_unchanged: int = 0
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
        types: Callable[[Collection], Mapping[str, str]] = lambda _: {},
        batch_objects: int = BATCH_OBJECTS,
        batches_at_once: int = BATCHES_AT_ONCE,
        executor: Executor | None = None,
        batch: BatchSteps[Collection] | None = None,
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
        self._types = types
        self._batch_objects = batch_objects
        self._batches_at_once = batches_at_once
        self._executor = executor or ThreadPoolExecutor(batches_at_once, thread_name_prefix="import")
        self._batch = batch
        self._now = now

    def load(self, chunk: Chunk, delivery: Delivery, deadline: Deadline) -> LoadOutcome:
        """Load a chunk, count it, and complete the job if it was the last one.

        A chunk that was counted before, or whose job has ended, costs nothing. Raises, after the job shows why and
        the message is put back, whatever keeps the chunk from being loaded now.
        """
        try:
            job = self._jobs.get(chunk.job_id)
        except ImportNotFoundError as error:
            return LoadOutcome("ignored", error.message)
        if not job.unfinished:
            if self._batch and job.state is JobState.CANCELLED:
                self._batch.stop(chunk)
            return LoadOutcome("ignored", "The job has ended.")
        try:
            with self._put_back_on_error(chunk, delivery):
                return self._load_once(job, chunk, deadline)
        except JobFailedError as error:
            self._jobs.fail(chunk.job_id, error.reason)
            return LoadOutcome("failed", error.reason)
        except ENDS_THE_JOB as error:
            self._jobs.fail(chunk.job_id, error.message)
            return LoadOutcome("failed", error.message)

    def _load_once(self, job: Job, chunk: Chunk, deadline: Deadline) -> LoadOutcome:
        if self._jobs.counted(chunk):
            return self._repeat(chunk)
        collection = self._collections.get(chunk.collection)
        step = self._next_step(job, chunk, collection, deadline)
        if isinstance(step, Wait):
            return self._wait(step)
        chunk = step.chunk
        report = self._load_records(job, step, collection, deadline)
        if not self._jobs.count(chunk, report):
            return self._repeat(chunk, "Another delivery was faster.")
        if report.rest_start is not None:
            self._queue.send([chunk.rest(report.rest_start)])
        return LoadOutcome(
            "loaded" if report.rest_start is None else "handed_back",
            records_read=report.read,
            records_loaded=report.loaded,
            records_unchanged=report.unchanged,
            records_failed=report.failed,
            job_completed=self._complete(chunk),
        )

    def _repeat(self, chunk: Chunk, reason: str | None = None) -> LoadOutcome:
        """Do what a loader that died after counting may have left undone."""
        counted = self._jobs.counted(chunk)
        if counted and counted.rest:
            self._queue.send([counted.rest])
        return LoadOutcome("repeated", reason, job_completed=self._complete(chunk))

    def _next_step(
        self, job: Job, chunk: Chunk, collection: Collection, deadline: Deadline
    ) -> Wait | Ready[Collection]:
        if job.options.embedding == "on_demand":
            return Ready(chunk, self._writer)
        if self._batch is None:
            raise JobFailedError(NO_BATCH)
        return self._batch.advance(chunk, collection, partial(self._entries, job, collection), deadline)

    def _wait(self, step: Wait) -> LoadOutcome:
        """Have the chunk come again later. A new message: the old one would grow old, and be given up."""
        self._queue.send_later(step.chunk, step.seconds)
        if step.is_held_up:
            problem = Problem(
                chunk=step.chunk.chunk, attempts=1, code="batch_inference_waits", message=step.why, time=self._now()
            )
            self._jobs.note_problem(step.chunk.job_id, problem)
        return LoadOutcome("waiting", step.why)

    def _entries(self, job: Job, collection: Collection, chunk: Chunk) -> Iterator[Entry]:
        shape = RecordShape(chunk.collection, job.options, self._types(collection))
        return read_entries(job, chunk, shape, partial(self._source.read_chunk, chunk, own_bucket=self._error_bucket))

    def _load_records(
        self, job: Job, step: Ready[Collection], collection: Collection, deadline: Deadline
    ) -> ChunkReport:
        chunk = step.loadable
        write = BatchWriter(step.writer, collection, deadline)
        work = batches(self._entries(job, collection, chunk), self._batch_objects)
        tally = Tally(chunk, job.began)
        for batch, results in in_order(work, write, self._executor, self._batches_at_once):
            # In the whole batch: what ends the job may stand behind a record that only waits.
            if fatal := next((result.error for result in results if isinstance(result.error, ENDS_THE_JOB)), None):
                raise fatal
            if not tally.add(batch, results):
                break
        report = tally.report(tally.errors.save(self._s3, self._error_bucket))
        if report.rest_start is None and chunk.end < step.chunk.end:
            # What the batch had no room for.
            return report.model_copy(update={"rest_start": chunk.end})
        return report

    def _complete(self, chunk: Chunk) -> bool:
        """Complete the job if nothing of it is left to load. Only then are its objects promised to be found."""
        job = self._jobs.get(chunk.job_id)
        if job.all_chunks_done:
            self._refresh(self._collections.get(chunk.collection))
            files = self._jobs.error_files(job.id) if job.failed else ()
            return self._jobs.complete(job, merge(self._s3, self._error_bucket, job.id, files))
        if job.only_dead_chunks_left:
            self._jobs.stop_incomplete(job)
        return False

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
