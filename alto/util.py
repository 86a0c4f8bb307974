"""Ids that follow from what they identify."""

import re
from collections.abc import Sequence
from typing import Any
from uuid import NAMESPACE_DNS, NAMESPACE_URL, UUID, uuid5

from alto.values import numbers
from alto.weaviate_names import refused_names

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


def get_valid_uuid(uuid: str | UUID) -> str:
    """The UUID as text. Raises `ValueError` for anything else, as Weaviate's function of this name.

    Args:
        uuid: The id, or an address that ends with it.
    """
    return str(uuid if isinstance(uuid, UUID) else UUID(uuid.rpartition("/")[2]))


def get_vector(vector: Sequence[float] | Any) -> list[float]:
    """The vector as a list of numbers, as Weaviate's function of this name.

    Args:
        vector: A list, or an array of numpy, torch, TensorFlow, pandas or polars.
    """
    return numbers(vector)


__getattr__ = refused_names(__name__)
