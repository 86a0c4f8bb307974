"""Where collections are kept: each in the mapping of its own index, so that it is made and removed with it."""

import time
from collections.abc import Callable
from threading import Lock

from lambdas.collections.index_body import collection_from_mapping
from lambdas.collections.model import COLLECTION_ALIAS, Collection, alias_of
from lambdas.errors import CollectionNotFoundError
from lambdas.opensearch import IndexMissingError, OpenSearch

# Long enough to spare nearly every request the look-up, short enough that a change is seen at once by people.
CACHE_SECONDS = 5.0

MAPPING_FILTER = {"filter_path": "*.mappings._meta"}


class CollectionRegistry:
    """Reads collections from OpenSearch, with a short memory. Safe to share between threads."""

    def __init__(self, engine: OpenSearch, clock: Callable[[], float] = time.monotonic) -> None:
        self._engine = engine
        self._clock = clock
        self._known: dict[str, tuple[float, Collection]] = {}
        self._lock = Lock()

    def get(self, name: str) -> Collection:
        """The collection of this name; its first letter may be of either case.

        Raises `CollectionNotFoundError`.
        """
        alias = alias_of(name)
        with self._lock:
            known = self._known.get(alias)
        if known and known[0] > self._clock():
            return known[1]
        collection = self._read(name)
        with self._lock:
            self._known[alias] = (self._clock() + CACHE_SECONDS, collection)
        return collection

    def fresh(self, name: str) -> Collection:
        """The collection as it is at this moment, whatever this function remembers of it.

        Raises `CollectionNotFoundError`.
        """
        self.forget(name)
        return self.get(name)

    def list(self) -> list[Collection]:
        """All collections, by name."""
        mappings = self._engine.request("GET", "/alto-*/_mapping", params=MAPPING_FILTER)
        collections = [collection_from_mapping(entry["mappings"]) for entry in mappings.values()]
        return sorted(collections, key=lambda collection: collection.name)

    def forget(self, name: str) -> None:
        """Look the collection up anew at the next request."""
        with self._lock:
            self._known.pop(alias_of(name), None)

    def _read(self, name: str) -> Collection:
        alias = alias_of(name)
        if not COLLECTION_ALIAS.fullmatch(alias):
            raise CollectionNotFoundError(f"There is no collection '{name}', and none can have that name.")
        try:
            mappings = self._engine.request("GET", f"/{alias}/_mapping", params=MAPPING_FILTER)
        except IndexMissingError:
            self.forget(name)
            raise CollectionNotFoundError(
                f"There is no collection '{name}'. Create it with POST /v1/collections."
            ) from None
        return collection_from_mapping(next(iter(mappings.values()))["mappings"])
