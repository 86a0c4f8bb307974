"""The object API's writes: insert, replace, merge, batch, delete."""

import math
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from lambdas.aws.credentials import AwsCredentials
from lambdas.backoff import backoff
from lambdas.collections.hold import release_expired
from lambdas.collections.model import Collection
from lambdas.deadline import Deadline
from lambdas.errors import AltoError, InvalidObjectError, ObjectExistsError, VersionConflictError, abbreviate
from lambdas.objects.bulk import (
    FIRST_PAUSE_SECONDS,
    LONGEST_PAUSE_SECONDS,
    BulkAction,
    check_version,
    conflict,
    version_condition,
)
from lambdas.objects.document import object_of
from lambdas.objects.draft import WriteResult
from lambdas.objects.keys import NamedObject
from lambdas.objects.merge import apply_patch
from lambdas.objects.model import (
    BatchResult,
    ObjectBody,
    ObjectError,
    ObjectInput,
    ObjectPatch,
    ObjectResult,
    StoredObject,
    parse_object,
)
from lambdas.objects.reader import ObjectReader, missing
from lambdas.objects.retrying_writer import StaleTolerantWriter
from lambdas.opensearch import (
    DocumentMissingError,
    EffectUnknownError,
    OpenSearch,
    WriteConflictError,
    WritesHeldError,
)

# Attempts of a merge without a version when other writers change the object meanwhile.
MERGE_ATTEMPTS = 20
# Attempts of a deletion while a rebuild holds the writes, which takes seconds.
HOLD_ATTEMPTS = 12


class WriteContext(NamedTuple):
    """Write options of a request: deadline, credentials, and whether to wait for a refresh."""

    deadline: Deadline
    credentials: AwsCredentials | None = None
    refresh: bool = False


class Stored(NamedTuple):
    """An object that was just stored."""

    object: StoredObject
    created: bool


