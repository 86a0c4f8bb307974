"""Objects as they are sent and as they are returned."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, ClassVar, Literal, NamedTuple
from uuid import UUID, uuid4

from pydantic import Field, StringConstraints

from lambdas.collections.model import DEFAULT_VECTOR, VectorName
from lambdas.errors import ErrorDetail, InvalidObjectError, abbreviate
from lambdas.models import StrictModel
from lambdas.objects.keys import Key, ObjectReference, check_key, check_same, id_of_key, parse_uuid
from lambdas.objects.values import normalize

# A Python bool is an int, but not a number of JSON.
NUMBERS = frozenset({int, float})
OBJECT_FIELDS = frozenset({"id", "key", "properties", "vector", "vectors"})
MAX_BATCH_OBJECTS = 1000

Vector = Annotated[list[float], Field(min_length=1, max_length=16_000)]


Version = Annotated[
    str,
    StringConstraints(pattern=r"^[1-9][0-9]{0,17}\.[0-9]{1,18}$"),
    Field(description="Changes with each write of the object. Compare it with `if_version`; it means nothing else."),
]


class ObjectContent(StrictModel):
    """The content of an object."""

    unknown_field_hint: ClassVar[str] = "the values of an object's properties belong in 'properties'"

    properties: dict[str, Any] = Field(default_factory=dict, max_length=1000)
    vector: Vector | None = Field(default=None, description="The vector named `default`, if the caller sends it.")
    vectors: dict[VectorName, Vector] = Field(
        default_factory=dict, max_length=20, description="Vectors that the caller sends, by name."
    )


class ObjectBody(ObjectContent):
    """An object as it is sent. Without an id and a key it gets a random id."""

    id: UUID | None = None
    key: Key | None = Field(
        default=None,
        description="An id of your own, such as an ISBN. The object's `id` follows from it and the collection: see "
        "docs/data.md. It is kept and returned as it was sent.",
    )


class ObjectPatch(ObjectContent):
    """A change of an object. Properties are merged (RFC 7396): null removes a property, omitted ones are kept."""


class ObjectIds(StrictModel):
    """The ids or keys of the objects to get."""

    ids: list[ObjectReference] = Field(min_length=1, max_length=MAX_BATCH_OBJECTS)
    include_vectors: bool = False


class ObjectBatch(StrictModel):
    """Objects to insert or replace. Each succeeds or fails on its own."""

    # Not typed as ObjectBody: one object of the wrong form must not make the whole request a 400.
    objects: list[dict[str, Any]] = Field(
        min_length=1, max_length=MAX_BATCH_OBJECTS, description="Each as in `POST .../objects`."
    )


class StoredObject(StrictModel):
    """An object as it is returned."""

    id: str
    key: str | None = Field(default=None, description="The id of your own that the object was sent with.")
    collection: str
    properties: dict[str, Any]
    created: datetime
    updated: datetime
    version: Version
    vectors: dict[str, list[float]] | None = None


class FoundObjects(StrictModel):
    """The objects of a list of ids or keys, in its order, and those that were not found."""

    objects: list[StoredObject]
    missing: list[str]


class ObjectError(StrictModel):
    """Why one object of a batch was not stored."""

    code: str
    message: str


class ObjectResult(StrictModel):
    """The result of one object of a batch."""

    id: str | None
    key: str | None = None
    status: Literal["created", "updated", "failed"]
    version: Version | None = None
    error: ObjectError | None = None
    vectors_without_text: list[str] = Field(
        description="Vectors that the object was stored without, because it has no text for them."
    )


class BatchResult(StrictModel):
    """The results of a batch, in the order in which its objects were sent."""

    created: int
    updated: int
    failed: int
    results: list[ObjectResult]


class ObjectInput(NamedTuple):
    """An object whose form is checked; whether it fits its collection is not."""

    id: str
    properties: dict[str, Any]
    vectors: dict[str, list[float]]
    # Store it only if the stored object has this version.
    if_version: str | None = None
    # The id of the user's own. Without it a stored object keeps the one that it has.
    key: str | None = None


def parse_object(raw: Mapping[str, Any], collection: str, default_id: str | None = None) -> ObjectInput:
    """Check the form of an object of a collection and give it an id if it has none.

    Raises `InvalidObjectError` naming each field that is wrong.
    """
    unknown = sorted(set(raw) - OBJECT_FIELDS)
    if unknown:
        raise InvalidObjectError(
            f"Unknown field {abbreviate(unknown[0])}: an object has id, key, properties, vector and vectors.",
            [ErrorDetail(name[:200], "unknown field; properties belong below 'properties'") for name in unknown[:20]],
        )
    properties = raw.get("properties") or {}
    if not isinstance(properties, dict):
        raise InvalidObjectError.at("properties", f"must be an object, not {abbreviate(properties)}")
    key = None if raw.get("key") is None else check_key(raw["key"])
    given = None if raw.get("id") is None else _parse_id(raw["id"])
    if given is not None and key is not None:
        check_same(collection, given, key)
    return ObjectInput(
        id=given or (id_of_key(collection, key) if key is not None else default_id or str(uuid4())),
        properties=normalize(properties),
        vectors=_parse_vectors(raw),
        key=key,
    )


def _parse_id(value: object) -> str:
    parsed = parse_uuid(str(value))
    if parsed is None:
        problem = f"must be a UUID such as {uuid4()}, not {abbreviate(value)}; an id of your own is sent as 'key'"
        raise InvalidObjectError.at("id", problem)
    return parsed


def _parse_vectors(raw: Mapping[str, Any]) -> dict[str, list[float]]:
    vectors = raw.get("vectors") or {}
    if not isinstance(vectors, dict):
        raise InvalidObjectError.at(
            "vectors", f"must map the name of a vector to its numbers, not {abbreviate(vectors)}"
        )
    single = raw.get("vector")
    if single is not None:
        if DEFAULT_VECTOR in vectors:
            raise InvalidObjectError.at(
                "vector", f"is the vector '{DEFAULT_VECTOR}', which 'vectors' has too: send one of the two"
            )
        vectors = vectors | {DEFAULT_VECTOR: single}
    for name, value in vectors.items():
        if not isinstance(value, list) or not NUMBERS.issuperset(map(type, value)):
            raise InvalidObjectError.at(f"vectors.{name}", f"must be a list of numbers, not {abbreviate(value)}")
    return dict(vectors)
