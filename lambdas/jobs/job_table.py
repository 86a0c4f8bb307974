"""Reads and writes the items of the jobs table, and repeats a write that met another writer."""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from lambdas.backoff import backoff
from lambdas.jobs.dynamodb_items import attributes, names_in, values
from lambdas.jobs.transactions import PRESENT

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient

# Loaders that finish at the same moment meet at the job's item. Ten attempts are about ten seconds.
CONFLICT_ATTEMPTS = 10
FIRST_PAUSE_SECONDS = 0.1
LONGEST_PAUSE_SECONDS = 3.0
CONFLICTS = frozenset({"TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"})
REFUSED = "ConditionalCheckFailed"


class Page(NamedTuple):
    """Some items of a partition, and the sort key to continue after, if there are more."""

    items: Sequence[dict[str, Any]]
    last: str | None


class JobTable:
    """One DynamoDB table. Keys are passed as DynamoDB takes them, items as Python values."""

    def __init__(self, dynamodb: "DynamoDBClient", name: str, sleep: Callable[[float], None]) -> None:
        self._dynamodb = dynamodb
        self._name = name
        self._sleep = sleep

    def get(self, key: Mapping[str, Any]) -> dict[str, Any] | None:
        """Return the item with this key as last written, or None."""
        response = self._dynamodb.get_item(TableName=self._name, Key=key, ConsistentRead=True)
        return values(response["Item"]) if "Item" in response else None

    def put(self, key: Mapping[str, Any], item: Mapping[str, Any], *, only_if_present: bool = False) -> None:
        """Write an item; with `only_if_present`, only over another one."""
        only: Any = {"ConditionExpression": PRESENT} if only_if_present else {}
        try:
            self._dynamodb.put_item(TableName=self._name, Item={**key, **attributes(item)}, **only)
        except self._dynamodb.exceptions.ConditionalCheckFailedException:
            return

    def delete(self, key: Mapping[str, Any]) -> None:
        """Delete the item with this key, if there is one."""
        self._dynamodb.delete_item(TableName=self._name, Key=key)

    def newest(self, partition: str, limit: int, after: str | None) -> Page:
        """Return items of a partition, those with the largest sort keys first."""
        start: Any = {} if after is None else {"ExclusiveStartKey": attributes({"pk": partition, "sk": after})}
        response = self._dynamodb.query(
            TableName=self._name,
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues=attributes({":pk": partition}),
            ScanIndexForward=False,
            Limit=limit,
            **start,
        )
        last = response.get("LastEvaluatedKey")
        return Page([values(item) for item in response["Items"]], None if last is None else values(last)["sk"])

    def items(self, partition: str, prefix: str) -> Iterator[dict[str, Any]]:
        """Yield the items of a partition whose sort keys begin with this prefix, in order, as last written."""
        pages = self._dynamodb.get_paginator("query").paginate(
            TableName=self._name,
            KeyConditionExpression="pk = :pk AND begins_with(sk, :prefix)",
            ExpressionAttributeValues=attributes({":pk": partition, ":prefix": prefix}),
            ConsistentRead=True,
        )
        for page in pages:
            yield from map(values, page["Items"])

    def transact(self, items: Any) -> set[int] | None:
        """Write all items or none. Return the places of the conditions that did not hold; None when it is written."""
        for pause in self._pauses():
            try:
                self._dynamodb.transact_write_items(TransactItems=items)
            except self._dynamodb.exceptions.TransactionCanceledException as error:
                reasons = [reason.get("Code") for reason in error.response["CancellationReasons"]]
                if REFUSED in reasons:
                    return {place for place, reason in enumerate(reasons) if reason == REFUSED}
                if pause is None or not CONFLICTS.intersection(reasons):
                    raise
                self._sleep(pause)
            else:
                break
        return None

    def update(
        self, key: Mapping[str, Any], changes: Mapping[str, Any], condition: str, values_of: Mapping[str, Any]
    ) -> bool:
        """Set these attributes if the condition holds, whose placeholders have these values; say whether it did."""
        update = "SET " + ", ".join(f"#{name} = :{name}" for name in changes)
        given = {f":{name}": value for name, value in changes.items()} | dict(values_of)
        for pause in self._pauses():
            try:
                self._dynamodb.update_item(
                    TableName=self._name,
                    Key=key,
                    UpdateExpression=update,
                    ConditionExpression=condition,
                    ExpressionAttributeNames=names_in(f"{update} {condition}"),
                    ExpressionAttributeValues=attributes(given),
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
        """Yield the pause after each attempt that met another writer, and None after the last one."""
        yield from backoff(
            FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS, remaining=lambda: math.inf, attempts=CONFLICT_ATTEMPTS
        )
        yield None
