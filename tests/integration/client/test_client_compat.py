"""What programs for Weaviate do, in Alto's client against the HTTP API, OpenSearch and the model emulator."""

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest

import alto
from alto.classes.config import Configure, DataType, Property, StopwordsPreset, Tokenization, Vectorizers
from alto.classes.init import AdditionalConfig
from alto.classes.query import Filter, Rerank
from tests.api import Api
from tests.api_server import ApiServer

STUDIO = UUID("6f9619ff-8b86-4d01-b42d-00cf4fc964ff")
FILMS: list[dict[str, Any]] = [
    {"Title": "The quick brown fox", "price": 2, "released": datetime(2026, 1, 2, tzinfo=UTC), "studio": STUDIO},
    {"Title": "A slow dog", "price": 3.5, "released": datetime(2025, 1, 2, tzinfo=UTC), "studio": STUDIO},
    {"Title": "The fox and the dog", "place": {"latitude": 1.0, "longitude": 2.0}},
]


@pytest.fixture(scope="module")
def server(api: Api) -> Iterator[ApiServer]:
    with ApiServer(api) as running:
        yield running


@pytest.fixture(scope="module")
def client(server: ApiServer) -> Iterator[alto.AltoClient]:
    with alto.connect_to_local(port=server.port, additional_config=AdditionalConfig(trust_env=False)) as connected:
        yield connected


@pytest.fixture(scope="module")
def films(client: alto.AltoClient) -> Iterator[Any]:
    made = client.collections.create(
        f"compat{uuid4().hex[:8]}",
        properties=[
            Property(name="Title", data_type=DataType.TEXT, tokenization=Tokenization.WORD),
            Property(name="price", data_type=DataType.NUMBER),
            Property(name="studio", data_type=DataType.UUID),
        ],
        vector_config=Configure.Vectors.text2vec_aws_bedrock(
            region="us-east-1", model="amazon.titan-embed-text-v2:0", dimensions=256, source_properties=["Title"]
        ),
        reranker_config=Configure.Reranker.aws_bedrock("cohere.rerank-v3-5:0", region="us-east-1"),
        inverted_index_config=Configure.inverted_index(
            bm25_b=0.5, bm25_k1=1.5, index_null_state=True, stopwords_preset=StopwordsPreset.EN
        ),
        replication_config=Configure.replication(factor=1),
        multi_tenancy_config=Configure.multi_tenancy(enabled=False),
    )
    assert not made.data.insert_many(FILMS).has_errors
    yield made
    client.collections.delete(made.name)


def test_objects_are_read_as_they_were_written_under_small_letters(films: Any) -> None:
    found = {each.properties["title"]: each.properties for each in films.iterator()}

    assert found["The quick brown fox"] == {"title": "The quick brown fox"} | {
        name: value for name, value in FILMS[0].items() if name != "Title"
    }
    assert isinstance(found["The quick brown fox"]["price"], float)
    assert found["The fox and the dog"]["place"].longitude == 2.0
    assert len(films.query.bm25("fox", query_properties=["Title"], return_properties=["Title"])) == 2


def test_searches_rerank_with_the_model_of_the_collection(films: Any) -> None:
    found = films.query.bm25("fox", rerank=Rerank(prop="Title", query="a dog"))

    assert found.reranked is True
    assert found.objects[0].properties["title"] == "The fox and the dog"


def test_the_configuration_is_read_typed_and_makes_a_copy(client: alto.AltoClient, films: Any) -> None:
    config = films.config.get()
    assert config.reranker_config.model == {"model": "cohere.rerank-v3-5:0", "region": "us-east-1"}
    assert (config.inverted_index_config.bm25.b, config.inverted_index_config.bm25.k1) == (0.5, 1.5)
    assert config.vector_config["default"].vectorizer.vectorizer is Vectorizers.TEXT2VEC_AWS
    assert config.vector_config["default"].vectorizer.source_properties == ["title"]

    config.name = f"Copy{uuid4().hex[:8]}"
    copy = client.collections.create_from_config(config)
    copied = copy.config.get()
    client.collections.delete(copy.name)

    assert [each.name for each in copied.properties] == [each.name for each in config.properties]
    assert copied.reranker_config == config.reranker_config


def test_filters_compare_words_for_a_client_that_says_so(server: ApiServer, films: Any) -> None:
    config = AdditionalConfig(word_filters=True, trust_env=False)
    with alto.connect_to_local(port=server.port, additional_config=config) as client:
        same = client.collections.use(films.name)

        def titles(collection: Any, condition: Any) -> set[str]:
            return {each.properties["title"] for each in collection.query.fetch_objects(filters=condition)}

        title = Filter.by_property("title")
        assert titles(same, title.equal("FOX")) == {"The quick brown fox", "The fox and the dog"}
        assert titles(same, title.contains_all(["fox", "dog"])) == {"The fox and the dog"}
        assert titles(same, title.not_equal("fox")) == {"A slow dog"}
        assert titles(films, title.equal("fox")) == set()
        assert titles(films, title.equal("A slow dog")) == {"A slow dog"}


def test_a_property_that_is_not_stored_yet_matches_nothing(films: Any) -> None:
    later = Filter.by_property("later", unknown_property="matches_nothing")

    assert len(films.query.fetch_objects(filters=later.equal(1))) == 0
    assert len(films.query.fetch_objects(filters=later.is_none(True))) == 3
    with pytest.raises(alto.AltoInvalidRequestError, match="is not a property"):
        films.query.fetch_objects(filters=Filter.by_property("later").equal(1))


def test_a_property_stored_a_moment_ago_is_not_unknown(client: alto.AltoClient) -> None:
    notes = client.collections.create(f"Notes{uuid4().hex[:8]}", auto_schema=True)
    later = Filter.by_property("later", unknown_property="matches_nothing").equal(1)

    # The functions of searches and of writes have a cache each; both have this collection in it now.
    assert len(notes.query.fetch_objects(filters=later)) == 0
    assert notes.aggregate.over_all(filters=later, total_count=True).total_count == 0
    notes.data.insert_many([{"later": 1}], consistency="wait")

    assert len(notes.query.fetch_objects(filters=later)) == 1
    assert notes.aggregate.over_all(filters=later, total_count=True).total_count == 1
    client.collections.delete(notes.name)


def test_a_hybrid_search_without_a_text_is_one_by_its_vector(films: Any) -> None:
    [one, *_] = films.query.bm25("quick", include_vector=True).objects

    assert films.query.hybrid(None, vector=one.vector["default"], limit=1).objects[0].uuid == one.uuid


def test_the_asynchronous_client_has_batches(server: ApiServer, client: alto.AltoClient) -> None:
    name = client.collections.create(f"Stream{uuid4().hex[:8]}").name

    async def load() -> int:
        async with alto.use_async_with_local(port=server.port) as connected:
            collection = connected.collections.use(name)
            async with collection.batch.stream() as batch:
                for number in range(60):
                    await batch.add_object({"number": number})
            return await collection.length()

    assert asyncio.run(load()) == 60
    client.collections.delete(name)
