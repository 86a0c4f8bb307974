"""The first half of an import: make the job and send its chunks, without reading the object."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import batched
from typing import Literal

from lambdas.deadline import Deadline
from lambdas.imports.chunk_queue import MESSAGES_PER_BATCH, ChunkQueue
from lambdas.imports.job import Job, JobFailedError, JobState, Source
from lambdas.imports.notifications import SUFFIXES, collection_of, created_objects, is_supported
from lambdas.imports.progress import JobStore
from lambdas.imports.source import S3Source

# Small enough that a slow model embeds a chunk in minutes: some 250 records of 1 kB.
DEFAULT_CHUNK_BYTES = 262_144
# How often the way so far is stored. What was sent twice after an interruption is loaded once all the same.
BATCHES_PER_MARK = 50

SplitResult = Literal["started", "repeated", "failed", "completed", "ignored"]


class SplitInterruptedError(Exception):
    """There was no time left to send all chunks. The next delivery of the notification goes on from there."""


@dataclass(frozen=True, slots=True)
class SplitOutcome:
    """What became of one S3 object of a notification."""

    result: SplitResult
    key: str
    job_id: str | None = None
    collection: str | None = None
    reason: str | None = None
    chunks: int = 0


class Splitter:
    """Turns S3 objects into jobs and chunks."""

    def __init__(
        self,
        source: S3Source,
        jobs: JobStore,
        queue: ChunkQueue,
        chunk_bytes: int = DEFAULT_CHUNK_BYTES,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._source = source
        self._jobs = jobs
        self._queue = queue
        self._chunk_bytes = chunk_bytes
        self._now = now

    def split_all(self, notification: str, deadline: Deadline) -> list[SplitOutcome]:
        """Split every object that an S3 notification (JSON) says was created."""
        return [self.split(source, deadline) for source in created_objects(notification)]

    def split(self, source: Source, deadline: Deadline) -> SplitOutcome:
        """Make the job of an object and send its chunks. The same object again changes nothing.

        A job that was left in the middle of splitting is continued. Raises `SplitInterruptedError` when the time is
        up, and whatever DynamoDB, SQS and S3 raise when they cannot serve: the notification is to be delivered again.
        """
        collection = collection_of(source.key)
        if collection is None:
            reason = "The key names no collection. Upload to <Collection>/<name>.jsonl."
            return SplitOutcome("ignored", source.key, reason=reason)
        job = self._plan(source, collection)
        created = self._jobs.create(job)
        if not created:
            job = self._jobs.get(job.id)
        if job.state is JobState.SPLITTING:
            self._send(job, deadline)
        return SplitOutcome(_result(job, created=created), source.key, job.id, collection, job.reason, job.chunks_total)

    def _plan(self, source: Source, collection: str) -> Job:
        if not is_supported(source.key):
            reason = f"{source.uri} is of no format that can be imported: the key must end in {', '.join(SUFFIXES)}."
            return Job.refused(source, collection, reason, self._now())
        try:
            size = self._source.size(source)
        except JobFailedError as error:
            return Job.refused(source, collection, error.reason, self._now())
        return Job.planned(source, collection, size=size, chunk_bytes=self._chunk_bytes, now=self._now())

    def _send(self, job: Job, deadline: Deadline) -> None:
        sent = job.chunks_sent
        rest = range(sent, job.chunks_total)
        for count, numbers in enumerate(batched(rest, MESSAGES_PER_BATCH, strict=False), start=1):
            if deadline.passed:
                self._jobs.mark_sent(job.id, sent)
                raise SplitInterruptedError(f"{sent} of {job.chunks_total} chunks of import {job.id} are sent.")
            self._queue.send([job.chunk(number) for number in numbers])
            sent += len(numbers)
            if count % BATCHES_PER_MARK == 0:
                self._jobs.mark_sent(job.id, sent)
        # Fast loaders may have completed the job by now; then this changes nothing.
        self._jobs.start_loading(job.id)


def _result(job: Job, *, created: bool) -> SplitResult:
    match job.state:
        case JobState.SPLITTING:
            return "started"
        case JobState.COMPLETED if created:
            return "completed"
        case JobState.FAILED if created:
            return "failed"
    return "repeated"
