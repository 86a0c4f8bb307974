"""Runs a rebuild, or its undoing: copies, keeps up, holds the writes for a moment, verifies, and replaces the index.

All that a rebuild knows is in OpenSearch: the collection names the new index, whose mapping has the position that was
copied. So whichever function runs next goes on from there, and what a dead one has done needs no repair.
"""

from collections.abc import Callable
from functools import partial
from typing import Any, Protocol

from lambdas.collections.admin import CollectionAdmin
from lambdas.collections.hold import place_hold, release_expired, release_hold
from lambdas.collections.lock import CollectionLock
from lambdas.collections.model import Collection, Rebuild
from lambdas.collections.names import alias_of, index_name
from lambdas.collections.registry import CollectionRegistry
from lambdas.deadline import Deadline
from lambdas.embedding.config import Text2VecAws
from lambdas.embedding.passages import ObjectText, embed_objects, read_texts
from lambdas.errors import EmbeddingError, NoTextError
from lambdas.imports.loading.record_batches import is_transient
from lambdas.jobs.job import Job, JobFailedError
from lambdas.migrating.copier import Copier, Position, Route, rebuilt
from lambdas.migrating.former_index import NEXT_VECTORS, copy_alias
from lambdas.objects.writer import DocumentEmbedder
from lambdas.opensearch import OpenSearch

# Where the mapping of an index has the position that was copied.
COPIED = "copied"
# With fewer operations left to copy, the writes are held and the rest is copied.
SMALL_REST = 500
# Passes before the writes are held in any case: writers that are always ahead would never let it end.
MOST_PASSES = 8
# After so many seconds a hold that is not done is given up, so that its writers do not fail.
HOLD_LIMIT = 8.0
# A function that dies has its copy since the last note repeated.
PAGES_PER_NOTE = 10
SAMPLES = 100
# Kept back for counting and handing back.
RESERVE_SECONDS = 30.0


class Hold(Protocol):
    """The chunk's hold: shows counts, and knows whether the job has ended."""

    has_job_ended: bool

    def show(self, loaded: int, unchanged: int, failed: int) -> None:
        """Set the counts that are shown."""
        ...


class HoldGivenUpError(Exception):
    """The rest was too much to be copied while the writes were held: they go on, and so does copying."""


