"""Bulk writes: split by bytes, each item judged by itself, busy items tried again."""

import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import orjson

from lambdas.deadline import Deadline
from lambdas.errors import (
    AltoError,
    CollectionNotFoundError,
    InvalidObjectError,
    ObjectExistsError,
    SearchEngineUnavailableError,
)
from lambdas.opensearch import OpenSearch

# OpenSearch domains on small instances refuse requests above 10 MiB.
MAX_REQUEST_BYTES = 5_000_000
BUSY_STATUSES = frozenset({429, 503})
FIRST_PAUSE_SECONDS = 0.1
LONGEST_PAUSE_SECONDS = 5.0

BulkAction = Literal["index", "create"]


@dataclass(frozen=True, slots=True)
class BulkOperation:
    """One document to write."""

    id: str
    source: dict[str, Any]
    action: BulkAction = "index"


@dataclass(frozen=True, slots=True)
class BulkOutcome:
    """What became of one document."""

    created: bool
    error: AltoError | None = None


class BulkWriter:
    """Writes documents with as few requests as their size allows."""

    def __init__(
        self,
        engine: OpenSearch,
        sleep: Callable[[float], None] = time.sleep,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self._engine = engine
        self._sleep = sleep
        self._jitter = jitter

    def write(
        self, alias: str, operations: Sequence[BulkOperation], *, deadline: Deadline, refresh: bool
    ) -> list[BulkOutcome]:
        """Write all documents and say what became of each, in order.

        Items that OpenSearch was too busy for are sent again until the deadline, and so are whole requests: an
        `index` that is done twice has the same effect. Raises `SearchEngineUnavailableError` when OpenSearch could not
        be reached until the deadline, or at once if something is to be created.
        """
        outcomes: dict[int, BulkOutcome] = {}
        encoded = [encode(operation) for operation in operations]
        pending = list(range(len(operations)))
        pause = FIRST_PAUSE_SECONDS
        while pending:
            for part in split_by_bytes(pending, encoded):
                lines = [encoded[index] for index in part]
                try:
                    items = self._engine.bulk(alias, lines, refresh=refresh, timeout=max(1.0, deadline.remaining()))
                except SearchEngineUnavailableError as error:
                    if deadline.remaining() < pause or any(operations[index].action == "create" for index in part):
                        raise
                    outcomes |= {index: BulkOutcome(created=False, error=error) for index in part}
                    continue
                outcomes |= {index: outcome(item) for index, item in zip(part, items, strict=True)}
            pending = [i for i in pending if isinstance(outcomes[i].error, SearchEngineUnavailableError)]
            if not pending or deadline.remaining() < pause:
                break
            self._sleep(pause * self._jitter())
            pause = min(2 * pause, LONGEST_PAUSE_SECONDS)
        return [outcomes[index] for index in range(len(operations))]


def encode(operation: BulkOperation) -> bytes:
    """The two lines of an operation, as NDJSON."""
    return orjson.dumps({operation.action: {"_id": operation.id}}) + b"\n" + orjson.dumps(operation.source)


def split_by_bytes(indices: Sequence[int], encoded: Sequence[bytes]) -> list[list[int]]:
    """Group operations so that no group exceeds the request size, unless a single one does."""
    parts: list[list[int]] = []
    size = MAX_REQUEST_BYTES
    for index in indices:
        length = len(encoded[index]) + 1
        if size + length > MAX_REQUEST_BYTES:
            parts.append([])
            size = 0
        parts[-1].append(index)
        size += length
    return parts


def outcome(item: dict[str, Any]) -> BulkOutcome:
    """Judge one item of a bulk answer."""
    status: int = item["status"]
    if status < 300:
        return BulkOutcome(created=item["result"] == "created")
    if status in BUSY_STATUSES:
        return BulkOutcome(
            False, SearchEngineUnavailableError("OpenSearch was too busy to store the object; send it again.")
        )
    if status == 409:
        return BulkOutcome(
            False, ObjectExistsError(f"There is an object with the id {item['_id']} already. Use PUT to replace it.")
        )
    if status == 404:
        return BulkOutcome(False, CollectionNotFoundError("The collection was deleted while the object was stored."))
    reason = item["error"].get("reason", "no reason given")
    return BulkOutcome(False, InvalidObjectError(f"OpenSearch refused the object: {reason}."))
