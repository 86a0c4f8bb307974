"""The first half of an import: create the job and send its chunks, in steps that continue themselves.

A step sends chunks until its time is over, stores its position, and sends a message that continues from there. The
last chunk is held back until the job knows how many there are: the loader of the last open chunk completes the job.
"""

from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from itertools import batched

import orjson

from lambdas.deadline import Deadline
from lambdas.documents.names import document_of, is_metadata
from lambdas.errors import ImportNotFoundError
from lambdas.imports.files.newest_version import NewestVersion
from lambdas.imports.files.s3_notifications import (
    collection_of,
    created_objects,
    is_ignored,
    job_of_list,
    removed_objects,
)
from lambdas.imports.files.s3_source import S3Source
from lambdas.imports.splitting.chunk_planner import Planner
from lambdas.imports.splitting.job_planner import JobPlanner
from lambdas.imports.splitting.split_outcome import SplitOutcome, outcome_of, result_of
from lambdas.jobs.chunk import Chunk, Source
from lambdas.jobs.file_versions import version_of
from lambdas.jobs.import_options import ImportOptions
from lambdas.jobs.job import NO_RECORDS, Job, JobFailedError, JobState
from lambdas.jobs.job_store import JobStore
from lambdas.jobs.queues import MESSAGES_PER_BATCH, ChunkQueue
from lambdas.records.byte_lines import GZIP_GROWTH

# How often the position is stored. Chunks sent twice after an interruption are loaded once all the same.
BATCHES_PER_MARK = 50


