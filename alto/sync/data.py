"""`collection.data`: single objects, and many at once."""

import time
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any
from uuid import UUID

from alto.sync.schemas import Schemas
from alto.sync.transport import Transport
from alto.sync.writer import Writer
from alto.classes.data import (
    BatchObjectReturn,
    Consistency,
    DataObject,
    DeleteManyReturn,
    ErrorObject,
    UpdateManyReturn,
    Vectors,
)
from alto.classes.filters import FilterExpression
from alto.operations import objects as operations
from alto.operations.chunks import all_failed_error, chunked, items_of
from alto.unsupported import ALTERNATIVES, Unsupported, reject_given


class Data:
    """Writes the objects of one collection."""

    reference_add = reference_add_many = reference_delete = reference_replace = Unsupported(
        "references between objects", ALTERNATIVES["references"]
    )

    def __init__(self, transport: Transport, collection: str) -> None:
        self._transport = transport
        self.name = self._collection = collection
        self._writer = Writer(transport, collection)
        self._schemas = Schemas(transport, collection)

    def insert(
        self,
        properties: Mapping[str, Any],
        references: object = None,
        uuid: UUID | str | None = None,
        vector: Vectors | None = None,
        *,
        key: str | None = None,
        consistency: Consistency | None = None,
    ) -> UUID:
        """Insert an object and return its id.

        Args:
            properties: Its values by name. Missing values of a data frame (NaN, NaT) are left out.
            references: Not supported.
            uuid: Its id; a random one if not given.
            vector: Its vector, or one for each name, if a model does not make it.
            key: An id of your own, such as an ISBN, from which its id follows (`alto.util.uuid_of_key`).
            consistency: "wait" returns when searches see the object; otherwise they see it within a second.

        Raises `AltoConflictError` if the id or key is taken.
        """
        reject_given(references=references)
        named = self._schemas.rename(properties)
        operation = operations.insert(self._collection, uuid, named, vector, key=key, consistency=consistency)
        return self._transport.run(operation)

    def insert_many(
        self,
        objects: Iterable[Mapping[str, Any] | DataObject],
        *,
        consistency: Consistency | None = "wait",
        idempotency_key: str | None = None,
    ) -> BatchObjectReturn:
        """Insert or replace objects, in as many requests as they need, one after the other.

        An object's error never fails its neighbours: look at `.errors`. The error of a whole request is one of each of
        its objects.

        Args:
            objects: Dicts of values by name, or `DataObject`s.
            consistency: "wait" returns when searches see all objects.
            idempotency_key: A text of your own, new for each call. Objects without an id get one that follows from it,
                and a call with the same key and objects within 24 hours returns the first one's result.

        Raises `AltoInsertManyFailedError` if every object failed; its `.errors` has each of them.
        """
        operations.write_query(consistency)
        started = time.monotonic()
        given = [each if isinstance(each, DataObject) else DataObject(each) for each in objects]
        named = [replace(each, properties=self._schemas.rename(each.properties)) for each in given]
        chunks = list(chunked(items_of(self._collection, named, idempotency_key)))
        uuids: dict[int, UUID] = {}
        errors: dict[int, ErrorObject] = {}
        for number, chunk in enumerate(chunks):
            wait = consistency == "wait" and chunk is chunks[-1]
            key = None if idempotency_key is None else f"{idempotency_key}-{number}"
            stored, failed = self._writer.write(chunk, wait=wait, idempotency_key=key)
            uuids |= {item.object_.index: item.object_.uuid for item in stored}
            errors |= {error.object_.index: error for error in failed}
        if errors and not uuids:
            raise all_failed_error(list(errors.values()))
        return BatchObjectReturn(time.monotonic() - started, uuids, errors)

    def ingest(self, objs: Iterable[Mapping[str, Any] | DataObject]) -> BatchObjectReturn:
        """As `insert_many`, from any iterable. For more objects than fit into memory use `batch`.

        Args:
            objs: Dicts of values by name, or `DataObject`s.
        """
        return self.insert_many(objs)

    def update(
        self,
        uuid: UUID | str,
        properties: Mapping[str, Any] | None = None,
        references: object = None,
        vector: Vectors | None = None,
        *,
        consistency: Consistency | None = None,
        if_version: str | None = None,
    ) -> None:
        """Change some properties of an object; the others stay.

        Args:
            uuid: The object's id, or its key.
            properties: New values by name; None removes one, and NaN leaves it unchanged.
            references: Not supported.
            vector: A new vector, or one for each name.
            consistency: "wait" returns when searches see the change.
            if_version: Change it only if this is still its `.version`; otherwise `AltoConflictError`.

        Raises `AltoNotFoundError` if the object does not exist.
        """
        reject_given(references=references)
        operation = operations.change(
            "PATCH",
            self._collection,
            uuid,
            self._schemas.rename(properties or {}),
            vector,
            consistency=consistency,
            if_version=if_version,
        )
        self._transport.run(operation)

    def replace(
        self,
        uuid: UUID | str,
        properties: Mapping[str, Any],
        references: object = None,
        vector: Vectors | None = None,
        *,
        consistency: Consistency | None = None,
        if_version: str | None = None,
    ) -> None:
        """Replace the whole object, or insert it if it does not exist.

        Args:
            uuid: The object's id, or its key.
            properties: All its values by name.
            references: Not supported.
            vector: Its vector, or one for each name.
            consistency: "wait" returns when searches see the object.
            if_version: Replace it only if this is still its `.version`; otherwise `AltoConflictError`.
        """
        reject_given(references=references)
        operation = operations.change(
            "PUT",
            self._collection,
            uuid,
            self._schemas.rename(properties),
            vector,
            consistency=consistency,
            if_version=if_version,
        )
        self._transport.run(operation)

    def delete_many(
        self,
        where: FilterExpression,
        *,
        verbose: bool = False,
        dry_run: bool = False,
        consistency: Consistency | None = None,
    ) -> DeleteManyReturn:
        """Delete the objects that match, 10,000 at most: call it again while `.matches` exceeds `.successful`.

        Args:
            where: Which objects: `Filter.by_property("year").less_than(1990)`.
            verbose: Whether `.objects` names those that were deleted, not only those that failed.
            dry_run: Whether to only count them.
            consistency: "wait" returns when searches do not see them any more.
        """
        operation = operations.delete_many(
            self._collection, where, verbose=verbose, dry_run=dry_run, consistency=consistency
        )
        return self._schemas.run(operation)

    def update_many(
        self,
        where: FilterExpression,
        properties: Mapping[str, Any],
        *,
        merge: bool = False,
        verbose: bool = False,
        dry_run: bool = False,
        consistency: Consistency | None = None,
    ) -> UpdateManyReturn:
        """Set properties of all objects that match, in as many requests as needed.

        Vectors whose source text changes are made again. Another writer's change at the same moment is not lost.

        Args:
            where: Which objects: `Filter.by_property("year").less_than(1990)`.
            properties: The new values; None removes a property, others are kept.
            merge: Whether fields of object properties are merged, instead of replaced as a whole.
            verbose: Whether `.objects` names those that were updated, not only those that failed.
            dry_run: Whether to only count them.
            consistency: "wait" returns when searches see the changes.
        """
        after: UUID | None = None
        done: list[UpdateManyReturn] = []
        while after is not None or not done:
            operation = operations.update_many(
                self._collection,
                where,
                properties,
                merge=merge,
                verbose=verbose,
                dry_run=dry_run,
                consistency=consistency,
                after=after,
            )
            part, after = self._transport.run(operation)
            done.append(part)
        return UpdateManyReturn(
            sum(each.failed for each in done),
            done[0].matches,
            [named for each in done for named in each.objects],
            sum(each.updated for each in done),
            sum(each.unchanged for each in done),
        )

    def exists(self, uuid: UUID | str) -> bool:
        """Return whether an object has this id or key. Reads the latest write.

        Args:
            uuid: The id or key.
        """
        return self._transport.run(operations.exists(self._collection, uuid))

    def delete_by_id(
        self, uuid: UUID | str, *, consistency: Consistency | None = None, if_version: str | None = None
    ) -> bool:
        """Delete an object; returns whether it existed.

        Args:
            uuid: The object's id, or its key.
            consistency: "wait" returns when searches do not see it any more.
            if_version: Delete it only if this is still its `.version`; otherwise `AltoConflictError`.
        """
        operation = operations.delete(self._collection, uuid, consistency=consistency, if_version=if_version)
        return self._transport.run(operation)

    def with_data_model(self, data_model: object = None) -> "Data":  # noqa: ARG002 (of type checkers)
        """The same; a TypedDict says to type checkers what properties there are.

        Args:
            data_model: The TypedDict.
        """
        return Data(self._transport, self._collection)
