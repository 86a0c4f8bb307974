"""Writes objects: check, read what is stored, embed what changed, write in bulk."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Protocol

from lambdas.aws.credentials import AwsCredentials
from lambdas.collections.model import Collection
from lambdas.deadline import Deadline
from lambdas.embedding.config import Text2VecAws
from lambdas.embedding.embedding_run import Result
from lambdas.embedding.passages import embed_objects
from lambdas.errors import EmbeddingError, NoTextError
from lambdas.objects.auto_schema import extend_for_objects
from lambdas.objects.bulk import BulkAction, BulkWriter
from lambdas.objects.draft import Draft, DraftTexts, WriteResult, collect_texts
from lambdas.objects.model import ObjectInput
from lambdas.objects.stored_objects import StoredObjects
from lambdas.opensearch import OpenSearch


class SchemaKeeper(Protocol):
    """Adds properties to collections."""

    def add(self, extended: Collection) -> Collection:
        """Add the missing properties to the stored collection and return it."""
        ...

    def keep_keys(self, collection: Collection) -> None:
        """Let the collection's index keep the keys of objects, if it was made before there were any."""
        ...


class DocumentEmbedder(Protocol):
    """Embeds texts."""

    def embed_documents(
        self,
        config: Text2VecAws,
        texts: Sequence[str],
        *,
        deadline: Deadline,
        credentials: AwsCredentials | None = None,
    ) -> list[Result]:
        """Return the vector of each text, or its error, in order."""
        ...


class ObjectWriter:
    """Inserts and replaces objects."""

    def __init__(
        self,
        engine: OpenSearch,
        bulk: BulkWriter,
        embedder: DocumentEmbedder,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        schema: SchemaKeeper | None = None,
    ) -> None:
        self._stored = StoredObjects(engine, now)
        self._schema = schema
        self._bulk = bulk
        self._embedder = embedder
        self._now = now
        # The aliases of collections that keep keys.
        self._keeping_keys: set[str] = set()

    def write(
        self,
        collection: Collection,
        objects: Sequence[ObjectInput],
        *,
        deadline: Deadline,
        credentials: AwsCredentials | None = None,
        refresh: bool = False,
        action: BulkAction = "index",
        skip_unchanged: bool = False,
        reuse_vectors: bool = True,
    ) -> list[WriteResult]:
        """Store the objects and report the result of each, in order. One object's error never fails another.

        `refresh` waits until searches see the objects. With the action `create`, an id that exists is an error.
        `skip_unchanged` leaves objects alone that are stored with the same properties and vectors already.
        Without `reuse_vectors` every text is embedded, also where the stored hash says that it has not changed.
        Raises `SearchEngineUnavailableError` when OpenSearch cannot be reached.
        """
        now = self._now().isoformat(timespec="milliseconds")
        # Where objects expire some time after they were last written, writing one again keeps it.
        skip_unchanged = skip_unchanged and (collection.expiry is None or collection.expiry.property != "_updated")
        collection, drafts = self._make_drafts(collection, objects, now)
        sound = [draft for draft in drafts if draft.error is None]
        self._vectorize(collection, sound, deadline, credentials, compare=skip_unchanged, reuse=reuse_vectors)
        sound = [draft for draft in sound if draft.error is None and draft.unchanged_since is None]
        if any(draft.item.key is not None for draft in sound):
            self._keep_keys(collection)
        operations = [draft.operation(collection, now, action) for draft in sound]
        outcomes = self._bulk.write(collection.alias, operations, deadline=deadline, refresh=refresh)
        created = set()
        for draft, operation, outcome in zip(sound, operations, outcomes, strict=True):
            draft.error, draft.source, draft.version = outcome.error, operation.source, outcome.version
            if outcome.created:
                created.add(id(draft))
        return [draft.report(was_created=id(draft) in created) for draft in drafts]

    def texts_to_embed(self, collection: Collection, objects: Sequence[ObjectInput]) -> dict[str, list[str]]:
        """Return the texts, by vector, that writing these objects would embed. Unchanged objects need none.

        Raises `SearchEngineUnavailableError` when OpenSearch cannot be reached.
        """
        collection, drafts = self._make_drafts(collection, objects, "")
        wanted = self._collect_texts(collection, [draft for draft in drafts if draft.error is None], compare=True)
        return {
            name: [text for _, texts in _list_missing(name, pairs) for text in texts.embedded]
            for name, pairs in wanted.items()
        }

    def _make_drafts(
        self, collection: Collection, objects: Sequence[ObjectInput], now: str
    ) -> tuple[Collection, list[Draft]]:
        """Return checked drafts, and the collection with the properties that auto-schema added."""
        drafts = [Draft(item=item, created=now, vectors=dict(item.vectors)) for item in objects]
        collection = self._extend_schema(collection, drafts)
        for draft in drafts:
            draft.check(collection)
        return collection, drafts

    def _extend_schema(self, collection: Collection, drafts: list[Draft]) -> Collection:
        """Add the properties that auto-schema finds in the objects, and return the collection."""
        if self._schema is None or not collection.auto_schema:
            return collection
        extended, errors = extend_for_objects(collection, [draft.item.properties for draft in drafts])
        for place, error in errors.items():
            drafts[place].error = error
        return extended if extended is collection else self._schema.add(extended)

    def _keep_keys(self, collection: Collection) -> None:
        if self._schema is not None and collection.alias not in self._keeping_keys:
            self._schema.keep_keys(collection)
            self._keeping_keys.add(collection.alias)

    def _vectorize(
        self,
        collection: Collection,
        drafts: list[Draft],
        deadline: Deadline,
        credentials: AwsCredentials | None,
        *,
        compare: bool,
        reuse: bool,
    ) -> None:
        """Give each draft its vectors: sent by the caller, taken over from the stored object, or embedded now."""
        configs = collection.made_by_alto
        wanted = self._collect_texts(collection, drafts, compare=compare, reuse=reuse)

        def embed(name: str) -> None:
            todo = _list_missing(name, wanted[name])
            made = embed_objects(
                lambda texts: self._embedder.embed_documents(
                    configs[name], texts, deadline=deadline, credentials=credentials
                ),
                [texts for _, texts in todo],
            )
            for (draft, _), vectors in zip(todo, made, strict=True):
                if isinstance(vectors, NoTextError):
                    draft.without_text.append(name)
                    del draft.text_hashes[name]
                elif isinstance(vectors, EmbeddingError):
                    draft.error = vectors
                else:
                    draft.vectors[name] = vectors.whole
                    if vectors.passages:
                        draft.passages[name] = vectors.passages

        if len(wanted) == 1:
            embed(next(iter(wanted)))
        elif wanted:
            with ThreadPoolExecutor(len(wanted)) as threads:
                list(threads.map(embed, wanted))

    def _collect_texts(
        self, collection: Collection, drafts: list[Draft], *, compare: bool, reuse: bool = True
    ) -> dict[str, DraftTexts]:
        """Return the texts of each vector that Alto makes, after drafts took over stored vectors."""
        wanted = {
            name: collect_texts(collection, name, config, drafts) for name, config in collection.made_by_alto.items()
        }
        self._stored.take_over(collection, drafts, wanted, compare=compare, reuse=reuse)
        return wanted


def _list_missing(name: str, pairs: DraftTexts) -> DraftTexts:
    """Return the drafts whose vector is neither sent nor taken over."""
    return [(draft, text) for draft, text in pairs if name not in draft.vectors and draft.unchanged_since is None]
