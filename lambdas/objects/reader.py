"""Reading objects by id. Sees every write at once, without waiting for searches to."""

from collections.abc import Sequence
from typing import Any

from lambdas.collections.model import Collection
from lambdas.errors import ObjectNotFoundError
from lambdas.objects.document import stored_object
from lambdas.objects.model import FoundObjects, StoredObject
from lambdas.opensearch import DocumentMissingError, OpenSearch

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
        try:
            # A HEAD could not tell a missing object from a missing index.
            self._engine.request("GET", f"/{collection.alias}/_doc/{object_id}", params={"_source": "false"})
        except DocumentMissingError:
            return False
        return True

    def get_many(self, collection: Collection, ids: Sequence[str], *, vectors: bool = False) -> FoundObjects:
        """The objects of these ids, in their order, and the ids that there are none of."""
        found = self._engine.get_many(collection.alias, ids, source_parameters(vectors=vectors))
        return FoundObjects(
            objects=[stored_object(collection, each, vectors=vectors) for each in found if each["found"]],
            missing=[each["_id"] for each in found if not each["found"]],
        )

    def document(self, collection: Collection, object_id: str, *, vectors: bool, hashes: bool = False) -> Any:
        """The document of an object, as OpenSearch answers it. Raises `ObjectNotFoundError`."""
        parameters = source_parameters(vectors=vectors, hashes=hashes)
        try:
            return self._engine.request("GET", f"/{collection.alias}/_doc/{object_id}", params=parameters)
        except DocumentMissingError:
            raise missing(collection, object_id) from None


def source_parameters(*, vectors: bool, hashes: bool = False) -> dict[str, str]:
    """Which parts of documents leave OpenSearch."""
    hidden = [name for name in HIDDEN if not (hashes and name == "text_hash")]
    return {"_source_excludes": ",".join(hidden if vectors else [*hidden, "vectors"])}


def missing(collection: Collection, object_id: str) -> ObjectNotFoundError:
    """The error of an object that is not there."""
    return ObjectNotFoundError(f"The collection '{collection.name}' has no object with the id {object_id}.")
