"""Which jobs import which version of a file: an item for each, so that a newer version finds the jobs of older ones.

The item is (`pk` = `file#<hash of address and collection>`, `sk` = `job#<id>`).
"""

import hashlib
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple

from lambdas.jobs.chunk import Source
from lambdas.jobs.dynamodb_items import attributes, values
from lambdas.jobs.job_store import TIME_TO_LIVE

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient


class VersionJob(NamedTuple):
    """A job, and the version of the file that it imports."""

    job_id: str
    version: str


class FileVersions:
    """The jobs of each file, in the table of jobs."""

    def __init__(
        self, dynamodb: "DynamoDBClient", table: str, now: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self._dynamodb = dynamodb
        self._table = table
        self._now = now

    def add(self, source: Source, collection: str, job_id: str) -> None:
        """Note that a job imports this version of a file. Repeating it changes nothing."""
        item = {"version": version_of(source), "expires": int((self._now() + TIME_TO_LIVE).timestamp())}
        key = {"pk": _partition(source, collection), "sk": f"job#{job_id}"}
        self._dynamodb.put_item(TableName=self._table, Item=attributes(key | item))

    def others(self, source: Source, collection: str) -> list[VersionJob]:
        """Return the jobs of other versions of the file."""
        pages = self._dynamodb.get_paginator("query").paginate(
            TableName=self._table,
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues=attributes({":pk": _partition(source, collection)}),
            ConsistentRead=True,
        )
        items = [values(item) for page in pages for item in page["Items"]]
        mine = version_of(source)
        return [
            VersionJob(item["sk"].removeprefix("job#"), item["version"]) for item in items if item["version"] != mine
        ]


def version_of(source: Source) -> str:
    """Return what tells one version of a file from another."""
    return source.version_id or source.etag


def _partition(source: Source, collection: str) -> str:
    # Alto's collections differ in more than the case of their letters.
    return f"file#{hashlib.sha256(f'{source.uri}#{collection.lower()}'.encode()).hexdigest()}"
