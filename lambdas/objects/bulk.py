"""Bulk writes: split by bytes, each item with its own result, busy items sent again."""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Executor
from functools import partial
from typing import Any, Literal, NamedTuple

import orjson

from lambdas.backoff import backoff
from lambdas.collections.hold import release_expired
from lambdas.collections.model import Collection
from lambdas.deadline import Deadline
from lambdas.errors import (
    AltoError,
    CollectionNotFoundError,
    InvalidObjectError,
    ObjectExistsError,
    ObjectNotFoundError,
    SearchEngineUnavailableError,
    VersionConflictError,
)
from lambdas.opensearch import WRITES_HELD, EffectUnknownError, OpenSearch, RequestTooLargeError, WritesHeldError

# OpenSearch domains on small instances refuse requests above 10 MiB.
MAX_REQUEST_BYTES = 5_000_000
# OpenSearch works on the documents of a shard in one thread a request.
PARTS_AT_ONCE = 4
LEAST_PART_BYTES = 1_000_000
BUSY_STATUSES = frozenset({429, 503})
FIRST_PAUSE_SECONDS = 0.1
LONGEST_PAUSE_SECONDS = 5.0

# Parts of a document that are not compared, since the engine rounds their numbers.
WITH_VECTORS = ("vectors", "passages")
UNREAD = {"_source_excludes": ",".join(WITH_VECTORS)}

TOO_LARGE = (
    "it has {size:,} bytes with its vectors, more than the search engine takes in one request (10 MiB on small "
    "instances, else 100 MiB)"
)

# A primary term counts how often a shard moved to another node: an index has fewer.
TERMS_OF_INDEX = 1_000_000

BulkAction = Literal["index", "create", "update", "delete"]


class BulkOperation(NamedTuple):
    """One document to write or to delete. With `if_version`, only if that is its version.

    The source of an `update` is merged into the stored document.
    """

    id: str
    source: dict[str, Any] | None
    action: BulkAction = "index"
    if_version: str | None = None


class BulkOutcome(NamedTuple):
    """The result of one document."""

    created: bool
    error: AltoError | None = None
    version: str | None = None


class BulkWriter:
    """Writes documents with as few requests as their size allows."""

    def __init__(
        self,
        engine: OpenSearch,
        sleep: Callable[[float], None] = time.sleep,
        executor: Executor | None = None,
    ) -> None:
        """With an `executor` a large write is sent in several requests at the same time."""
        self._engine = engine
        self._sleep = sleep
        self._executor = executor

    def write(
        self, alias: str, operations: Sequence[BulkOperation], *, deadline: Deadline, refresh: bool
    ) -> list[BulkOutcome]:
        """Write all documents and return the result of each, in order.

        After a broken connection only what has the same effect twice is sent again. Whether a document was created, or
        replaced under a condition, is read back; where that shows nothing, the result is `EffectUnknownError`.

        Items that OpenSearch was too busy for are sent again until the deadline, and so are whole requests: an
        `index` that is done twice has the same effect. Raises `SearchEngineUnavailableError` when OpenSearch could not
        be reached until the deadline, or at once if something is to be created.
        """
        outcomes: dict[int, BulkOutcome] = {}
        encoded = [encode(operation) for operation in operations]
        pending = list(range(len(operations)))
        pauses = backoff(FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS, remaining=deadline.remaining)
        while pending:
            send = partial(self._send_part, alias, operations, encoded, refresh=refresh, deadline=deadline)
            for found in self._map(send, operations, pending, encoded):
                outcomes |= found
            pending = [
                index
                for index in pending
                if isinstance(outcomes[index].error, SearchEngineUnavailableError)
                and (_is_repeatable(operations[index]) or not isinstance(outcomes[index].error, EffectUnknownError))
            ]
            if any(isinstance(outcomes[index].error, WritesHeldError) for index in pending):
                release_expired(self._engine, alias)
            pause = next(pauses, None) if pending else None
            if pause is None:
                break
            self._sleep(pause)
        return [outcomes[index] for index in range(len(operations))]

    def _map(
        self,
        send: Callable[[list[int]], dict[int, BulkOutcome]],
        operations: Sequence[BulkOperation],
        pending: Sequence[int],
        encoded: Sequence[bytes],
    ) -> Iterable[dict[int, BulkOutcome]]:
        """Send all parts: at the same time if there are large ones, and none of them has an object of another."""
        share = sum(len(encoded[index]) for index in pending) // PARTS_AT_ONCE
        names = {operations[index].id for index in pending}
        if self._executor is None or share < LEAST_PART_BYTES or len(names) < len(pending):
            return map(send, split_by_bytes(pending, encoded))
        most = min(MAX_REQUEST_BYTES, share + max(len(encoded[index]) for index in pending))
        return self._executor.map(send, split_by_bytes(pending, encoded, most))

    def _send_part(
        self,
        alias: str,
        operations: Sequence[BulkOperation],
        encoded: Sequence[bytes],
        part: Sequence[int],
        *,
        refresh: bool,
        deadline: Deadline,
    ) -> dict[int, BulkOutcome]:
        """Send one part and return the result of each of its operations. Raises as `write` does."""
        try:
            items = self._send(alias, [encoded[index] for index in part], refresh=refresh, deadline=deadline)
        except EffectUnknownError as error:
            return self._read_back(alias, {index: operations[index] for index in part}, error)
        except SearchEngineUnavailableError as error:
            if deadline.remaining() < FIRST_PAUSE_SECONDS or any(operations[i].action == "create" for i in part):
                raise
            return {index: BulkOutcome(created=False, error=error) for index in part}
        return {
            index: read_outcome(item, conditional=operations[index].if_version is not None)
            for index, item in zip(part, items, strict=True)
        }

    def _send(self, alias: str, lines: list[bytes], *, refresh: bool, deadline: Deadline) -> list[dict[str, Any]]:
        """Send one part. What is larger than OpenSearch takes is halved; a single object fails alone."""
        try:
            return self._engine.bulk(alias, lines, refresh=refresh, timeout=max(1.0, deadline.remaining()))
        except RequestTooLargeError:
            if len(lines) == 1:
                return [{"status": 413, "error": {"reason": TOO_LARGE.format(size=len(lines[0]))}}]
        half = len(lines) // 2
        return [
            item
            for part in (lines[:half], lines[half:])
            for item in self._send(alias, part, refresh=refresh, deadline=deadline)
        ]

    def _read_back(
        self, alias: str, operations: Mapping[int, BulkOperation], error: EffectUnknownError
    ) -> dict[int, BulkOutcome]:
        """Find out whether operations that got no response were done: their documents are stored then.

        Those that have the same effect when done twice are not read, but left to be sent again.
        """
        read = {index: each for index, each in operations.items() if each.source and not _is_repeatable(each)}
        outcomes = dict.fromkeys(operations, BulkOutcome(created=False, error=error))
        if read:
            stored = self._engine.get_many(alias, [each.id for each in read.values()], UNREAD)
            for (index, each), found in zip(read.items(), stored, strict=True):
                expected = {name: value for name, value in (each.source or {}).items() if name not in WITH_VECTORS}
                if found["found"] and found["_source"] == orjson.loads(orjson.dumps(expected)):
                    created = each.action == "create" or expected.get("created") == expected.get("updated")
                    outcomes[index] = BulkOutcome(created=created, version=version_of(found))
        return outcomes


