"""Converts between objects and their OpenSearch documents. Pure."""

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from lambdas.collections.index_body import length_field
from lambdas.collections.model import Collection, CollectionConfig
from lambdas.objects.bulk import version_of
from lambdas.objects.model import ObjectInput, StoredObject
from lambdas.objects.values import lengths

if TYPE_CHECKING:
    from lambdas.embedding.passages import StoredPassage


def document(
    collection: CollectionConfig,
    item: ObjectInput,
    *,
    vectors: Mapping[str, list[float]],
    text_hashes: Mapping[str, str],
    passages: Mapping[str, "list[StoredPassage]"] | None = None,
    created: str,
    updated: str,
) -> dict[str, Any]:
    """Build the document of an object. Times are RFC 3339 text."""
    body: dict[str, Any] = {"id": item.id, "created": created, "updated": updated, "properties": item.properties}
    if item.key is not None:
        body["key"] = item.key
    if measured := lengths(collection.properties, item.properties):
        body["lengths"] = {length_field(path): length for path, length in measured.items()}
    if vectors:
        body["vectors"] = dict(vectors)
    if passages:
        body["passages"] = dict(passages)
    if text_hashes:
        body["text_hash"] = dict(text_hashes)
    return body


def stored_object(collection: Collection, found: Mapping[str, Any], *, vectors: bool) -> StoredObject:
    """Read the object from a document. `found` is a hit of OpenSearch with its sequence number."""
    return object_of(collection, found["_id"], found["_source"], version_of(found), vectors=vectors)


def object_of(
    collection: Collection, object_id: str, source: Mapping[str, Any], version: str, *, vectors: bool
) -> StoredObject:
    """Read the object from the source of a document."""
    return StoredObject(
        id=object_id,
        key=source.get("key"),
        collection=collection.name,
        properties=source.get("properties", {}),
        created=datetime.fromisoformat(source["created"]),
        updated=datetime.fromisoformat(source["updated"]),
        version=version,
        vectors=source.get("vectors", {}) if vectors else None,
    )
