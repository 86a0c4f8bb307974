"""The state of the batch inference of a part of a chunk: an item in the table of jobs, with conditional writes.

The item (`pk` = `job#<id>`, `sk` = `batch#<chunk>.<part>`) is authoritative: a second or repeated
invocation follows it.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict

from lambdas.jobs.chunk import AwaitedBatchInference, Chunk
from lambdas.jobs.dynamodb_items import attributes, chunk_key, values
from lambdas.jobs.job_store import TIME_TO_LIVE
from lambdas.models import StrictModel

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient


class VectorBatch(StrictModel):
    """The batch job of one vector of the collection. Without an ARN it may not have been started."""

    vector: str
    input_key: str
    output_prefix: str
    records: int
    arn: str | None = None


class BatchInferenceState(BaseModel):
    """The records of a part, written out for batch inference: those of `chunk` that begin before `end`.

    `attempt` counts from 0. A `spent` one is not used any more: its jobs failed or were stopped. Without jobs, too
    few texts had to be embedded.
    """

    # A stored item also has its keys.
    model_config = ConfigDict(frozen=True, extra="ignore")

    chunk: Chunk
    end: int
    attempt: int
    jobs: tuple[VectorBatch, ...]
    spent: bool = False

    def name(self, place: int) -> str:
        """The name at Bedrock of the job at this place, and the token that keeps it from being started twice.

        At most 63 characters.
        """
        return f"alto-{self.chunk.job_id}-{self.chunk.chunk}-{self.chunk.part}-{place}-{self.attempt}"

    def started(self, place: int, arn: str) -> "BatchInferenceState":
        """The same, with the ARN of the job at this place."""
        jobs = list(self.jobs)
        jobs[place] = jobs[place].model_copy(update={"arn": arn})
        return self.model_copy(update={"jobs": tuple(jobs)})

    def awaited(self, checks: int) -> AwaitedBatchInference:
        """Return the reference to it in the chunk's message."""
        return AwaitedBatchInference(part=self.chunk.part, end=self.end, checks=checks)


class BatchInferenceStore:
    """Stores the states in the table of jobs."""

    def __init__(
        self, dynamodb: "DynamoDBClient", table: str, now: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self._dynamodb = dynamodb
        self._table = table
        self._now = now

    def get(self, chunk: Chunk) -> BatchInferenceState | None:
        """Return the state that a chunk waits for, or that was prepared for its part; None if it is missing."""
        part = chunk if chunk.batch is None else chunk.model_copy(update={"part": chunk.batch.part})
        response = self._dynamodb.get_item(TableName=self._table, Key=chunk_key(part, "batch"), ConsistentRead=True)
        return BatchInferenceState.model_validate(values(response["Item"])) if "Item" in response else None

    def add(self, batch: BatchInferenceState) -> BatchInferenceState:
        """Store a new state unless another invocation was first. Returns the stored one."""
        unless = "attribute_not_exists(pk) OR (spent = :true AND attempt < :attempt)"
        return batch if self._put(batch, unless) else self._held(batch)

    def change(self, batch: BatchInferenceState) -> BatchInferenceState:
        """Store a change unless a later attempt replaced the state. Returns the stored one."""
        return batch if self._put(batch, "spent <> :true AND attempt = :attempt") else self._held(batch)

    def _held(self, batch: BatchInferenceState) -> BatchInferenceState:
        return self.get(batch.chunk) or batch

    def _put(self, batch: BatchInferenceState, condition: str) -> bool:
        item = batch.model_dump(mode="json", exclude_none=True) | {
            "updated": self._now().isoformat(),
            "expires": int((self._now() + TIME_TO_LIVE).timestamp()),
        }
        try:
            self._dynamodb.put_item(
                TableName=self._table,
                Item=chunk_key(batch.chunk, "batch") | attributes(item),
                ConditionExpression=condition,
                ExpressionAttributeValues=attributes({":true": True, ":attempt": batch.attempt}),
            )
        except self._dynamodb.exceptions.ConditionalCheckFailedException:
            return False
        return True
