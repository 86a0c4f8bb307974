"""Retrievers, alone and in a pipeline, and documents that come back as they were."""

from typing import Any

import pytest
from haystack import Document, Pipeline
from haystack.dataclasses import ByteStream
from haystack.document_stores.errors import DocumentStoreError
from haystack_integrations.components.retrievers.alto import (
    AltoBM25Retriever,
    AltoEmbeddingRetriever,
    AltoHybridRetriever,
)
from haystack_integrations.document_stores.alto import AltoDocumentStore

EMBEDDING = [0.5, 0.5] + [0.0] * 766
FILMS = [
    Document(id="carol", content="An old miser and three ghosts", meta={"year": 2009}, embedding=EMBEDDING),
    Document(id="family", content="A family of criminals", meta={"year": 1972}, embedding=[1.0] + [0.0] * 767),
    Document(id="space", content="Two friends travel through space", meta={"year": 2014}, embedding=[0.0] * 768),
]
NEW = {"field": "meta.year", "operator": ">", "value": 2000}


def ids(result: dict[str, list[Document]]) -> list[str]:
    return [document.id for document in result["documents"]]


def test_an_embedding_finds_its_neighbours(store: AltoDocumentStore) -> None:
    store.write_documents(FILMS)
    retriever = AltoEmbeddingRetriever(store, top_k=2)
    result = retriever.run([1.0] + [0.0] * 767)
    assert ids(result) == ["family", "carol"]
    scores = [document.score or 0.0 for document in result["documents"]]
    assert scores == sorted(scores, reverse=True)
    assert ids(retriever.run([1.0] + [0.0] * 767, filters=NEW, top_k=1)) == ["carol"]


async def test_words_find_documents(store: AltoDocumentStore) -> None:
    store.write_documents(FILMS)
    retriever = AltoBM25Retriever(store, filters=NEW, filter_policy="merge")
    assert ids(retriever.run("ghosts criminals")) == ["carol"]
    assert ids(await retriever.run_async("ghosts", filters={"field": "meta.year", "operator": "<", "value": 2010})) == [
        "carol"
    ]


def test_hybrid_takes_an_embedding_or_the_model_of_the_collection(
    store: AltoDocumentStore, titan: AltoDocumentStore
) -> None:
    store.write_documents(FILMS)
    found = AltoHybridRetriever(store, top_k=1, settings={"alpha": 0.9}).run("space", [1.0] + [0.0] * 767)
    assert ids(found) == ["family"]

    titan.write_documents([Document(id=each.id, content=each.content, meta=each.meta) for each in FILMS])
    assert ids(AltoHybridRetriever(titan, top_k=1).run("travelling to distant stars")) == ["space"]


@pytest.mark.parametrize("kind", [AltoBM25Retriever, AltoEmbeddingRetriever, AltoHybridRetriever])
def test_a_pipeline_is_loaded_as_it_was_dumped(store: AltoDocumentStore, kind: Any) -> None:
    pipeline = Pipeline()
    pipeline.add_component("films", kind(store, filters=NEW, top_k=3, settings={"limit": 3}))
    loaded = Pipeline.loads(pipeline.dumps())
    assert loaded.to_dict() == pipeline.to_dict()


def test_documents_come_back_as_they_were(store: AltoDocumentStore) -> None:
    document = Document(
        content="Up",
        meta={"Title": "Up", "at": "2009-05-29T10:00:00", "none": None, "list": [1, 2], "author": {"Name": "P. D."}},
        blob=ByteStream(b"\x00\x01", mime_type="image/png"),
        embedding=EMBEDDING,
    )
    store.write_documents([document])
    assert store.filter_documents() == [document]


def test_documents_that_are_not_stored_are_named(store: AltoDocumentStore) -> None:
    store.write_documents([Document(content="a", meta={"year": 1972})])
    with pytest.raises(DocumentStoreError, match=r"1 of 1 documents were not stored\. wrong: .*year"):
        store.write_documents([Document(id="wrong", content="b", meta={"year": "soon"})])