class RebuildSteps:
    """Runs rebuilds."""

    def __init__(
        self,
        *,
        engine: OpenSearch,
        admin: CollectionAdmin,
        registry: CollectionRegistry,
        copier: Copier,
        embedder: DocumentEmbedder,
        seed: Callable[[], int],
    ) -> None:
        self._engine = engine
        self._admin = admin
        self._registry = registry
        self._copier = copier
        self._embedder = embedder
        self._seed = seed

    def advance(self, job: Job, name: str, deadline: Deadline, hold: Hold) -> tuple[int, bool]:
        """Copy for as long as there is time. Return how many documents were copied, and whether the rebuild is done.

        Raises `JobFailedError` when the rebuild is not possible; the collection is as it was then.
        """
        collection = self._registry.fresh(name)
        rebuild = collection.rebuild
        if rebuild is None or rebuild.job != job.id:
            if collection.former is not None and collection.index_number == job.rebuild:
                return 0, True  # it was replaced already
            raise JobFailedError(f"The rebuild of '{name}' was undone.")
        origin, target = self._admin.indices.index_of(name), index_name(collection.name, rebuild.index_number)
        release_expired(self._engine, collection.alias)
        total, passes, pages = 0, 0, 0
        done = self._stored_position(target)

        def note(count: int, position: Position) -> bool:
            nonlocal total, pages
            total, pages = total + count, pages + 1
            hold.show(total, 0, 0)
            if pages % PAGES_PER_NOTE == 0:
                self._note_position(collection, target, position)
            return not hold.has_job_ended

        while deadline.remaining() > RESERVE_SECONDS and not hold.has_job_ended:
            until = self._copier.position(origin)
            route = self._route(collection, origin, target)
            self._copier.copy(
                route,
                done,
                until,
                deadline=Deadline.after(deadline.remaining() - RESERVE_SECONDS),
                complete=self._completion(rebuild, deadline),
                copied=note,
            )
            self._note_position(collection, target, done)
            passes += 1
            left = sum(self._copier.position(origin).values()) - sum(done.values())
            if left > SMALL_REST and passes < MOST_PASSES:
                continue
            if left <= SMALL_REST or passes >= MOST_PASSES:
                # Before the hold: deletions until now, and the search structures of the new index.
                self._engine.request("POST", f"/{target}/_refresh", timeout=60.0)
                self._delete_surplus(route, target)
            if hold.has_job_ended or deadline.remaining() < RESERVE_SECONDS:
                break
            try:
                total += self._replace(collection, rebuild, origin, target, done)
            except HoldGivenUpError:
                continue
            return total, True
        return total, False

    def _route(self, live: Collection, origin: str, target: str) -> Route:
        collection = self._admin.indices.stored_in(target)
        return Route(origin, live.generation, copy_alias(collection), collection)

    def _completion(self, rebuild: Rebuild, deadline: Deadline) -> Callable[[Collection, list[dict[str, Any]]], None]:
        if not rebuild.undo:
            return lambda _, __: None

        def complete(collection: Collection, sources: list[dict[str, Any]]) -> None:
            """Make the vectors that the rebuild had dropped, for objects that were written since."""
            for name, config in collection.made_by_alto.items():
                wanted = _list_unmade(collection, name, config, sources)
                made = embed_objects(
                    partial(self._embedder.embed_documents, config, deadline=deadline), [texts for _, texts in wanted]
                )
                for (source, texts), vectors in zip(wanted, made, strict=True):
                    if isinstance(vectors, EmbeddingError):
                        if is_transient(vectors):
                            raise vectors
                        continue
                    source.setdefault("vectors", {})[name] = vectors.whole
                    source.setdefault("text_hash", {})[name] = texts.hash(config)
                    if vectors.passages:
                        source.setdefault("passages", {})[name] = vectors.passages

        return complete

    def _replace(self, collection: Collection, rebuild: Rebuild, origin: str, target: str, done: Position) -> int:
        """Hold the writes, copy the rest, verify, and let the new index take the place of the old one."""
        limit = Deadline.after(HOLD_LIMIT)
        with CollectionLock(self._engine).held(alias_of(collection.name), Deadline.after(20.0)):
            now = self._registry.fresh(collection.name)
            if now.rebuild != rebuild:
                raise JobFailedError(f"The rebuild of '{collection.name}' was undone.")
            hold = place_hold(self._engine, origin, now.identity)
            try:
                route = self._route(now, origin, target)
                until = self._copier.position(origin)
                count = self._copier.copy(route, done, until, deadline=limit, complete=self._completion(rebuild, limit))
                if any(done.get(shard, -1) < last for shard, last in until.items()):
                    raise HoldGivenUpError
                self._engine.request("POST", f"/{target}/_refresh", timeout=20.0)
                self._delete_surplus(route, target)
                self._verify(route, target)
                if limit.passed:
                    raise HoldGivenUpError
                begins = self._copier.position(target)
                self._store_notes(origin, {COPIED: begins, NEXT_VECTORS: [*route.collection.vectors]})
                self._swap(now, route.collection, origin, target, hold)
            except BaseException:
                release_hold(self._engine, origin, hold)
                raise
            finally:
                self._registry.forget(collection.name)
        # Nothing can be left, unless the hold was removed by someone who took it to be expired.
        late = self._copier.position(origin)
        if any(last > done.get(shard, -1) for shard, last in late.items()):
            self._copier.copy(route._replace(into=route.collection.alias), done, late, deadline=Deadline.after(20.0))
        return count

    def _delete_surplus(self, route: Route, target: str) -> None:
        """Delete what was deleted in the origin. What the target lacks was written since the last pass."""
        surplus = self._copier.find_surplus(route.origin, target)
        if surplus:
            self._copier.delete(route, surplus)
            self._engine.request("POST", f"/{target}/_refresh", timeout=20.0)

    def _verify(self, route: Route, target: str) -> None:
        """Raise `JobFailedError` unless the new index has the same objects: all counted, some of them compared."""
        counts = [self._copier.count(index) for index in (route.origin, target)]
        if counts[0] != counts[1]:
            raise JobFailedError(f"The new index has {counts[1]:,} objects, not {counts[0]:,}. Resume to copy again.")
        ids = self._copier.sample(route.origin, SAMPLES, self._seed())
        old, new = (self._copier.read(index, ids) for index in (route.origin, target))
        for each in ids:
            wanted, found = rebuilt(old[each], route.collection), new.get(each, {})
            is_same = found.get("properties") == wanted.get("properties") and all(
                wanted.get(part, {}).items() <= found.get(part, {}).items()
                for part in ("text_hash", "vectors", "passages")
            )
            if not is_same:
                raise JobFailedError(f"The object {each} differs in the new index. Resume to copy it again.")

    def _swap(self, now: Collection, after: Collection, origin: str, target: str, hold: str) -> None:
        alias = alias_of(now.name)
        actions = [
            {"remove": {"index": origin, "alias": hold, "must_exist": True}},
            {"remove": {"index": origin, "alias": alias, "must_exist": True}},
            {"remove": {"index": origin, "alias": now.alias, "must_exist": True}},
            {"remove": {"index": target, "alias": copy_alias(after), "must_exist": True}},
            {"add": {"index": target, "alias": alias, "is_write_index": True}},
            {"add": {"index": target, "alias": after.alias}},
        ]
        try:
            # Sent again after a broken connection: once it is done, the second one finds no hold.
            self._engine.request("POST", "/_aliases", {"actions": actions}, timeout=20.0, repeat=False)
        except Exception:
            if target not in self._engine.request("GET", f"/{alias}/_alias"):
                raise

    def _stored_position(self, index: str) -> Position:
        position: Position = self._admin.indices.meta_of(index).get(COPIED, {})
        return dict(position)

    def _note_position(self, collection: Collection, target: str, position: Position) -> None:
        """Store a position while no other function can change the configuration next to it."""
        with CollectionLock(self._engine).held(alias_of(collection.name), Deadline.after(20.0)):
            self._store_notes(target, {COPIED: position})

    def _store_notes(self, index: str, notes: dict[str, Any]) -> None:
        """Note up to where another index was copied into this one; in an index that is replaced: where the new begins.

        The mapping's notes are read and replaced as a whole: the caller holds the lock, so that no change of the
        configuration is overwritten.
        """
        body = {"_meta": {"alto": self._admin.indices.meta_of(index) | notes}}
        self._engine.request("PUT", f"/{index}/_mapping", body, repeat=True)


def _list_unmade(
    collection: Collection, name: str, config: Text2VecAws, sources: list[dict[str, Any]]
) -> list[tuple[dict[str, Any], ObjectText]]:
    """Return the documents that lack a vector that Alto makes, each with its texts."""
    unmade = []
    for source in sources:
        try:
            texts = read_texts(config, collection.name, collection.properties, source.get("properties", {}))
        except NoTextError:
            continue
        if source.get("text_hash", {}).get(name) != texts.hash(config) and name not in source.get("vectors", {}):
            unmade.append((source, texts))
    return unmade
