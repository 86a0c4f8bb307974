"""Stores jobs in one DynamoDB table, by conditional writes only.

A job is the item (`pk` = `job#<id>`, `sk` = `job`); its chunks (`transactions.py`) have the same `pk`. The list of
jobs has an item (`pk` = `jobs`, `sk` = `<time of creation>#<id>`) for each job, and so has the list of each collection
(`pk` = `jobs#<collection>`). All expire by the attribute `expires`.
"""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

from lambdas.errors import ImportNotFoundError
from lambdas.jobs.chunk import AwaitedBatchInference, Chunk, ChunkReport, LiveChunk, Problem, RecordError
from lambdas.jobs.dynamodb_items import attributes, chunk_key, job_key, job_partition, upload_key
from lambdas.jobs.job import MAX_REASON_CHARACTERS, UNFINISHED, Job, JobState
from lambdas.jobs.job_table import CONFLICT_ATTEMPTS, JobTable
from lambdas.jobs.transactions import Transactions

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient

TIME_TO_LIVE = timedelta(days=90)
LIST_KEY = "jobs"


class CountedPart(NamedTuple):
    """A part that was counted, and the rest of its chunk that was handed back, if any."""

    rest: Chunk | None


class ErrorFilePart(NamedTuple):
    """The error file of a part, and how many lines of the file begin before its chunk; None if that is unknown."""

    uri: str
    lines_before: int | None


