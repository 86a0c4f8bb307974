"""The second half of an import: load one chunk and count it exactly once.

The order makes every interruption harmless. Objects are written under ids that never change, then the error file,
then the counts in one transaction. Everything before the transaction can be repeated with the same result;
a delivery after it finds the chunk counted. Records for which there was no time are handed back in the same way: the
transaction stores where the rest begins, then its message is sent, and sent again if the chunk is delivered again.
"""

from collections.abc import Callable, Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from lambdas.deadline import Deadline
from lambdas.errors import (
    ImportNotFoundError,
)
from lambdas.imports.files.s3_source import S3Source
from lambdas.imports.loading.batch_inference_port import NO_BATCH, BatchSteps, Ready, Wait
from lambdas.imports.loading.batch_plan import BATCHES_AT_ONCE, BatchPlan
from lambdas.imports.loading.document_port import NO_DOCUMENTS, DocumentSteps, WriteBatch
from lambdas.imports.loading.error_file import merge
from lambdas.imports.loading.fill_port import FillSteps, RebuildSteps
from lambdas.imports.loading.job_collections import Collections, JobCollections, Target
from lambdas.imports.loading.load_outcome import Delivery, LoadOutcome
from lambdas.imports.loading.model_turns import NO_TURN, NoLimit, Turn, choose_wait
from lambdas.imports.loading.put_back import ENDS_THE_JOB, PutBack
from lambdas.imports.loading.record_batches import (
    TRANSIENT,
    BatchWriter,
    RecordWriter,
    group_records,
    run_in_order,
)
from lambdas.imports.loading.tally import Tally
from lambdas.jobs.chunk import Chunk, ChunkReport, Problem
from lambdas.jobs.chunk_hold import ChunkHold
from lambdas.jobs.job import Job, JobFailedError, JobState
from lambdas.jobs.job_store import JobStore
from lambdas.jobs.queues import ChunkQueue
from lambdas.records.byte_lines import ReadRange
from lambdas.records.json_lines import LineCounter
from lambdas.records.object_list import read_object_list
from lambdas.records.read_records import ImportRecord, read_records
from lambdas.records.record_shape import RecordShape

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client

# Until the loaders of an older version's job have noticed that it is cancelled.
REPLACED_SECONDS = 15


