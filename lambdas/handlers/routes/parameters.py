"""Parameters that several routes have."""

from typing import Annotated, Literal

from aws_lambda_powertools.event_handler.openapi.params import Header, Path, Query

from lambdas.collections.model import Collection, CollectionName
from lambdas.errors import InvalidRequestError
from lambdas.idempotency import StoredResponse
from lambdas.objects.keys import Key, NamedObject, check_same, id_of_key, parse_uuid
from lambdas.objects.model import Version

Name = Annotated[CollectionName, Path()]

ObjectId = Annotated[
    str,
    Path(
        pattern=r"^([0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}|[0-9A-Fa-f]{32}|by-key)$",
        description="The object's id, a UUID; or `by-key` with the query parameter `key`.",
    ),
]
ObjectKey = Annotated[
    Key | None,
    Query(
        description="The object's key, with `by-key` in place of the id. Not in the path: API Gateway decodes a path, "
        "and cuts it at a question mark."
    ),
]
Consistency = Annotated[
    Literal["none", "wait"],
    Query(description="`wait` responds only after an index refresh, when the next search sees the change."),
]
IncludeVectors = Annotated[bool, Query(description="Include the objects' vectors in the response.")]
IfVersion = Annotated[
    Version | None,
    Query(description="The `version` that the object must still have; otherwise the response is 409 version_conflict."),
]
IdempotencyKey = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        pattern=r"^[!-~]{1,255}$",
        description="A key that you choose, new for each request. If the same request is sent again within 24 hours, "
        "it is not carried out again: the response is the first one.",
    ),
]


def name_from_address(collection: Collection, object_id: str, key: str | None) -> NamedObject:
    """Return the object that a path and the query parameter `key` name. Raises `InvalidRequestError`."""
    parsed = parse_uuid(object_id)
    if parsed is not None:
        if key is not None:
            check_same(collection.name, parsed, key)
        return NamedObject(parsed, key)
    if key is None:
        raise InvalidRequestError.at("key", "required with by-key: send the object's key as a query parameter")
    return NamedObject(id_of_key(collection.name, key), key)


def replayed(stored: StoredResponse) -> dict[str, str | list[str]]:
    """Return the header that marks a repeated response to a request with an Idempotency-Key."""
    return {"Idempotent-Replayed": "true"} if stored.replayed else {}
