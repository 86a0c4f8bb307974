"""Where collections are kept: each in the mapping of its own index, so that it is made and removed with it.

A function remembers collections for some seconds, in which another may change one, or delete it and create it again.
Nothing is asked to find that out: objects are read and written through an alias that only one collection ever has
(`Collection.alias`), and what fails is done again if the collection is another by then.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import datetime
from itertools import groupby
from operator import itemgetter
from threading import Lock
from typing import Any

from lambdas.collections.index_body import collection_from_mapping
from lambdas.collections.model import Collection
from lambdas.collections.names import (
    COLLECTION_ALIAS,
    alias_of,
    collection_name,
    generation_alias,
    index_name,
    unique_alias,
)
from lambdas.errors import CollectionNotFoundError, InvalidRequestError
from lambdas.opensearch import IndexMissingError, OpenSearch

# Long enough to spare nearly every request the look-up, short enough that a change is seen at once by people.
CACHE_SECONDS = 5.0

# Errors that a stale cached collection can cause.
STALE_CACHE_ERRORS = (IndexMissingError, CollectionNotFoundError, InvalidRequestError)

MAPPING_FILTER = {"filter_path": "*.mappings._meta"}


class CollectionRegistry:
    """Reads collections from OpenSearch, with a short memory. Safe to share between threads."""

    def __init__(
        self, engine: OpenSearch, clock: Callable[[], float] = time.monotonic, seconds: float = CACHE_SECONDS
    ) -> None:
        self._engine = engine
        self._clock = clock
        self._seconds = seconds
        self._known: dict[str, tuple[float, Collection]] = {}
        self._lock = Lock()

    def get(self, name: str) -> Collection:
        """The collection of this name; its first letter may be of either case.

        Raises `CollectionNotFoundError`.
        """
        return self._get(name)[0]

    def _get(self, name: str) -> tuple[Collection, bool]:
        """The collection, and whether it was just read from OpenSearch."""
        key = collection_name(name)
        with self._lock:
            known = self._known.get(key)
        if known and known[0] > self._clock():
            return known[1], False
        collection = self._read(name)
        with self._lock:
            self._known[key] = (self._clock() + self._seconds, collection)
        return collection, True

    def fresh(self, name: str) -> Collection:
        """Read the collection from OpenSearch, past the cache.

        Raises `CollectionNotFoundError`.
        """
        self.forget(name)
        return self.get(name)

    def newer(self, collection: Collection) -> Collection | None:
        """The collection of this name as it is now, if that is another. Raises `CollectionNotFoundError`."""
        current = self.fresh(collection.name)
        return None if current == collection else current

    def serve[T](
        self,
        name: str,
        work: Callable[[Collection], T],
        may_be_stale: Callable[[T], bool] = lambda _: False,
        needs_current: Callable[[Collection], bool] = lambda _: False,
    ) -> T:
        """Do something with the collection of this name; again if what failed may fit the collection as it is now.

        `work` must have no effect when it raises one of `STALE_CACHE_ERRORS`, or when its result `may_be_stale`. A
        cached collection that `needs_current` is read before `work`, whose result would be wrong without an error; what
        fails then is not tried again unless the index is missing. Raises `CollectionNotFoundError` and what `work`
        raises.
        """
        collection, was_read = self._get(name)
        is_current = needs_current(collection)
        if is_current and not was_read:
            collection = self.fresh(name)
        try:
            result = work(collection)
            if is_current or not may_be_stale(result):
                return result
            current = self.newer(collection)
            if current is None:
                return result
        except STALE_CACHE_ERRORS as error:
            if is_current and not isinstance(error, IndexMissingError):
                raise
            current = self.newer(collection)
            if current is None and not isinstance(error, IndexMissingError):
                raise
        try:
            return work(current or collection)
        except IndexMissingError:
            raise CollectionNotFoundError(f"There is no collection '{name}'. It was deleted a moment ago.") from None

    def list(self, after: str = "") -> Iterator[Collection]:
        """Yield the collections whose names follow `after`, by name. Reads all in one request, and parses each late."""
        mappings = self._engine.request("GET", "/alto-*/_mapping", params=MAPPING_FILTER)
        named = sorted(((_stored_name(each), each) for each in mappings.values()), key=itemgetter(0))
        for name, group in groupby(named, key=itemgetter(0)):
            if name > after:
                index, *others = (each for _, each in group)
                # A collection that is being rebuilt, or can go back, has two indices: its alias says which one is it.
                with suppress(CollectionNotFoundError):
                    yield self._read(name) if others else collection_from_mapping(index["mappings"])

    def forget(self, name: str) -> None:
        """Look the collection up again at the next request."""
        with self._lock:
            self._known.pop(collection_name(name), None)

    def mappings(self, name: str) -> dict[str, Any]:
        """The configuration of the collection as it is stored, by index. Raises `CollectionNotFoundError`."""
        alias = alias_of(name)
        if not COLLECTION_ALIAS.fullmatch(alias):
            raise CollectionNotFoundError(f"There is no collection '{name}', and none can have that name.")
        try:
            found: dict[str, Any] = self._engine.request("GET", f"/{alias}/_mapping", params=MAPPING_FILTER)
        except IndexMissingError:
            self.forget(name)
            raise CollectionNotFoundError(
                f"There is no collection '{name}'. Create it with POST /v1/collections."
            ) from None
        # All letters of an alias are lower case. A policy or a token may cover `Secret` and not `SeCret`, so only the
        # name that is stored leads to a collection.
        for index in found.values():
            if _stored_name(index) != collection_name(name):
                raise CollectionNotFoundError(
                    f"There is no collection '{name}'. Names are case-sensitive after the first letter; did you mean "
                    f"'{_stored_name(index)}'?"
                )
        return found

    def _read(self, name: str) -> Collection:
        found = self.mappings(name)
        return collection_from_mapping(next(iter(found.values()))["mappings"])


def stored_alias(index: Any) -> str:
    """Return the alias that only the collection has whose mapping this is. Its layout may be an older one."""
    stored = index["mappings"]["_meta"]["alto"]["collection"]
    return generation_alias(stored_identity(index), stored.get("generation", 0))


def stored_identity(index: Any) -> str:
    """Return the name that only the collection has whose mapping this is, in all its generations."""
    stored = index["mappings"]["_meta"]["alto"]["collection"]
    return unique_alias(_stored_name(index), datetime.fromisoformat(stored["created"]))


def other_indices(index: Any) -> list[str]:
    """Return the indices that a collection has besides the one whose mapping this is: a new or a former one."""
    stored = index["mappings"]["_meta"]["alto"]["collection"]
    others = [stored.get("rebuild"), stored.get("former")]
    return sorted({index_name(stored["name"], each["index_number"]) for each in others if each})


def _stored_name(index: Any) -> str:
    """Return the collection's name in the mapping of its index, whose layout may be an older one."""
    return str(index["mappings"]["_meta"]["alto"]["collection"]["name"])
