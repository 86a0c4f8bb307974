from collections.abc import Sequence
from typing import Any

import pytest

from lambdas.deadline import Deadline
from lambdas.embedding.text import text_hash
from lambdas.errors import EmbeddingError, InvalidObjectError, ModelThrottledError, NoTextError
from lambdas.objects.bulk import BulkOperation, BulkOutcome
from lambdas.objects.draft import WriteResult
from lambdas.objects.model import ObjectInput
from lambdas.objects.writer import ObjectWriter
from tests.builders import NOW, OWN, TITAN, collection

A, B = "00000000-0000-0000-0000-00000000000a", "00000000-0000-0000-0000-00000000000b"
BEFORE = "2026-01-01T00:00:00.000+00:00"


class FakeStore:
    """Stands for OpenSearch's `_mget` and `_bulk`, over a dictionary."""

    def __init__(self, documents: dict[str, dict[str, Any]] | None = None) -> None:
        self.documents = documents or {}

    def get_many(self, index: str, ids: Sequence[str], params: Any) -> list[dict[str, Any]]:
        assert index == collection().alias
        fields = params["_source_includes"].split(",")
        return [
            {"_id": name, "found": True, "_source": {key: found[key] for key in fields if key in found}}
            if (found := self.documents.get(name))
            else {"_id": name, "found": False}
            for name in ids
        ]

    def write(self, alias: str, operations: Sequence[BulkOperation], **_: Any) -> list[BulkOutcome]:
        outcomes = [BulkOutcome(created=operation.id not in self.documents) for operation in operations]
        self.documents |= {operation.id: operation.source or {} for operation in operations}
        return outcomes


class FakeEmbedder:
    """A vector that shows its text's length; a text with `poison` fails. Remembers what it was asked for."""

    def __init__(self) -> None:
        self.texts: list[str] = []

    def embed_documents(self, config: Any, texts: Sequence[str], **_: Any) -> list[list[float] | EmbeddingError]:
        self.texts += texts
        return [self._result(text) for text in texts]

    def _result(self, text: str) -> list[float] | EmbeddingError:
        if "poison" in text:
            return ModelThrottledError("busy")
        return [float(len(text))] if text.strip() else NoTextError("blank")


@pytest.fixture
def embedder() -> FakeEmbedder:
    return FakeEmbedder()


def write(store: FakeStore, embedder: FakeEmbedder, *objects: ObjectInput, **changes: Any) -> list[WriteResult]:
    films = collection(**({"vectors": {"default": TITAN}} | changes))
    writer = ObjectWriter(store, store, embedder, now=lambda: NOW)  # type: ignore[arg-type]
    return writer.write(films, objects, deadline=Deadline.after(60))


def film(name: str, title: str, **vectors: list[float]) -> ObjectInput:
    return ObjectInput(name, {"title": title}, vectors)


def test_text_is_embedded_and_stored_with_its_hash(embedder: FakeEmbedder) -> None:
    store = FakeStore()

    results = write(store, embedder, film(A, "Up"))

    assert results == [WriteResult(A, "created")]
    config: Any = collection(vectors={"default": TITAN}).vectors["default"]
    assert store.documents[A] == {
        "id": A,
        "lengths": {"title": 2},
        "created": "2026-11-23T09:30:00.000+00:00",
        "updated": "2026-11-23T09:30:00.000+00:00",
        "properties": {"title": "Up"},
        "vectors": {"default": [2.0]},
        "text_hash": {"default": text_hash(config, "Up")},
    }


def test_unchanged_text_costs_no_model_call_and_keeps_the_time_of_creation(embedder: FakeEmbedder) -> None:
    store = FakeStore()
    write(store, embedder, film(A, "Up"))
    store.documents[A]["created"] = BEFORE
    changed = ObjectInput(A, {"title": "Up", "year": 2009}, {})

    results = write(store, embedder, changed, film(B, "Coco"))

    assert [result.status for result in results] == ["updated", "created"]
    assert embedder.texts == ["Up", "Coco"]
    assert store.documents[A]["vectors"] == {"default": [2.0]}
    assert store.documents[A]["created"] == BEFORE
    assert store.documents[A]["properties"]["year"] == 2009


def test_changed_text_is_embedded_again(embedder: FakeEmbedder) -> None:
    store = FakeStore()
    write(store, embedder, film(A, "Up"))

    write(store, embedder, film(A, "Coco"))

    assert store.documents[A]["vectors"] == {"default": [4.0]}


def test_a_vector_that_the_caller_brings_is_stored_as_it_is(embedder: FakeEmbedder) -> None:
    store = FakeStore()

    write(store, embedder, film(A, "Up", default=[1.0] * 256))

    assert embedder.texts == []
    assert store.documents[A]["vectors"] == {"default": [1.0] * 256}
    assert "text_hash" not in store.documents[A]


