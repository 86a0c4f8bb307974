"""What the client sends: whole requests, without a server."""

import json
from datetime import UTC, date, datetime
from typing import Any, cast
from uuid import UUID

import pytest

import alto
from alto.classes.config import (
    Configure,
    DataType,
    Property,
    Reconfigure,
    ReferenceProperty,
    Tokenization,
    VectorDistances,
)
from alto.classes.init import Auth
from alto.classes.query import (
    BM25Operator,
    Diversity,
    Filter,
    HybridFusion,
    HybridVector,
    MetadataQuery,
    Move,
    NearVector,
    TargetVectors,
)
from alto.classes.search import Search
from alto.operations import collections, objects, searches
from alto.operations.chunks import chunked, item, items_of
from alto.values import to_json
from lambdas.collections.model import CollectionConfig
from lambdas.search.request import SearchRequest

ID = UUID("6f9619ff-8b86-4d01-b42d-00cf4fc964ff")


def sent(search: Search) -> dict[str, Any]:
    request = searches.search("Film", search).request
    assert (request.method, request.path, request.repeatable) == ("POST", "/v1/collections/Film/search", True)
    body: dict[str, Any] = json.loads(request.content or b"")
    SearchRequest.model_validate(body)
    return body


def test_only_what_was_given_is_sent() -> None:
    assert sent(Search.near_text("a film")) == {"near_text": {"query": "a film"}}
    assert sent(Search.bm25("a film")) == {"bm25": {"query": "a film"}}
    assert sent(Search.hybrid("a film")) == {"hybrid": {"query": "a film"}}


def test_a_hybrid_search_has_all_its_settings() -> None:
    search = Search.hybrid(
        "a film",
        alpha=0.25,
        vector=[1.0, 2.0],
        query_properties=["title^2"],
        fusion_type=HybridFusion.RANKED,
        target_vector="own",
        limit=3,
        offset=6,
        filters=Filter.by_property("year").greater_than(1990),
        include_vector="own",
        return_properties=["title"],
    )

    body = sent(search)

    assert body == {
        "hybrid": {
            "query": "a film",
            "alpha": 0.25,
            "vector": [1.0, 2.0],
            "properties": ["title^2"],
            "fusion": "ranked",
            "target_vector": "own",
        },
        "limit": 3,
        "offset": 6,
        "filter": {"property": "year", "operator": "greater_than", "value": 1990},
        "include_vectors": True,
        "return_properties": ["title"],
    }
    assert SearchRequest.model_validate(body).limit == 3


def test_the_newer_search_settings_have_the_names_of_the_api() -> None:
    near = Search.near_text(
        ["a", "b"],
        distance=0.3,
        move_to=Move(force=0.5, concepts="winter"),
        move_away=Move(0.1, concepts=["war"]),
        auto_limit=1,
    )
    words = Search.bm25("a b", operator=BM25Operator.or_(minimum_match=2))

    assert sent(near) == {
        "near_text": {
            "query": ["a", "b"],
            "distance": 0.3,
            "move_to": {"force": 0.5, "concepts": ["winter"]},
            "move_away": {"force": 0.1, "concepts": ["war"]},
        },
        "autocut": 1,
    }
    assert sent(words) == {"bm25": {"query": "a b", "operator": "or", "minimum_match": 2}}
    assert Search.near_object(str(ID), certainty=0.8).mode == {"near_object": {"id": str(ID), "certainty": 0.8}}
    explained = sent(Search.hybrid("a", return_metadata=MetadataQuery(explain_score=True)))
    assert explained == {"hybrid": {"query": "a"}, "explain": True}


def test_a_vector_by_name_names_its_target() -> None:
    assert Search.near_vector({"own": (1, 2)}).mode == {"near_vector": {"vector": [1, 2], "target_vector": "own"}}


