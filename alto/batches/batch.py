"""One batch, from `with` to the end of its block."""

import threading
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import Any, Protocol
from uuid import UUID

from alto.batches.pace import Pace
from alto.classes.data import ErrorObject, Vectors
from alto.errors import AltoClosedClientError, AltoInsertManyFailedError
from alto.operations.chunks import Item, item
from alto.operations.objects import MAX_BATCH_BYTES
from alto.unsupported import ALTERNATIVES, Unsupported, reject_given


class Writer(Protocol):
    """Writes the objects of one collection: the client's writer."""

    collection: str

    def rename(self, properties: Mapping[str, Any]) -> Mapping[str, Any]:
        """The properties with the first letters that the collection has."""

    def write(self, items: Sequence[Item], *, wait: bool) -> tuple[list[Item], list[ErrorObject]]:
        """The items that are stored, and those that failed."""


# Failed objects are kept, as their program wants to see them. With more than these something else is wrong.
MAX_FAILED = MAX_RESULTS = 100_000


class Batch:
    """The batch of `with collection.batch.…() as batch`.

    It holds at most `concurrency` requests and the objects of one more: `add_object` waits while all are under way, so
    that memory does not grow with the import. Objects that failed are kept, up to 100,000.
    """

    add_reference = Unsupported("references between objects", ALTERNATIVES["references"])

    def __init__(self, writer: Writer, pace: Pace, concurrency: int) -> None:
        self._writer = writer
        self._pace = pace
        self._threads = ThreadPoolExecutor(concurrency, thread_name_prefix="alto-batch")
        self._slots = threading.BoundedSemaphore(concurrency)
        # One lock guards what is added, the other the results.
        self._adding = threading.RLock()
        self._results = threading.Lock()
        self._buffer: list[Item] = []
        self._bytes = 0
        self._added = 0
        self._ids: set[UUID] = set()
        self._under_way: set[Future[None]] = set()
        self._failed: list[ErrorObject] = []
        self._is_closed = False
        self._stored = 0
        self._uuids: dict[int, UUID] = {}

    @property
    def number_errors(self) -> int:
        """Objects that failed so far, of those whose response is there."""
        return len(self._failed)

    @property
    def number_stored(self) -> int:
        """Objects that are stored so far."""
        return self._stored

    @property
    def failed_objects(self) -> list[ErrorObject]:
        """The objects that failed so far."""
        with self._results:
            return list(self._failed)

    @property
    def uuids(self) -> dict[int, UUID]:
        """The ids of stored objects by their index: of the first 100,000."""
        with self._results:
            return dict(self._uuids)

    def add_object(
        self,
        properties: Mapping[str, Any] | None = None,
        references: object = None,
        uuid: UUID | str | None = None,
        vector: Vectors | None = None,
        *,
        key: str | None = None,
    ) -> UUID:
        """Add an object and return its id; one that exists is replaced. Sent in the background.

        `key` is an id of your own, from which the object's follows (`alto.util.uuid_of_key`).

        Args:
            properties: Its values by name.
            references: Not supported.
            uuid: Its id; a random one if not given.
            vector: Its vector, or one for each name, if a model does not make it.
            key: An id of your own, from which the object's follows (`alto.util.uuid_of_key`).

        Raises `AltoConfigurationError` for an object that can never be sent, `AltoInsertManyFailedError` after
        100,000 failures.
        """
        reject_given(references=references)
        if len(self._failed) >= MAX_FAILED:
            raise AltoInsertManyFailedError(
                f"{len(self._failed):,} objects failed, the last because: {self._failed[-1].message}",
                code="too_many_failures",
            )
        with self._adding:
            self._require_open()
            named = self._writer.rename(properties or {})
            added = item(named, uuid, vector, collection=self._writer.collection, index=self._added, key=key)
            if added.object_.uuid in self._ids:
                # Two requests may overtake each other; two writes of one object must not.
                self._send()
                self._join()
            # Sent by the next object, so that there is always one left to wait for at the end.
            elif len(self._buffer) >= self._pace.size or self._bytes + len(added.body) > MAX_BATCH_BYTES:
                self._send()
            self._buffer.append(added)
            self._bytes += len(added.body) + 1
            self._ids.add(added.object_.uuid)
            self._added += 1
        return added.object_.uuid

    def flush(self) -> None:
        """Send the objects added and wait for all responses. Searches see the stored objects then."""
        with self._adding:
            self._require_open()
            self._join()
            self._send(wait_for_search=True)
            self._join()

    def close(self, *, abandon: bool = False) -> None:
        """Flush and end. `abandon`: objects that were not sent yet count as failed, which is quick."""
        try:
            if abandon:
                self._abandon()
            else:
                self.flush()
        finally:
            with self._adding:
                self._is_closed = True
            self._threads.shutdown(wait=True)

    def _require_open(self) -> None:
        if self._is_closed:
            raise AltoClosedClientError(
                "The batch has ended with its `with` block: add objects inside the block, or begin another batch.",
                code="batch_closed",
            )

    def _send(self, *, wait_for_search: bool = False) -> None:
        """Hand the buffer to a thread, as soon as one is free."""
        if not self._buffer:
            return
        items, self._buffer, self._bytes = self._buffer, [], 0
        self._slots.acquire()
        self._under_way = {future for future in self._under_way if not future.done()}
        self._under_way.add(self._threads.submit(self._write, items, wait_for_search))

    def _join(self) -> None:
        wait(self._under_way)
        self._under_way = set()

    def _write(self, items: list[Item], wait_for_search: bool) -> None:
        """In a thread: write, and note the result of each."""
        stored: list[Item] = []
        failed: list[ErrorObject] = []
        try:
            self._pace.before(len(items))
            started = time.monotonic()
            stored, failed = self._writer.write(items, wait=wait_for_search)
            self._pace.after(len(items), time.monotonic() - started)
        except Exception as error:  # noqa: BLE001 (a defect must not make objects disappear)
            known = {each.object_.uuid for each in stored} | {each.object_.uuid for each in failed}
            failed += [
                each.failed("client_error", f"{type(error).__name__}: {error}")
                for each in items
                if each.object_.uuid not in known
            ]
        finally:
            with self._results:
                self._stored += len(stored)
                left = max(0, MAX_RESULTS - len(self._uuids))
                self._uuids |= {each.object_.index: each.object_.uuid for each in stored[:left]}
                self._failed += failed
                self._ids -= {each.object_.uuid for each in items}
            self._slots.release()

    def _abandon(self) -> None:
        with self._adding:
            left, self._buffer = self._buffer, []
            with self._results:
                self._failed += [
                    each.failed("not_sent", "The batch was interrupted before this object was sent.") for each in left
                ]
            self._join()
