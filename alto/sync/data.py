"""`collection.data`: single objects, and many at once."""

import time
from collections.abc import Iterable, Mapping
from typing import Any, NoReturn
from uuid import UUID, uuid4

from alto.sync.transport import Transport
from alto.sync.writer import Writer
from alto.classes.data import BatchObjectReturn, DataObject, DeleteManyReturn, ErrorObject, Vectors
from alto.classes.filters import FilterExpression
from alto.operations import objects as operations
from alto.operations.chunks import chunked, items_of
from alto.unsupported import raise_unsupported, reject_given
from alto.values import parse_uuid


class Data:
    """Writes the objects of one collection."""

    def __init__(self, transport: Transport, collection: str) -> None:
        self._transport = transport
        self._collection = collection
        self._writer = Writer(transport, collection)

    def insert(
        self,
        properties: Mapping[str, Any],
        references: object = None,
        uuid: UUID | str | None = None,
        vector: Vectors | None = None,
    ) -> UUID:
        """Insert an object and return its id. Searches see it within a second.

        Raises `AltoConflictError` if the id is taken.
        """
        reject_given(references=references)
        made = uuid4() if uuid is None else parse_uuid(uuid)
        return self._transport.run(operations.insert(self._collection, made, properties, vector))

    def insert_many(self, objects: Iterable[Mapping[str, Any] | DataObject]) -> BatchObjectReturn:
        """Insert or replace objects, in as many requests as they need, one after the other. Searches see them at once.

        An object's error never fails its neighbours: look at `.errors`. An error of a whole request is one of each of
        its objects.
        """
        started = time.monotonic()
        chunks = list(chunked(items_of(objects)))
        uuids: dict[int, UUID] = {}
        errors: dict[int, ErrorObject] = {}
        for chunk in chunks:
            stored, failed = self._writer.write(chunk, wait=chunk is chunks[-1])
            uuids |= {item.object_.index: item.object_.uuid for item in stored}
            errors |= {error.object_.index: error for error in failed}
        return BatchObjectReturn(time.monotonic() - started, uuids, errors)

    def ingest(self, objs: Iterable[Mapping[str, Any] | DataObject]) -> BatchObjectReturn:
        """As `insert_many`, from any iterable. For more than fits into memory take `batch`."""
        return self.insert_many(objs)

    def update(
        self,
        uuid: UUID | str,
        properties: Mapping[str, Any] | None = None,
        references: object = None,
        vector: Vectors | None = None,
    ) -> None:
        """Change some properties: None removes one, the rest stays. Raises `AltoNotFoundError`."""
        reject_given(references=references)
        self._transport.run(operations.change("PATCH", self._collection, uuid, properties or {}, vector))

    def replace(
        self,
        uuid: UUID | str,
        properties: Mapping[str, Any],
        references: object = None,
        vector: Vectors | None = None,
    ) -> None:
        """Replace an object, or insert it if there is none."""
        reject_given(references=references)
        self._transport.run(operations.change("PUT", self._collection, uuid, properties, vector))

    def delete_many(
        self, where: FilterExpression, *, verbose: bool = False, dry_run: bool = False
    ) -> DeleteManyReturn:
        """Delete what matches, 10,000 objects at most: call it again while `.matches` is larger than `.successful`."""
        return self._transport.run(
            operations.delete_many(self._collection, where, verbose=verbose, dry_run=dry_run)
        )

    def exists(self, uuid: UUID | str) -> bool:
        """Whether there is an object of this id. Sees a write at once."""
        return self._transport.run(operations.exists(self._collection, uuid))

    def delete_by_id(self, uuid: UUID | str) -> bool:
        """Delete an object: whether there was one."""
        return self._transport.run(operations.delete(self._collection, uuid))

    def reference_add(self, *_: object, **__: object) -> NoReturn:
        """Not supported; raises `AltoNotSupportedError`."""
        raise_unsupported("references")

    def reference_add_many(self, *_: object, **__: object) -> NoReturn:
        """Not supported; raises `AltoNotSupportedError`."""
        raise_unsupported("references")

    def reference_delete(self, *_: object, **__: object) -> NoReturn:
        """Not supported; raises `AltoNotSupportedError`."""
        raise_unsupported("references")

    def reference_replace(self, *_: object, **__: object) -> NoReturn:
        """Not supported; raises `AltoNotSupportedError`."""
        raise_unsupported("references")

    def with_data_model(self, data_model: object) -> NoReturn:  # noqa: ARG002 (Weaviate's)
        """Not supported; raises `AltoNotSupportedError`."""
        raise_unsupported("data_model")
