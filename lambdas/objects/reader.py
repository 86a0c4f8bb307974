"""Reads objects by id. Reads the latest write; does not wait for an index refresh."""

from collections.abc import Sequence
from typing import Any

from lambdas.collections.expiry import has_expired
from lambdas.collections.model import Collection
from lambdas.errors import ObjectNotFoundError, ResponseTooLargeError
from lambdas.objects.bulk import version_of
from lambdas.objects.document import stored_object
from lambdas.objects.document_sizes import characters_of, measure
from lambdas.objects.keys import NamedObject, name_object
from lambdas.objects.model import FoundObjects, StoredObject
from lambdas.opensearch import DocumentMissingError, OpenSearch
from lambdas.response_size import FEW_OBJECTS, MAX_RESPONSE_BYTES

# Parts of a document that no caller sees. The engine leaves vectors out unless they are named.
HIDDEN = ("id", "lengths", "text_hash", "passages")


class ObjectReader:
    """Reads the objects of a collection by id."""

    def __init__(self, engine: OpenSearch) -> None:
        self._engine = engine

    def get(self, collection: Collection, named: NamedObject, *, vectors: bool = False) -> StoredObject:
        """Return the object as last written. Raises `ObjectNotFoundError`."""
        found = self.document(collection, named, vectors=vectors)
        return stored_object(collection, found, vectors=vectors)

    def exists(self, collection: Collection, named: NamedObject) -> bool:
        """Whether the object exists."""
        found = self._read_date(collection, named)
        return found is not None and not has_expired(collection.expiry, found.get("_source", {}))

    def get_many(self, collection: Collection, references: Sequence[str], *, vectors: bool = False) -> FoundObjects:
        """Return the objects of these ids or keys, in their order, and those that were not found."""
        names = [name_object(collection.name, each) for each in references]
        read = self._read(collection, [each.id for each in names], source_parameters(vectors=vectors))
        found = [
            each if each["found"] and not has_expired(collection.expiry, each["_source"]) else None for each in read
        ]
        return FoundObjects(
            objects=[stored_object(collection, each, vectors=vectors) for each in found if each is not None],
            missing=[named.key or named.id for named, each in zip(names, found, strict=True) if each is None],
        )

    def _read(self, collection: Collection, ids: Sequence[str], parameters: dict[str, str]) -> list[dict[str, Any]]:
        """Return the documents of these ids, in order, each with `found`. Raises `ResponseTooLargeError`."""
        alias = collection.alias
        if len(ids) <= FEW_OBJECTS:
            return self._engine.get_many(alias, ids, parameters)
        known = self._measure(collection, ids)
        total = sum(known.values())
        _check_size(total)
        documents = self._engine.get_many(alias, [*known], parameters) if known else []
        # The others are missing, or were written since the last refresh: searches do not see them.
        others = [each for each in dict.fromkeys(ids) if each not in known]
        for start in range(0, len(others), FEW_OBJECTS):
            part = self._engine.get_many(alias, others[start : start + FEW_OBJECTS], parameters)
            total += sum(len(str(each["_source"])) for each in part if each["found"])
            _check_size(total)
            documents += part
        by_id = {each["_id"]: each for each in documents}
        return [by_id[each] for each in ids]

    def _measure(self, collection: Collection, ids: Sequence[str]) -> dict[str, int]:
        """Return the characters of the objects that searches see."""
        body = {
            "size": len(ids),
            "query": {"ids": {"values": [*ids]}},
            "_source": {"includes": ["properties"]},
            "track_total_hits": False,
        }
        asked = measure(collection, body)
        hits = self._engine.request("POST", f"/{collection.alias}/_search", asked)["hits"]["hits"]
        return {hit["_id"]: size for hit, size in zip(hits, characters_of(hits), strict=True)}

    def document(self, collection: Collection, named: NamedObject, *, vectors: bool, hashes: bool = False) -> Any:
        """Return the document of an object, as OpenSearch returns it. Raises `ObjectNotFoundError`."""
        parameters = source_parameters(vectors=vectors, hashes=hashes)
        try:
            found = self._engine.request("GET", f"/{collection.alias}/_doc/{named.id}", params=parameters)
        except DocumentMissingError:
            raise missing(collection, named) from None
        if has_expired(collection.expiry, found["_source"]):
            raise missing(collection, named)
        return found

    def expired_version(self, collection: Collection, named: NamedObject) -> str | None:
        """Return the version of an object that has expired and is not removed yet; None for any other."""
        if collection.expiry is None:
            return None
        found = self._read_date(collection, named)
        if found is None or not has_expired(collection.expiry, found.get("_source", {})):
            return None
        return version_of(found)

    def _read_date(self, collection: Collection, named: NamedObject) -> dict[str, Any] | None:
        """Return an object's document with nothing but the date by which it expires; None if it does not exist."""
        expiry = collection.expiry
        chosen = {"_source": "false"} if expiry is None else {"_source_includes": expiry.date_field()}
        try:
            # A HEAD could not tell a missing object from a missing index.
            found: dict[str, Any] = self._engine.request("GET", f"/{collection.alias}/_doc/{named.id}", params=chosen)
        except DocumentMissingError:
            return None
        return found


def source_parameters(*, vectors: bool, hashes: bool = False) -> dict[str, str]:
    """Return the parameters that leave hidden parts out of the response."""
    hidden = [name for name in HIDDEN if not (hashes and name == "text_hash")]
    return {"_source_excludes": ",".join(hidden if vectors else [*hidden, "vectors"])}


def _check_size(characters: int) -> None:
    if characters > MAX_RESPONSE_BYTES:
        raise ResponseTooLargeError(
            f"The objects have {characters:,} characters or more, and a response has at most 6 MB: ask for fewer ids."
        )


def missing(collection: Collection, named: NamedObject) -> ObjectNotFoundError:
    """Return the error for a missing object."""
    return ObjectNotFoundError(f"The collection '{collection.name}' has no object with the {named}.")
