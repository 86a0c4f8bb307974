"""Objects: insert, write many, read and delete."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar
from uuid import UUID, uuid4

from alto.addresses import address, objects_path
from alto.classes.data import (
    Consistency,
    DeleteManyObject,
    DeleteManyReturn,
    UpdateManyObject,
    UpdateManyReturn,
    Vectors,
)
from alto.classes.filters import FilterExpression
from alto.classes.query import IncludeVector, ReturnProperties
from alto.classes.results import MetadataReturn, Object
from alto.errors import AltoConfigurationError
from alto.operations.reading import read_properties, wanted_vectors
from alto.requests import Operation, Phase, Request, Response, was_found
from alto.util import uuid_of_key
from alto.values import (
    MAX_KEY_CHARACTERS,
    expect,
    is_one_vector,
    leave_out_missing,
    names_of,
    numbers,
    parse_reference,
    parse_time,
    parse_uuid,
    to_json,
)

T = TypeVar("T")

# A batch of the API: 1,000 objects; Lambda takes 6 MB, of which the event around the body and its escapes take a part.
MAX_BATCH_OBJECTS = 1000
MAX_BATCH_BYTES = 4_000_000


@dataclass(frozen=True, slots=True)
class Outcome:
    """The result of one object of a batch: stored if `error` is None."""

    code: str | None = None
    error: str | None = None


def body_of(
    properties: Mapping[str, Any], uuid: UUID | None, vector: Vectors | None, key: str | None = None
) -> dict[str, Any]:
    """An object as the API takes it, missing values of a data frame left out.

    Raises `AltoConfigurationError` if it is not an object.
    """
    if not isinstance(properties, Mapping):
        raise AltoConfigurationError(
            f"properties: expected a dict of values by name, got {type(properties).__name__}: {properties!r:.80}"
        )
    body: dict[str, Any] = {"properties": leave_out_missing(properties)}
    if uuid is not None:
        body["id"] = str(uuid)
    if key is not None:
        body["key"] = check_key(key)
    if vector is None:
        return body
    if is_one_vector(vector):
        return body | {"vector": numbers(vector)}  # type: ignore[arg-type]
    return body | {"vectors": {name: numbers(each) for name, each in vector.items()}}  # type: ignore[union-attr]


def insert(
    collection: str,
    uuid: UUID | str | None,
    properties: Mapping[str, Any],
    vector: Vectors | None,
    *,
    key: str | None = None,
    consistency: Consistency | None = None,
) -> Operation[UUID]:
    """Insert one object; an id or key that exists is an error. Without both it gets a random id."""
    made = parse_uuid(uuid) if uuid is not None else uuid4() if key is None else None
    content = to_json(body_of(properties, made, vector, key))
    query = write_query(consistency)
    request = Request("POST", objects_path(collection), content=content, query=query, phase=Phase.INSERT)
    return Operation(request, lambda response: UUID(response.body["id"]))


def write_query(consistency: Consistency | None, if_version: str | None = None) -> dict[str, str]:
    """The query parameters of a write. Raises `AltoConfigurationError` for another word."""
    if consistency not in {None, "none", "wait"}:
        raise AltoConfigurationError(f"consistency: expected 'wait' or 'none', got {consistency!r:.80}")
    given = {"consistency": consistency, "if_version": if_version}
    return {name: value for name, value in given.items() if value is not None}


def write_batch(
    collection: str, bodies: Iterable[bytes], *, wait: bool = False, idempotency_key: str | None = None
) -> Operation[list[Outcome]]:
    """Insert or replace objects, each rendered as JSON and with an id: sending them again changes nothing.

    With `wait` the response comes when searches see them.
    """
    content = b'{"objects":[' + b",".join(bodies) + b"]}"
    path = f"{objects_path(collection)}/batch"
    query = {"consistency": "wait"} if wait else {}
    request = Request("POST", path, content=content, query=query, phase=Phase.INSERT, repeatable=True)
    if idempotency_key is not None:
        request = replace(request, headers={"Idempotency-Key": idempotency_key})
    return Operation(request, _read_outcomes)


def _read_outcomes(response: Response) -> list[Outcome]:
    return [
        Outcome(each["error"]["code"], each["error"]["message"]) if each["status"] == "failed" else Outcome()
        for each in response.body["results"]
    ]


def get(
    collection: str,
    uuid: UUID | str,
    *,
    include_vector: IncludeVector = False,
    return_properties: ReturnProperties = None,
) -> Operation[Object | None]:
    """The latest version of one object; None if it does not exist."""
    path, query = address(collection, uuid)
    request = Request(
        "GET",
        path,
        query=query | ({"include_vectors": "true"} if include_vector else {}),
        repeatable=True,
        accept=frozenset({404}),
    )
    return Operation(
        request, lambda response: _found(response, lambda body: read_object(body, include_vector, return_properties))
    )


def change(
    method: str,
    collection: str,
    uuid: UUID | str,
    properties: Mapping[str, Any],
    vector: Vectors | None,
    *,
    consistency: Consistency | None = None,
    if_version: str | None = None,
) -> Operation[None]:
    """Merge into an object (PATCH, RFC 7396) or replace it (PUT).

    Doing either twice has the effect of once; with a version the second would be a conflict with the first.
    """
    path, query = address(collection, uuid)
    content = to_json(body_of(properties, None, vector))
    request = Request(
        method,
        path,
        content=content,
        query=query | write_query(consistency, if_version),
        phase=Phase.INSERT,
        repeatable=if_version is None,
    )
    return Operation(request, lambda _: None)


def delete_many(
    collection: str,
    where: FilterExpression,
    *,
    verbose: bool,
    dry_run: bool,
    consistency: Consistency | None = None,
) -> Operation[DeleteManyReturn]:
    """Delete what matches, 10,000 at most. Not repeated when the response is lost: its counts are then unknown."""
    chosen = expect("where", where, FilterExpression, "Filter.by_property('year').less_than(1990)")
    if chosen is None:
        raise AltoConfigurationError("where: expected a filter; client.collections.delete(name) deletes all objects")
    body = {"filter": chosen.body, "verbose": verbose, "dry_run": dry_run}
    request = Request(
        "POST",
        f"{objects_path(collection)}/delete",
        content=to_json(body),
        query=write_query(consistency),
        phase=Phase.INSERT,
    )
    return Operation(request, _read_deletions)


def _read_deletions(response: Response) -> DeleteManyReturn:
    body = response.body
    named = [
        DeleteManyObject(UUID(each["id"]), each["status"] != "failed", (each.get("error") or {}).get("message"))
        for each in body["objects"]
    ]
    return DeleteManyReturn(body["failed"], body["matches"], named, body["deleted"])


def update_many(
    collection: str,
    where: FilterExpression,
    properties: Mapping[str, Any],
    *,
    merge: bool,
    verbose: bool,
    dry_run: bool,
    consistency: Consistency | None,
    after: UUID | None,
) -> Operation[tuple[UpdateManyReturn, UUID | None]]:
    """Update some of the objects that match, and where to continue. Executing it twice has the effect of once."""
    chosen = expect("where", where, FilterExpression, "Filter.by_property('year').less_than(1990)")
    if chosen is None:
        raise AltoConfigurationError("where: expected a filter, such as Filter.by_property('year').less_than(1990)")
    body: dict[str, Any] = {"filter": chosen.body, "verbose": verbose, "dry_run": dry_run}
    body["merge" if merge else "set"] = properties
    if after is not None:
        body["after"] = after
    request = Request(
        "POST",
        f"{objects_path(collection)}/update",
        content=to_json(body),
        query=write_query(consistency),
        phase=Phase.INSERT,
        repeatable=dry_run,
    )
    return Operation(request, _read_updates)


def _read_updates(response: Response) -> tuple[UpdateManyReturn, UUID | None]:
    body = response.body
    named = [
        UpdateManyObject(UUID(each["id"]), each["status"], (each.get("error") or {}).get("message"))
        for each in body["objects"]
    ]
    found = UpdateManyReturn(body["failed"], body["matches"], named, body["updated"], body["unchanged"])
    return found, UUID(body["next"]) if body.get("next") else None


def page(
    collection: str,
    *,
    after: UUID | str | None = None,
    limit: int = 100,
    filters: FilterExpression | None = None,
    include_vector: IncludeVector = False,
    return_properties: ReturnProperties = None,
) -> Operation[tuple[list[Object], UUID | None]]:
    """One page of all objects, by id, and where the next one begins."""
    body: dict[str, Any] = {"limit": limit, "include_vectors": bool(include_vector)}
    if after:
        body["after"] = uuid_of_key(collection, parse_reference(after))
    chosen = expect("filters", filters, FilterExpression, "Filter.by_property('year').equal(1994)")
    if chosen is not None:
        body["filter"] = chosen.body
    if return_properties is not None:
        body["return_properties"] = names_of(return_properties)

    def read(response: Response) -> tuple[list[Object], UUID | None]:
        following = response.body.get("next")
        found = [read_object(each, include_vector, return_properties) for each in response.body["objects"]]
        return found, following and UUID(following)

    return Operation(Request("POST", f"{objects_path(collection)}/list", content=to_json(body), repeatable=True), read)


def get_many(
    collection: str, uuids: Sequence[UUID | str], *, include_vector: IncludeVector, return_properties: ReturnProperties
) -> Operation[list[Object]]:
    """The objects of these ids, in their order; ids without an object are left out. 1,000 at most."""
    body = {"ids": [parse_reference(each) for each in uuids], "include_vectors": bool(include_vector)}

    def read(response: Response) -> list[Object]:
        return [read_object(each, include_vector, return_properties) for each in response.body["objects"]]

    return Operation(Request("POST", f"{objects_path(collection)}/get", content=to_json(body), repeatable=True), read)


def exists(collection: str, uuid: UUID | str) -> Operation[bool]:
    """Whether there is an object of this id."""
    path, query = address(collection, uuid)
    request = Request("GET", path, query=query, repeatable=True, accept=frozenset({404}))
    return Operation(request, lambda response: _found(response, lambda _: True) or False)


def delete(
    collection: str, uuid: UUID | str, *, consistency: Consistency | None = None, if_version: str | None = None
) -> Operation[bool]:
    """Delete an object: whether there was one. Not repeated when the response is lost: that is then unknown."""
    path, query = address(collection, uuid)
    query |= write_query(consistency, if_version)
    request = Request("DELETE", path, query=query, phase=Phase.INSERT, accept=frozenset({404}))
    return Operation(request, lambda response: _found(response, lambda _: True) or False)


def read_object(body: dict[str, Any], include_vector: IncludeVector, names: ReturnProperties = None) -> Object:
    """A stored object of the API, with the vectors and properties that are wanted."""
    return Object(
        uuid=UUID(body["id"]),
        metadata=MetadataReturn(
            creation_time=parse_time(body["created"]),
            last_update_time=parse_time(body["updated"]),
        ),
        properties=read_properties(body["properties"], names),
        collection=body["collection"],
        vector=wanted_vectors(body.get("vectors") or {}, include_vector),
        version=body.get("version"),
        key=body.get("key"),
    )


def _found(response: Response, read: Callable[[Any], T]) -> T | None:
    """The object read, or None if it does not exist."""
    return read(response.body) if was_found(response, "object_not_found") else None


def check_key(key: object) -> str:
    """The key. Raises `AltoConfigurationError` for anything but text of 1 to 512 characters."""
    if isinstance(key, str) and 1 <= len(key) <= MAX_KEY_CHARACTERS:
        return key
    raise AltoConfigurationError(f"key: expected text of 1 to {MAX_KEY_CHARACTERS} characters, got {key!r:.80}")
