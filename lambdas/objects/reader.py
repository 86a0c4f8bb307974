"""Reading objects by id. Sees every write at once, without waiting for searches to."""

from collections.abc import Sequence
from typing import Any

from lambdas.collections.model import Collection, alias_of
from lambdas.errors import CollectionNotFoundError, ObjectNotFoundError
from lambdas.objects.document import stored_object
from lambdas.objects.model import FoundObjects, StoredObject
from lambdas.opensearch import DocumentMissingError, IndexMissingError, OpenSearch

# Parts of a document that no caller sees. The engine leaves vectors out by itself, unless they are named.
HIDDEN = ("id", "lengths", "text_hash")


class ObjectReader:
    """Objects of a collection, by id."""

    def __init__(self, engine: OpenSearch) -> None:
        self._engine = engine

    def get(self, collection: Collection, object_id: str, *, vectors: bool = False) -> StoredObject:
        """The object of this id, as it was last written. Raises `ObjectNotFoundError`."""
        found = self.document(collection, object_id, vectors=vectors)
        return stored_object(collection, found, vectors=vectors)

    def exists(self, collection: Collection, object_id: str) -> bool:
        """Whether there is an object of this id."""
        exists: bool = self._engine.request("HEAD", f"/{alias_of(collection.name)}/_doc/{object_id}")
        return exists

    def get_many(self, collection: Collection, ids: Sequence[str], *, vectors: bool = False) -> FoundObjects:
        """The objects of these ids, in their order, and the ids that there are none of."""
        answer = self._engine.request(
            "POST", f"/{alias_of(collection.name)}/_mget", {"ids": list(ids)}, source_parameters(vectors=vectors)
        )
        return FoundObjects(
            objects=[stored_object(collection, each, vectors=vectors) for each in answer["docs"] if each.get("found")],
            missing=[each["_id"] for each in answer["docs"] if not each.get("found")],
        )

    def document(self, collection: Collection, object_id: str, *, vectors: bool, hashes: bool = False) -> Any:
        """The document of an object, as OpenSearch answers it. Raises `ObjectNotFoundError`."""
        parameters = source_parameters(vectors=vectors, hashes=hashes)
        path = f"/{alias_of(collection.name)}/_doc/{object_id}"
        try:
            return self._engine.request("GET", path, params=parameters)
        except IndexMissingError:
            raise CollectionNotFoundError(
                f"There is no collection '{collection.name}'. It was deleted a moment ago."
            ) from None
        except DocumentMissingError:
            raise missing(collection, object_id) from None


def source_parameters(*, vectors: bool, hashes: bool = False) -> dict[str, str]:
    """Which parts of documents leave OpenSearch."""
    hidden = [name for name in HIDDEN if not (hashes and name == "text_hash")]
    return {"_source_excludes": ",".join(hidden if vectors else [*hidden, "vectors"])}


def missing(collection: Collection, object_id: str) -> ObjectNotFoundError:
    """The error of an object that is not there."""
    return ObjectNotFoundError(f"The collection '{collection.name}' has no object with the id {object_id}.")
