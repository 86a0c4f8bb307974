"""What is known of the batch inference of a part of a chunk: an item beside the job, changed by conditional writes.

The item (`pk` = `job#<id>`, `sk` = `batch#<chunk>.<part>`) is the one truth: whoever comes second, or comes again,
does what it says instead of what they had in mind.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict

from lambdas.jobs.chunk import Chunk, ChunkBatch
from lambdas.jobs.dynamodb_items import attributes, chunk_key, values
from lambdas.jobs.job_store import TIME_TO_LIVE
from lambdas.models import StrictModel

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient


class VectorBatch(StrictModel):
    """The batch job of one vector of the collection. Without an ARN it is not known to be started."""

    vector: str
    input_key: str
    output_prefix: str
    records: int
    arn: str | None = None


class Batch(BaseModel):
    """The records of a part, written out for batch inference: those of `chunk` that begin before `end`.

    `attempt` counts from 0. A `spent` one is of no use any more: its jobs failed or were stopped. Without jobs there
    was too little to embed for one.
    """

    # A stored item has its keys, too.
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

    def started(self, place: int, arn: str) -> "Batch":
        """The same, with the ARN of the job at this place."""
        jobs = list(self.jobs)
        jobs[place] = jobs[place].model_copy(update={"arn": arn})
        return self.model_copy(update={"jobs": tuple(jobs)})

    def awaited(self, checks: int) -> ChunkBatch:
        """What the chunk's message says of it."""
        return ChunkBatch(part=self.chunk.part, end=self.end, checks=checks)


class BatchStore:
    """Where they are kept: the table of the jobs."""

    def __init__(
        self, dynamodb: "DynamoDBClient", table: str, now: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self._dynamodb = dynamodb
        self._table = table
        self._now = now

    def get(self, chunk: Chunk) -> Batch | None:
        """The batch inference that a chunk waits for, or that was prepared for its part; None if there is none."""
        part = chunk if chunk.batch is None else chunk.model_copy(update={"part": chunk.batch.part})
        answer = self._dynamodb.get_item(TableName=self._table, Key=chunk_key(part, "batch"), ConsistentRead=True)
        return Batch.model_validate(values(answer["Item"])) if "Item" in answer else None

    def add(self, batch: Batch) -> Batch:
        """Keep a new one, unless somebody was faster. The one that holds."""
        unless = "attribute_not_exists(pk) OR (spent = :true AND attempt < :attempt)"
        return batch if self._put(batch, unless) else self._held(batch)

    def change(self, batch: Batch) -> Batch:
        """Keep what became of it, unless a later attempt took its place. The one that holds."""
        return batch if self._put(batch, "spent <> :true AND attempt = :attempt") else self._held(batch)

    def _held(self, batch: Batch) -> Batch:
        return self.get(batch.chunk) or batch

    def _put(self, batch: Batch, condition: str) -> bool:
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
