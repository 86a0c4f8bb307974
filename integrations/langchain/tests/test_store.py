"""What the store does beyond LangChain's standard suites."""

from typing import Any
from uuid import uuid4

import pytest
from langchain_alto import AltoRetriever, AltoVectorStore
from langchain_alto.filters import to_filter
from langchain_core.documents import Document
from langchain_core.embeddings import DeterministicFakeEmbedding

from alto import AltoClient
from alto.classes.config import Configure
from alto.classes.filters import Filter

FILMS = [
    Document(id="1", page_content="An old miser and three ghosts", metadata={"year": 2009, "genre": "drama"}),
    Document(id="2", page_content="A family of criminals", metadata={"year": 1972, "genre": "crime"}),
    Document(id="3", page_content="A family of criminals, again", metadata={"year": 1974, "genre": "crime"}),
    Document(id="4", page_content="Two friends travel through space", metadata={"year": 2014}),
]


@pytest.fixture
def films(client: AltoClient, titan: str) -> AltoVectorStore:
    store = AltoVectorStore(client, titan)
    store.add_documents(FILMS)
    return store


@pytest.mark.parametrize(
    ("given", "found"),
    [
        ({"year": 1972}, "2"),
        ({"year": {"$eq": 1972}}, "2"),
        ({"year": {"$ne": 1972}}, "134"),
        ({"year": {"$gt": 1974}}, "14"),
        ({"year": {"$gte": 1974, "$lt": 2014}}, "13"),
        ({"year": {"$lte": 1974}}, "23"),
        ({"year": {"$between": [1973, 2010]}}, "13"),
        ({"genre": {"$in": ["drama", "war"]}}, "1"),
        ({"genre": {"$nin": ["drama", "war"]}}, "234"),
        ({"genre": {"$like": "cr*"}}, "23"),
        ({"genre": {"$exists": False}}, "4"),
        ({"genre": None}, "4"),
        ({"genre": "crime", "year": 1974}, "3"),
        ({"$or": [{"year": 1972}, {"genre": "drama"}]}, "12"),
        ({"$and": [{"genre": "crime"}, {"$not": {"year": 1972}}]}, "3"),
        (Filter.by_property("metadata.year").greater_than(2010), "4"),
        ({"nowhere": 1}, ""),
        ({"nowhere": {"$ne": 1}}, "1234"),
        ({}, "1234"),
    ],
)
def test_filters_of_langchain_and_of_alto_match_metadata(films: AltoVectorStore, given: Any, found: str) -> None:
    documents = films.similarity_search("a film", k=10, filter=given)
    assert sorted(document.id or "" for document in documents) == list(found)


@pytest.mark.parametrize("given", [{"$nor": []}, {"year": {"$near": 3}}, {"$and": []}, {"year": {}}])
def test_an_unknown_filter_is_a_value_error(given: Any) -> None:
    with pytest.raises(ValueError, match="filter"):
        to_filter(given, str)


def test_scores_fall_and_the_same_text_scores_one(films: AltoVectorStore) -> None:
    scored = films.similarity_search_with_score("A family of criminals", k=4)
    scores = [score for _, score in scored]
    assert scores == sorted(scores, reverse=True)
    assert scored[0][0].id == "2"
    assert scores[0] == pytest.approx(1, abs=0.02)
    [(best, relevance)] = films.similarity_search_with_relevance_scores("A family of criminals", k=1)
    assert best.id == "2"
    assert relevance == pytest.approx(1, abs=0.02)


def test_diverse_hits_leave_out_what_says_the_same(films: AltoVectorStore) -> None:
    near = films.similarity_search("a family of criminals", k=2)
    diverse = films.max_marginal_relevance_search("a family of criminals", k=2, fetch_k=4, lambda_mult=0.2)
    assert {document.id for document in near} == {"2", "3"}
    assert len(diverse) == 2
    assert {document.id for document in diverse} != {"2", "3"}


async def test_hybrid_finds_by_words_too(films: AltoVectorStore) -> None:
    assert films.hybrid_search("miser", k=1, alpha=0.1)[0].id == "1"
    retriever = AltoRetriever(
        client=films.client, collection=films.collection.name, search_type="bm25", filter={"year": {"$gt": 2000}}
    )
    assert [document.id for document in await retriever.ainvoke("ghosts criminals")] == ["1"]


def test_metadata_come_back_as_they_were(films: AltoVectorStore) -> None:
    metadata = {
        "Title": "Up",
        "pages": [1, 2],
        "price": 1.0,
        "at": "2009-05-29",
        "author": {"Name": "P. D."},
        "no": None,
    }
    identity = str(uuid4())
    original = Document(id=identity, page_content="Up", metadata=metadata)
    films.add_documents([original])
    assert films.get_by_ids([identity]) == [original]


def test_documents_that_are_not_stored_are_named(films: AltoVectorStore) -> None:
    wrong = Document(id="5", page_content="A wrong year", metadata={"year": "soon"})
    with pytest.raises(ValueError, match=r"1 of 2 documents were not stored\. 5: .*year"):
        films.add_documents([Document(id="6", page_content="A right one"), wrong])
    assert [document.id for document in films.get_by_ids(["5", "6"])] == ["6"]


def test_a_collection_that_others_filled_has_its_properties_as_metadata(client: AltoClient, collection: str) -> None:
    model = Configure.Vectors.text2vec_aws_bedrock(model="amazon.titan-embed-text-v2:0", region="us-east-1")
    played = client.collections.create(collection, vector_config=model, auto_schema=True)
    played.data.insert_many([{"plot": "An old miser and three ghosts", "year": 1843}])
    store = AltoVectorStore(client, collection, text_property="plot", metadata_property=None)
    store.add_texts(["A young woman finds husbands"], [{"year": 1815}], ids=["emma"])
    [found] = store.similarity_search("ghosts", k=1, filter={"year": {"$gt": 1820}})
    assert (found.page_content, found.metadata) == ("An old miser and three ghosts", {"year": 1843})
    assert store.get_by_ids(["emma"])[0].metadata == {"year": 1815}
    with pytest.raises(ValueError, match="text_property"):
        store.add_texts(["a"], [{"plot": "b"}])


def test_a_store_is_made_from_texts(client: AltoClient, collection: str) -> None:
    model = DeterministicFakeEmbedding(size=6)
    store = AltoVectorStore.from_texts(["a", "b"], model, [{"n": 1}, {"n": 2}], client=client, collection=collection)
    assert [document.metadata for document in store.similarity_search("b", k=1)] == [{"n": 2}]
    assert [document.page_content for document in store.similarity_search_by_vector(model.embed_query("a"), k=1)] == [
        "a"
    ]
