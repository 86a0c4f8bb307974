"""Ids that follow from what they identify."""

from uuid import NAMESPACE_DNS, UUID, uuid5


def generate_uuid5(identifier: object, namespace: object = "") -> str:
    """The same id for the same identifier, as Weaviate's function of this name makes it."""
    return str(uuid5(NAMESPACE_DNS, str(namespace) + str(identifier)))


def is_uuid(value: str) -> bool:
    """Whether the text is a UUID."""
    try:
        UUID(value)
    except ValueError:
        return False
    return True