def _is_repeatable(operation: BulkOperation) -> bool:
    """Whether doing the operation twice has the same effect."""
    return operation.action == "index" and operation.if_version is None


def encode(operation: BulkOperation) -> bytes:
    """Encode an operation and its document as NDJSON lines."""
    action = {"_id": operation.id} | version_condition(operation.if_version)
    line = orjson.dumps({operation.action: action})
    if operation.source is None:
        return line
    source = {"doc": operation.source} if operation.action == "update" else operation.source
    return line + b"\n" + orjson.dumps(source)


def version_condition(version: str | None) -> dict[str, int]:
    """Return the condition of a write, for bulk actions and as query parameters."""
    if version is None:
        return {}
    primary_term, _, seq_no = version.partition(".")
    return {"if_primary_term": int(primary_term) % TERMS_OF_INDEX, "if_seq_no": int(seq_no)}


def version_of(found: Mapping[str, Any]) -> str:
    """Return the version of a document: the position of its last write in the index's history, which is unique.

    A rebuild begins another history. So the number of the index is part of the version: see `check_version`.
    """
    term = found["_primary_term"] + TERMS_OF_INDEX * (index_number(found.get("_index", "")) - 1)
    return f"{term}.{found['_seq_no']}"


def index_number(index: str) -> int:
    """Return the number of an index, which its name ends with."""
    digits = index.rpartition("-")[2]
    return int(digits) if digits.isdecimal() else 1


def check_version(collection: Collection, object_id: str, version: str | None) -> None:
    """Raise `VersionConflictError` for a version that an object had in another index of the collection."""
    if version is not None and int(version.partition(".")[0]) // TERMS_OF_INDEX != collection.index_number - 1:
        raise conflict(object_id, conditional=True)


def split_by_bytes(indices: Sequence[int], encoded: Sequence[bytes], most: int = MAX_REQUEST_BYTES) -> list[list[int]]:
    """Group operations so that no group has more bytes than the `most`, unless a single one has."""
    parts: list[list[int]] = []
    size = most
    for index in indices:
        length = len(encoded[index]) + 1
        if size + length > most:
            parts.append([])
            size = 0
        parts[-1].append(index)
        size += length
    return parts


def read_outcome(item: dict[str, Any], *, conditional: bool = False) -> BulkOutcome:
    """Translate one item of a bulk response."""
    status: int = item["status"]
    if status < 300:
        return BulkOutcome(created=item["result"] == "created", version=version_of(item))
    return BulkOutcome(False, _error_of(item, conditional=conditional))


def _error_of(item: dict[str, Any], *, conditional: bool) -> AltoError:
    status, error = item["status"], item.get("error", {})
    if status == 403 and WRITES_HELD in str(error):
        return WritesHeldError("The collection is being rebuilt and took no writes for a moment; send it again.")
    if status in BUSY_STATUSES:
        return SearchEngineUnavailableError("OpenSearch was too busy to store the object; send it again.")
    if status == 409:
        return conflict(item["_id"], conditional=conditional)
    if status == 404 and error.get("type") == "document_missing_exception":
        return ObjectNotFoundError(f"The object {item['_id']} was deleted meanwhile.")
    if status == 404:
        return CollectionNotFoundError("The collection was deleted while the object was stored.")
    return InvalidObjectError(f"OpenSearch rejected the object: {_find_reason(error)}.")


def conflict(object_id: str, *, conditional: bool) -> AltoError:
    """Return the error for a stored object that is not the one the writer expected."""
    if conditional:
        return VersionConflictError(
            f"The object {object_id} does not have the version of 'if_version', or was deleted: another writer "
            "changed it. Get it, apply the change again and send it with the new version."
        )
    return ObjectExistsError(f"An object with the id {object_id} exists already. Use PUT to replace it.")


def _find_reason(error: Mapping[str, Any]) -> str:
    """Return the innermost reason, which names the value."""
    cause = error.get("caused_by")
    return _find_reason(cause) if cause else str(error.get("reason", "no reason given"))