def test_one_bad_object_never_fails_its_neighbours(embedder: FakeEmbedder) -> None:
    store = FakeStore()
    wrong = ObjectInput(B, {"year": "1999"}, {})

    results = write(store, embedder, film(A, "Up"), wrong, film(B, "poison"))

    assert [result.status for result in results] == ["created", "failed", "failed"]
    assert isinstance(results[1].error, InvalidObjectError)
    assert isinstance(results[2].error, ModelThrottledError)
    assert list(store.documents) == [A]


@pytest.mark.parametrize("properties", [{"year": 2009}, {"title": "  "}])
def test_an_object_without_text_is_stored_without_that_vector_and_says_so(
    embedder: FakeEmbedder, properties: dict[str, Any]
) -> None:
    store = FakeStore()

    results = write(store, embedder, ObjectInput(A, properties, {}))

    assert results == [WriteResult(A, "created", None, ("default",))]
    assert "vectors" not in store.documents[A]


def test_each_named_vector_is_made_from_its_own_text(embedder: FakeEmbedder) -> None:
    store = FakeStore()
    vectors = {
        "title": TITAN | {"source_properties": ["title"]},
        "plot": TITAN | {"source_properties": ["description"]},
        "own": OWN,
    }

    results = write(
        store, embedder, ObjectInput(A, {"title": "Up", "description": "A house flies"}, {}), vectors=vectors
    )

    assert results == [WriteResult(A, "created")]
    assert sorted(embedder.texts) == ["A house flies", "Up"]
    assert store.documents[A]["vectors"] == {"title": [2.0], "plot": [13.0]}


class RacingStore(FakeStore):
    """Another writer replaces the object after the first read of a write."""

    def __init__(self, documents: dict[str, dict[str, Any]], other: dict[str, Any]) -> None:
        super().__init__(documents)
        self._other = other
        self._reads = 0

    def get_many(self, index: str, ids: Sequence[str], params: Any) -> list[dict[str, Any]]:
        found = super().get_many(index, ids, params)
        self._reads += 1
        if self._reads == 1:
            self.documents[A] = self._other
        return found


def test_vector_replaced_between_the_two_reads_is_not_taken_over(embedder: FakeEmbedder) -> None:
    up, coco = FakeStore(), FakeStore()
    write(up, embedder, film(A, "Up"))
    write(coco, embedder, film(A, "Coco"))
    racing = RacingStore(up.documents, coco.documents[A])

    write(racing, embedder, film(A, "Up"))

    assert racing.documents[A]["properties"] == {"title": "Up"}
    assert racing.documents[A]["vectors"] == {"default": [2.0]}


LONG = " ".join(f"w{n}" for n in range(60))
WITH_PASSAGES = {"default": TITAN | {"passages": {"words": 30}}}


def long_film(title: str, description: str = LONG, **vectors: list[float]) -> ObjectInput:
    return ObjectInput(A, {"title": title, "description": description}, vectors)


def test_passages_are_embedded_with_the_object_and_stored_with_their_text(embedder: FakeEmbedder) -> None:
    store = FakeStore()

    write(store, embedder, long_film("Up"), film(B, "Alien"), vectors=WITH_PASSAGES)

    first, second = " ".join(LONG.split()[:30]), " ".join(LONG.split()[30:])
    assert embedder.texts == [f"{LONG} Up", f"Up {first}", f"Up {second}", "Alien"]
    assert store.documents[A]["passages"] == {
        "default": [
            {"text": first, "vector": [float(len(first) + 3)]},
            {"text": second, "vector": [float(len(second) + 3)]},
        ]
    }
    assert "passages" not in store.documents[B]


def test_passages_of_an_unchanged_text_are_kept_without_a_call(embedder: FakeEmbedder) -> None:
    store = FakeStore()
    write(store, embedder, long_film("Up"), vectors=WITH_PASSAGES)
    stored = store.documents[A]["passages"]
    embedder.texts.clear()

    changed = long_film("Up")
    changed.properties["year"] = 2009
    write(store, embedder, changed, vectors=WITH_PASSAGES)

    assert embedder.texts == []
    assert (store.documents[A]["passages"], store.documents[A]["properties"]["year"]) == (stored, 2009)


@pytest.mark.parametrize("changed", [long_film("Up", "short"), long_film("Up", default=[1.0] * 256)])
def test_passages_of_a_text_that_is_gone_are_gone(embedder: FakeEmbedder, changed: ObjectInput) -> None:
    store = FakeStore()
    write(store, embedder, long_film("Up"), vectors=WITH_PASSAGES)

    write(store, embedder, changed, vectors=WITH_PASSAGES)

    assert "passages" not in store.documents[A]


def test_a_passage_without_a_vector_fails_its_object_alone(embedder: FakeEmbedder) -> None:
    store = FakeStore()

    failed, stored = write(store, embedder, long_film("Up", f"{LONG} poison"), film(B, "Alien"), vectors=WITH_PASSAGES)

    assert (failed.status, stored.status) == ("failed", "created")
    assert list(store.documents) == [B]
