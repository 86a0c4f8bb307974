"""Where jobs are kept: one DynamoDB table, changed by conditional writes only.

A job is the item (`pk` = `job#<id>`, `sk` = `job`); each chunk that was loaded is (`pk`, `sk` = `chunk#<8 digits>`)
beside it. Both expire by the attribute `expires`.
"""

import random
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from lambdas.errors import ImportNotFoundError
from lambdas.imports.job import (
    MAX_ERROR_FILES,
    MAX_FIRST_ERRORS,
    UNFINISHED,
    Chunk,
    ChunkReport,
    Job,
    JobState,
    Problem,
)

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient

TIME_TO_LIVE = timedelta(days=90)
# Loaders that finish at the same moment meet at the job's item. Ten attempts are about ten seconds.
CONFLICT_ATTEMPTS = 10
FIRST_PAUSE_SECONDS = 0.05
LONGEST_PAUSE_SECONDS = 2.0
CONFLICTS = frozenset({"TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"})


class JobStore:
    """Import jobs and what was counted for them. Safe to share between threads and functions."""

    def __init__(
        self,
        dynamodb: "DynamoDBClient",
        table: str,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        sleep: Callable[[float], None] = time.sleep,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self._dynamodb = dynamodb
        self._table = table
        self._now = now
        self._sleep = sleep
        self._jitter = jitter

    def get(self, job_id: str) -> Job:
        """The job as it is at this moment. Raises `ImportNotFoundError`."""
        answer = self._dynamodb.get_item(TableName=self._table, Key=_job_key(job_id), ConsistentRead=True)
        if "Item" not in answer:
            raise ImportNotFoundError(
                f"There is no import '{job_id}'. Jobs are forgotten after {TIME_TO_LIVE.days} days."
            )
        return Job.model_validate({name: _from_attribute(value) for name, value in answer["Item"].items()})

    def create(self, job: Job) -> bool:
        """Store a new job. False if there is one with this id, which is left as it is."""
        item = job.model_dump(mode="json", exclude_none=True) | {"expires": self._expires()}
        try:
            self._dynamodb.put_item(
                TableName=self._table,
                Item=_job_key(job.id) | _attributes(item),
                ConditionExpression="attribute_not_exists(pk)",
            )
        except self._dynamodb.exceptions.ConditionalCheckFailedException:
            return False
        return True

    def mark_sent(self, job_id: str, chunks_sent: int) -> bool:
        """Note that the first `chunks_sent` chunks are in the queue, so that splitting can go on from there."""
        return self._change(job_id, (JobState.SPLITTING,), {"chunks_sent": chunks_sent})

    def start_loading(self, job_id: str) -> bool:
        """Note that every chunk is in the queue. False if the job is further already."""
        return self._change(job_id, (JobState.SPLITTING,), {"state": JobState.LOADING})

    def note_problem(self, job_id: str, problem: Problem) -> bool:
        """Show what keeps a chunk back. Counts nothing."""
        return self._change(job_id, UNFINISHED, {"problem": problem.model_dump(mode="json")})

    def fail(self, job_id: str, reason: str) -> bool:
        """End the job for a reason that people can act on. False if it has ended already."""
        return self._change(job_id, UNFINISHED, {"state": JobState.FAILED, "reason": reason})

    def complete(self, job: Job) -> bool:
        """End the job if all its chunks are counted. True for exactly one caller."""
        return self._change(
            job.id,
            UNFINISHED,
            {"state": JobState.COMPLETED},
            and_only_if="chunks_done = :total",
            values={":total": job.chunks_total},
        )

    def is_counted(self, chunk: Chunk) -> bool:
        """Whether the chunk was loaded and counted before."""
        answer = self._dynamodb.get_item(TableName=self._table, Key=_chunk_key(chunk), ConsistentRead=True)
        return "Item" in answer

    def count(self, chunk: Chunk, report: ChunkReport) -> bool:
        """Add what became of a chunk to its job, exactly once. False if another delivery of it was counted.

        The chunk's item and the job's counts change in one transaction: there is no moment at which only one of
        them has.
        """
        for pause in self._pauses():
            try:
                self._dynamodb.transact_write_items(
                    TransactItems=[{"Put": self._counted_chunk(chunk, report)}, {"Update": self._counts(chunk, report)}]
                )
            except self._dynamodb.exceptions.TransactionCanceledException as error:
                reasons = [reason.get("Code") for reason in error.response["CancellationReasons"]]
                if reasons[0] == "ConditionalCheckFailed":
                    return False
                if pause is None or not CONFLICTS.intersection(reasons):
                    raise
                self._sleep(pause)
            else:
                break
        return True

    def _counted_chunk(self, chunk: Chunk, report: ChunkReport) -> Any:
        item = {
            "start": chunk.start,
            "end": chunk.end,
            "read": report.read,
            "loaded": report.loaded,
            "failed": report.failed,
            "updated": self._now().isoformat(),
            "expires": self._expires(),
        } | ({"error_file": report.error_file} if report.error_file else {})
        return {
            "TableName": self._table,
            "Item": _chunk_key(chunk) | _attributes(item),
            "ConditionExpression": "attribute_not_exists(pk)",
        }

    def _counts(self, chunk: Chunk, report: ChunkReport) -> Any:
        sets = ["#updated = :updated"]
        values: dict[str, Any] = {
            ":one": 1,
            ":loaded": report.loaded,
            ":failed": report.failed,
            ":updated": self._now().isoformat(),
        }
        if report.failed:
            # Two loaders may both find room, so a list can grow a little beyond its bound; nothing else can.
            job = self.get(chunk.job_id)
            if len(job.errors) < MAX_FIRST_ERRORS:
                sets.append("#errors = list_append(#errors, :errors)")
                values[":errors"] = [error.model_dump(mode="json") for error in report.first_errors]
            if len(job.error_files) < MAX_ERROR_FILES:
                sets.append("#error_files = list_append(#error_files, :error_files)")
                values[":error_files"] = [report.error_file]
        expression = f"SET {', '.join(sets)} ADD #chunks_done :one, #loaded :loaded, #failed :failed"
        return {
            "TableName": self._table,
            "Key": _job_key(chunk.job_id),
            "UpdateExpression": expression,
            "ConditionExpression": "attribute_exists(pk)",
            "ExpressionAttributeNames": _names_in(expression),
            "ExpressionAttributeValues": _attributes(values),
        }

    def _change(
        self,
        job_id: str,
        while_in: tuple[JobState, ...],
        changes: Mapping[str, Any],
        and_only_if: str = "attribute_exists(pk)",
        values: Mapping[str, Any] | None = None,
    ) -> bool:
        """Change the job if it is in one of these states and the condition holds; say whether it was changed."""
        changed = {**changes, "updated": self._now().isoformat()}
        states = {f":state_{state}": state.value for state in while_in}
        update = "SET " + ", ".join(f"#{name} = :{name}" for name in changed)
        for pause in self._pauses():
            try:
                self._dynamodb.update_item(
                    TableName=self._table,
                    Key=_job_key(job_id),
                    UpdateExpression=update,
                    ConditionExpression=f"#state IN ({', '.join(states)}) AND {and_only_if}",
                    ExpressionAttributeNames=_names_in(update) | {"#state": "state"},
                    ExpressionAttributeValues=_attributes(
                        {f":{name}": value for name, value in changed.items()} | states | dict(values or {})
                    ),
                )
            except self._dynamodb.exceptions.ConditionalCheckFailedException:
                return False
            except self._dynamodb.exceptions.TransactionConflictException:
                if pause is None:
                    raise
                self._sleep(pause)
            else:
                break
        return True

    def _pauses(self) -> Iterator[float | None]:
        """Seconds to wait after each attempt that met another writer; None after the last one."""
        for attempt in range(CONFLICT_ATTEMPTS - 1):
            yield min(FIRST_PAUSE_SECONDS * 2**attempt, LONGEST_PAUSE_SECONDS) * (0.5 + self._jitter())
        yield None

    def _expires(self) -> int:
        return int((self._now() + TIME_TO_LIVE).timestamp())


def _job_key(job_id: str) -> dict[str, Any]:
    return _attributes({"pk": f"job#{job_id}", "sk": "job"})


def _chunk_key(chunk: Chunk) -> dict[str, Any]:
    return _attributes({"pk": f"job#{chunk.job_id}", "sk": f"chunk#{chunk.chunk:08}"})


def _names_in(expression: str) -> dict[str, str]:
    """Every attribute goes by a placeholder: DynamoDB reserves many plain words."""
    words = expression.replace(",", " ").replace("(", " ").split()
    return {word: word[1:] for word in words if word.startswith("#")}


def _attributes(item: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _to_attribute(value) for name, value in item.items()}


def _to_attribute(value: Any) -> dict[str, Any]:
    match value:
        case str():
            return {"S": value}
        case int():
            return {"N": str(value)}
        case dict():
            return {"M": _attributes(value)}
        case list():
            return {"L": [_to_attribute(entry) for entry in value]}
    raise TypeError(f"An item cannot hold {value!r}.")


def _from_attribute(attribute: Mapping[str, Any]) -> Any:
    ((kind, value),) = attribute.items()
    match kind:
        case "N":
            return int(value)
        case "M":
            return {name: _from_attribute(entry) for name, entry in value.items()}
        case "L":
            return [_from_attribute(entry) for entry in value]
    return value