class ObjectStore:
    """Writes objects of a collection, one by one or in batches."""

    def __init__(
        self,
        engine: OpenSearch,
        writer: StaleTolerantWriter,
        reader: ObjectReader,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._engine = engine
        self._sleep = sleep
        self._writer = writer
        self._reader = reader

    def insert(self, collection: Collection, body: ObjectBody, context: WriteContext) -> StoredObject:
        """Store a new object and return it as stored.

        Nothing is stored when it raises `InvalidObjectError`, `ObjectExistsError`, `EmbeddingError` or
        `SearchEngineError`.
        """
        item = parse_object(body.model_dump(exclude_none=True), collection.name)
        try:
            return self._write(collection, item, context, action="create").object
        except ObjectExistsError:
            version = self._reader.expired_version(collection, NamedObject(item.id, item.key))
            if version is None:
                raise
        # The object that has this id has expired and is about to be removed: the new one takes its place.
        return self._write(collection, item._replace(if_version=version), context).object

    def replace(
        self,
        collection: Collection,
        named: NamedObject,
        body: ObjectBody,
        context: WriteContext,
        *,
        if_version: str | None = None,
    ) -> Stored:
        """Store the object, whether or not its id exists; with `if_version`, only if that is its version.

        Raises what `insert` does, and `VersionConflictError`.
        """
        check_version(collection, named.id, if_version)
        item = parse_object(body.model_dump(exclude_none=True), collection.name, default_id=named.id)
        if item.id != named.id:
            field, sent = ("id", item.id) if item.key is None else ("key", abbreviate(item.key))
            raise InvalidObjectError.at(field, f"is {sent}, but the address says {named}: leave it out")
        return self._write(collection, item._replace(if_version=if_version, key=item.key or named.key), context)

    def merge(
        self,
        collection: Collection,
        named: NamedObject,
        patch: ObjectPatch,
        context: WriteContext,
        *,
        if_version: str | None = None,
    ) -> StoredObject:
        """Change a part of the object. Without `if_version` too, no other writer's change is lost.

        Raises `ObjectNotFoundError`, `VersionConflictError` and what `insert` does.
        """
        for attempt in range(MERGE_ATTEMPTS):
            found = self._reader.document(collection, named, vectors=True, hashes=True)
            item = apply_patch(found, patch, collection.name)
            if item.key is None:
                item = item._replace(key=named.key)
            if if_version is not None and item.if_version != if_version:
                raise conflict(named.id, conditional=True)
            try:
                return self._write(collection, item, context).object
            except VersionConflictError:
                if if_version is not None or attempt == MERGE_ATTEMPTS - 1 or context.deadline.passed:
                    raise
        raise AssertionError("the last attempt returns or raises")

    def _write(
        self, collection: Collection, item: ObjectInput, context: WriteContext, action: BulkAction = "index"
    ) -> Stored:
        [result] = self._writer.write(
            collection,
            [item],
            deadline=context.deadline,
            credentials=context.credentials,
            refresh=context.refresh,
            action=action,
        )
        if result.error is not None:
            raise result.error
        assert result.source is not None  # what was stored has both
        assert result.version is not None
        stored = object_of(collection, result.id, result.source, result.version, vectors=False)
        return Stored(stored, created=result.status == "created")

    def write_batch(
        self,
        collection: Collection,
        objects: Sequence[Mapping[str, Any]],
        context: WriteContext,
    ) -> BatchResult:
        """Insert or replace objects, each on its own. Raises only when OpenSearch cannot be reached."""
        parsed = [_parse(raw, collection.name) for raw in objects]
        inputs = [item for item in parsed if isinstance(item, ObjectInput)]
        written = iter(
            self._writer.write(
                collection,
                inputs,
                deadline=context.deadline,
                credentials=context.credentials,
                refresh=context.refresh,
            )
        )
        results = [
            _report_result(next(written)) if isinstance(item, ObjectInput) else _report_invalid(raw, item)
            for raw, item in zip(objects, parsed, strict=True)
        ]
        count = [result.status for result in results].count
        return BatchResult(created=count("created"), updated=count("updated"), failed=count("failed"), results=results)

    def delete(
        self, collection: Collection, named: NamedObject, *, refresh: bool = False, if_version: str | None = None
    ) -> None:
        """Delete the object of this id. Raises `ObjectNotFoundError` and `VersionConflictError`."""
        check_version(collection, named.id, if_version)
        params = {name: str(value) for name, value in version_condition(if_version).items()}
        path = f"/{collection.alias}/_doc/{named.id}"
        params |= {"refresh": "wait_for"} if refresh else {}
        pauses = backoff(FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS, remaining=lambda: math.inf, attempts=HOLD_ATTEMPTS)
        try:
            while True:
                try:
                    self._engine.request("DELETE", path, params=params)
                except WritesHeldError:
                    release_expired(self._engine, collection.alias)
                    pause = next(pauses, None)
                    if pause is None:
                        raise
                    self._sleep(pause)
                else:
                    return
        except EffectUnknownError:
            if if_version is not None or self._reader.exists(collection, named):
                raise
        except DocumentMissingError:
            raise missing(collection, named) from None
        except WriteConflictError:
            raise conflict(named.id, conditional=True) from None


def _parse(raw: Mapping[str, Any], collection: str) -> ObjectInput | AltoError:
    try:
        return parse_object(raw, collection)
    except AltoError as error:
        return error


def _report_result(result: WriteResult) -> ObjectResult:
    error = None if result.error is None else ObjectError(code=result.error.code, message=result.error.message)
    return ObjectResult(
        id=result.id,
        key=result.key,
        status=result.status,
        version=result.version,
        error=error,
        vectors_without_text=list(result.without_text),
    )


def _report_invalid(raw: Mapping[str, Any], error: AltoError) -> ObjectResult:
    given, key = (value[:200] if isinstance(value := raw.get(name), str) else None for name in ("id", "key"))
    return ObjectResult(
        id=given,
        key=key,
        status="failed",
        error=ObjectError(code=error.code, message=error.message),
        vectors_without_text=[],
    )
