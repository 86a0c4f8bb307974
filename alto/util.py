"""Ids that follow from what they identify."""

from uuid import NAMESPACE_DNS, NAMESPACE_URL, UUID, uuid5


def uuid_of_key(collection: str, key: object) -> UUID:
    """The id of a key of your own, such as an ISBN: the same that imports give to this key. A UUID stays itself.

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
    try:
        UUID(value)
    except ValueError:
        return False
    return True
