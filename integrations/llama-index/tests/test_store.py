"""The contract of LlamaIndex's vector stores, at the Alto of ALTO_URL."""

import os
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
from llama_index.core import MockEmbedding, StorageContext, VectorStoreIndex
from llama_index.core.schema import Document, NodeRelationship, RelatedNodeInfo, TextNode
from llama_index.core.vector_stores.types import (
    FilterCondition,
    FilterOperator,
    MetadataFilter,
    MetadataFilters,
    VectorStoreQuery,
    VectorStoreQueryMode,
)
from llama_index.vector_stores.alto import AltoVectorStore

import alto
from alto import AltoClient

TITAN = "amazon.titan-embed-text-v2:0"


def node(identity: str, text: str, embedding: list[float], **metadata: Any) -> TextNode:
    source = {NodeRelationship.SOURCE: RelatedNodeInfo(node_id=f"document-{identity[0]}")}
    return TextNode(id_=identity, text=text, embedding=embedding, metadata=metadata, relationships=source)


NODES = [
    node("a1", "An old miser and three ghosts", [1, 0, 0], year=2009, genre="drama", tags=["ghost", "old"], rate=8.5),
    node("a2", "A family of criminals", [0, 1, 0], year=1972, genre="crime", tags=["old"]),
    node("b1", "A family of criminals, again", [0, 0.9, 0.1], year=1974, genre="Crime story", tags=["old", "again"]),
    node("b2", "Two friends travel through space", [0, 0, 1], year=2014),
]


@pytest.fixture(scope="module")
def client() -> Iterator[AltoClient]:
    with alto.connect_to_custom(os.environ.get("ALTO_URL", "http://127.0.0.1:8700")) as connected:
        yield connected


@pytest.fixture
def empty(client: AltoClient) -> Iterator[AltoVectorStore]:
    store = AltoVectorStore(client, f"LlamaIndex{uuid4().hex[:10]}")
    yield store
    store.clear()


@pytest.fixture(scope="module")
def films(client: AltoClient) -> Iterator[AltoVectorStore]:
    store = AltoVectorStore(client, f"LlamaIndex{uuid4().hex[:10]}")
    assert store.add(NODES) == ["a1", "a2", "b1", "b2"]
    yield store
    store.clear()


def condition(key: str, operator: str, value: Any) -> MetadataFilter:
    return MetadataFilter(key=key, operator=FilterOperator(operator), value=value)


def found(store: AltoVectorStore, **query: Any) -> str:
    asked: dict[str, Any] = {"query_embedding": [0.0, 1.0, 0.05], "similarity_top_k": 10} | query
    return " ".join(store.query(VectorStoreQuery(**asked)).ids or [])


@pytest.mark.parametrize(
    ("given", "ids"),
    [
        (condition("year", "==", 1972), "a2"),
        (condition("year", "!=", 1972), "a1 b1 b2"),
        (condition("year", ">", 1974), "a1 b2"),
        (condition("year", ">=", 1974), "a1 b1 b2"),
        (condition("year", "<", 1974), "a2"),
        (condition("year", "<=", 1974), "a2 b1"),
        (condition("rate", ">", 8), "a1"),
        (condition("genre", "in", ["drama", "crime"]), "a1 a2"),
        (condition("genre", "nin", ["drama", "crime"]), "b1 b2"),
        (condition("tags", "any", ["ghost", "again"]), "a1 b1"),
        (condition("tags", "all", ["old", "again"]), "b1"),
        (condition("tags", "contains", "ghost"), "a1"),
        (condition("genre", "text_match", "story"), "b1"),
        (condition("genre", "text_match_insensitive", "CRIME"), "a2 b1"),
        (condition("genre", "is_empty", None), "b2"),
        (condition("nowhere", "==", 1), ""),
        (condition("nowhere", "!=", 1), "a1 a2 b1 b2"),
        (condition("nowhere", "is_empty", None), "a1 a2 b1 b2"),
    ],
)
def test_every_operator_matches_metadata(films: AltoVectorStore, given: MetadataFilter, ids: str) -> None:
    filters = MetadataFilters(filters=[given])
    assert sorted(found(films, filters=filters).split()) == ids.split()
    assert sorted(each.node_id for each in films.get_nodes(filters=filters)) == ids.split()


@pytest.mark.parametrize(
    ("joint", "ids"), [(FilterCondition.AND, "b1"), (FilterCondition.OR, "a1 b1 b2"), (FilterCondition.NOT, "a1 a2 b2")]
)
def test_filters_are_joined(films: AltoVectorStore, joint: FilterCondition, ids: str) -> None:
    old = MetadataFilters(filters=[condition("year", ">", 1973)], condition=FilterCondition.AND)
    again = condition("tags", "contains", "again")
    filters = MetadataFilters(filters=[old, again], condition=joint)
    assert sorted(found(films, filters=filters).split()) == ids.split()


def test_an_operator_of_lists_refuses_another_value(films: AltoVectorStore) -> None:
    with pytest.raises(ValueError, match="genre: the operator 'in' takes a list"):
        found(films, filters=MetadataFilters(filters=[condition("genre", "in", "drama")]))


