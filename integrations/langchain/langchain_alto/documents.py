"""LangChain's documents as Alto's objects, and back."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from langchain_core.documents import Document

from alto import AltoInsertManyFailedError
from alto.classes.data import DataObject
from alto.classes.results import Object


@dataclass(frozen=True)
class Layout:
    """Where an object has the text and the metadata of a document.

    With a property of the metadata, the property `document` keeps them exactly, too: filters see dates as dates, and
    documents come back as they were. Without, the metadata are all properties but the text.
    """

    text: str = "text"
    metadata: str | None = "metadata"

    def path(self, key: str) -> str:
        """The property of a key of the metadata."""
        return f"{self.metadata}.{key}" if self.metadata else key

    def to_document(self, found: Object) -> Document:
        """The document that an object was made from."""
        properties = dict(found.properties)
        text = properties.pop(self.text, None) or ""
        if self.metadata is None:
            metadata = properties
        elif kept := properties.get("document"):
            metadata = json.loads(kept)
        else:
            metadata = properties.get(self.metadata) or {}
        return Document(id=found.key or str(found.uuid), page_content=text, metadata=metadata)

    def to_object(
        self, text: str, metadata: Mapping[str, Any], identity: str, vector: list[float] | None
    ) -> DataObject:
        """The object of a document. Its vector is that of an embedding model of LangChain, if any.

        Raises:
            ValueError: Without a property of their own, the metadata have a value of the name of the text's property.
            TypeError: The metadata are no JSON.
        """
        values = {name: value for name, value in metadata.items() if value is not None and value not in ([], {})}
        if self.metadata is None:
            if self.text in metadata:
                raise ValueError(
                    f"metadata: {self.text!r} is the property of the text: rename it, or choose another text_property"
                )
            properties = {self.text: text} | values
        else:
            properties = {self.text: text, "document": json.dumps(dict(metadata))}
            properties |= {self.metadata: values} if values else {}
        return DataObject(properties, key=identity, vector=vector)


def store(collection: Any, objects: list[DataObject]) -> None:
    """Store objects and wait until searches see them.

    Raises:
        ValueError: At least one was not stored; the sentence names the first.
    """
    try:
        errors = collection.data.insert_many(objects).errors
    except AltoInsertManyFailedError as failure:
        errors = dict(enumerate(failure.errors))
    if errors:
        first = min(errors)
        raise ValueError(
            f"{len(errors)} of {len(objects)} documents were not stored. {objects[first].key}: {errors[first].message}"
        )
