"""Many objects as requests of a size that the API takes, and the result of each. Pure."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid4, uuid5

from alto.classes.data import BatchObject, DataObject, ErrorObject, Vectors
from alto.errors import AltoConfigurationError, AltoError, AltoInsertManyFailedError
from alto.operations.objects import MAX_BATCH_BYTES, MAX_BATCH_OBJECTS, Outcome, body_of, check_key
from alto.unsupported import reject_given
from alto.util import uuid_of_key
from alto.values import parse_uuid, to_json

# Transient errors: an object that failed with one of these is sent again.
TRANSIENT_CODES = frozenset({"model_throttled", "model_unavailable", "embedding_timeout", "search_engine_unavailable"})


@dataclass(frozen=True, slots=True)
class Item:
    """An object and the JSON that it becomes: rendered at once, so that a bad one is found where it comes from."""

    object_: BatchObject
    body: bytes
    original_uuid: UUID | None

    def failed(self, code: str, message: str, request_id: str | None = None) -> ErrorObject:
        """The object as one that was not stored."""
        return ErrorObject(message, self.object_, code, self.original_uuid, request_id)


def item(
    properties: Mapping[str, Any] | None,
    uuid: UUID | str | None,
    vector: Vectors | None,
    *,
    collection: str,
    index: int,
    key: str | None = None,
    idempotency_key: str | None = None,
) -> Item:
    """An object to send, with an id, so that sending it again changes nothing.

    The id is the given one, or follows from the key, or from the idempotency key and the index, or is random. Raises
    `AltoConfigurationError` for an object that cannot be sent at all.
    """
    given = None if uuid is None else parse_uuid(uuid)
    if key is not None:
        expected = uuid_of_key(collection, check_key(key))
        if given not in {None, expected}:
            raise AltoConfigurationError(
                f"uuid: it is {given}, but the key {key!r:.80} has the id {expected} in {collection!r}: give one"
            )
        given = expected
    made = given or (uuid4() if idempotency_key is None else uuid5(NAMESPACE_URL, f"{idempotency_key}#{index}"))
    body = to_json(body_of({} if properties is None else properties, made, vector, key))
    if len(body) > MAX_BATCH_BYTES:
        raise AltoConfigurationError(
            f"The object {made} has {len(body):,} bytes, but a request carries {MAX_BATCH_BYTES:,}: store large "
            "texts in S3 and their address in the object."
        )
    return Item(BatchObject(properties or {}, made, vector, index, key), body, given)


def items_of(
    collection: str, objects: Iterable[Mapping[str, Any] | DataObject], idempotency_key: str | None = None
) -> list[Item]:
    """The objects of `insert_many`. Raises `AltoConfigurationError` naming the place of one that is bad."""
    found = []
    for index, each in enumerate(objects):
        wrapped = each if isinstance(each, DataObject) else DataObject(each)
        reject_given(references=wrapped.references)
        try:
            found.append(
                item(
                    wrapped.properties,
                    wrapped.uuid,
                    wrapped.vector,
                    collection=collection,
                    index=index,
                    key=wrapped.key,
                    idempotency_key=idempotency_key,
                )
            )
        except AltoConfigurationError as error:
            raise AltoConfigurationError(f"objects[{index}]: {error.message}") from None
    return found


def chunked(items: Sequence[Item], size: int = MAX_BATCH_OBJECTS) -> Iterator[list[Item]]:
    """The items in order, as many together as one request carries."""
    chunk: list[Item] = []
    weight = 0
    for each in items:
        if chunk and (len(chunk) == size or weight + len(each.body) >= MAX_BATCH_BYTES):
            yield chunk
            chunk, weight = [], 0
        chunk.append(each)
        weight += len(each.body) + 1
    if chunk:
        yield chunk


@dataclass(frozen=True, slots=True)
class Settled:
    """The items after an attempt: each is in exactly one of the three lists."""

    stored: list[Item]
    failed: list[ErrorObject]
    again: list[Item]


def settle(items: Sequence[Item], outcomes: Sequence[Outcome], *, is_last: bool) -> Settled:
    """Sort items by their results; after the last attempt none is sent again."""
    settled = Settled([], [], [])
    if len(outcomes) != len(items):
        reason = f"The response has {len(outcomes)} results for {len(items)} objects."
        return Settled([], [each.failed("unreadable_response", reason) for each in items], [])
    for each, outcome in zip(items, outcomes, strict=True):
        if outcome.code is None:
            settled.stored.append(each)
        elif outcome.code in TRANSIENT_CODES and not is_last:
            settled.again.append(each)
        else:
            settled.failed.append(each.failed(outcome.code, outcome.error or ""))
    return settled


def is_unknown(error: AltoError) -> bool:
    """Whether a request that ended like this may have been executed all the same."""
    return error.code in {"timeout", "connection_lost"} or (error.status or 0) >= 500


def all_failed(items: Sequence[Item], error: AltoError) -> list[ErrorObject]:
    """The items of a request that failed as a whole."""
    message = f"{error.message} It may have been stored all the same." if is_unknown(error) else error.message
    return [each.failed(error.code, message, error.request_id) for each in items]


def all_failed_error(errors: Sequence[ErrorObject]) -> AltoInsertManyFailedError:
    """The error of objects none of which was stored."""
    first = errors[0]
    error = AltoInsertManyFailedError(
        f"No object was stored: {len(errors):,} failed. The first: {first.message} ({first.code}) "
        "`.errors` of this exception has all.",
        code="all_failed",
        request_id=first.request_id,
    )
    error.errors = tuple(errors)
    return error
