"""Reads objects by id. Reads the latest write; does not wait for an index refresh."""

from collections.abc import Sequence
from typing import Any

from lambdas.collections.model import Collection
from lambdas.errors import ObjectNotFoundError
from lambdas.objects.document import stored_object
from lambdas.objects.keys import NamedObject, name_object
from lambdas.objects.model import FoundObjects, StoredObject
from lambdas.opensearch import DocumentMissingError, OpenSearch

# Parts of a document that no caller sees. The engine leaves vectors out unless they are named.
HIDDEN = ("id", "lengths", "text_hash")


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
        try:
            # A HEAD could not tell a missing object from a missing index.
            self._engine.request("GET", f"/{collection.alias}/_doc/{named.id}", params={"_source": "false"})
        except DocumentMissingError:
            return False
        return True

    def get_many(self, collection: Collection, references: Sequence[str], *, vectors: bool = False) -> FoundObjects:
        """Return the objects of these ids or keys, in their order, and those that were not found."""
        names = [name_object(collection.name, each) for each in references]
        ids = [each.id for each in names]
        found = self._engine.get_many(collection.alias, ids, source_parameters(vectors=vectors))
        return FoundObjects(
            objects=[stored_object(collection, each, vectors=vectors) for each in found if each["found"]],
            missing=[named.key or named.id for named, each in zip(names, found, strict=True) if not each["found"]],
        )

    def document(self, collection: Collection, named: NamedObject, *, vectors: bool, hashes: bool = False) -> Any:
        """Return the document of an object, as OpenSearch returns it. Raises `ObjectNotFoundError`."""
        parameters = source_parameters(vectors=vectors, hashes=hashes)
        try:
            return self._engine.request("GET", f"/{collection.alias}/_doc/{named.id}", params=parameters)
        except DocumentMissingError:
            raise missing(collection, named) from None


def source_parameters(*, vectors: bool, hashes: bool = False) -> dict[str, str]:
    """Return the parameters that leave hidden parts out of the response."""
    hidden = [name for name in HIDDEN if not (hashes and name == "text_hash")]
    return {"_source_excludes": ",".join(hidden if vectors else [*hidden, "vectors"])}


def missing(collection: Collection, named: NamedObject) -> ObjectNotFoundError:
    """Return the error for a missing object."""
    return ObjectNotFoundError(f"The collection '{collection.name}' has no object with the {named}.")
