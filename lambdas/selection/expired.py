"""Removes objects that have expired. Readers do not see them before that either: see `lambdas.collections.expiry`."""

from collections import deque
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, NamedTuple

from lambdas.collections.expiry import Expiry, expired_only
from lambdas.collections.model import Collection
from lambdas.collections.registry import CollectionRegistry
from lambdas.deadline import Deadline
from lambdas.errors import AltoError, CollectionNotFoundError
from lambdas.objects.bulk import BulkOperation, BulkWriter, version_of
from lambdas.opensearch import IndexMissingError, OpenSearch

# Objects of one search and one bulk request.
SLICE = 1_000
# With less time no further slice is begun: the next run goes on.
LEAST_SECONDS = 20.0


class Removal(NamedTuple):
    """The objects that a run removed from one collection."""

    collection: str
    removed: int = 0
    # Objects that another writer changed meanwhile, or that OpenSearch did not delete: the next run sees them.
    kept: int = 0
    # Whether all that had expired was looked at.
    complete: bool = False
    error: str | None = None


class ExpiredRemover:
    """Removes the objects that have expired from all collections, a slice of each in turn."""

    def __init__(
        self,
        engine: OpenSearch,
        bulk: BulkWriter,
        registry: CollectionRegistry,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """`registry` must not remember collections: each slice is removed by the settings that are stored then."""
        self._engine = engine
        self._bulk = bulk
        self._registry = registry
        self._now = now

    def run(self, deadline: Deadline) -> list[Removal]:
        """Remove what has expired, until all is looked at or the time is used up.

        An object that is written meanwhile is kept. An error of one collection ends the run for that one only.
        """
        removals = {each.name: Removal(each.name) for each in self._registry.list() if each.expiry is not None}
        left: deque[tuple[str, str | None]] = deque((name, None) for name in removals)
        while left and deadline.remaining() > LEAST_SECONDS:
            name, after = left.popleft()
            so_far = removals[name]
            try:
                removed, kept, following = self._remove_slice(name, after, deadline)
            except (CollectionNotFoundError, IndexMissingError):
                # Deleted, or replaced by the index of a rebuild, which the next run reads.
                removals[name] = so_far._replace(complete=True)
            except AltoError as error:
                removals[name] = so_far._replace(error=error.code)
            else:
                removals[name] = so_far._replace(
                    removed=so_far.removed + removed, kept=so_far.kept + kept, complete=following is None
                )
                if following is not None:
                    left.append((name, following))
        return list(removals.values())

    def _remove_slice(self, name: str, after: str | None, deadline: Deadline) -> tuple[int, int, str | None]:
        """Return how many objects were removed and kept, and where the next slice begins."""
        collection = self._registry.get(name)
        if collection.expiry is None:
            return 0, 0, None
        hits = self._find(collection, collection.expiry, after, deadline)
        operations = [BulkOperation(hit["_id"], None, "delete", version_of(hit)) for hit in hits]
        outcomes = self._bulk.write(collection.alias, operations, deadline=deadline, refresh=False) if hits else []
        removed = sum(each.error is None for each in outcomes)
        return removed, len(hits) - removed, hits[-1]["_id"] if len(hits) == SLICE else None

    def _find(self, collection: Collection, expiry: Expiry, after: str | None, deadline: Deadline) -> list[Any]:
        body = {
            "size": SLICE,
            # In the order of ids: what was just deleted, and searches still see, is not met again.
            "sort": [{"id": "asc"}],
            "query": {"bool": {"filter": [expired_only(expiry, self._now())]}},
            "_source": False,
            "seq_no_primary_term": True,
            "track_total_hits": False,
        } | ({} if after is None else {"search_after": [after]})
        path = f"/{collection.alias}/_search"
        hits: list[Any] = self._engine.request("POST", path, body, timeout=max(1.0, deadline.remaining()))["hits"][
            "hits"
        ]
        return hits
