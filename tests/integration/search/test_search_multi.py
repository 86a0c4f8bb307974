"""Several searches in one request: the same responses as one by one, errors in place, texts embedded together."""

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest

from local.emulator import Emulator
from tests.api import Api
from tests.builders import FILM_PROPERTIES, FILMS

COHERE = {"vectorizer": "text2vec-aws", "region": "us-east-1", "model": "cohere.embed-english-v3"}
OLD = {"property": "year", "operator": "less_than", "value": 2000}


@pytest.fixture(scope="module")
def films(api: Api) -> Iterator[str]:
    name = f"Many{uuid4().hex[:8]}"
    body = {"name": name, "properties": FILM_PROPERTIES, "vectors": {"default": COHERE}}
    assert api("POST", "/v1/collections", body).status == 201
    objects = {"objects": [{"properties": film} for film in FILMS]}
    response = api("POST", f"/v1/collections/{name}/objects/batch", objects, query={"consistency": "wait"})
    assert response.body["failed"] == 0
    yield name
    api("DELETE", f"/v1/collections/{name}")


def without_times(response: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in response.items() if name not in ("took_ms", "profile")}


def test_each_query_is_answered_as_by_itself(api: Api, films: str) -> None:
    path = f"/v1/collections/{films}/search"
    some = api("POST", path, {"bm25": {"query": "ghost"}}).body["objects"][0]["id"]
    queries: list[dict[str, Any]] = [
        {"near_text": {"query": "A holiday film"}, "limit": 2},
        {"hybrid": {"query": "a criminal"}, "filter": OLD, "explain": True},
        {"bm25": {"query": "Christmas"}, "highlight": True},
        {"near_object": {"id": some}, "include_vectors": True, "limit": 1},
        {"sort": [{"property": "year"}], "return_properties": ["year"], "offset": 2},
        {"hybrid": {"query": "ghosts", "alpha": 0}, "profile": True},
    ]

    response = api("POST", path, {"queries": queries})

    assert response.status == 200
    alone = [without_times(api("POST", path, query).body) for query in queries]
    assert [without_times(result) for result in response.body["results"]] == alone
    assert response.body["results"][5]["profile"]["engine_ms"] > 0
    assert all(result["took_ms"] <= response.body["took_ms"] for result in response.body["results"])


def test_a_query_that_is_wrong_has_its_error_in_its_place(api: Api, films: str) -> None:
    path = f"/v1/collections/{films}/search"
    wrong: list[dict[str, Any]] = [
        {"bm25": {"query": "x"}, "limit": "10"},
        {"bm25": {"query": "x"}, "near_text": {"query": "x"}},
        {"bm25": {"query": "x", "properties": ["plot"]}},
        {"near_object": {"id": str(uuid4())}},
        {"near_vector": {"vector": [1.0]}},
    ]
    good = {"bm25": {"query": "ghost"}}

    response = api("POST", path, {"queries": [*wrong, good]})

    assert response.status == 200
    *refused, found = response.body["results"]
    assert len(found["objects"]) == 1
    for query, result in zip(wrong, refused, strict=True):
        alone = api("POST", path, query)
        expected = {name: alone.error[name] for name in ("code", "message", "details")} | {"status": alone.status}
        assert result == {"error": expected}


def test_texts_of_all_queries_are_embedded_once_in_one_call(api: Api, films: str, emulator: Emulator) -> None:
    texts = [f"a text about {subject} {uuid4().hex[:6]}" for subject in ("winter", "crime", "toys")]
    emulator.reset()

    queries = [{"near_text": {"query": text}} for text in texts] + [{"hybrid": {"query": text}} for text in texts]
    response = api("POST", f"/v1/collections/{films}/search", {"queries": queries})

    counted = emulator.counters()
    assert all("objects" in result for result in response.body["results"])
    assert (counted["calls"], counted["texts"]) == (1, 3)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"queries": []}, "queries: expected at least 1 item"),
        ({"queries": [{"bm25": {"query": "x"}}] * 21}, "queries: expected at most 20 items"),
        ({"queries": [{"bm25": {"query": "x"}}], "limit": 3}, "limit: unknown field"),
        ({"querys": []}, "querys: unknown field"),
        ({"hybrid": {"query": "x", "alpha": 2}}, "hybrid.alpha: must be at most 1"),
    ],
)
def test_what_is_wrong_with_the_whole_is_an_error(api: Api, films: str, body: Any, message: str) -> None:
    response = api("POST", f"/v1/collections/{films}/search", body)

    assert response.status == 400
    assert message in response.error["message"]


def test_queries_are_reranked_each_by_itself(api: Api, films: str, emulator: Emulator) -> None:
    path, found = f"/v1/collections/{films}/search", {"bm25": {"query": "Christmas"}}
    queries: list[dict[str, Any]] = [
        found | {"rerank": {"model": "cohere.rerank-v3-5:0", "query": "ghosts"}},
        found | {"rerank": {"model": "cohere.rerank-v3-5:0", "query": "toys"}, "profile": True},
        found | {"rerank": {"model": "meta.rerank-v9:0"}},
        found,
    ]

    response = api("POST", path, {"queries": queries}).body["results"]

    for place in (0, 1, 3):
        alone = api("POST", path, queries[place]).body
        assert without_times(alone) == without_times(response[place])
    titles = [result["objects"][0]["properties"]["title"] for result in response[:2]]
    assert titles == ["A Christmas Carol", "Jingle All the Way"]
    assert response[2]["error"]["code"] == "model_not_found"
    assert response[1]["profile"]["rest_ms"] >= 0
