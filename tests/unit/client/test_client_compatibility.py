"""What programs for Weaviate send and read, in Alto's client."""

import array
import json
import warnings
from typing import Any, TypedDict
from uuid import UUID

import httpx
import pytest

import alto
from alto.classes.config import (
    Configure,
    DataType,
    Property,
    StopwordsPreset,
    Tokenization,
    VectorDistances,
    VectorFilterStrategy,
    Vectorizers,
)
from alto.classes.query import Filter, HybridVector, Rerank
from alto.classes.search import Search
from alto.connect import ConnectionParams
from alto.operations import collections
from alto.operations.searches import pages
from alto.operations.weaviate_json import from_weaviate
from alto.values import numbers
from lambdas.collections.model import CollectionConfig
from lambdas.search.request import SearchRequest


@pytest.mark.parametrize("text", [None, ""])
def test_a_hybrid_search_without_a_text_is_one_by_its_vector(text: str | None) -> None:
    by_name = Search.hybrid(text, vector={"a": [1.0, 2.0]}, max_vector_distance=0.5, limit=3)
    moved = Search.hybrid(text, vector=HybridVector.near_vector([1.0], distance=0.2), target_vector="b")

    near = {"vector": [1.0, 2.0], "target_vector": "a", "distance": 0.5}
    assert by_name.to_api() == {"near_vector": near, "limit": 3}
    assert moved.to_api() == {"near_vector": {"vector": [1.0], "target_vector": "b", "distance": 0.2}}
    SearchRequest.model_validate(by_name.to_api())


def test_a_vector_without_weight_is_not_sent() -> None:
    assert Search.hybrid("a", vector=[1.0], alpha=0).to_api() == {"hybrid": {"query": "a", "alpha": 0}}


WEAVIATE_JSON = {
    "class": "Film",
    "description": "Films",
    "properties": [
        {"name": "Title", "dataType": ["text"], "tokenization": "word", "indexSearchable": True},
        {"name": "place", "dataType": ["geoCoordinates"], "indexFilterable": True},
        {
            "name": "cast",
            "dataType": ["object[]"],
            "nestedProperties": [{"name": "name", "dataType": ["text"], "tokenization": "field"}],
        },
    ],
    "vectorConfig": {
        "main": {
            "vectorizer": {
                "text2vec-aws": {"model": "amazon.titan-embed-text-v2:0", "region": "us-east-1", "service": "bedrock"}
            },
            "vectorIndexType": "hnsw",
            "vectorIndexConfig": {"distance": "l2-squared", "ef": -1, "efConstruction": 128, "maxConnections": 32},
        }
    },
    "multiTenancyConfig": {"enabled": False},
    "replicationConfig": {"factor": 3},
    "shardingConfig": {"desiredCount": 2},
}


def test_weaviates_json_of_a_collection_makes_the_same_collection() -> None:
    body = collections.create_from_dict(WEAVIATE_JSON).request.body

    assert body == {
        "name": "Film",
        "description": "Films",
        "auto_schema": True,
        "properties": [
            {"name": "title", "type": "text", "tokenization": "word", "searchable": True},
            {"name": "place", "type": "geo", "filterable": True},
            {"name": "cast", "type": "object[]", "properties": [{"name": "name", "type": "text"}]},
        ],
        "vectors": {
            "main": {
                "vectorizer": "text2vec-aws",
                "model": "amazon.titan-embed-text-v2:0",
                "region": "us-east-1",
                "service": "bedrock",
                "index": {"distance": "l2_squared", "ef_construction": 128, "m": 32},
            }
        },
        "index": {"replicas": 2, "shards": 2},
    }
    CollectionConfig.model_validate(body)


@pytest.mark.parametrize(
    ("change", "alternative"),
    [
        ({"multiTenancyConfig": {"enabled": True}}, "tenant property"),
        ({"vectorConfig": {"a": {"vectorizer": {"text2vec-openai": {}}}}}, "text2vec-aws"),
        ({"properties": [{"name": "author", "dataType": ["Author"]}]}, "DataType.UUID"),
    ],
)
def test_parts_of_weaviates_json_that_alto_lacks_are_refused(change: dict[str, Any], alternative: str) -> None:
    with pytest.raises(alto.AltoNotSupportedError, match=alternative):
        collections.create_from_dict(WEAVIATE_JSON | change)


