"""Writes objects: check, read what is stored, embed what changed, write in bulk."""

from array import array
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal, Protocol

from lambdas.aws.credentials import AwsCredentials
from lambdas.collections.expiry import has_expired
from lambdas.collections.model import Collection
from lambdas.deadline import Deadline
from lambdas.embedding.config import Text2VecAws
from lambdas.embedding.embedding_run import Result
from lambdas.embedding.passages import ObjectText, StoredPassage, embed_objects, read_texts
from lambdas.errors import AltoError, EmbeddingError, NoTextError
from lambdas.objects.auto_schema import extend_for_objects
from lambdas.objects.bulk import BulkAction, BulkOperation, BulkWriter
from lambdas.objects.document import document
from lambdas.objects.model import ObjectInput
from lambdas.objects.values import check_properties
from lambdas.objects.vectors import check_vectors
from lambdas.opensearch import OpenSearch


@dataclass(frozen=True, slots=True)
class WriteResult:
    """The result of writing one object."""

    id: str
    status: Literal["created", "updated", "unchanged", "failed"]
    error: AltoError | None = None
    # Vectors that the object was stored without, because it has no text for them.
    without_text: tuple[str, ...] = ()
    # The document as it is stored now, and its version.
    source: dict[str, Any] | None = field(default=None, compare=False, repr=False)
    version: str | None = field(default=None, compare=False)
    # When an unchanged object was last written.
    unchanged_since: datetime | None = None
    key: str | None = None


@dataclass(slots=True)
class Draft:
    """An object on its way to OpenSearch."""

    item: ObjectInput
    created: str
    vectors: dict[str, list[float]] = field(default_factory=dict)
    # The passages of vectors that have some.
    passages: dict[str, list[StoredPassage]] = field(default_factory=dict)
    text_hashes: dict[str, str] = field(default_factory=dict)
    without_text: list[str] = field(default_factory=list)
    error: AltoError | None = None
    source: dict[str, Any] | None = None
    version: str | None = None
    # When the stored object, which equals this one, was written (RFC 3339).
    unchanged_since: str | None = None


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
        self._engine = engine
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
        operations = [_build_operation(collection, draft, now, action) for draft in sound]
        outcomes = self._bulk.write(collection.alias, operations, deadline=deadline, refresh=refresh)
        created = set()
        for draft, operation, outcome in zip(sound, operations, outcomes, strict=True):
            draft.error, draft.source, draft.version = outcome.error, operation.source, outcome.version
            if outcome.created:
                created.add(id(draft))
        return [_report(draft, was_created=id(draft) in created) for draft in drafts]

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
            _check(collection, draft)
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
    ) -> dict[str, list[tuple[Draft, ObjectText]]]:
        """Return the texts of each vector that Alto makes, after drafts took over stored vectors."""
        wanted = {
            name: _draft_texts(collection, name, config, drafts) for name, config in collection.made_by_alto.items()
        }
        self._take_over(collection, drafts, wanted, compare=compare, reuse=reuse)
        return wanted

    def _take_over(
        self,
        collection: Collection,
        drafts: list[Draft],
        wanted: Mapping[str, list[tuple[Draft, ObjectText]]],
        *,
        compare: bool,
        reuse: bool,
    ) -> None:
        """Keep the creation time of objects that exist, and the vectors whose text has not changed."""
        fields = ["created", "key", "text_hash"] + (["updated", "properties"] if compare else [])
        if collection.expiry is not None:
            fields.append(collection.expiry.date_field())
        stored = self._read_stored(collection, [draft.item.id for draft in drafts], fields)
        # An object that has expired is gone: what is written under its id is new.
        stored = {
            name: source for name, source in stored.items() if not has_expired(collection.expiry, source, self._now())
        }
        keys = {name: source["key"] for name, source in stored.items() if "key" in source}
        keys |= {draft.item.id: draft.item.key for draft in drafts if draft.item.key is not None}
        for draft in drafts:
            draft.item = draft.item._replace(key=draft.item.key or keys.get(draft.item.id))
            if draft.item.id in stored:
                draft.created = stored[draft.item.id]["created"]
        # Of objects that share an id the last one wins, so none of them may be left out.
        times = Counter(draft.item.id for draft in drafts)
        same = [
            draft
            for draft in drafts
            if compare and times[draft.item.id] == 1 and _has_same_text(draft, stored.get(draft.item.id))
        ]
        unchanged = [
            (name, draft)
            for name, pairs in wanted.items()
            for draft, _ in pairs
            if reuse and draft.text_hashes[name] == stored.get(draft.item.id, {}).get("text_hash", {}).get(name)
        ]
        # The vectors of most unchanged objects need not be read: the hash of their text shows that they are right.
        taken = {draft.item.id for _, draft in unchanged} - {draft.item.id for draft in same}
        sent = {draft.item.id for draft in same if draft.item.vectors}
        # With the hash that belongs to them: another writer may have replaced the object since the first read.
        parts = ["vectors", "text_hash", *(["passages"] if collection.vectors_with_passages else [])]
        vectors = self._read_stored(collection, sorted(taken | sent), parts)
        for draft in same:
            if _has_same_vectors(draft, vectors.get(draft.item.id, {}).get("vectors", {})):
                draft.unchanged_since = stored[draft.item.id]["updated"]
        for name, draft in unchanged:
            stored_now = vectors.get(draft.item.id, {})
            vector = stored_now.get("vectors", {}).get(name)
            if vector is not None and stored_now.get("text_hash", {}).get(name) == draft.text_hashes[name]:
                draft.vectors[name] = vector
                if passages := stored_now.get("passages", {}).get(name):
                    draft.passages[name] = passages

    def _read_stored(self, collection: Collection, ids: list[str], fields: list[str]) -> dict[str, dict[str, Any]]:
        if not ids:
            return {}
        documents = self._engine.get_many(collection.alias, ids, {"_source_includes": ",".join(fields)})
        return {found["_id"]: found["_source"] for found in documents if found["found"]}


