"""One change of a collection at a time.

A mapping's `_meta` is replaced as a whole, and OpenSearch has no conditional write for it: two functions that each add
a property would lose one of the two. So every change of a collection holds its lock, a document in an index of its own.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

from lambdas.backoff import backoff
from lambdas.deadline import Deadline
from lambdas.errors import SearchEngineUnavailableError
from lambdas.opensearch import (
    DocumentMissingError,
    EffectUnknownError,
    IndexExistsError,
    IndexMissingError,
    OpenSearch,
    WriteConflictError,
)

# No collection's name begins with a dash, so this is not the alias of one.
LOCK_INDEX = "alto--locks"
INDEX_BODY = {
    "settings": {"index": {"number_of_shards": 1, "auto_expand_replicas": "0-1"}},
    "mappings": {"dynamic": "strict", "properties": {"until": {"type": "double", "index": False}}},
}
# Longer than an HTTP function lives. A load function changes a collection within seconds.
LEASE_SECONDS = 30.0
FIRST_PAUSE_SECONDS = 0.1
LONGEST_PAUSE_SECONDS = 0.4


class CollectionLock:
    """Locks of collections, by alias. A holder that died is forgotten after the lease."""

    def __init__(
        self,
        engine: OpenSearch,
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._engine = engine
        self._clock = clock
        self._sleep = sleep

    @contextmanager
    def held(self, alias: str, deadline: Deadline) -> Iterator[None]:
        """Hold the lock, waiting for it until the deadline. Raises `SearchEngineUnavailableError` then."""
        path = f"/{LOCK_INDEX}/_doc/{alias}"
        condition = self._acquire(path, deadline)
        try:
            yield
        finally:
            # Released only if it is still ours, so that it can be sent again. If it cannot be released, the change is
            # done all the same, and the lease ends.
            with suppress(WriteConflictError, DocumentMissingError, SearchEngineUnavailableError):
                self._engine.request("DELETE", path, params=condition, repeat=True)

    def _acquire(self, path: str, deadline: Deadline) -> dict[str, str]:
        pauses = backoff(FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS, remaining=deadline.remaining)
        until: float | None = None
        while True:
            condition = self._find_condition(path, mine=until)
            if condition is not None:
                until = self._clock() + LEASE_SECONDS
                try:
                    written = self._engine.request("PUT", path, {"until": until}, condition, timeout=10.0)
                except (WriteConflictError, EffectUnknownError):
                    # After an unknown effect the next read shows whether this lock is held.
                    pass
                else:
                    return _condition(written)
            pause = next(pauses, None)
            if pause is None:
                raise SearchEngineUnavailableError("Another change of the collection is under way. Try again.")
            self._sleep(pause)

    def _find_condition(self, path: str, mine: float | None) -> dict[str, str] | None:
        """Return the condition of the write that takes the lock; None while another function holds it."""
        try:
            found = self._engine.request("GET", path)
        except IndexMissingError:
            with suppress(IndexExistsError):
                self._engine.request("PUT", f"/{LOCK_INDEX}", INDEX_BODY, repeat=True)
            return {"op_type": "create"}
        except DocumentMissingError:
            return {"op_type": "create"}
        until = found["_source"]["until"]
        return _condition(found) if until == mine or until < self._clock() else None


def _condition(found: dict[str, Any]) -> dict[str, str]:
    return {"if_seq_no": str(found["_seq_no"]), "if_primary_term": str(found["_primary_term"])}