def test_modes_search_by_meaning_words_and_both(films: AltoVectorStore) -> None:
    assert found(films, similarity_top_k=2) == "a2 b1"
    assert found(films, mode=VectorStoreQueryMode.TEXT_SEARCH, query_str="ghosts") == "a1"
    assert found(films, mode=VectorStoreQueryMode.SPARSE, query_str="family space", sparse_top_k=1) == "b2"
    assert found(films, mode=VectorStoreQueryMode.HYBRID, query_str="ghosts", alpha=0.0, hybrid_top_k=1) == "a1"
    assert found(films, mode=VectorStoreQueryMode.HYBRID, query_str="ghosts", alpha=1.0, hybrid_top_k=1) == "a2"
    assert found(films, mode=VectorStoreQueryMode.SEMANTIC_HYBRID, query_str="criminals").startswith("a2")
    diverse = found(films, mode=VectorStoreQueryMode.MMR, similarity_top_k=2, mmr_threshold=0.2)
    assert diverse.split()[0] == "a2"
    assert diverse != "a2 b1"
    with pytest.raises(ValueError, match="Alto has no 'svm': use one of default, mmr"):
        found(films, mode=VectorStoreQueryMode.SVM)


def test_a_search_by_words_needs_a_text(films: AltoVectorStore) -> None:
    with pytest.raises(ValueError, match="query_str: give the text of the query, which the mode 'sparse'"):
        found(films, mode=VectorStoreQueryMode.SPARSE)


def test_similarities_fall_and_an_equal_vector_has_one(films: AltoVectorStore) -> None:
    result = films.query(VectorStoreQuery(query_embedding=[0.0, 2.0, 0.0], similarity_top_k=4))
    similarities = result.similarities or []
    assert similarities[0] == pytest.approx(1)
    assert similarities == sorted(similarities, reverse=True)


def test_documents_and_nodes_restrict_a_query(films: AltoVectorStore) -> None:
    assert found(films, doc_ids=["document-b"]) == "b1 b2"
    assert sorted(found(films, node_ids=["a1", "b2", "none"]).split()) == ["a1", "b2"]


def test_nodes_come_back_as_they_were(empty: AltoVectorStore) -> None:
    original = node(str(uuid4()), "Up", [1, 0, 0], Title="Up", none=None, empty=[], at="2009-05-29")
    empty.add([original])
    [stored] = empty.get_nodes([original.node_id])
    assert stored.to_dict() == original.to_dict() | {"embedding": [1, 0, 0]}


def test_nodes_and_documents_are_deleted(empty: AltoVectorStore) -> None:
    assert empty.get_nodes() == []
    assert found(empty) == ""
    empty.add(NODES)
    empty.add(NODES[:1])
    assert len(empty.get_nodes()) == 4
    empty.delete("document-a")
    assert sorted(each.node_id for each in empty.get_nodes()) == ["b1", "b2"]
    empty.delete_nodes(filters=MetadataFilters(filters=[condition("year", "==", 1974)]))
    assert [each.node_id for each in empty.get_nodes()] == ["b2"]
    empty.delete_nodes(["b2", "none"])
    assert empty.get_nodes() == []
    with pytest.raises(ValueError, match="clear"):
        empty.delete_nodes()


def test_nodes_that_are_not_stored_are_named(empty: AltoVectorStore) -> None:
    empty.add(NODES)
    with pytest.raises(ValueError, match=r"1 of 2 nodes were not stored\. c1: .*year"):
        empty.add([node("c2", "right", [1, 0, 0]), node("c1", "wrong", [1, 0, 0], year="soon")])
    assert [each.node_id for each in empty.get_nodes(["c1", "c2"])] == ["c2"]


async def test_an_index_reads_and_writes_without_waiting(empty: AltoVectorStore) -> None:
    context = StorageContext.from_defaults(vector_store=empty)
    documents = [Document(text="A ghost story", doc_id="ghost"), Document(text="A war film", doc_id="war")]
    index = VectorStoreIndex.from_documents(documents, context, embed_model=MockEmbedding(embed_dim=3))
    retriever = index.as_retriever(similarity_top_k=1, vector_store_query_mode="hybrid", alpha=0.0)
    assert [each.node.ref_doc_id for each in await retriever.aretrieve("ghost")] == ["ghost"]
    await empty.adelete("ghost")
    assert [each.ref_doc_id for each in await empty.aget_nodes()] == ["war"]


def test_the_model_of_the_collection_embeds(client: AltoClient) -> None:
    store = AltoVectorStore(client, f"LlamaIndex{uuid4().hex[:10]}", model=TITAN)
    texts = {"ghost": "Three ghosts teach an old miser", "space": "Two friends travel through space"}
    store.add([TextNode(id_=identity, text=text) for identity, text in texts.items()])
    query = VectorStoreQuery(query_str="a journey to the stars", similarity_top_k=1)
    try:
        assert store.query(query).ids == ["space"]
    finally:
        store.clear()