def _list_missing(name: str, pairs: Sequence[tuple[Draft, ObjectText]]) -> list[tuple[Draft, ObjectText]]:
    """Return the drafts whose vector is neither sent nor taken over."""
    return [(draft, text) for draft, text in pairs if name not in draft.vectors and draft.unchanged_since is None]


def _check(collection: Collection, draft: Draft) -> None:
    try:
        if draft.error is None:
            check_properties(collection, draft.item.properties)
            check_vectors(collection, draft.item.vectors)
    except AltoError as error:
        draft.error = error


def _build_operation(collection: Collection, draft: Draft, now: str, action: BulkAction) -> BulkOperation:
    source = document(
        collection,
        draft.item,
        vectors=draft.vectors,
        passages=draft.passages,
        text_hashes=draft.text_hashes,
        created=draft.created,
        updated=now,
    )
    return BulkOperation(draft.item.id, source, action, draft.item.if_version)


def _draft_texts(
    collection: Collection, name: str, config: Text2VecAws, drafts: list[Draft]
) -> list[tuple[Draft, ObjectText]]:
    """Return the drafts that need this vector, each with the texts to embed."""
    pairs: list[tuple[Draft, ObjectText]] = []
    for draft in drafts:
        if name in draft.vectors:
            continue
        try:
            texts = read_texts(config, collection.name, collection.properties, draft.item.properties)
        except NoTextError:
            draft.without_text.append(name)
            continue
        draft.text_hashes[name] = texts.hash(config)
        pairs.append((draft, texts))
    return pairs


def _has_same_text(draft: Draft, stored: Mapping[str, Any] | None) -> bool:
    """Whether the stored object has the same properties, and was embedded from the same texts."""
    if stored is None:
        return False
    return bool(
        stored.get("properties", {}) == draft.item.properties
        and stored.get("text_hash", {}) == draft.text_hashes
        and stored.get("key") == draft.item.key
    )


def _has_same_vectors(draft: Draft, stored: Mapping[str, list[float]]) -> bool:
    """Whether the vectors sent with the object are stored. OpenSearch keeps 32 bits of each number."""
    return all(
        name in stored and array("f", vector) == array("f", stored[name]) for name, vector in draft.item.vectors.items()
    )


def _report(draft: Draft, *, was_created: bool) -> WriteResult:
    if draft.error is not None:
        return WriteResult(draft.item.id, "failed", draft.error, key=draft.item.key)
    if draft.unchanged_since is not None:
        since = datetime.fromisoformat(draft.unchanged_since)
        return WriteResult(draft.item.id, "unchanged", None, tuple(draft.without_text), unchanged_since=since)
    return WriteResult(
        draft.item.id,
        "created" if was_created else "updated",
        None,
        tuple(draft.without_text),
        draft.source,
        draft.version,
        key=draft.item.key,
    )
