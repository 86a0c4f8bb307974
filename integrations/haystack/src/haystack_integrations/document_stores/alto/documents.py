"""Haystack's documents as Alto's objects, and back."""

import json
from typing import Any

from haystack import Document
from haystack.dataclasses import ByteStream
from haystack.document_stores.errors import DocumentStoreError
from haystack_integrations.document_stores.alto.filters import to_value

from alto import AltoInsertManyFailedError
from alto.classes.data import DataObject
from alto.classes.results import Object


def to_object(document: Document) -> DataObject:
    """The text is `content`, the metadata are `meta` for filters, and `document` keeps what must come back exactly."""
    kept = {"meta": document.meta} | ({"blob": document.blob.to_dict()} if document.blob else {})
    properties: dict[str, Any] = {"document": json.dumps(kept)}
    if document.content is not None:
        properties["content"] = document.content
    if meta := _stored(document.meta):
        properties["meta"] = meta
    return DataObject(properties, key=document.id, vector=document.embedding)


def to_document(found: Object, score: float | None = None) -> Document:
    """The document that an object was made from, with its embedding if the object has its vector."""
    properties = found.properties
    kept = json.loads(properties["document"]) if properties.get("document") else {"meta": properties.get("meta") or {}}
    return Document(
        id=found.key or str(found.uuid),
        content=properties.get("content"),
        blob=ByteStream.from_dict(kept["blob"]) if "blob" in kept else None,
        meta=kept["meta"],
        embedding=next(iter(found.vector.values()), None),
        score=score,
    )


def store(collection: Any, objects: list[DataObject]) -> None:
    """Store objects and wait until searches see them.

    Raises:
        DocumentStoreError: At least one was not stored; the sentence names the first.
    """
    try:
        errors = collection.data.insert_many(objects).errors
    except AltoInsertManyFailedError as failure:
        errors = dict(enumerate(failure.errors))
    if errors:
        first = min(errors)
        raise DocumentStoreError(
            f"{len(errors)} of {len(objects)} documents were not stored. {objects[first].key}: {errors[first].message}"
        )


def _stored(meta: dict[str, Any]) -> dict[str, Any]:
    """The metadata without missing values, and with times in UTC."""
    return {
        name: _stored(value) if isinstance(value, dict) else to_value(value)
        for name, value in meta.items()
        if value is not None and value not in ({}, [])
    }