def test_several_target_vectors_are_combined() -> None:
    several = {"vectors": ["a", "b"]}
    weighed = TargetVectors.manual_weights({"a": 2, "b": 0.5})

    assert Search.near_text("x", target_vector=["a"]).mode == {"near_text": {"query": "x", "target_vector": "a"}}
    assert Search.near_text("x", target_vector=["a", "b"]).mode["near_text"]["target_vector"] == several
    for how in ("sum", "average", "minimum"):
        target = getattr(TargetVectors, how)(["a", "b"])
        assert Search.near_object(ID, target_vector=target).mode["near_object"]["target_vector"] == several | {
            "combine": how
        }
    assert sent(Search.hybrid("x", target_vector=weighed)) == {
        "hybrid": {
            "query": "x",
            "target_vector": several | {"combine": "manual_weights", "weights": {"a": 2, "b": 0.5}},
        }
    }
    each = {"a": [1.0, 2.0], "b": [3.0]}
    assert sent(Search.near_vector(each, target_vector=["a", "b"])) == {
        "near_vector": {"vectors": each, "target_vector": several}
    }
    assert sent(Search.hybrid("x", vector=HybridVector.near_vector(each))) == {
        "hybrid": {"query": "x", "vectors": each}
    }


def test_the_vector_of_a_hybrid_search_is_moved_and_held_to_a_distance() -> None:
    moved = HybridVector.near_text("x", distance=0.4, move_to=Move(0.5, objects=[ID], concepts="winter"))

    assert sent(Search.hybrid("x", vector=moved)) == {
        "hybrid": {
            "query": "x",
            "move_to": {"force": 0.5, "concepts": ["winter"], "objects": [str(ID)]},
            "max_vector_distance": 0.4,
        }
    }
    assert sent(Search.hybrid("x", max_vector_distance=0.3)) == {"hybrid": {"query": "x", "max_vector_distance": 0.3}}
    certain = HybridVector.near_vector([1, 2], certainty=0.75)
    assert Search.hybrid("x", vector=certain).mode["hybrid"]["max_vector_distance"] == 0.5


def test_an_array_is_a_vector() -> None:
    import numpy as np

    assert Search.near_vector(np.array([1.5, 2.0])).mode == {"near_vector": {"vector": [1.5, 2.0]}}


def test_filters_join_without_nesting() -> None:
    a, b, c = (Filter.by_property(name).equal(1) for name in "abc")

    assert (a & b & c).body == {"and": [a.body, b.body, c.body]}
    assert ((a & b) | ~c).body == {"or": [{"and": [a.body, b.body]}, {"not": c.body}]}
    assert Filter.by_property("a").contains_all([1, 2]).body == {
        "and": [
            {"property": "a", "operator": "equal", "value": 1},
            {"property": "a", "operator": "equal", "value": 2},
        ]
    }


def test_a_collection_is_what_the_api_takes() -> None:
    operation = collections.create(
        "Film",
        description="Films",
        properties=[
            Property(
                name="title",
                data_type=DataType.TEXT,
                tokenization=Tokenization.WORD,
                index_filterable=False,
                skip_vectorization=True,
            ),
            Property(name="year", data_type=DataType.INT),
            Property(name="plot", data_type=DataType.TEXT, stop_words=("der", "die"), folding=True),
        ],
        vectors=[
            Configure.Vectors.text2vec_aws_bedrock(name="a", region="eu-west-1", model="cohere.embed-v4:0"),
            Configure.Vectors.text2vec_aws_sagemaker(name="b", region="eu-west-1", endpoint="tei", dimensions=384),
            Configure.Vectors.self_provided(
                name="c",
                dimensions=3,
                vector_index_config=Configure.VectorIndex.hnsw(
                    distance_metric=VectorDistances.DOT, ef_construction=64, max_connections=8
                ),
            ),
        ],
        auto_schema=True,
    )

    assert operation.request.body == {
        "name": "Film",
        "auto_schema": True,
        "description": "Films",
        "properties": [
            {
                "name": "title",
                "type": "text",
                "tokenization": "word",
                "filterable": False,
                "skip_vectorization": True,
            },
            {"name": "year", "type": "int"},
            {"name": "plot", "type": "text", "folding": True, "stop_words": ["der", "die"]},
        ],
        "vectors": {
            "a": {
                "vectorizer": "text2vec-aws",
                "service": "bedrock",
                "region": "eu-west-1",
                "model": "cohere.embed-v4:0",
                "vectorize_collection_name": True,
            },
            "b": {
                "vectorizer": "text2vec-aws",
                "service": "sagemaker",
                "region": "eu-west-1",
                "endpoint": "tei",
                "dimensions": 384,
                "vectorize_collection_name": True,
            },
            "c": {
                "vectorizer": "none",
                "dimensions": 3,
                "index": {"distance": "dot", "ef_construction": 64, "m": 8},
            },
        },
    }
    CollectionConfig.model_validate(operation.request.body)
    assert not operation.request.repeatable


