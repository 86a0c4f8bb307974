"""Embedding a chunk by batch inference, in steps: write the texts, start the jobs, check them, use the vectors.

No function waits for Bedrock. Each step ends with a message that triggers the next one some minutes later, so
no event can be lost, and every step can be repeated.
"""

from collections.abc import Callable, Mapping

from lambdas.batch_inference.bedrock_jobs import BatchJobs, BatchStatus
from lambdas.batch_inference.file_format import Outcome, batch_problem
from lambdas.batch_inference.s3_files import BatchFiles
from lambdas.batch_inference.state_store import BatchInferenceState, BatchInferenceStore
from lambdas.collections.model import Collection
from lambdas.deadline import Deadline
from lambdas.errors import BatchInferenceRefusedError, ModelQuotaError, ModelThrottledError
from lambdas.imports.loading.batch_inference_port import Ready, RecordReader, Wait
from lambdas.imports.loading.record_batches import RecordWriter
from lambdas.jobs.chunk import Chunk
from lambdas.jobs.job import JobFailedError

# The first check is after a minute; later ones after up to 15 minutes, the longest delay that SQS has.
FIRST_CHECK_SECONDS = 60
LONGEST_CHECK_SECONDS = 900


class BatchInference:
    """Takes the next step of a chunk. `writer_of` returns a writer that uses these vectors."""

    def __init__(
        self,
        *,
        store: BatchInferenceStore,
        jobs: BatchJobs,
        files: BatchFiles,
        writer_of: Callable[[Mapping[str, Outcome]], RecordWriter[Collection]],
        region: str,
    ) -> None:
        self._store = store
        self._jobs = jobs
        self._files = files
        self._writer_of = writer_of
        self._region = region

    def advance(
        self, chunk: Chunk, collection: Collection, records: RecordReader, deadline: Deadline
    ) -> Wait | Ready[Collection]:
        """Take the next step. Raises `JobFailedError` when batch inference failed or is unavailable."""
        batch = self._store.get(chunk)
        if batch is None or batch.spent:
            batch = self._write_inputs(chunk, batch, collection, records, deadline)
        if any(job.arn is None for job in batch.jobs):
            return self._start_jobs(chunk, batch, collection)
        statuses = [self._jobs.status(str(job.arn)) for job in batch.jobs]
        failed = next((status for status in statuses if status.progress == "failed"), None)
        if failed is not None:
            raise self._fail(batch, failed)
        if any(status.progress == "running" for status in statuses):
            states = ", ".join(sorted({status.state for status in statuses}))
            return _wait(chunk, batch, f"Batch inference is under way: {states}.")
        return Ready(chunk.waiting_for(batch.awaited(0)), self._writer_of(self._files.read(batch, collection)))

    def stop(self, chunk: Chunk) -> None:
        """Stop the jobs of a chunk, because its import was cancelled. Those that have ended stay as they are."""
        batch = self._store.get(chunk)
        if batch is None or batch.spent:
            return
        running = [
            str(job.arn)
            for job in batch.jobs
            if job.arn is not None and self._jobs.status(job.arn).progress == "running"
        ]
        for arn in running:
            self._jobs.stop(arn)
        if running:
            self._store.change(batch.model_copy(update={"spent": True}))

    def _write_inputs(
        self,
        chunk: Chunk,
        before: BatchInferenceState | None,
        collection: Collection,
        records: RecordReader,
        deadline: Deadline,
    ) -> BatchInferenceState:
        if problem := batch_problem(collection.vectors, self._region):
            raise JobFailedError(problem)
        # The chunk as it was before it waited.
        fresh = chunk.model_copy(update={"batch": None})
        attempt = 0 if before is None else before.attempt + 1
        return self._store.add(self._files.write(fresh, attempt, records(fresh), collection, deadline))

    def _start_jobs(self, chunk: Chunk, batch: BatchInferenceState, collection: Collection) -> Wait:
        configs = collection.made_by_alto
        for place, job in enumerate(batch.jobs):
            if job.arn is not None:
                continue
            try:
                arn = self._jobs.start(batch.name(place), configs[job.vector], job.input_key, job.output_prefix)
            except (ModelQuotaError, ModelThrottledError) as error:
                return _wait(chunk, batch, error.message, is_held_up=True)
            except BatchInferenceRefusedError as error:
                raise JobFailedError(error.message) from None
            held = self._store.change(batch.started(place, arn))
            if held.attempt != batch.attempt:
                return _wait(chunk, held, "Batch inference was started again.")
            batch = held
        # The checks start over: until now the chunk waited for a quota.
        return _wait(chunk.waiting_for(batch.awaited(0)), batch, "Batch inference was started.")

    def _fail(self, batch: BatchInferenceState, status: BatchStatus) -> JobFailedError:
        for job in batch.jobs:
            if self._jobs.status(str(job.arn)).progress == "running":
                self._jobs.stop(str(job.arn))
        # Before the import fails: a resumed import would find the same failure again.
        self._store.change(batch.model_copy(update={"spent": True}))
        names = ", ".join(str(job.arn) for job in batch.jobs)
        reason = f" {status.message}" if status.message else ""
        return JobFailedError(
            f"Bedrock's batch inference ended as {status.state}.{reason} Fix the cause and resume the import, "
            f"which starts it again. ({names})"
        )


def _wait(chunk: Chunk, batch: BatchInferenceState, why: str, *, is_held_up: bool = False) -> Wait:
    checks = 0 if chunk.batch is None else chunk.batch.checks
    later = chunk.waiting_for(batch.awaited(checks + 1))
    return Wait(later, check_seconds(checks), why, is_held_up)


def check_seconds(checks: int) -> int:
    """Return the seconds before the next check, after so many checks."""
    return min(FIRST_CHECK_SECONDS << min(checks, 10), LONGEST_CHECK_SECONDS)
