"""Idempotency-Key: a request that is sent again gets the first response and is not carried out again.

As the IETF draft "The Idempotency-Key HTTP Header Field" describes it. Responses are kept in the table of import jobs,
as (`pk` = `request#<hash of scope and key>`, `sk` = `request`), and expire by the attribute `expires`.
"""

import hashlib
import zlib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple
from uuid import UUID, uuid4, uuid5

from lambdas.errors import IdempotencyKeyReusedError, RequestInProgressError

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient

TIME_TO_LIVE = timedelta(hours=24)
# Longer than an HTTP function lives: the claimant of an older claim is dead.
CLAIM = timedelta(seconds=60)
# DynamoDB's limit for an item is 400 KB.
MAX_ITEM_BYTES = 380_000
NAMESPACE = UUID("0d6f5a52-9a0c-5d0b-8a8e-3f0f6b7a1c44")

# A key can be claimed if it is new, expired, or claimed by a dead claimant with the same request.
FREE = "attribute_not_exists(pk) OR expires < :now OR (claimed_until < :now AND fingerprint = :fingerprint)"


class StoredResponse(NamedTuple):
    """The response to a request, and whether it was stored by an earlier one."""

    body: bytes
    replayed: bool


class IdempotentRequests:
    """Stores responses by Idempotency-Key. Safe to share between threads and functions."""

    def __init__(
        self, dynamodb: "DynamoDBClient", table: str, now: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self._dynamodb = dynamodb
        self._table = table
        self._now = now

    def run(
        self,
        scope: str,
        key: str,
        request: bytes,
        work: Callable[[], bytes],
        summarize: Callable[[bytes], bytes] = bytes,
    ) -> StoredResponse:
        """Return the response of `work`, or the stored one of the first call with this scope and key.

        A response that is too large for an item of the table is stored as `summarize` shortens it.

        `request` identifies the request: the same key with another one raises `IdempotencyKeyReusedError`. While the
        first call runs, others raise `RequestInProgressError`. If `work` raises, no response is stored.
        """
        item = {"pk": {"S": _key(scope, key)}, "sk": {"S": "request"}}
        claim = {
            "fingerprint": {"S": hashlib.sha256(request).hexdigest()},
            "claim": {"S": str(uuid4())},
            "expires": _seconds(self._now() + TIME_TO_LIVE),
        }
        known = self._claim(item, claim)
        if known is not None:
            return StoredResponse(known, replayed=True)
        try:
            body = work()
        except BaseException:
            self._settle(item, claim, {"claimed_until": {"N": "0"}})
            raise
        self._settle(item, claim, {"response": {"B": _packed(body, summarize)}})
        return StoredResponse(body, replayed=False)

    def _claim(self, item: dict[str, Any], claim: dict[str, Any]) -> bytes | None:
        """Claim the key, or return the response that is stored for it."""
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
            return _stored_response(known, claim["fingerprint"])
        return None

    def _settle(self, item: dict[str, Any], claim: dict[str, Any], outcome: dict[str, Any]) -> None:
        """Store the outcome of the request, unless another invocation has taken the key over."""
        try:
            self._dynamodb.put_item(
                TableName=self._table,
                Item=item | claim | outcome,
                ConditionExpression="claim = :claim",
                ExpressionAttributeValues={":claim": claim["claim"]},
            )
        except self._dynamodb.exceptions.ConditionalCheckFailedException:
            return


def derived_id(scope: str, key: str, place: int) -> str:
    """Return the id of an object that was sent without one: the same each time that the request is carried out."""
    return str(uuid5(NAMESPACE, f"{scope}\n{key}\n{place}"))


def _packed(body: bytes, summarize: Callable[[bytes], bytes]) -> bytes:
    packed = zlib.compress(body)
    return packed if len(packed) <= MAX_ITEM_BYTES else zlib.compress(summarize(body))


def _stored_response(known: dict[str, Any], fingerprint: dict[str, str]) -> bytes:
    if known and known["fingerprint"] != fingerprint:
        raise IdempotencyKeyReusedError(
            "This Idempotency-Key was sent with a different request before: send a new key with each request."
        )
    if "response" not in known:
        raise RequestInProgressError(
            "A request with this Idempotency-Key is being carried out. Send it again later to get its response."
        )
    return zlib.decompress(known["response"]["B"])


def _key(scope: str, key: str) -> str:
    return f"request#{hashlib.sha256(f'{scope}\n{key}'.encode()).hexdigest()}"


def _seconds(moment: datetime) -> dict[str, str]:
    return {"N": str(int(moment.timestamp()))}
