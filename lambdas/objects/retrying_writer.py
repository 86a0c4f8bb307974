"""Writes again with the current collection if the cached one may have been stale."""

from collections.abc import Sequence
from typing import Any

from lambdas.collections.model import Collection
from lambdas.collections.registry import STALE_CACHE_ERRORS, CollectionRegistry
from lambdas.errors import CollectionNotFoundError
from lambdas.objects.draft import WriteResult
from lambdas.objects.model import ObjectInput
from lambdas.objects.writer import ObjectWriter


class StaleTolerantWriter:
    """An `ObjectWriter` that writes failed objects again if the cached collection was stale."""

    def __init__(self, writer: ObjectWriter, registry: CollectionRegistry) -> None:
        self._writer = writer
        self._registry = registry

    def write(self, collection: Collection, objects: Sequence[ObjectInput], **how: Any) -> list[WriteResult]:
        """Write as `ObjectWriter.write` does, with its keywords."""
        try:
            results = self._writer.write(collection, objects, **how)
        except STALE_CACHE_ERRORS:
            # Nothing was stored.
            current = self._registry.newer(collection)
            if current is None:
                raise
            return self._writer.write(current, objects, **how)
        # Of objects that share an id the last one wins, so they stay together.
        may_be_stale = {result.id for result in results if isinstance(result.error, STALE_CACHE_ERRORS)}
        newer = self._newer(collection) if may_be_stale else None
        if newer is None:
            return results
        places = [index for index, item in enumerate(objects) if item.id in may_be_stale]
        again = self._writer.write(newer, [objects[index] for index in places], **how)
        for index, result in zip(places, again, strict=True):
            results[index] = result
        return results

    def _newer(self, collection: Collection) -> Collection | None:
        try:
            return self._registry.newer(collection)
        except CollectionNotFoundError:
            # Each result says so.
            return None
