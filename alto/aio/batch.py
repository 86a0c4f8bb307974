"""`collection.batch` and `client.batch` of the asynchronous client: `async with collection.batch.stream() as batch`."""

import asyncio
import time
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

from alto.aio.transport import AsyncTransport
from alto.aio.writer import AsyncWriter
from alto.batches.factory import DEFAULT_CONCURRENCY, MAX_CONCURRENCY, check_number, warn_of_failures
from alto.batches.pace import Dynamic
from alto.batches.results import BatchResult
from alto.classes.data import BatchObjectReturn, ErrorObject, Vectors
from alto.errors import AltoClosedClientError
from alto.operations.chunks import Item, item
from alto.operations.objects import MAX_BATCH_BYTES
from alto.unsupported import ALTERNATIVES, Unsupported, reject_given

MAX_RESULTS = 100_000


class AsyncBatch:
    """The batch of `async with collection.batch.stream() as batch`.

    It holds at most `concurrency` requests and the objects of one more: `add_object` waits while all are under way.
    """

    add_reference = Unsupported("references between objects", ALTERNATIVES["references"])

    def __init__(self, writer_of: Callable[[str], AsyncWriter], concurrency: int) -> None:
        self._writer_of = writer_of
        self._writers: dict[str, AsyncWriter] = {}
        self._pace = Dynamic()
        self._slots = asyncio.Semaphore(concurrency)
        self._buffers: dict[str, list[Item]] = {}
        self._under_way: set[asyncio.Task[None]] = set()
        self._ids: set[tuple[str, UUID]] = set()
        self._added = 0
        self._is_closed = False
        self.failed_objects: list[ErrorObject] = []
        self.number_stored = 0
        self.uuids: dict[int, UUID] = {}

    @property
    def number_errors(self) -> int:
        """Objects that failed so far, of those whose response is there."""
        return len(self.failed_objects)

    async def add(
        self,
        collection: str,
        properties: Mapping[str, Any] | None,
        uuid: UUID | str | None,
        vector: Vectors | None,
        key: str | None,
    ) -> UUID:
        """Add an object of a collection and return its id; one that exists is replaced. Sent in the background.

        Raises `AltoConfigurationError` for an object that can never be sent.
        """
        if self._is_closed:
            raise AltoClosedClientError(
                "The batch has ended with its `async with` block: add objects inside it, or begin another batch.",
                code="batch_closed",
            )
        writer = self._writers.setdefault(collection, self._writer_of(collection))
        named = await writer.rename(properties or {})
        added = item(named, uuid, vector, collection=writer.collection, index=self._added, key=key)
        identity = (writer.collection, added.object_.uuid)
        buffer = self._buffers.setdefault(collection, [])
        if identity in self._ids:
            # Two requests may overtake each other; two writes of one object must not.
            await self.flush(wait_for_search=False)
        elif len(buffer) >= self._pace.size or sum(len(each.body) for each in buffer) > MAX_BATCH_BYTES // 2:
            await self._send(collection)
        self._buffers[collection].append(added)
        self._ids.add(identity)
        self._added += 1
        return added.object_.uuid

    async def flush(self, *, wait_for_search: bool = True) -> None:
        """Send the objects added and wait for all responses. Searches see the stored objects then."""
        for collection in list(self._buffers):
            if wait_for_search:
                await self._join()
            await self._send(collection, wait_for_search=wait_for_search)
        await self._join()

    async def close(self) -> None:
        """Flush and end."""
        try:
            await self.flush()
        finally:
            self._is_closed = True

    async def _send(self, collection: str, *, wait_for_search: bool = False) -> None:
        items, self._buffers[collection] = self._buffers[collection], []
        if items:
            await self._slots.acquire()
            task = asyncio.create_task(self._write(self._writers[collection], items, wait_for_search))
            self._under_way.add(task)
            task.add_done_callback(self._under_way.discard)

    async def _join(self) -> None:
        await asyncio.gather(*self._under_way)

    async def _write(self, writer: AsyncWriter, items: list[Item], wait_for_search: bool) -> None:
        stored: list[Item] = []
        failed: list[ErrorObject] = []
        started = time.monotonic()
        try:
            stored, failed = await writer.write(items, wait=wait_for_search)
            self._pace.after(len(items), time.monotonic() - started)
        except Exception as error:  # noqa: BLE001 (a defect must not make objects disappear)
            failed = [each.failed("client_error", f"{type(error).__name__}: {error}") for each in items]
        finally:
            self.number_stored += len(stored)
            self.failed_objects += failed
            left = max(0, MAX_RESULTS - len(self.uuids))
            self.uuids |= {each.object_.index: each.object_.uuid for each in stored[:left]}
            self._ids -= {(writer.collection, each.object_.uuid) for each in items}
            self._slots.release()


