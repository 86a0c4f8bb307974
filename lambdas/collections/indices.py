"""The indices of collections: what their mappings note, their aliases, and their deletion."""

from contextlib import suppress
from typing import Any

from lambdas.collections.checks import check_compression
from lambdas.collections.index_body import (
    KnnEngine,
    collection_from_mapping,
    index_body,
    index_settings,
    mapping_update,
)
from lambdas.collections.model import Collection, IndexUpdate
from lambdas.collections.names import index_name
from lambdas.collections.registry import MAPPING_FILTER, CollectionRegistry, stored_alias
from lambdas.errors import CollectionNotFoundError
from lambdas.opensearch import DocumentMissingError, EffectUnknownError, IndexMissingError, OpenSearch

# How often an index is deleted whose deletion got no response and had no effect.
DELETIONS = 2


class CollectionIndices:
    """Reads and changes indices of collections. A collection has one, and during a rebuild and after it another."""

    def __init__(
        self, engine: OpenSearch, registry: CollectionRegistry, knn_engine: KnnEngine, replicas: int | None
    ) -> None:
        """`replicas` is the number for collections that do not give one."""
        self._engine = engine
        self._registry = registry
        self._knn_engine = knn_engine
        self._replicas = replicas

    def stored_in(self, index: str) -> Collection:
        """Return the configuration that an index has in its mapping. Raises `IndexMissingError`."""
        return collection_from_mapping({"_meta": {"alto": self.meta_of(index)}})

    def store_in(self, index: str, before: Collection, after: Collection) -> None:
        """Store a configuration in an index that is not the collection's own, next to what else its mapping notes."""
        self.settle(index, before, after)
        body = mapping_update(before, after, self._knn_engine)
        body["_meta"]["alto"] = self.meta_of(index) | body["_meta"]["alto"]
        self._engine.request("PUT", f"/{index}/_mapping", body, repeat=True)

    def meta_of(self, index: str) -> dict[str, Any]:
        """Return all that the mapping of an index notes about it. Raises `IndexMissingError`."""
        found = self._engine.request("GET", f"/{index}/_mapping", params=MAPPING_FILTER)
        noted: dict[str, Any] = found[index]["mappings"]["_meta"]["alto"]
        return noted

    def create(self, collection: Collection, alias: str) -> None:
        """Create another index of a collection, with no alias but this one. One that is there already is deleted.

        Raises `InvalidRequestError` for a compression that the engine of the stage does not have.
        """
        check_compression(collection.vectors, self._knn_engine)
        index = index_name(collection.name, collection.index_number)
        self.drop(index)
        body = index_body(collection, self._knn_engine, self._replicas) | {"aliases": {alias: {}}}
        body["settings"]["index"]["knn"] = True
        self._engine.request("PUT", f"/{index}", body, repeat=True, timeout=30.0)

    def retire(self, collection: Collection, alias: str) -> None:
        """Remove the alias of a former generation. Removing it again has no effect."""
        if alias != collection.alias:
            with suppress(DocumentMissingError, IndexMissingError):
                self._engine.request("DELETE", f"/{self.index_of(collection.name)}/_alias/{alias}", repeat=True)

    def retire_others(self, collection: Collection) -> None:
        """Remove the aliases of former generations that are left, because a function died while it changed them."""
        index = self.index_of(collection.name)
        found = self._engine.request("GET", f"/{index}/_alias")[index]["aliases"]
        former = [each for each in found if each.startswith(collection.identity) and each != collection.alias]
        for each in former:
            self.retire(collection, each)

    def index_of(self, name: str) -> str:
        """Return the name of the index that the collection has now. Raises `CollectionNotFoundError`."""
        return next(iter(self._registry.mappings(name)))

    def settle(self, path: str, before: Collection, after: Collection) -> None:
        """Apply to an index the settings of `after`. A value that it no longer names becomes the engine's default."""
        old, new = (
            index_settings(IndexUpdate(**item.index.model_dump(exclude={"shards", "bm25_b", "bm25_k1"})))
            for item in (before, after)
        )
        if old != new:
            body = {"index": dict.fromkeys(old) | new}
            self._engine.request("PUT", f"/{path}/_settings", body, repeat=True)

    def drop(self, index: str) -> None:
        """Delete an index that is not the collection's own: a new or a former one. Repeating it has no effect."""
        with suppress(IndexMissingError):
            self._engine.request("DELETE", f"/{index}", repeat=True)

    def delete(self, name: str, index: str, alias: str) -> bool:
        """Delete an index that has this unique alias. False if it is gone, or has become another collection's."""
        try:
            self._engine.request("DELETE", f"/{index}/_alias/{alias}", repeat=True)
        except IndexMissingError:
            return False
        except DocumentMissingError:
            # The alias is gone. The index is still this collection's if an earlier deletion stopped here.
            if not self._is_of(name, index, alias):
                return False
        for attempt in range(1, DELETIONS + 1):
            try:
                self._engine.request("DELETE", f"/{index}")
            except EffectUnknownError:
                if self._is_of(name, index, alias):
                    if attempt == DELETIONS:
                        raise
                    continue
            except IndexMissingError:
                return attempt > 1
            return True
        raise AssertionError  # the last attempt returns or raises

    def _is_of(self, name: str, index: str, alias: str) -> bool:
        """Whether the index is there, and that of the collection with this unique alias."""
        try:
            found = self._registry.mappings(name)
        except CollectionNotFoundError:
            return False
        return index in found and stored_alias(found[index]) == alias