class Loader[C]:
    """Loads chunks."""

    def __init__(
        self,
        *,
        s3: "S3Client",
        source: S3Source,
        jobs: JobStore,
        queue: ChunkQueue,
        collections: Collections[C],
        writer: RecordWriter[C],
        refresh: Callable[[C], Any],
        error_bucket: str,
        identify: Callable[[C], Target],
        plan: Callable[[C], BatchPlan] = lambda _: BatchPlan(),
        executor: Executor | None = None,
        batch: BatchSteps[C] | None = None,
        find_target: Callable[[str], str | None] = lambda _: None,
        documents: DocumentSteps[C] | None = None,
        turns: Callable[[C, Chunk, Deadline], Turn] = lambda _collection, _chunk, _deadline: NoLimit(),
        fills: FillSteps[C] | None = None,
        rebuilds: RebuildSteps | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """`find_target` returns the collection that an alias points at."""
        self._s3 = s3
        self._source = source
        self._jobs = jobs
        self._queue = queue
        self._collections = JobCollections(collections, jobs, identify, find_target)
        self._writer = writer
        self._refresh = refresh
        self._error_bucket = error_bucket
        self._identify = identify
        self._plan = plan
        self._executor = executor or ThreadPoolExecutor(BATCHES_AT_ONCE, thread_name_prefix="import")
        self._batch = batch
        self._documents = documents
        self._turns = turns
        self._fills = fills
        self._rebuilds = rebuilds
        self._now = now
        self._put_back = PutBack(jobs, queue, now)

    def load(self, chunk: Chunk, delivery: Delivery, deadline: Deadline) -> LoadOutcome:
        """Load a chunk, count it, and complete the job if it was the last one.

        A chunk that was counted before, or whose job has ended, costs nothing. Any other error is raised after the
        message was put back and the job shows the error.
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
            with self._put_back.on_error(chunk, delivery):
                return self._load_once(chunk, delivery, deadline)
        except JobFailedError as error:
            self._jobs.fail(chunk.job_id, error.reason)
            return LoadOutcome("failed", error.reason)
        except ENDS_THE_JOB as error:
            self._jobs.fail(chunk.job_id, error.message)
            return LoadOutcome("failed", error.message)

    def _load_once(self, chunk: Chunk, delivery: Delivery, deadline: Deadline) -> LoadOutcome:
        if self._jobs.counted(chunk):
            return self._repeat(chunk)
        hold = ChunkHold(chunk, delivery.receipt_handle, self._jobs, self._queue, now=self._now)
        with hold:
            # Read once more: the job of a newer version cancels this one and then looks which chunks are held.
            job = self._jobs.get(chunk.job_id)
            if not job.unfinished:
                return LoadOutcome("ignored", "The job has ended.")
            if any(self._jobs.live_chunks(older) for older in job.replaces):
                return self._wait(Wait(chunk, REPLACED_SECONDS, "The job of an older version of the file is stopping."))
            collection = self._collections.find(job)
            self._collections.check_identity(job, collection)
            if chunk.lists_objects:
                self._fills_of(job).list_objects(job, collection, deadline)
                return LoadOutcome("listed")
            if job.rebuild is not None:
                return self._count(chunk, self._rebuild(job, chunk, deadline, hold), hold)
            return self._load_step(job, chunk, collection, deadline, hold)

    def _load_step(self, job: Job, chunk: Chunk, collection: C, deadline: Deadline, hold: ChunkHold) -> LoadOutcome:
        step = self._next_step(job, chunk, collection, deadline)
        if isinstance(step, Wait):
            return self._wait(step)
        if job.options.embedding != "on_demand":
            return self._count(step.chunk, self._load_records(job, step, collection, deadline, hold), hold)
        return self._load_in_turn(job, step, collection, deadline, hold)

    def _load_in_turn(
        self, job: Job, step: Ready[C], collection: C, deadline: Deadline, hold: ChunkHold
    ) -> LoadOutcome:
        """Load a chunk while the quota of its model feeds this loader; what is left is delivered later."""
        embedded = collection if job.vector is None else self._fills_of(job).narrow(collection, job.vector)
        turn = self._turns(embedded, step.chunk, deadline)
        chunks_left = max(1, job.chunks_total - job.chunks_done)
        if not turn.begin():
            return self._wait(Wait(step.chunk, choose_wait(turn, chunks_left), NO_TURN))
        hold.on_beat = turn.check
        try:
            report = self._load_records(job, step, collection, deadline, hold)
        except TRANSIENT:
            if not turn.has_ended:
                raise
            # Its turn was over before the first record was stored.
            return self._wait(Wait(step.chunk, choose_wait(turn, chunks_left), NO_TURN))
        finally:
            # No beat may take the place again.
            hold.stop()
            turn.leave()
        return self._count(step.chunk, report, hold, rest_after=choose_wait(turn, chunks_left) if turn.has_ended else 0)

    def _count(self, chunk: Chunk, report: ChunkReport, hold: ChunkHold, rest_after: int = 0) -> LoadOutcome:
        # The counts must not be shown twice.
        hold.stop()
        if not self._jobs.count(chunk, report):
            return self._repeat(chunk, "Another delivery counted it first.")
        if report.rest_start is not None:
            rest = chunk.rest(report.rest_start, line=report.rest_line, lines_before=report.lines or 0)
            if rest_after:
                self._queue.send_later(rest, rest_after)
            else:
                self._queue.send([rest])
        return LoadOutcome(
            "loaded" if report.rest_start is None else "handed_back",
            records_read=report.read,
            records_loaded=report.loaded,
            records_unchanged=report.unchanged,
            records_failed=report.failed,
            job_completed=self._complete(chunk),
        )

    def _repeat(self, chunk: Chunk, reason: str | None = None) -> LoadOutcome:
        """Finish the steps that a loader may have missed when it stopped after counting."""
        counted = self._jobs.counted(chunk)
        if counted and counted.rest:
            self._queue.send([counted.rest])
        return LoadOutcome("repeated", reason, job_completed=self._complete(chunk))

    def _next_step(self, job: Job, chunk: Chunk, collection: C, deadline: Deadline) -> Wait | Ready[C]:
        writer, batch = self._writer, self._batch
        if job.vector is not None:
            fills = self._fills_of(job)
            collection, writer, batch = fills.narrow(collection, job.vector), fills.writer, fills.batch
        if job.options.embedding == "on_demand":
            return Ready(chunk, writer)
        if batch is None:
            raise JobFailedError(NO_BATCH)
        return batch.advance(chunk, collection, partial(self._read_records, job, collection), deadline)

    def _rebuild(self, job: Job, chunk: Chunk, deadline: Deadline, hold: ChunkHold) -> ChunkReport:
        if self._rebuilds is None:
            raise JobFailedError(f"This deployment of Alto cannot run the job {job.id}: it rebuilds a collection.")
        copied, is_done = self._rebuilds.advance(job, job.collection, deadline, hold)
        return ChunkReport(loaded=copied, rest_start=None if is_done else chunk.start + 1)

    def _fills_of(self, job: Job) -> FillSteps[C]:
        if self._fills is None:
            raise JobFailedError(f"This deployment of Alto cannot run the job {job.id}: it fills vectors.")
        return self._fills

    def _wait(self, step: Wait) -> LoadOutcome:
        """Re-queue the chunk with a delay, as a new message so that its receive count and age start over."""
        self._queue.send_later(step.chunk, step.seconds)
        if step.is_held_up:
            problem = Problem(
                chunk=step.chunk.chunk, attempts=1, code="batch_inference_waits", message=step.why, time=self._now()
            )
            self._jobs.note_problem(step.chunk.job_id, problem)
        return LoadOutcome("waiting", step.why)

    def _read_records(
        self, job: Job, collection: C, chunk: Chunk, read: ReadRange | None = None
    ) -> Iterator[ImportRecord]:
        if job.vector is not None:
            return read_object_list(
                chunk, read or partial(self._source.read_chunk, chunk, own_bucket=self._error_bucket)
            )
        target = self._identify(collection)
        shape = RecordShape(target.name, job.options, target.types)
        return read_records(job, chunk, shape, read or self._range_reader(chunk))

    def _range_reader(self, chunk: Chunk) -> ReadRange:
        return partial(self._source.read_chunk, chunk, own_bucket=self._error_bucket)

    def _load_records(
        self, job: Job, step: Ready[C], collection: C, deadline: Deadline, hold: ChunkHold
    ) -> ChunkReport:
        chunk = step.loadable
        if job.vector is not None:
            collection = self._fills_of(job).narrow(collection, job.vector)
        write: WriteBatch = BatchWriter(step.writer, collection, deadline)
        # Batch inference has made the vectors before.
        plan = self._plan(collection) if job.options.embedding == "on_demand" else BatchPlan()
        counter: LineCounter | None = None
        if chunk.documents is None:
            # JSON lines are cut without reading: the lines before a chunk are those that the loaders counted.
            counter = LineCounter(chunk, self._range_reader(chunk)) if job.source_format == "jsonl" else None
            work = group_records(self._read_records(job, collection, chunk, counter), plan.objects)
        elif self._documents is None:
            raise JobFailedError(NO_DOCUMENTS)
        else:
            write = self._documents.writer(job, collection, deadline)
            work = self._documents.batches(job, chunk)
        tally = Tally(chunk, job.started_at)
        for batch, results in run_in_order(work, write, self._executor, plan.open_batches):
            # In the whole batch: an error that ends the job may follow a record that only has to wait.
            if fatal := next((result.error for result in results if isinstance(result.error, ENDS_THE_JOB)), None):
                raise fatal
            if hold.has_job_ended:
                tally.stop_at(batch.records[0])
                break
            if not tally.add(batch, results):
                break
            hold.show(*tally.counts)
        lines = None if counter is None else counter.lines
        report = tally.report(tally.errors.save(self._s3, self._error_bucket), lines)
        if report.rest_start is None and chunk.end < step.chunk.end:
            # The rest, for which the batch had no room.
            return report.model_copy(update={"rest_start": chunk.end})
        return report

    def _complete(self, chunk: Chunk) -> bool:
        """Complete the job if nothing of it is left to load. Its objects are searchable from then on."""
        job = self._jobs.get(chunk.job_id)
        if job.all_chunks_done:
            collection = self._collections.find(job)
            self._collections.check_identity(job, collection)
            self._refresh(collection)
            if job.vector is not None:
                self._fills_of(job).finish(job, collection)
            files = self._jobs.error_files(job.id) if job.failed else ()
            merged = merge(self._s3, self._error_bucket, job.id, files, job.errors)
            return self._jobs.complete(job, merged.uri, errors=merged.first_errors)
        if job.only_dead_chunks_left:
            self._jobs.stop_incomplete(job)
        return False