def test_the_older_forms_of_a_vector_are_the_same_vector() -> None:
    new = Configure.Vectors.text2vec_aws_bedrock(name="t", region="us-east-1", model="m")

    assert Configure.Vectors.text2vec_aws(name="t", region="us-east-1", model="m") == new
    assert Configure.NamedVectors.text2vec_aws("t", "us-east-1", model="m") == new
    assert Configure.Vectorizer.text2vec_aws("m", "us-east-1").settings == new.settings


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: Configure.Vectors.text2vec_aws(region="", model="m"), "region is a required argument"),
        (lambda: Configure.Vectors.self_provided(name="a"), "dimensions: .* needs the length"),
        (lambda: Search.hybrid(None), "needs a text, or a vector"),
        (lambda: Search.hybrid("", vector=[1.0], alpha=0), "an alpha above 0"),
        (lambda: Search.bm25("a", return_metadata=cast(Any, ["zz"])).to_api(), r"expected some of .*, got \['zz'\]"),
        (lambda: Search.near_object(""), "expected an id, or a key of 1 to 512 characters, got ''"),
        (lambda: items_of("Film", [{"a": 1}, {"b": [float("nan")]}]), r"objects\[1\]: .*JSON"),
        (lambda: items_of("Film", [{"a": object()}]), "object has no form in JSON"),
        (lambda: item({"a": "\ud800"}, None, None, collection="Film", index=0), "surrogate"),
        (lambda: item({"a": "x" * 4_000_000}, None, None, collection="Film", index=0), "store large texts in S3"),
        (lambda: Filter.all_of([]), "the list is empty"),
        (lambda: Move(0.5).to_api(), "give concepts"),
        (lambda: Move(0.5, objects=[cast(str, 7)]).to_api(), "expected an id, or a key .* got 7"),
        (lambda: TargetVectors.manual_weights({"a": ["x"]}), "a number, or several, for 'a'"),  # type: ignore[list-item]
        (lambda: TargetVectors.relative_score({"a": []}), "a number, or several, for 'a'"),
        (lambda: Search.near_vector({"a": NearVector.list_of_vectors()}), "list of vectors for 'a' is empty"),
        (lambda: HybridVector.near_text("a", certainty=0.5, distance=1.0), "give one of them"),
    ],
)
def test_what_cannot_work_is_said_before_anything_is_sent(call: Any, message: str) -> None:
    with pytest.raises(alto.AltoConfigurationError, match=message):
        call()


@pytest.mark.parametrize(
    ("call", "alternative"),
    [
        (lambda: Configure.Generative.openai(name="a"), "aws_bedrock"),  # type: ignore[attr-defined]
        (Configure.VectorIndex.none, "always indexed"),
        (
            lambda: Configure.Vectors.text2vec_aws_bedrock(model="m", region="r", role_arn="a", external_id="b"),
            "model_roles",
        ),
        (lambda: Property(name="a", data_type=DataType.BLOB).to_api(), "S3"),
        (lambda: Property(name="a", data_type=DataType.TEXT, tokenization=Tokenization.GSE).to_api(), "CJK"),
        (lambda: Configure.VectorIndex.hnsw(distance_metric=VectorDistances.HAMMING), "COSINE"),
        (lambda: Configure.Vectors.text2vec_openai(name="a"), "text2vec_aws_bedrock"),  # type: ignore[attr-defined]
        (lambda: Configure.NamedVectors.multi2vec_clip("a"), "self_provided"),  # type: ignore[attr-defined]
        (lambda: Configure.inverted_index(stopwords_removals=["a"]), "whole list"),
        (lambda: Filter.by_property("cars[0].make"), "cars.make"),
        (lambda: Configure.Reranker.cohere("rerank-v3"), "aws_bedrock"),  # type: ignore[attr-defined]
        (lambda: Reconfigure.inverted_index(bm25_b=0.7), "stop_words"),
        (lambda: ReferenceProperty(name="a", target_collection="B"), "UUID"),
        (lambda: Auth.api_key("secret"), "connect_to_aws"),
        (lambda: alto.AltoClient("http://localhost:1").backup.create("a"), "snapshots"),
        (lambda: Filter.by_ref("author"), "UUID"),
    ],
)
def test_what_weaviate_has_and_alto_has_not_names_what_to_do_instead(call: Any, alternative: str) -> None:
    with pytest.raises(alto.AltoNotSupportedError, match=alternative):
        call()
    with pytest.raises(NotImplementedError):
        call()


