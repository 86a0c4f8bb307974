"""Alto's objects as LangChain's documents, and back."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from alto.classes.data import DataObject
from alto.classes.results import Object
from langchain_core.documents import Document


def to_document(found: Object, text_property: str) -> Document:
    """The text is one property, and the metadata are all others that have a value."""
    metadata = dict(found.properties)
    text = metadata.pop(text_property, None)
    return Document(id=found.key or str(found.uuid), page_content=text or "", metadata=metadata)


def to_object(
    text: str, metadata: Mapping[str, Any], identity: str, vector: list[float] | None, text_property: str
) -> DataObject:
    """An object whose properties are the text and the metadata. Metadata that is None is left out.

    Raises:
        ValueError: The metadata has a value of the name of the text's property.
    """
    if text_property in metadata:
        raise ValueError(
            f"metadata: {text_property!r} is the property of the text: rename it, or choose another text_property"
        )
    properties = {text_property: text} | {name: value for name, value in metadata.items() if value is not None}
    if is_uuid(identity):
        return DataObject(properties, uuid=identity, vector=vector)
    return DataObject(properties, key=identity, vector=vector)


def is_uuid(identity: str) -> bool:
    """Whether an id is one of Alto's. All others are keys."""
    try:
        return str(UUID(identity)) == identity.lower()
    except ValueError:
        return False