def test_options_of_weaviate_become_settings_or_change_nothing() -> None:
    index = Configure.inverted_index(
        index_null_state=True,
        bm25_b=0.5,
        bm25_k1=1.5,
        stopwords_preset=StopwordsPreset.EN,
        stopword_presets={"fr": ["le", "la"]},
    )
    properties = [
        Property(name="title", data_type=DataType.TEXT),
        Property(
            name="text",
            data_type=DataType.TEXT,
            text_analyzer=Configure.text_analyzer(ascii_fold=True, stopword_preset="fr"),
        ),
        Property(name="year", data_type=DataType.INT, index_range_filters=True),
        Property(
            name="cast",
            data_type=DataType.OBJECT,
            nested_properties=Property(name="name", data_type=DataType.TEXT, tokenization=Tokenization.FIELD),
        ),
    ]
    body = collections.create(
        "Film",
        description=None,
        properties=properties,
        vectors=None,
        auto_schema=True,
        options=index,
        index=index.to_api(),
    ).request.body

    assert body is not None
    assert body["index"] == {"bm25_b": 0.5, "bm25_k1": 1.5}
    assert body["properties"] == [
        {"name": "title", "type": "text", "stop_words": "english"},
        {"name": "text", "type": "text", "folding": True, "stop_words": ["le", "la"]},
        {"name": "year", "type": "int"},
        {"name": "cast", "type": "object", "properties": [{"name": "name", "type": "text"}]},
    ]
    CollectionConfig.model_validate(body)


def test_every_index_of_weaviate_is_a_graph_with_its_distance() -> None:
    index, dot = Configure.VectorIndex, VectorDistances.DOT

    assert index.flat(distance_metric=dot).settings == {"distance": "dot"}
    assert index.hfresh(distance_metric=dot).settings == {"distance": "dot"}
    assert index.dynamic(hnsw=index.hnsw(ef_construction=64), flat=index.flat(dot)).settings == {
        "distance": "dot",
        "ef_construction": 64,
    }
    assert index.hnsw(ef=-1, vector_cache_max_objects=5, filter_strategy=VectorFilterStrategy.ACORN).settings == {}


def test_a_quantizer_that_saves_no_memory_warns() -> None:
    with pytest.warns(UserWarning, match="quantizer has no effect"):
        Configure.VectorIndex.hnsw(quantizer=Configure.VectorIndex.Quantizer.rq())
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        Configure.VectorIndex.hnsw(quantizer=Configure.VectorIndex.Quantizer.none())


def test_scalar_quantization_is_compression_by_four() -> None:
    sq = Configure.VectorIndex.Quantizer.sq(rescore_limit=20)

    in_index = Configure.Vectors.self_provided(
        dimensions=3, vector_index_config=Configure.VectorIndex.hnsw(max_connections=8, quantizer=sq)
    )
    of_vector = Configure.Vectors.text2vec_aws_bedrock(region="us-east-1", model="m", quantizer=sq)

    assert in_index.settings["index"] == {"m": 8, "compression": "4x"}
    assert of_vector.settings["index"] == {"compression": "4x"}


@pytest.mark.parametrize(("quantizer", "graph"), [("sq", {"m": 8, "compression": "4x"}), ("bq", {"m": 8})])
def test_weaviates_json_keeps_its_scalar_quantization(quantizer: str, graph: dict[str, Any]) -> None:
    described = {
        "vectorizer": {"none": {"dimensions": 3}},
        "vectorIndexConfig": {"maxConnections": 8, quantizer: {"enabled": True}},
    }

    made = from_weaviate({"class": "Film", "vectorConfig": {"default": described}})

    assert made["vectors"]["default"]["index"] == graph


STORED = {
    "name": "Film",
    "description": "",
    "created": "2026-01-01T00:00:00Z",
    "updated": "2026-01-01T00:00:00Z",
    "auto_schema": True,
    "index": {"replicas": 1},
    "properties": [
        {
            "name": "title",
            "type": "text",
            "description": "",
            "filterable": True,
            "searchable": True,
            "tokenization": "word",
            "skip_vectorization": False,
            "vectorize_property_name": False,
        }
    ],
    "vectors": {"default": {"vectorizer": "none", "dimensions": 3, "index": {"distance": "l2_squared", "m": 16}}},
    "reranker": {"model": "cohere.rerank-v3-5:0"},
}


def test_a_stored_configuration_has_weaviates_types() -> None:
    config = collections.read(STORED)
    [vector] = config.vector_config.values()

    assert config.properties[0].data_type is DataType.TEXT
    assert config.properties[0].tokenization is Tokenization.WORD
    assert vector.vectorizer.vectorizer is Vectorizers.NONE
    assert vector.vector_index_config.distance_metric is VectorDistances.L2_SQUARED
    assert vector["dimensions"] == 3
    assert (config.replication_config.factor, config.sharding_config.desired_count) == (2, 1)
    assert config.reranker_config is not None
    assert config.reranker_config.model == {"model": "cohere.rerank-v3-5:0"}
    assert (config.multi_tenancy_config.enabled, config.references, config.generative_config) == (False, [], None)


def test_a_changed_configuration_is_what_a_copy_is_made_from() -> None:
    config = collections.read(STORED)
    config.name = "Copy"
    config.properties[0].description = "The title"

    made = collections.create_from_dict(config.to_dict()).request.body

    assert made is not None
    assert (made["name"], made["properties"][0]["description"]) == ("Copy", "The title")
    CollectionConfig.model_validate(made)


