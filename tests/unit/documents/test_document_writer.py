"""A changed document replaces its passages: readers see the old or the new ones, whatever is interrupted."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest

from lambdas.collections.model import Collection
from lambdas.deadline import Deadline
from lambdas.document_imports.document_writer import DocumentResult, DocumentWriter
from lambdas.document_imports.stored_documents import StoredDocument
from lambdas.documents.blocks import Block
from lambdas.embedding.text import text_hash
from lambdas.errors import ModelInputError, ModelThrottledError, SearchEngineUnavailableError
from lambdas.objects.bulk import BulkWriter
from lambdas.objects.hidden_versions import INDEX, read_consistently, visible_only
from lambdas.objects.writer import ObjectWriter
from tests.document_engine import FakeEngine, matches

NOW = datetime(2026, 11, 28, tzinfo=UTC)
COLLECTION = Collection.model_validate(
    {
        "name": "Manual",
        "documents": {"size": 200},
        "properties": [{"name": "year", "type": "int"}],
        "vectors": {
            "default": {
                "vectorizer": "text2vec-aws",
                "service": "bedrock",
                "region": "us-east-1",
                "model": "amazon.titan-embed-text-v2:0",
                "dimensions": 256,
            }
        },
        "created": NOW,
        "updated": NOW,
    }
)


class Stopped(Exception):  # noqa: N818 - not an error of Alto's
    """The function was killed."""


class FakeEmbedder:
    """Counts the texts that it embeds. `refuses` has parts of texts that it refuses, with the errors."""

    def __init__(self) -> None:
        self.embedded: list[str] = []
        self.refuses: dict[str, Exception] = {}

    def knowing(self, known: Mapping[str, Any]) -> "KnowingEmbedder":
        return KnowingEmbedder(self, known)


class KnowingEmbedder:
    """As `PreparedEmbedder`."""

    def __init__(self, embedder: FakeEmbedder, known: Mapping[str, Any]) -> None:
        self._embedder = embedder
        self._known = known

    def embed_documents(self, config: Any, texts: list[str], **_: Any) -> list[Any]:
        found: list[Any] = []
        for text in texts:
            known = self._known.get(text_hash(config, text))
            error = next((error for part, error in self._embedder.refuses.items() if part in text), None)
            if known is None and error is None:
                self._embedder.embedded.append(text)
            found.append(error or (known.tolist() if known is not None else [float(len(text))] * 256))
        return found


class World:
    """A collection, what reads it after each step, and what writes it."""

    def __init__(self) -> None:
        self.engine = FakeEngine()
        self.embedder = FakeEmbedder()
        self.pauses: list[float] = []
        self.views: list[frozenset[str]] = []

    def write(self, *documents: StoredDocument) -> list[DocumentResult]:
        bulk = BulkWriter(self.engine)  # type: ignore[arg-type]

        def writer_of(known: Mapping[str, Any]) -> ObjectWriter:
            return ObjectWriter(self.engine, bulk, self.embedder.knowing(known))  # type: ignore[arg-type]

        writer = DocumentWriter(self.engine, bulk, writer_of, self.pauses.append)  # type: ignore[arg-type]
        return writer.write(COLLECTION, documents, {}, deadline=Deadline.after(60))

    def remove(self, name: str) -> DocumentResult:
        bulk = BulkWriter(self.engine)  # type: ignore[arg-type]
        writer = DocumentWriter(self.engine, bulk, lambda _: None, self.pauses.append)  # type: ignore[arg-type, return-value]
        return writer.remove(COLLECTION, name, deadline=Deadline.after(60))

    def read(self) -> frozenset[str]:
        """What a search finds now."""
        step, self.engine.step = self.engine.step, lambda _method, _path: None

        def search(always: list[dict[str, Any]]) -> frozenset[str]:
            query = {"bool": {"filter": always}}
            found = self.engine.seen.get(COLLECTION.alias, {}).values()
            texts = [each["_source"]["properties"]["text"] for each in found if matches(query, each["_source"])]
            return frozenset(texts)

        try:
            return read_consistently(self.engine, COLLECTION, search)  # type: ignore[arg-type]
        finally:
            self.engine.step = step

    def watch(self, stop_after: int | None = None) -> None:
        """Read before each request, with a refresh at any time; stop after so many requests."""
        self.views.clear()

        def step(_method: str, _path: str) -> None:
            if stop_after is not None and len(self.views) == stop_after:
                raise Stopped
            self.engine.seen[COLLECTION.alias] = {**self.engine.stored.get(COLLECTION.alias, {})}
            self.views.append(self.read())

        self.engine.step = step

    @property
    def hidden(self) -> list[str]:
        """The versions that are hidden now."""
        found = self.engine.stored.get(INDEX, {}).get(COLLECTION.alias)
        return [] if found is None else list(found["_source"]["versions"])


def paragraph(text: str) -> str:
    return f"{text} {'x' * 150}"


def document(*texts: str, name: str = "a.md", **fields: Any) -> StoredDocument:
    blocks = tuple(Block("text", paragraph(text)) for text in texts)
    return StoredDocument(name, f"s3://b/Manual/{name}", blocks=blocks, **fields)


def view(*texts: str) -> frozenset[str]:
    return frozenset(map(paragraph, texts))


OLD, NEW = ("one", "two", "three"), ("one", "deux", "three", "four")


@pytest.fixture
def world() -> World:
    return World()


def test_a_document_is_stored_as_its_passages_in_order(world: World) -> None:
    [result] = world.write(document(*OLD))

    stored = [each["_source"]["properties"] for each in world.engine.stored[COLLECTION.alias].values()]
    assert (result.error, result.passages) == (None, 3)
    assert sorted((each["ordinal"], each["text"]) for each in stored) == list(enumerate(map(paragraph, OLD)))
    assert world.pauses == []


def test_the_same_document_is_unchanged_and_costs_nothing(world: World) -> None:
    world.write(document(*OLD))
    world.embedder.embedded.clear()

    [result] = world.write(document(*OLD))

    assert result.unchanged_since is not None
    assert world.embedder.embedded == []


def test_readers_see_old_or_new_passages_at_every_step(world: World) -> None:
    world.write(document(*OLD))
    world.watch()

    world.write(document(*NEW))

    assert set(world.views) == {view(*OLD), view(*NEW)}
    assert world.read() == view(*NEW)
    assert world.hidden == []
    assert len(world.engine.stored[COLLECTION.alias]) == len(NEW)


def test_only_passages_with_a_new_text_are_embedded(world: World) -> None:
    world.write(document(*OLD))
    world.embedder.embedded.clear()

    world.write(document(*NEW))

    assert world.embedder.embedded == [paragraph("deux"), paragraph("four")]


@pytest.mark.parametrize("killed_after", range(1, 16))
def test_a_killed_replacement_is_finished_by_the_next_delivery(world: World, killed_after: int) -> None:
    world.write(document(*OLD))
    world.watch(stop_after=killed_after)
    try:
        world.write(document(*NEW))
    except Stopped:
        world.watch()
        world.write(document(*NEW))

    assert set(world.views) <= {view(*OLD), view(*NEW)}
    assert world.read() == view(*NEW)
    assert (len(world.engine.stored[COLLECTION.alias]), world.hidden) == (len(NEW), [])


@pytest.mark.parametrize("killed_after", range(1, 16))
def test_a_killed_replacement_is_followed_by_another_version(world: World, killed_after: int) -> None:
    world.write(document(*OLD))
    world.watch(stop_after=killed_after)
    try:
        world.write(document(*NEW))
    except Stopped:
        world.watch()
    world.write(document("last"))

    assert set(world.views) <= {view(*OLD), view(*NEW), view("last")}
    assert world.read() == view("last")
    assert (len(world.engine.stored[COLLECTION.alias]), world.hidden) == (1, [])


def test_a_document_that_returns_to_its_old_version_is_shown_again(world: World) -> None:
    world.write(document(*OLD))
    world.write(document(*NEW))
    world.write(document(*OLD))

    assert world.read() == view(*OLD)


def test_a_document_with_a_passage_that_fails_keeps_its_old_passages(world: World) -> None:
    world.write(document(*OLD))
    world.embedder.refuses = {"four": ModelInputError("No.")}
    world.watch()

    [result] = world.write(document(*NEW))

    assert isinstance(result.error, ModelInputError)
    assert set(world.views) == {view(*OLD)}
    assert (len(world.engine.stored[COLLECTION.alias]), world.hidden) == (len(OLD), [])


def test_a_new_document_with_a_passage_that_fails_leaves_nothing(world: World) -> None:
    world.embedder.refuses = {"two": ModelInputError("No.")}

    [failed, good] = world.write(document(*OLD), document("good", name="b.md"))

    assert (failed.error is None, good.error) == (False, None)
    assert world.read() == view("good")
    assert world.hidden == []


def test_a_document_that_has_to_wait_is_finished_later(world: World) -> None:
    world.write(document(*OLD))
    world.embedder.refuses = {"four": ModelThrottledError("Slow down.")}
    world.watch()
    [result] = world.write(document(*NEW))
    world.embedder.refuses = {}

    assert isinstance(result.error, ModelThrottledError)
    world.write(document(*NEW))
    assert set(world.views) == {view(*OLD), view(*NEW)}
    assert world.read() == view(*NEW)


def test_of_two_documents_with_one_name_the_last_one_is_stored(world: World) -> None:
    results = world.write(document("first"), document("second"))

    assert [result.error for result in results] == [None, None]
    assert world.read() == view("second")


def test_a_removed_document_disappears_at_once(world: World) -> None:
    world.write(document(*OLD), document("other", name="b.md"))
    world.watch()

    world.remove("a.md")

    assert set(world.views) == {view(*OLD, "other"), view("other")}
    assert world.remove("a.md").unchanged_since is not None


def test_a_search_that_took_long_is_repeated_if_the_versions_changed(world: World) -> None:
    world.write(document(*OLD))
    seen: list[list[dict[str, Any]]] = []
    clock = iter([0.0, 5.0, 5.0, 5.1])

    def search(always: list[dict[str, Any]]) -> int:
        seen.append(always)
        world.write(document(*NEW)) if len(seen) == 1 else None
        world.engine.stored[INDEX][COLLECTION.alias]["_source"]["versions"] = {"v": "a.md"}
        return len(seen)

    assert read_consistently(world.engine, COLLECTION, search, lambda: next(clock)) == 2  # type: ignore[arg-type]
    assert seen == [[], visible_only(["v"])]


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"error": "The PDF has no text.", "page": 3}, "a.md: The PDF has no text."),
        ({"metadata": {"colour": "red"}}, "'colour', which is not a property of 'Manual'"),
        ({"metadata": {"page": 3}}, "'page', which each passage has for another purpose"),
        ({"metadata": {"year": "later"}}, "year"),
    ],
)
def test_a_document_that_cannot_be_stored_says_why(world: World, fields: dict[str, Any], problem: str) -> None:
    [result] = world.write(document("text", **fields))

    assert problem in str(result.error)
    assert world.engine.stored.get(COLLECTION.alias, {}) == {}


def test_metadata_are_kept_with_each_passage(world: World) -> None:
    world.write(document(*OLD, metadata={"year": 1994, "title": "Given"}))

    stored = [each["_source"]["properties"] for each in world.engine.stored[COLLECTION.alias].values()]
    assert {(each["year"], each["title"]) for each in stored} == {(1994, "Given")}


def test_a_broken_engine_is_an_error_of_the_delivery(world: World) -> None:
    def fail(_method: str, _path: str) -> None:
        raise SearchEngineUnavailableError("Gone.")

    world.engine.step = fail
    with pytest.raises(SearchEngineUnavailableError):
        world.write(document(*OLD))