def test_a_misspelt_vectorizer_is_no_vectorizer_of_another_vendor() -> None:
    with pytest.raises(AttributeError):
        Configure.Vectors.self_provide()  # type: ignore[attr-defined]
    assert not hasattr(Configure.Vectors, "__wrapped__")


def test_values_become_json() -> None:
    value = {"at": datetime(2026, 1, 2, 3, tzinfo=UTC), "on": date(2026, 1, 2), "id": ID, "text": "é"}

    assert to_json(value).decode() == (
        '{"at":"2026-01-02T03:00:00+00:00","on":"2026-01-02T00:00:00Z","id":"' + str(ID) + '","text":"é"}'
    )


def test_a_time_without_a_zone_is_utc_and_warned_of() -> None:
    with pytest.warns(UserWarning, match="no time zone: UTC"):
        assert to_json(datetime(2026, 1, 2)) == b'"2026-01-02T00:00:00+00:00"'


def test_a_path_cannot_lead_elsewhere() -> None:
    assert collections.get("../imports?x#y").request.path == "/v1/collections/..%2Fimports%3Fx%23y"


def test_chunks_keep_order_count_and_weight() -> None:
    small = [item({"n": n}, None, None, collection="Film", index=n) for n in range(2500)]
    large = [item({"t": "x" * 1_500_000}, None, None, collection="Film", index=n) for n in range(5)]

    assert [len(chunk) for chunk in chunked(small)] == [1000, 1000, 500]
    assert [each for chunk in chunked(small) for each in chunk] == small
    assert [len(chunk) for chunk in chunked(large)] == [2, 2, 1]


def test_an_id_that_follows_from_a_key_is_weaviates() -> None:
    # RFC 9562, appendix A.4: the UUIDv5 of a name in the namespace of DNS.
    assert alto.util.generate_uuid5("www.example.com") == "2ed6657d-e927-568b-95e1-2665a8aea6a2"
    assert alto.util.generate_uuid5("a", "b") == alto.util.generate_uuid5("ba")
    assert alto.util.is_uuid(alto.util.generate_uuid5({"any": "thing"}))
    assert not alto.util.is_uuid("a")


def test_an_insert_is_not_repeatable_and_a_batch_is() -> None:
    assert not objects.insert("Film", ID, {}, None).request.repeatable
    assert objects.write_batch("Film", [b"{}"]).request.repeatable
    assert objects.write_batch("Film", [b"{}", b"{}"], wait=True).request.content == b'{"objects":[{},{}]}'


@pytest.mark.parametrize("several", [[[1.0], [2.0]], NearVector.list_of_vectors([1.0], [2.0])])
@pytest.mark.parametrize(
    ("target", "weights"),
    [
        (TargetVectors.manual_weights({"a": 10, "b": [30, 20]}), {"a": 10, "b": [30, 20]}),
        (TargetVectors.relative_score({"a": 10, "b": 5}), {"a": 10, "b": 5}),
    ],
)
def test_a_target_takes_several_vectors_and_weights(several: Any, target: Any, weights: Any) -> None:
    body = Search.near_vector({"a": [3.0], "b": several}, target_vector=target).to_api()["near_vector"]

    assert body["vectors"] == {"a": [3.0], "b": [[1.0], [2.0]]}
    assert body["target_vector"]["weights"] == weights


def test_several_vectors_for_the_only_target_are_named() -> None:
    body = Search.near_vector({"a": [[1.0], [2.0]]}).to_api()

    assert body == {"near_vector": {"vectors": {"a": [[1.0], [2.0]]}}}


@pytest.mark.parametrize(("text", "sent"), [("b", {"near_text": "b"}), (["b", "c"], {"near_text": ["b", "c"]})])
def test_the_vector_of_a_hybrid_search_may_be_that_of_another_text(text: Any, sent: dict[str, Any]) -> None:
    body = Search.hybrid("a", vector=HybridVector.near_text(text)).to_api()["hybrid"]

    assert body == {"query": "a"} | sent


def test_diverse_hits_are_chosen_from_a_window_at_the_offset() -> None:
    body = Search.near_vector([1.0], limit=10, offset=20, diversity_selection=Diversity.mmr(limit=3)).to_api()

    assert body["diversity"] == {"candidates": 10, "skip": 20}
    assert (body["limit"], "offset" in body) == (3, False)