def test_a_client_is_made_as_in_weaviate() -> None:
    parts = ConnectionParams.from_params(
        http_host="localhost", http_port=8701, http_secure=False, grpc_host="localhost", grpc_port=1, grpc_secure=False
    )

    assert repr(alto.WeaviateClient(connection_params=parts)) == "AltoClient('http://localhost:8701')"
    assert (
        repr(alto.WeaviateClient(ConnectionParams.from_url("http://localhost:1"))) == "AltoClient('http://localhost:1')"
    )
    with pytest.raises(alto.AltoConfigurationError, match="is not an address"):
        alto.WeaviateClient()
    with pytest.raises(alto.AltoNotSupportedError, match="connect_to_aws"):
        alto.WeaviateClient("http://localhost:1", auth_client_secret="secret")


def test_weaviates_modules_of_classes_have_alto_names() -> None:
    from alto.collections.classes.batch import BatchObjectReturn
    from alto.collections.classes.filters import Filter
    from alto.collections.classes.internal import GenerativeSearchReturnType, QueryReturn

    assert (BatchObjectReturn.__module__, QueryReturn.__module__) == ("alto.classes.data", "alto.classes.results")
    assert Filter.by_id().name == "_id"
    assert GenerativeSearchReturnType is not None
    with pytest.raises(ImportError):
        from alto.collections.classes.internal import Misspelt  # noqa: F401


class Question(TypedDict):
    title: str
    points: int


def test_the_keys_of_a_typed_dict_are_the_properties_to_return() -> None:
    assert Search.bm25("a", return_properties=Question).to_api()["return_properties"] == ["title", "points"]


def test_a_large_limit_is_several_pages() -> None:
    [first, second, third] = pages(Search.bm25("a", limit=2500, offset=10))

    assert [each.to_api()["limit"] for each in (first, second, third)] == [1000, 1000, 500]
    assert [each.to_api()["offset"] for each in (first, second, third)] == [10, 1010, 2010]
    for each in (first, second, third):
        SearchRequest.model_validate(each.to_api())


@pytest.mark.parametrize(
    "search",
    [
        Search.bm25("a", limit=1000),
        Search.hybrid("a", limit=2000),
        Search.bm25("a", limit=20_000),
        Search.bm25("a", limit=2000, rerank=Rerank()),
        Search.bm25("a", limit=2000, auto_limit=1),
    ],
)
def test_a_search_that_cannot_be_cut_stays_whole(search: Search) -> None:
    assert pages(search) == [search]


def test_a_limit_of_zero_is_none() -> None:
    [search] = pages(Search.bm25("a", limit=0))

    assert "limit" not in search.to_api()


def test_pages_are_asked_for_until_one_is_not_full() -> None:
    asked: list[Any] = []

    def respond(request: httpx.Request) -> httpx.Response:
        body = json.loads(request.content)
        asked.append((body.get("offset", 0), body["limit"]))
        size = 1000 if len(asked) == 1 else 7
        found = [{"id": str(UUID(int=number)), "properties": {}, "score": 1.0} for number in range(size)]
        return httpx.Response(200, json={"objects": found, "total": 1007, "took_ms": 2})

    films = alto.AltoClient("http://localhost:1", transport=httpx.MockTransport(respond)).collections.use("Film")
    found = films.query.bm25("a", limit=5000)

    assert asked == [(0, 1000), (1000, 1000)]
    assert (len(found), found.total, found.took_ms) == (1007, 1007, 4)


def test_a_filter_may_name_a_property_that_is_not_stored_yet() -> None:
    unknown = Filter.by_property("later", unknown_property="matches_nothing").equal(1)

    assert unknown.body["unknown_property"] == "matches_nothing"
    assert "unknown_property" not in Filter.by_property("later").equal(1).body
    SearchRequest.model_validate(Search.bm25("a", filters=unknown).to_api())


class PolarsSeries:
    def to_list(self) -> list[float]:
        return [1.0, 2.0]


class TensorFlowTensor:
    def numpy(self) -> Any:
        return array.array("d", [1.0, 2.0])


@pytest.mark.parametrize("vector", [PolarsSeries(), TensorFlowTensor(), array.array("d", [1.0, 2.0]), (1.0, 2.0)])
def test_vectors_come_from_any_library(vector: Any) -> None:
    assert numbers(vector) == [1.0, 2.0]


@pytest.mark.parametrize(("name", "own"), [("_creationTimeUnix", "_created"), ("_lastUpdateTimeUnix", "_updated")])
def test_weaviates_names_of_an_objects_times_are_understood(name: str, own: str) -> None:
    assert Filter.by_property(name).greater_than("2026-01-01T00:00:00Z").body["property"] == own
