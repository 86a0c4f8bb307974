"""Ids that follow from what they identify."""

import re
from uuid import NAMESPACE_DNS, NAMESPACE_URL, UUID, uuid5

# Python's own parser takes underscores, and dashes anywhere: with it, two keys would be one object.
_UUID = re.compile(r"(urn:uuid:)?(\{)?[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}(?(2)\})|[0-9a-f]{32}", re.IGNORECASE)


def uuid_of_key(collection: str, key: object) -> UUID:
    """The id of a key of your own, such as an ISBN: the one that the server gives to this key.

    It is the UUID version 5 of `alto:<Collection>#<key>` in the namespace of URLs. A key that is a UUID is its own id.
    Keys are not normalized: "é" as one character and as two are two keys.

    Args:
        collection: The collection's name.
        key: The key; its text counts.
    """
    text = str(key)
    return (
        UUID(text) if is_uuid(text) else uuid5(NAMESPACE_URL, f"alto:{collection[:1].upper()}{collection[1:]}#{text}")
    )


def generate_uuid5(identifier: object, namespace: object = "") -> str:
    """The same id for the same identifier, as Weaviate's function of this name makes it.

    Args:
        identifier: What the id identifies; its text counts.
        namespace: A prefix, for identifiers that are unique only within something.
    """
    return str(uuid5(NAMESPACE_DNS, str(namespace) + str(identifier)))


def is_uuid(value: str) -> bool:
    """Whether the text is a UUID.

    Args:
        value: The text.
    """
    return _UUID.fullmatch(value) is not None
