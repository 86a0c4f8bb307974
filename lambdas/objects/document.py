"""Between an object and the OpenSearch document that holds it. Pure."""

import math
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from lambdas.collections.index_body import length_field
from lambdas.collections.model import Collection, CollectionConfig
from lambdas.errors import ErrorDetail, InvalidObjectError
from lambdas.objects.bulk import version_of
from lambdas.objects.model import ObjectInput, StoredObject
from lambdas.objects.values import lengths

# The length of a vector (its Euclidean norm), such that squares and their sums stay within 32-bit numbers.
LONGEST = 1e18
SHORTEST = 1e-18


def document(
    collection: CollectionConfig,
    item: ObjectInput,
    *,
    vectors: Mapping[str, list[float]],
    text_hashes: Mapping[str, str],
    created: str,
    updated: str,
) -> dict[str, Any]:
    """The document of an object. Times are RFC 3339 text."""
    body: dict[str, Any] = {"id": item.id, "created": created, "updated": updated, "properties": item.properties}
    if measured := lengths(collection.properties, item.properties):
        body["lengths"] = {length_field(path): length for path, length in measured.items()}
    if vectors:
        body["vectors"] = dict(vectors)
    if text_hashes:
        body["text_hash"] = dict(text_hashes)
    return body


def stored_object(collection: Collection, found: Mapping[str, Any], *, vectors: bool) -> StoredObject:
    """The object that a document holds. `found` is the document as OpenSearch answers it, with its sequence number."""
    return object_of(collection, found["_id"], found["_source"], version_of(found), vectors=vectors)


def object_of(
    collection: Collection, object_id: str, source: Mapping[str, Any], version: str, *, vectors: bool
) -> StoredObject:
    """The object that a document holds, whose version is known."""
    return StoredObject(
        id=object_id,
        collection=collection.name,
        properties=source.get("properties", {}),
        created=datetime.fromisoformat(source["created"]),
        updated=datetime.fromisoformat(source["updated"]),
        version=version,
        vectors=source.get("vectors", {}) if vectors else None,
    )


def check_vectors(collection: Collection, vectors: Mapping[str, list[float]]) -> None:
    """Raise `InvalidObjectError` for a vector that is unknown, has other dimensions or is out of range."""
    for name, vector in vectors.items():
        config = collection.vectors.get(name)
        if config is None:
            known = ", ".join(collection.vectors) or "none"
            raise _wrong(name, f"is not a vector of the collection '{collection.name}'. It has these: {known}")
        if len(vector) != config.resolved_dimensions:
            raise _wrong(name, f"must have {config.resolved_dimensions} numbers, not {len(vector)}")
        length = math.sqrt(math.sumprod(vector, vector))
        if not length <= LONGEST:
            raise _wrong(
                name, f"is longer than {LONGEST:g} or not finite: OpenSearch computes with 32 bits, scale it down"
            )
        if config.index.distance == "cosine" and length < SHORTEST:
            raise _wrong(
                name, f"is shorter than {SHORTEST:g}, so no cosine distance can be measured to it: send another vector"
            )


def _wrong(name: str, problem: str) -> InvalidObjectError:
    field = f"vectors.{name}"
    return InvalidObjectError(f"'{field}' {problem}.", [ErrorDetail(field, problem)])
