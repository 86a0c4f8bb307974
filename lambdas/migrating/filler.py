"""Gives stored objects the vectors that they lack, while other writers go on.

An object is changed only if it still has the version whose text was embedded. So a writer that replaces it meanwhile
always wins, with the vector of its own text: it knows the vector, because no function can write any more that remembers
the collection without it (`Collection.generation`).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any

from lambdas.collections.model import Collection
from lambdas.deadline import Deadline
from lambdas.embedding.passages import ObjectText, StoredPassage, embed_objects, read_texts
from lambdas.errors import (
    AltoError,
    CollectionNotFoundError,
    EmbeddingError,
    NoTextError,
    ObjectNotFoundError,
    SearchEngineUnavailableError,
    VersionConflictError,
)
from lambdas.objects.bulk import BulkOperation, BulkWriter, version_of
from lambdas.objects.model import ObjectInput
from lambdas.objects.writer import DocumentEmbedder
from lambdas.opensearch import IndexMissingError, OpenSearch

# How often an object is read again that was changed between reading and writing it.
ATTEMPTS = 10
# Vectors that are there were made by another writer: a job counts their objects as unchanged.
LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class FillResult:
    """The result for one object: filled, or unchanged since `LONG_AGO`, or an error."""

    error: AltoError | None = None
    unchanged_since: datetime | None = None


UNCHANGED = FillResult(unchanged_since=LONG_AGO)
FILLED = FillResult()


@dataclass(slots=True)
class _Draft:
    """A stored object and the vectors that it gets. The rest of its document is not touched."""

    object_id: str
    version: str
    vectors: dict[str, list[float]]
    hashes: dict[str, str]
    passages: dict[str, list[StoredPassage]]
    error: AltoError | None = None


class VectorFiller:
    """Gives objects their vectors. `newer` returns a collection as it is now, if it has changed."""

    def __init__(
        self,
        engine: OpenSearch,
        bulk: BulkWriter,
        embedder: DocumentEmbedder,
        newer: Callable[[Collection], Collection | None] = lambda _: None,
    ) -> None:
        self._engine = engine
        self._bulk = bulk
        self._embedder = embedder
        self._newer = newer

    def write(
        self,
        collection: Collection,
        objects: Sequence[ObjectInput],
        *,
        deadline: Deadline,
        skip_unchanged: bool = True,  # noqa: ARG002 - those that have their vectors are always skipped
    ) -> list[FillResult]:
        """Give the objects of these ids the vectors of the collection that they lack; report each, in order.

        An object that was deleted or has no text lacks nothing. Raises what the search engine raises.
        """
        results: dict[str, FillResult] = {}
        pending = list(dict.fromkeys(item.id for item in objects))
        for _ in range(ATTEMPTS):
            try:
                results |= self._fill(collection, pending, deadline)
            except (IndexMissingError, CollectionNotFoundError):
                collection = self._current(collection)
                continue
            # Another writer was faster, or the response was lost: what is stored now decides.
            pending = [
                each
                for each in pending
                if isinstance(results[each].error, (VersionConflictError, SearchEngineUnavailableError))
            ]
            if not pending or deadline.passed:
                break
        unread = FillResult(SearchEngineUnavailableError("The object changes all the time; its turn comes again."))
        for each in pending:
            if not isinstance(results.get(each, unread).error, SearchEngineUnavailableError):
                results[each] = unread
        return [results.get(item.id, unread) for item in objects]

    def texts_to_embed(self, collection: Collection, objects: Sequence[ObjectInput]) -> dict[str, list[str]]:
        """Return the texts, by vector, that `write` would embed."""
        found = self._read(collection, [item.id for item in objects])
        wanted = self._missing(collection, found)
        return {name: [text for _, texts in pairs for text in texts.embedded] for name, pairs in wanted.items()}

    def _current(self, collection: Collection) -> Collection:
        newer = self._newer(collection)
        if newer is None:
            raise CollectionNotFoundError(f"There is no collection '{collection.name}' any more.")
        return newer

    def _read(self, collection: Collection, ids: Sequence[str]) -> dict[str, Mapping[str, Any]]:
        vectors = [f"vectors.{name}" for name in collection.made_by_alto]
        fields = ",".join(["properties", "text_hash", *vectors])
        found = self._engine.get_many(collection.alias, ids, {"_source_includes": fields}) if ids else []
        return {each["_id"]: each for each in found if each["found"]}

    def _fill(self, collection: Collection, ids: Sequence[str], deadline: Deadline) -> dict[str, FillResult]:
        found = self._read(collection, ids)
        drafts = {each: _Draft(each, version_of(document), {}, {}, {}) for each, document in found.items()}
        for name, pairs in self._missing(collection, found).items():
            config = collection.made_by_alto[name]
            made = embed_objects(
                partial(self._embedder.embed_documents, config, deadline=deadline), [texts for _, texts in pairs]
            )
            for (object_id, texts), vectors in zip(pairs, made, strict=True):
                draft = drafts[object_id]
                if isinstance(vectors, NoTextError):
                    continue
                if isinstance(vectors, EmbeddingError):
                    draft.error = vectors
                else:
                    draft.vectors[name] = vectors.whole
                    draft.hashes[name] = texts.hash(config)
                    if config.passages is not None:
                        # Also none: they replace those of another text.
                        draft.passages[name] = vectors.passages
        sound = [draft for draft in drafts.values() if draft.vectors and draft.error is None]
        operations = [
            BulkOperation(
                draft.object_id,
                {"vectors": draft.vectors, "text_hash": draft.hashes}
                | ({"passages": draft.passages} if draft.passages else {}),
                "update",
                draft.version,
            )
            for draft in sound
        ]
        outcomes = self._bulk.write(collection.alias, operations, deadline=deadline, refresh=False)
        errors = {draft.object_id: outcome.error for draft, outcome in zip(sound, outcomes, strict=True)}
        if gone := next((each for each in errors.values() if isinstance(each, CollectionNotFoundError)), None):
            raise gone
        results = dict.fromkeys(ids, UNCHANGED)
        for each, draft in drafts.items():
            error = draft.error or errors.get(each)
            if error is not None and not isinstance(error, ObjectNotFoundError):
                results[each] = FillResult(error)
            elif error is None and draft.vectors:
                results[each] = FILLED
        return results

    def _missing(
        self, collection: Collection, found: Mapping[str, Mapping[str, Any]]
    ) -> dict[str, list[tuple[str, ObjectText]]]:
        """Return for each vector the objects that lack it, or have that of another text, with their texts."""
        missing: dict[str, list[tuple[str, ObjectText]]] = {}
        for name, config in collection.made_by_alto.items():
            for object_id, document in found.items():
                source = document["_source"]
                kept = source.get("text_hash", {}).get(name)
                if kept is None and source.get("vectors", {}).get(name) is not None:
                    continue  # the caller sent it
                try:
                    texts = read_texts(config, collection.name, collection.properties, source.get("properties", {}))
                except NoTextError:
                    continue
                if kept != texts.hash(config):
                    missing.setdefault(name, []).append((object_id, texts))
        return missing
