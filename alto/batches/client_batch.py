"""`client.batch`: one batch for objects of several collections."""

import threading
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from typing import Any
from uuid import UUID

from alto.batches.batch import Batch, Writer
from alto.batches.factory import BatchFactory
from alto.batches.pace import Pace
from alto.classes.data import ErrorObject, Vectors
from alto.errors import AltoClosedClientError
from alto.unsupported import ALTERNATIVES, Unsupported, reject_given


class ClientBatch:
    """The batch of `with client.batch.…() as batch`: one for each collection, all at one pace."""

    add_reference = Unsupported("references between objects", ALTERNATIVES["references"])

    def __init__(self, begin: Callable[[str], Batch]) -> None:
        self._begin = begin
        self._batches: dict[str, Batch] = {}
        self._lock = threading.Lock()
        self._is_closed = False

    @property
    def number_errors(self) -> int:
        """Objects that failed so far, of those whose response is there."""
        return sum(each.number_errors for each in self._each())

    @property
    def number_stored(self) -> int:
        """Objects that are stored so far."""
        return sum(each.number_stored for each in self._each())

    @property
    def failed_objects(self) -> list[ErrorObject]:
        """The objects that failed so far."""
        return [failed for each in self._each() for failed in each.failed_objects]

    @property
    def uuids(self) -> dict[int, UUID]:
        """The ids of stored objects, numbered collection by collection."""
        return dict(enumerate(uuid for each in self._each() for uuid in each.uuids.values()))

    def add_object(  # noqa: PLR0917 (Weaviate's)
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
        """Add an object of a collection and return its id, as a batch of that collection does.

        Args:
            collection: The name of the collection.
            properties: Its values by name.
            references: Not supported.
            uuid: Its id; a random one if not given.
            vector: Its vector, or one for each name, if a model does not make it.
            tenant: Not supported.
            key: An id of your own, from which the object's follows (`alto.util.uuid_of_key`).
        """
        reject_given(references=references, tenant=tenant)
        with self._lock:
            if self._is_closed:
                raise AltoClosedClientError(
                    "The batch has ended with its `with` block: add objects inside the block, or begin another batch.",
                    code="batch_closed",
                )
            if collection not in self._batches:
                self._batches[collection] = self._begin(collection)
            batch = self._batches[collection]
        return batch.add_object(properties, uuid=uuid, vector=vector, key=key)

    def flush(self) -> None:
        """Send the objects added and wait for all responses. Searches see the stored objects then."""
        for each in self._each():
            each.flush()

    def close(self, *, abandon: bool = False) -> None:
        """Flush and end each collection's batch, also if another one fails."""
        with self._lock:
            self._is_closed = True
        with ExitStack() as ends:
            for each in self._each():
                ends.callback(each.close, abandon=abandon)

    def _each(self) -> list[Batch]:
        with self._lock:
            return list(self._batches.values())


class ClientBatchFactory(BatchFactory[ClientBatch]):
    """Begins batches of several collections. `make_writer` makes the writer of a collection."""

    def __init__(self, make_writer: Callable[[str], Writer]) -> None:
        super().__init__()
        self._make_writer = make_writer

    def _make(self, pace: Pace, concurrency: int) -> ClientBatch:
        def begin(collection: str) -> Batch:
            name = collection[:1].upper() + collection[1:]
            return Batch(self._make_writer(name), pace, concurrency)

        return ClientBatch(begin)
