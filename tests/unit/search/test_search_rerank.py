from typing import Any

import pytest

from lambdas.collections.model import RerankerConfig
from lambdas.errors import InvalidRequestError, ModelThrottledError
from lambdas.search.body import build_search_body, plan_search
from lambdas.search.request import SearchRequest
from lambdas.search.reranking.model import RerankModel
from lambdas.search.reranking.rerank import (
    Rerank,
    collect_passages,
    describe_fall_back,
    list_read_properties,
    order_by_rerank_score,
    query_text,
)
from lambdas.search.response import RerankOutcome
from lambdas.search.results.candidate import Candidate
from tests.builders import FILM_PROPERTIES, collection

COHERE = "cohere.rerank-v3-5:0"
FILMS = collection(properties=[*FILM_PROPERTIES, {"name": "genres", "type": "text[]"}])


def rerank(**settings: Any) -> Rerank:
    return Rerank.model_validate({"model": COHERE, **settings})


def hit(key: str, **properties: Any) -> Candidate:
    return Candidate(id=key, properties=properties, score=1.0)


def test_the_model_reads_all_text_and_skips_hits_without_any() -> None:
    found = [
        hit("a", title="Up", description="A house flies.", genres=["comedy", "family"], year=2009),
        hit("b", description=None, genres=[]),
        hit("c", title="  "),
        hit("d", genres=["noir"]),
    ]

    assert collect_passages(FILMS, rerank(), found) == {"a": "Up\nA house flies.\ncomedy\nfamily", "d": "noir"}
    assert collect_passages(FILMS, rerank(properties=["description", "title"]), found) == {"a": "A house flies.\nUp"}


def test_hits_are_in_the_order_of_the_scores_and_those_without_come_last() -> None:
    found = [hit("a"), hit("b"), hit("c"), hit("d")]

    order = order_by_rerank_score(found, {"a": 0.1, "d": 0.9, "c": 0.1})

    assert [(each.id, each.rerank_score) for each in order] == [("d", 0.9), ("a", 0.1), ("c", 0.1), ("b", None)]


@pytest.mark.parametrize(
    ("mode", "text"),
    [
        ({"bm25": {"query": "ghost"}}, "ghost"),
        ({"near_text": {"query": ["film", "holiday"]}}, "film holiday"),
        ({"hybrid": {"query": "ghost"}}, "ghost"),
        ({"near_vector": {"vector": [1.0]}}, None),
    ],
)
def test_hits_are_compared_with_the_text_of_the_search(mode: dict[str, Any], text: str | None) -> None:
    assert query_text(SearchRequest.model_validate(mode).mode) == text


def test_a_search_asks_for_its_candidates_with_the_text_that_the_model_reads() -> None:
    request = SearchRequest.model_validate(
        {"bm25": {"query": "x"}, "rerank": {"model": COHERE, "candidates": 50}, "return_properties": ["year"]}
    )

    body = build_search_body(FILMS, request, None)

    assert (body["from"], body["size"]) == (0, 50)
    assert body["_source"] == {
        "includes": ["properties.year", "properties.title", "properties.description", "properties.genres", "key"]
    }


@pytest.mark.parametrize(
    ("properties", "message"),
    [
        (["year"], "'year' is not a text property of 'Film'. These are: title, description, genres"),
        (["plot"], "'plot'"),
    ],
)
def test_only_text_can_be_read(properties: list[str], message: str) -> None:
    with pytest.raises(InvalidRequestError, match=message):
        list_read_properties(FILMS, rerank(properties=properties))


def test_a_search_without_a_model_is_reranked_by_the_collections() -> None:
    films = FILMS.model_copy(update={"reranker": RerankerConfig(model=COHERE, region="us-west-2")})
    request = SearchRequest.model_validate({"bm25": {"query": "x"}, "rerank": {"candidates": 50}})

    planned = plan_search(films, request, None).request.rerank

    assert planned == Rerank(model=COHERE, region="us-west-2", candidates=50)
    assert rerank(model="amazon.rerank-v1:0").with_default(films).model == "amazon.rerank-v1:0"
    assert rerank(model="amazon.rerank-v1:0").with_default(films).region is None
    with pytest.raises(InvalidRequestError, match=r"rerank\.model: the collection 'Film' has no 'reranker'"):
        plan_search(FILMS, request, None)


def test_a_collection_without_text_is_not_reranked() -> None:
    with pytest.raises(InvalidRequestError, match="no text property that a model could read"):
        list_read_properties(collection(properties=[{"name": "year", "type": "int"}]), rerank())


def test_a_fall_back_says_why() -> None:
    assert describe_fall_back(rerank(), 7, ModelThrottledError("Too many.")) == RerankOutcome(
        applied=False, model=COHERE, candidates=7, code="model_throttled", message="Too many."
    )


@pytest.mark.parametrize(
    ("model", "region", "arn"),
    [
        (COHERE, "eu-central-1", f"arn:aws:bedrock:eu-central-1::foundation-model/{COHERE}"),
        (COHERE, "us-gov-west-1", f"arn:aws-us-gov:bedrock:us-gov-west-1::foundation-model/{COHERE}"),
        ("arn:aws:bedrock:us-east-1::foundation-model/x", "us-east-1", "arn:aws:bedrock:us-east-1::foundation-model/x"),
    ],
)
def test_a_model_is_known_by_its_arn(model: str, region: str, arn: str) -> None:
    assert RerankModel(model, region).arn == arn


def test_the_region_is_that_of_alto_unless_it_is_given() -> None:
    assert rerank().resolve_model("eu-west-1").region == "eu-west-1"
    assert rerank(region="us-east-1").resolve_model("eu-west-1").region == "us-east-1"