class JobStore:
    """Import jobs and what was counted for them. Safe to share between threads and functions."""

    def __init__(
        self,
        dynamodb: "DynamoDBClient",
        table: str,
        *,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        sleep: Callable[[float], None] = time.sleep,
        announce: Callable[[Job], None] = lambda _: None,
    ) -> None:
        """`announce` is called with each new job, and after each stored change of a job's state."""
        self._table = JobTable(dynamodb, table, sleep)
        self._transactions = Transactions(table)
        self._now = now
        self._announce = announce

    def get(self, job_id: str, collection: str | None = None) -> Job:
        """Return the current state of the job. Raises `ImportNotFoundError`.

        With `collection`, jobs into collections of other names do not exist.
        """
        item = self._table.get(job_key(job_id))
        if item is None:
            raise ImportNotFoundError(self._why_missing(job_id, collection))
        job = Job.model_validate(item)
        if collection not in (None, job.collection):
            raise ImportNotFoundError(_not_found(job_id, collection))
        return job

    def create(self, job: Job) -> bool:
        """Store a new job. False if a job has this id; that job is not changed."""
        item = job.model_dump(mode="json", exclude_none=True) | {"expires": self._expires()}
        entry = {"sk": f"{job.created.isoformat()}#{job.id}", "id": job.id, "expires": self._expires()}
        lists = (_list_key(None), _list_key(job.collection))
        refused = self._table.transact(self._transactions.create(job, item, [entry | {"pk": key} for key in lists]))
        if refused is None:
            self._announce(job)
        return refused is None

    def expect_upload(self, job_id: str, file_name: str, collection: str) -> None:
        """Note that a file is about to be uploaded for this job, so that `get` can say that it has not arrived."""
        item = {"file_name": file_name, "collection": collection, "expires": self._expires()}
        self._table.put(upload_key(job_id), item)

    def _why_missing(self, job_id: str, collection: str | None) -> str:
        upload = self._table.get(upload_key(job_id))
        if upload is None or collection not in (None, upload["collection"]):
            return _not_found(job_id, collection)
        return (
            f"The file '{upload['file_name']}' of import '{job_id}' has not arrived. Upload it to the URL that the "
            "start of the import returned (valid for one hour); its job appears some seconds later."
        )

    def list(self, limit: int, after: str | None = None, collection: str | None = None) -> tuple[list[Job], str | None]:
        """Up to `limit` jobs, the newest first, and the mark to continue `after`, if there are more.

        With `collection`, only jobs into collections of this name.
        """
        page = self._table.newest(_list_key(collection), limit, after)
        jobs = []
        for entry in page.items:
            try:
                jobs.append(self.get(entry["id"], collection))
            except ImportNotFoundError:
                continue  # it expired a moment before its entry, or belongs to the collection behind an alias
        return jobs, page.last

    def mark_sent(self, job: Job, chunks_sent: int, position: int, line: int = 0) -> bool:
        """Note that the first `chunks_sent` chunks are in the queue, so that splitting continues at `position`.

        `line` is the line of that place, 0 if unknown.

        False if this run of the job is not being split any more.
        """
        changes = {"chunks_sent": chunks_sent, "position": position, "line": line}
        return self._change_in_run(job, (JobState.SPLITTING,), changes)

    def replan(self, job: Job, planned: Job) -> bool:
        """Store how the file of a job is read, if that was not known before. False if the job has changed since."""
        plan = {"source", "size", "options", "columns", "chunk_bytes", "chunks_total", "content_id", "expected"}
        changes = planned.model_dump(mode="json", exclude_none=True, include=plan)
        return self._change_in_run(job, (JobState.SPLITTING,), changes)

    def note_replaced(self, job: Job, replaced: Sequence[str]) -> bool:
        """Note the jobs whose loaders this job has to wait for. False if this run is not being split any more."""
        return self._change_in_run(job, (JobState.SPLITTING,), {"replaces": [*replaced]})

    def start_loading(self, job: Job, chunks_total: int, last_chunk: Chunk | None) -> bool:
        """Note how many chunks there are. False if this run of the job is not being split any more."""
        last = {} if last_chunk is None else {"last_chunk": last_chunk.model_dump(mode="json", exclude_none=True)}
        changes = {"state": JobState.LOADING, "chunks_total": chunks_total} | last
        return self._change_in_run(job, (JobState.SPLITTING,), changes)

    def note_problem(self, job_id: str, problem: Problem) -> bool:
        """Show why a chunk could not be loaded. Counts nothing."""
        problem = problem.model_copy(update={"message": problem.message[:MAX_REASON_CHARACTERS]})
        return self._change(job_id, UNFINISHED, {"problem": problem.model_dump(mode="json")})

    def fail(self, job_id: str, reason: str) -> bool:
        """End the job with a reason that its caller can act on. False if it has ended already."""
        return self._change(job_id, UNFINISHED, {"state": JobState.FAILED, "reason": reason[:MAX_REASON_CHARACTERS]})

    def cancel(self, job_id: str, reason: str = "") -> bool:
        """End the job at a caller's request. Stored objects stay. False if it has ended already."""
        changes = {"state": JobState.CANCELLED, "reason": reason}
        return self._change(job_id, (*UNFINISHED, JobState.INCOMPLETE), changes)

    def claim_alias(self, job_id: str, alias: str) -> bool:
        """Store the collection's alias if the job has none. False if it has another one."""
        return self._change(
            job_id,
            UNFINISHED,
            {"alias": alias},
            "(attribute_not_exists(alias) OR alias = :given)",
            {":given": alias},
        )

    def move_behind_alias(self, job: Job, collection: str, alias: str) -> bool:
        """Store the collection of a job that was started under an alias. False if another loader was faster."""
        entry = {"sk": f"{job.created.isoformat()}#{job.id}", "id": job.id, "expires": self._expires()}
        key = {"pk": _list_key(collection), "sk": entry.pop("sk")}
        # The list first: a job that it has and that is not moved is left out there.
        self._table.put(attributes(key), entry)
        return self._change(
            job.id, UNFINISHED, {"collection": collection, "alias": alias}, "attribute_not_exists(alias)"
        )

    def resume(self, job: Job) -> bool:
        """Split the job again. Counted chunks are not loaded again. False if it has changed since `job` was read."""
        start = {"chunks_sent": 0, "position": 0, "line": 0}
        changes = {"state": JobState.SPLITTING, "run": job.run + 1, "reason": ""} | start
        return self._change_in_run(job, (job.state,), changes)

    def complete(
        self,
        job: Job,
        error_file: str | None = None,
        reason: str | None = None,
        errors: Sequence[RecordError] | None = None,
    ) -> bool:
        """End the job if all its chunks are counted; `errors` replace its first ones. True for exactly one caller."""
        shown = None if errors is None else [error.model_dump(mode="json") for error in errors]
        given = {"error_file": error_file, "reason": reason, "errors": shown}
        return self._change(
            job.id,
            (JobState.LOADING,),
            {"state": JobState.COMPLETED} | {name: value for name, value in given.items() if value is not None},
            and_only_if="chunks_done = :total AND chunks_total = :total",
            values_of={":total": job.chunks_total},
        )

    def stop_incomplete(self, job: Job) -> bool:
        """End the job if each of its chunks is done or dead, as it was when `job` was read. True for one caller."""
        return self._change(
            job.id,
            (JobState.LOADING,),
            {"state": JobState.INCOMPLETE},
            and_only_if="chunks_done = :done AND chunks_dead = :dead",
            values_of={":done": job.chunks_done, ":dead": job.chunks_dead},
        )

    def counted(self, chunk: Chunk) -> CountedPart | None:
        """Return what was counted of this part; None if it was not counted."""
        item = self._table.get(chunk_key(chunk))
        if item is None:
            return None
        if "rest_start" not in item:
            return CountedPart(None)
        # The message at hand may be older than the batch inference of the part that was counted.
        counted = (
            chunk if "batch" not in item else chunk.waiting_for(AwaitedBatchInference.model_validate(item["batch"]))
        )
        rest = counted.rest(item["rest_start"], line=item.get("rest_line", 0), lines_before=item.get("lines", 0))
        return CountedPart(rest)

    def error_files(self, job_id: str) -> Iterator[ErrorFilePart]:
        """Yield the error files of all counted chunks, in order, each with the lines of the file before its chunk."""
        before: int | None = 0
        of_chunk: int | None = 0
        for item in self._table.items(job_partition(job_id), "chunk#"):
            if "error_file" in item:
                yield ErrorFilePart(item["error_file"], before)
            of_chunk = item.get("lines")
            if "rest_start" not in item:
                before = None if before is None or of_chunk is None else before + of_chunk

    def dead_chunks(self, job_id: str) -> Iterator[Chunk]:
        """Yield the dead chunks."""
        return (chunk for chunk, _ in self.dead_letters(job_id))

    def dead_letters(self, job_id: str) -> Iterator[tuple[Chunk, Problem | None]]:
        """Yield the dead chunks, each with the last reason why it could not be loaded, if that is known."""
        for item in self._table.items(job_partition(job_id), "dead#"):
            problem = item.get("problem")
            yield Chunk.model_validate(item["chunk"]), None if problem is None else Problem.model_validate(problem)

    def waiting_chunks(self, job_id: str) -> Iterator[Chunk]:
        """Yield the chunks for which batch inference was prepared, as in their messages."""
        for item in self._table.items(job_partition(job_id), "batch#"):
            yield Chunk.model_validate(item["chunk"])

    def hold(self, chunk: Chunk, live: LiveChunk, *, only_if_held: bool = False) -> None:
        """Note that a part is being loaded, and its counts so far. With `only_if_held`, only if that was noted before.

        Later jobs of the same file wait until no part of this job is held.
        """
        item = live._asdict() | {"until": live.until.isoformat(), "expires": self._expires()}
        self._table.put(chunk_key(chunk, "live"), item, only_if_present=only_if_held)

    def release(self, chunk: Chunk) -> None:
        """Note that a part is not being loaded any more."""
        self._table.delete(chunk_key(chunk, "live"))

    def live_chunks(self, job_id: str) -> Sequence[LiveChunk]:
        """Return the parts that are being loaded. Those of loaders that were killed are left out after a minute."""
        found = []
        for item in self._table.items(job_partition(job_id), "live#"):
            until = datetime.fromisoformat(item["until"])
            if until > self._now():
                found.append(LiveChunk(item["loaded"], item["unchanged"], item["failed"], until))
        return found

    def count(self, chunk: Chunk, report: ChunkReport) -> bool:
        """Add the result of a chunk to its job, exactly once. False if another delivery of it was counted.

        The chunk's item and the job's counts change in one transaction, so that a reader sees both or neither.
        """
        was_dead = False
        for _ in range(CONFLICT_ATTEMPTS):
            job = self.get(chunk.job_id)
            now, expires = self._now(), self._expires()
            refused = self._table.transact(
                self._transactions.count(job, chunk, report, now=now, expires=expires, was_dead=was_dead)
            )
            if refused is None:
                return True
            if 0 in refused:
                return False
            # The chunk was marked dead, or revived, concurrently.
            was_dead = not was_dead
        raise RuntimeError(f"{chunk} was marked dead and revived {CONFLICT_ATTEMPTS} times while it was counted.")

    def mark_dead(self, chunk: Chunk) -> bool:
        """Mark a chunk as dead. False if it was counted, or marked, before."""
        problem = self.get(chunk.job_id).problem
        about_it = problem if problem and problem.chunk == chunk.chunk else None
        return (
            self._table.transact(
                self._transactions.mark_dead(chunk, about_it, now=self._now(), expires=self._expires())
            )
            is None
        )

    def revive(self, job: Job, chunk: Chunk) -> bool:
        """Mark a dead chunk as pending. False if it is not dead, or the job has changed since `job` was read.

        When a job has already been resumed, a chunk revived then would not be sent.
        """
        return self._table.transact(self._transactions.revive(job, chunk, now=self._now())) is None

    def _change_in_run(self, job: Job, while_in: tuple[JobState, ...], changes: Mapping[str, Any]) -> bool:
        """Change the job if it is in one of these states and was not resumed since it was read."""
        return self._change(job.id, while_in, changes, "#run = :read_run", {":read_run": job.run})

    def _change(
        self,
        job_id: str,
        while_in: tuple[JobState, ...],
        changes: Mapping[str, Any],
        and_only_if: str = "attribute_exists(pk)",
        values_of: Mapping[str, Any] | None = None,
    ) -> bool:
        """Change the job if it is in one of these states and the condition holds; say whether it was changed."""
        changed = {**changes, "updated": self._now().isoformat()}
        states = {f":state_{state}": state.value for state in while_in}
        condition = f"#state IN ({', '.join(states)}) AND {and_only_if}"
        if not self._table.update(job_key(job_id), changed, condition, states | dict(values_of or {})):
            return False
        if "state" in changes:
            self._announce(self.get(job_id))
        return True

    def _expires(self) -> int:
        return int((self._now() + TIME_TO_LIVE).timestamp())


def _list_key(collection: str | None) -> str:
    return LIST_KEY if collection is None else f"{LIST_KEY}#{collection}"


def _not_found(job_id: str, collection: str | None) -> str:
    where = "" if collection is None else f" of '{collection}'"
    return f"No import{where} has the id '{job_id}'. Jobs are deleted after {TIME_TO_LIVE.days} days."
