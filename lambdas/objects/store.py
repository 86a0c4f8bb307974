"""The object API: insert, batch, get, delete."""

from collections.abc import Mapping, Sequence
from typing import Any

from lambdas.collections.model import Collection, alias_of
from lambdas.deadline import Deadline
from lambdas.embedding.credentials import AwsCredentials
from lambdas.errors import AltoError, ObjectNotFoundError
from lambdas.objects.document import stored_object
from lambdas.objects.model import (
    BatchResult,
    ObjectBody,
    ObjectError,
    ObjectInput,
    ObjectResult,
    StoredObject,
    parse_object,
)
from lambdas.objects.writer import ObjectWriter, WriteResult
from lambdas.opensearch import DocumentMissingError, OpenSearch


class ObjectStore:
    """Objects of a collection, by id."""

    def __init__(self, engine: OpenSearch, writer: ObjectWriter) -> None:
        self._engine = engine
        self._writer = writer

    def insert(
        self,
        collection: Collection,
        body: ObjectBody,
        *,
        deadline: Deadline,
        credentials: AwsCredentials | None = None,
        refresh: bool = False,
    ) -> StoredObject:
        """Store a new object and return it as it is stored.

        Nothing is stored when it raises `InvalidObjectError`, `ObjectExistsError`, `EmbeddingError` or
        `SearchEngineError`.
        """
        item = parse_object(body.model_dump(exclude_none=True))
        [result] = self._writer.write(
            collection, [item], deadline=deadline, credentials=credentials, refresh=refresh, action="create"
        )
        if result.error is not None:
            raise result.error
        return self.get(collection, result.id)

    def write_batch(
        self,
        collection: Collection,
        objects: Sequence[Mapping[str, Any]],
        *,
        deadline: Deadline,
        credentials: AwsCredentials | None = None,
        refresh: bool = False,
    ) -> BatchResult:
        """Insert or replace objects, each judged by itself. Raises only when OpenSearch cannot be reached."""
        parsed = [_parsed(raw) for raw in objects]
        inputs = [item for item in parsed if isinstance(item, ObjectInput)]
        written = iter(
            self._writer.write(collection, inputs, deadline=deadline, credentials=credentials, refresh=refresh)
        )
        results = [
            _object_result(next(written)) if isinstance(item, ObjectInput) else _refused(raw, item)
            for raw, item in zip(objects, parsed, strict=True)
        ]
        count = [result.status for result in results].count
        return BatchResult(created=count("created"), updated=count("updated"), failed=count("failed"), results=results)

    def get(self, collection: Collection, object_id: str, *, vectors: bool = False) -> StoredObject:
        """The object of this id, as it was last written. Raises `ObjectNotFoundError`."""
        excluded = ["text_hash"] if vectors else ["text_hash", "vectors"]
        try:
            found = self._engine.request(
                "GET",
                f"/{alias_of(collection.name)}/_doc/{object_id}",
                params={"_source_excludes": ",".join(excluded)},
            )
        except DocumentMissingError:
            raise _missing(collection, object_id) from None
        return stored_object(collection, found["_id"], found["_source"], vectors=vectors)

    def delete(self, collection: Collection, object_id: str, *, refresh: bool = False) -> None:
        """Delete the object of this id. Raises `ObjectNotFoundError`."""
        try:
            self._engine.request(
                "DELETE",
                f"/{alias_of(collection.name)}/_doc/{object_id}",
                params={"refresh": "wait_for"} if refresh else None,
            )
        except DocumentMissingError:
            raise _missing(collection, object_id) from None


def _parsed(raw: Mapping[str, Any]) -> ObjectInput | AltoError:
    try:
        return parse_object(raw)
    except AltoError as error:
        return error


def _object_result(result: WriteResult) -> ObjectResult:
    error = None if result.error is None else ObjectError(code=result.error.code, message=result.error.message)
    return ObjectResult(id=result.id, status=result.status, error=error, vectors_without_text=list(result.without_text))


def _refused(raw: Mapping[str, Any], error: AltoError) -> ObjectResult:
    given = raw.get("id")
    return ObjectResult(
        id=given if isinstance(given, str) else None,
        status="failed",
        error=ObjectError(code=error.code, message=error.message),
        vectors_without_text=[],
    )


def _missing(collection: Collection, object_id: str) -> ObjectNotFoundError:
    return ObjectNotFoundError(f"The collection '{collection.name}' has no object with the id {object_id}.")
