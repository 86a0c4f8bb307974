"""Keys: ids of the user's own, such as an ISBN. Pure. Described in docs/data.md.

The id of an object is a UUID. The id of a key is the UUID version 5 (RFC 9562) of `alto:<Collection>#<key>` in the
namespace of URLs. The client has the same rule as `alto.util.uuid_of_key`. Keys are not normalized: "é" as one
character and as two are two keys.
"""

import re
from typing import Annotated, NamedTuple
from uuid import NAMESPACE_URL, UUID, uuid5

from pydantic import Field, StringConstraints

from lambdas.errors import InvalidObjectError, abbreviate

MAX_KEY_CHARACTERS = 512
# Python's own parser takes underscores, and dashes anywhere: with it, two keys would be one object.
_UUID = re.compile(r"(urn:uuid:)?(\{)?[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}(?(2)\})|[0-9a-f]{32}", re.IGNORECASE)

Key = Annotated[str, StringConstraints(min_length=1, max_length=MAX_KEY_CHARACTERS)]
ObjectReference = Annotated[
    str,
    StringConstraints(min_length=1, max_length=MAX_KEY_CHARACTERS),
    Field(description="The id of an object, or its key."),
]


class NamedObject(NamedTuple):
    """The object that a request is about: its id, and its key if the request names it by that."""

    id: str
    key: str | None = None

    def __str__(self) -> str:
        return f"id {self.id}" if self.key is None else f"key {abbreviate(self.key)} (id {self.id})"


def name_object(collection: str, reference: str) -> NamedObject:
    """Return the object that has this id or key."""
    object_id = parse_uuid(reference)
    return NamedObject(object_id) if object_id else NamedObject(id_of_key(collection, reference), reference)


def parse_uuid(text: str) -> str | None:
    """Return the UUID that the text is, as 8-4-4-4-12 digits in lower case; None for any other text."""
    return str(UUID(text)) if _UUID.fullmatch(text) else None


def id_of_key(collection: str, key: str) -> str:
    """Return the id of a key in a collection. A key that is a UUID is its own id.

    `collection` is the name as it is stored, with a capital first letter.
    """
    return parse_uuid(key) or str(uuid5(NAMESPACE_URL, f"alto:{collection}#{key}"))


def check_key(value: object) -> str:
    """Return the key. Raises `InvalidObjectError` for anything but text of 1 to 512 characters."""
    if not isinstance(value, str):
        raise InvalidObjectError.at("key", f"must be text, not {abbreviate(value)}")
    if not 1 <= len(value) <= MAX_KEY_CHARACTERS:
        problem = f"must have 1 to {MAX_KEY_CHARACTERS} characters, not {len(value):,}"
        raise InvalidObjectError.at("key", problem)
    return value


def check_same(collection: str, object_id: str, key: str) -> None:
    """Raise `InvalidObjectError` if an object is sent with an id and a key that are of different objects."""
    expected = id_of_key(collection, key)
    if object_id != expected:
        problem = f"is {object_id}, but the key {abbreviate(key)} has the id {expected} in '{collection}': send one"
        raise InvalidObjectError.at("id", problem)
