"""Idempotency-Key: a request that is sent again is answered again, but not carried out again.

As the IETF draft "The Idempotency-Key HTTP Header Field" describes it. Answers are kept in the table of import jobs, as
(`pk` = `request#<hash of scope and key>`, `sk` = `request`), and expire by the attribute `expires`.
"""

import hashlib
import zlib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple
from uuid import uuid4

from lambdas.errors import IdempotencyKeyReusedError, RequestInProgressError

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient

TIME_TO_LIVE = timedelta(hours=24)
# Longer than an HTTP function lives: whoever claimed a key before that is gone.
CLAIM = timedelta(seconds=60)

# A claim needs a key that is new, was forgotten, or whose claimant is gone.
FREE = "attribute_not_exists(pk) OR expires < :now OR (claimed_until < :now AND fingerprint = :fingerprint)"


class Answered(NamedTuple):
    """The answer to a request, and whether it is one that was given before."""

    body: bytes
    replayed: bool


class IdempotentRequests:
    """Remembers answers by their Idempotency-Key. Safe to share between threads and functions."""

    def __init__(
        self, dynamodb: "DynamoDBClient", table: str, now: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self._dynamodb = dynamodb
        self._table = table
        self._now = now

    def run(self, scope: str, key: str, request: bytes, work: Callable[[], bytes]) -> Answered:
        """The answer that `work` gives, or gave when it was first called for this scope and key.

        `request` is what was asked: the same key with another request raises `IdempotencyKeyReusedError`. While the
        first call works, others raise `RequestInProgressError`. If `work` raises, nothing is remembered.
        """
        item = {"pk": {"S": _key(scope, key)}, "sk": {"S": "request"}}
        claim = {
            "fingerprint": {"S": hashlib.sha256(request).hexdigest()},
            "claim": {"S": str(uuid4())},
            "expires": _seconds(self._now() + TIME_TO_LIVE),
        }
        known = self._claim(item, claim)
        if known is not None:
            return Answered(known, replayed=True)
        try:
            body = work()
        except BaseException:
            self._settle(item, claim, {"claimed_until": {"N": "0"}})
            raise
        self._settle(item, claim, {"answer": {"B": zlib.compress(body)}})
        return Answered(body, replayed=False)

    def _claim(self, item: dict[str, Any], claim: dict[str, Any]) -> bytes | None:
        """Take the key, or find the answer that it has."""
        until = {"claimed_until": _seconds(self._now() + CLAIM)}
        try:
            self._dynamodb.put_item(
                TableName=self._table,
                Item=item | claim | until,
                ConditionExpression=FREE,
                ExpressionAttributeValues={":now": _seconds(self._now()), ":fingerprint": claim["fingerprint"]},
            )
        except self._dynamodb.exceptions.ConditionalCheckFailedException:
            known: dict[str, Any] = self._dynamodb.get_item(TableName=self._table, Key=item, ConsistentRead=True).get(
                "Item", {}
            )
            return _answer(known, claim["fingerprint"])
        return None

    def _settle(self, item: dict[str, Any], claim: dict[str, Any], outcome: dict[str, Any]) -> None:
        """Write down what became of the request, unless another has taken the key over."""
        try:
            self._dynamodb.put_item(
                TableName=self._table,
                Item=item | claim | outcome,
                ConditionExpression="claim = :claim",
                ExpressionAttributeValues={":claim": claim["claim"]},
            )
        except self._dynamodb.exceptions.ConditionalCheckFailedException:
            return


def _answer(known: dict[str, Any], fingerprint: dict[str, str]) -> bytes:
    if known and known["fingerprint"] != fingerprint:
        raise IdempotencyKeyReusedError(
            "The Idempotency-Key was sent with another request before: write a new key for each request."
        )
    if "answer" not in known:
        raise RequestInProgressError(
            "A request with this Idempotency-Key is being carried out. Ask again for its answer."
        )
    return zlib.decompress(known["answer"]["B"])


def _key(scope: str, key: str) -> str:
    return f"request#{hashlib.sha256(f'{scope}\n{key}'.encode()).hexdigest()}"


def _seconds(moment: datetime) -> dict[str, str]:
    return {"N": str(int(moment.timestamp()))}