class Splitter:
    """Turns S3 objects into jobs and chunks. `request_split` sends a message to split the rest of a job later."""

    def __init__(
        self,
        source: S3Source,
        jobs: JobStore,
        queue: ChunkQueue,
        *,
        request_split: Callable[[str], None],
        newest: NewestVersion,
        own_bucket: str,
        chunk_bytes: int,
        gzip_growth: int = GZIP_GROWTH,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._source = source
        self._jobs = jobs
        self._queue = queue
        self._request_split = request_split
        self._newest = newest
        self._planner = Planner(source, own_bucket, gzip_growth)
        self._planning = JobPlanner(source, self._planner, chunk_bytes, now)
        self._now = now

    def split_all(self, message: str, deadline: Deadline) -> list[SplitOutcome]:
        """Handle a message (JSON).

        Split every object that an S3 notification says was created, continue a job, or mark a chunk that became a dead
        letter.
        """
        body = orjson.loads(message)
        if "chunk" in body:
            return [self.give_up(Chunk.model_validate(body))]
        if "job_id" in body:
            return [self.continue_job(body["job_id"], deadline, unless_begun=body.get("unless_begun", False))]
        outcomes = [self.split(source, deadline) for source in created_objects(message)]
        return outcomes + [self.remove(source, deadline) for source in removed_objects(message)]

    def continue_job(self, job_id: str, deadline: Deadline, *, unless_begun: bool = False) -> SplitOutcome:
        """Split the rest of a job; with `unless_begun`, only if its splitting has not begun."""
        try:
            job = self._jobs.get(job_id)
        except ImportNotFoundError as error:
            return SplitOutcome("ignored", "", job_id, reason=error.message)
        if unless_begun and (job.state is not JobState.SPLITTING or job.chunks_sent):
            return outcome_of("repeated", job)
        return self._send_rest(job, deadline, created=False)

    def give_up(self, chunk: Chunk) -> SplitOutcome:
        """Note that a chunk could not be loaded in any of its deliveries, and stop its job if nothing else is left."""
        if chunk.lists_objects:
            reason = "The objects of the collection could not be listed. Resume the job to try again."
            self._jobs.fail(chunk.job_id, reason)
            return SplitOutcome("given_up", chunk.source.key, chunk.job_id, chunk.collection, reason)
        try:
            self._jobs.mark_dead(chunk)
            job = self._jobs.get(chunk.job_id)
        except ImportNotFoundError as error:
            return SplitOutcome("ignored", chunk.source.key, chunk.job_id, reason=error.message)
        if job.only_dead_chunks_left:
            self._jobs.stop_incomplete(job)
        return SplitOutcome("given_up", chunk.source.key, chunk.job_id, chunk.collection, f"{chunk} is dead.")

    def split(self, source: Source, deadline: Deadline) -> SplitOutcome:
        """Create the job of an object and send its chunks. The same object again changes nothing.

        A job that was left in the middle of splitting is continued. Raises the errors of DynamoDB, SQS and
        S3: the notification must then be delivered again.
        """
        if job_id := job_of_list(source.key):
            # The list of a fill's objects is written.
            return self.continue_job(job_id, deadline)
        if is_ignored(source.key):
            return SplitOutcome("ignored", source.key, reason="The key is one of Alto's own files, or a folder.")
        if is_metadata(source.key):
            return self._split_described(source, deadline)
        return self._start(self._planning.plan(source), deadline)

    def remove(self, source: Source, deadline: Deadline) -> SplitOutcome:
        """Create the job that removes the passages of a document that was deleted, and send its chunk."""
        collection = collection_of(source.key)
        if collection is None or self._exists(source):
            return SplitOutcome("ignored", source.key, reason="The document is still there, or was in no collection.")
        job = Job.planned(
            source,
            collection,
            size=1,
            chunk_bytes=1,
            now=self._now(),
            options=ImportOptions().resolved(source.key) or ImportOptions(),
        )
        return self._start(job.model_copy(update={"removes": True}), deadline)

    def _split_described(self, metadata: Source, deadline: Deadline) -> SplitOutcome:
        """Import a document again because its metadata came or changed after it."""
        try:
            document = self._source.find(metadata.bucket, document_of(metadata.key)).source
        except JobFailedError:
            return SplitOutcome("ignored", metadata.key, reason="The metadata wait for their document.")
        return self._start(self._planning.plan(document).model_copy(update={"id": metadata.job_id}), deadline)

    def _exists(self, source: Source) -> bool:
        try:
            self._source.find(source.bucket, source.key)
        except JobFailedError:
            return False
        return True

    def _start(self, job: Job, deadline: Deadline) -> SplitOutcome:
        created = self._jobs.create(job)
        if not created:
            job, created = self._stored(job)
        return self._send_rest(job, deadline, created=created)

    def give_up_split(self, message: str, attempts: int) -> list[SplitOutcome]:
        """Show in its job that a message could not be handled in any of its deliveries."""
        body = orjson.loads(message)
        reason = f"The file could not be split in {attempts} attempts. Resume the import to try again."
        if "job_id" in body:
            self._jobs.fail(body["job_id"], reason)
            return [SplitOutcome("given_up", "", body["job_id"], reason=reason)]
        outcomes = []
        for source in () if "chunk" in body else created_objects(message):
            if is_ignored(source.key):
                continue
            job = Job.refused(source, collection_of(source.key) or "", reason, self._now())
            if not self._jobs.create(job):
                self._jobs.fail(job.id, reason)
            outcomes.append(outcome_of("given_up", job))
        return outcomes

    def _stored(self, job: Job) -> tuple[Job, bool]:
        """Return the job that has this id, or, if that imports another version, a new one with an id of its own.

        So a corrected file that is uploaded to the same signed URL is imported, too.
        """
        stored = self._jobs.get(job.id)
        is_same = version_of(stored.source) == version_of(job.source)
        if is_same or job.id == job.source.job_id:
            return stored, False
        other = job.model_copy(update={"id": job.source.job_id})
        return (other, True) if self._jobs.create(other) else (self._jobs.get(other.id), False)

    def _send_rest(self, job: Job, deadline: Deadline, *, created: bool) -> SplitOutcome:
        if job.state is JobState.SPLITTING and not job.size and job.vector is not None:
            job = self._plan_fill(job)
            if not job.size:
                return outcome_of("listing", job)
        return self._send_planned(job, deadline, created=created)

    def _send_planned(self, job: Job, deadline: Deadline, *, created: bool) -> SplitOutcome:
        result = result_of(job, created=created)
        if job.state is JobState.SPLITTING and not job.size:
            job = self._plan_again(job)
            result = "failed" if job.state is JobState.FAILED else result
        has_file = job.rebuild is None
        if has_file and job.state is JobState.SPLITTING and not job.chunks_sent and not self._newest.admit(job):
            job = self._jobs.get(job.id)
        if job.state is JobState.SPLITTING:
            try:
                if not self._send(job, deadline):
                    self._request_split(job.id)
                    return outcome_of("continued", job)
            except JobFailedError as error:
                self._jobs.fail(job.id, error.reason)
                return outcome_of("failed", job.model_copy(update={"reason": error.reason}))
            job, result = self._jobs.get(job.id), "started"
        if job.state is JobState.LOADING:
            self._send_last(job)
        if job.state is JobState.CANCELLED:
            # Each would return after its delay; sending it now stops its batch job at once.
            for chunks in batched(self._jobs.waiting_chunks(job.id), MESSAGES_PER_BATCH, strict=False):
                self._queue.send(chunks)
        return outcome_of(result, job)

    def _plan_fill(self, job: Job) -> Job:
        """Plan a fill whose objects are listed, or else have them listed by a loader: only that reads collections."""
        try:
            found = self._source.find(job.source.bucket, job.source.key)
        except JobFailedError:
            self._queue.send([job.chunk_of(0, 0, 0).model_copy(update={"lists_objects": True})])
            return job
        self._jobs.replan(job, self._planning.plan_list(job, found))
        return self._jobs.get(job.id)

    def _plan_again(self, job: Job) -> Job:
        """Plan a job that failed before it was planned, and was resumed: only jobs of S3 notifications can be so."""
        planned = self._planning.plan(job.source)
        if planned.state is JobState.FAILED:
            self._jobs.fail(job.id, str(planned.reason))
        elif planned.size:
            self._jobs.replan(job, planned)
        return self._jobs.get(job.id)

    def _send_last(self, job: Job) -> None:
        """Send the chunk that was held back, or end a job that has none. Repeating it has no effect."""
        if job.last_chunk is None:
            self._jobs.complete(job, reason=NO_RECORDS)
        elif job.is_settled or not self._jobs.counted(job.last_chunk):
            # Its loader ends the job, even when it was counted before.
            self._queue.send([job.last_chunk])

    def _send(self, job: Job, deadline: Deadline) -> bool:
        """Send the chunks from the job's position on, but the last one. False if the time was up before.

        Stops when the job has been cancelled, resumed or split by another invocation meanwhile.
        """
        sent, held = job.chunks_sent, None
        planned = _with_following(self._planner.chunks(job, deadline))
        for count, batch in enumerate(batched(planned, MESSAGES_PER_BATCH, strict=False), start=1):
            now = [chunk for chunk, following in batch if following is not None]
            held = next((chunk for chunk, following in batch if following is None), None)
            if now:
                self._queue.send(now)
            sent += len(now)
            if held is None and (deadline.passed or count % BATCHES_PER_MARK == 0):
                following = batch[-1][1]
                if following and not self._jobs.mark_sent(job, sent, following.start, following.line):
                    return True
                if deadline.passed:
                    return False
        self._jobs.start_loading(job, sent + (held is not None), held)
        return True


def _with_following(chunks: Iterable[Chunk]) -> Iterator[tuple[Chunk, Chunk | None]]:
    """Each chunk and the one after it, at which splitting can continue; None after the last one."""
    previous: Chunk | None = None
    for following in chunks:
        if previous is not None:
            yield previous, following
        previous = following
    if previous is not None:
        yield previous, None