class AsyncCollectionBatch(AsyncBatch):
    """A batch of one collection."""

    def __init__(self, writer_of: Callable[[str], AsyncWriter], concurrency: int, collection: str) -> None:
        super().__init__(writer_of, concurrency)
        self._collection = collection

    async def add_object(
        self,
        properties: Mapping[str, Any] | None = None,
        references: object = None,
        uuid: UUID | str | None = None,
        vector: Vectors | None = None,
        *,
        key: str | None = None,
    ) -> UUID:
        """Add an object and return its id; one that exists is replaced. Sent in the background.

        Args:
            properties: Its values by name.
            references: Not supported.
            uuid: Its id; a random one if not given.
            vector: Its vector, or one for each name, if a model does not make it.
            key: An id of your own, from which the object's follows.
        """
        reject_given(references=references)
        return await self.add(self._collection, properties, uuid, vector, key)


class AsyncClientBatch(AsyncBatch):
    """A batch of several collections."""

    async def add_object(  # noqa: PLR0917 (Weaviate's)
        self,
        collection: str,
        properties: Mapping[str, Any] | None = None,
        references: object = None,
        uuid: UUID | str | None = None,
        vector: Vectors | None = None,
        tenant: object = None,
        *,
        key: str | None = None,
    ) -> UUID:
        """Add an object of a collection and return its id; one that exists is replaced. Sent in the background.

        Args:
            collection: The collection.
            properties: Its values by name.
            references: Not supported.
            uuid: Its id; a random one if not given.
            vector: Its vector, or one for each name, if a model does not make it.
            tenant: Not supported.
            key: An id of your own, from which the object's follows.
        """
        reject_given(references=references, tenant=tenant)
        return await self.add(collection[:1].upper() + collection[1:], properties, uuid, vector, key)


class _Batches:
    """Begins batches. `failed_objects` and `results` are about the last one that ended."""

    dynamic = fixed_size = rate_limit = Unsupported(
        "batch.dynamic, fixed_size and rate_limit of the asynchronous client", "async with batch.stream(concurrency=2)"
    )

    def __init__(self, transport: AsyncTransport) -> None:
        self._transport = transport
        self.failed_objects: list[ErrorObject] = []
        # Alto has no references, so none of them fail.
        self.failed_references: list[ErrorObject] = []
        self.results = BatchResult()

    async def wait_for_vector_indexing(self, shards: object = None, how_many_failures: int = 5) -> None:
        """Does nothing: a vector is indexed with its object, and the end of a batch waits until searches see it."""

    def _writer(self, collection: str) -> AsyncWriter:
        self._transport.require_open()
        return AsyncWriter(self._transport, collection)

    async def _end(self, batch: AsyncBatch, started: float) -> None:
        try:
            await batch.close()
        finally:
            self.failed_objects = batch.failed_objects
            errors = {each.object_.index: each for each in self.failed_objects}
            self.results = BatchResult(BatchObjectReturn(time.monotonic() - started, batch.uuids, errors))
            warn_of_failures(self.failed_objects, batch.number_stored)


class BatchesAsync(_Batches):
    """Begins batches of one collection."""

    def __init__(self, transport: AsyncTransport, collection: str) -> None:
        super().__init__(transport)
        self._collection = collection

    @asynccontextmanager
    async def stream(self, concurrency: int | None = None) -> AsyncGenerator[AsyncCollectionBatch]:
        """Requests that grow and shrink with the time that they take.

        Args:
            concurrency: How many at a time; 2 if not given.
        """
        at_once = DEFAULT_CONCURRENCY if concurrency is None else concurrency
        check_number("concurrency", at_once, MAX_CONCURRENCY)
        batch, started = AsyncCollectionBatch(self._writer, at_once, self._collection), time.monotonic()
        try:
            yield batch
        finally:
            await self._end(batch, started)

    experimental = stream


class ClientBatchesAsync(_Batches):
    """Begins batches of several collections."""

    @asynccontextmanager
    async def stream(self, concurrency: int | None = None) -> AsyncGenerator[AsyncClientBatch]:
        """As of a collection; `add_object` names the collection.

        Args:
            concurrency: How many requests at a time; 2 if not given.
        """
        at_once = DEFAULT_CONCURRENCY if concurrency is None else concurrency
        check_number("concurrency", at_once, MAX_CONCURRENCY)
        batch, started = AsyncClientBatch(self._writer, at_once), time.monotonic()
        try:
            yield batch
        finally:
            await self._end(batch, started)

    experimental = stream
