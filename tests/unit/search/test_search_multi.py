from typing import Any

import pytest
from pydantic import TypeAdapter

from lambdas.deadline import Deadline
from lambdas.errors import InvalidRequestError, SearchEngineError
from lambdas.search.multi import FailedSearch, MultiSearchRequest, choose_body_model
from lambdas.search.request import SearchRequest
from lambdas.search.searcher import Searcher
from tests.builders import collection

FILMS = collection()
HIT = {"_id": "a", "_score": 1.5, "fields": {"id": ["a"]}}
FOUND = {"took": 3, "hits": {"total": {"value": 1, "relation": "eq"}, "hits": [HIT]}}


class Engine:
    """Responds to every body but those for the word `broken`."""

    def __init__(self) -> None:
        self.calls: list[list[Any]] = []

    def search_each(self, index: str, bodies: list[Any], _timeout: float) -> list[Any]:
        assert index == FILMS.alias
        self.calls.append(bodies)
        return [SearchEngineError("It broke.") if "broken" in str(body) else FOUND for body in bodies]

    def request(self, _method: str, path: str, body: Any, *, timeout: float) -> Any:
        assert path == f"/{FILMS.alias}/_search"
        [response] = self.search_each(FILMS.alias, [body], timeout)
        return response


def answered(engine: Any, *queries: dict[str, Any]) -> Any:
    request = MultiSearchRequest.model_validate({"queries": list(queries)})
    searcher = Searcher(engine, None, lambda: pytest.fail("nothing is to be reranked"), "us-east-1")  # type: ignore[arg-type]
    return searcher.search_each(FILMS, request, deadline=Deadline.after(10))


def test_all_queries_go_to_the_engine_at_once() -> None:
    engine = Engine()

    response = answered(
        engine,
        {"bm25": {"query": "one"}},
        {"hybrid": {"query": "two", "vector": [1, 2, 3]}, "explain": True},
        {"near_vector": {"vector": [1, 2, 3]}},
    )

    bodies, pages = engine.calls
    assert len(bodies) == 1 + 2 + 1
    # The legs of a hybrid search find ids alone.
    assert [page["query"] for page in pages] == [{"ids": {"values": ["a"]}}]
    assert [[hit.id for hit in result.objects] for result in response.results] == [["a"], ["a"], ["a"]]


def test_an_error_stands_in_the_place_of_its_query() -> None:
    engine = Engine()

    response = answered(
        engine,
        {"bm25": {"query": "broken"}},
        {"bm25": {"query": "fine"}, "limit": 0},
        {"bm25": {"query": "fine"}},
        {"bm25": {"query": "fine", "properties": ["plot"]}},
        {"hybrid": {"query": "broken", "vector": [1, 2, 3]}, "explain": True},
    )

    kinds = [result.error.code if isinstance(result, FailedSearch) else "found" for result in response.results]
    assert kinds == ["search_engine_error", "invalid_request", "found", "invalid_request", "search_engine_error"]
    assert response.results[1].error.details[0]["field"] == "limit"
    assert len(engine.calls[0]) == 1 + 1 + 2


def test_queries_that_are_all_wrong_ask_nothing() -> None:
    engine = Engine()

    response = answered(engine, {}, {"sort": []})

    assert all(result.error.status == 400 for result in response.results)
    assert engine.calls == []


def test_a_body_with_queries_is_several_searches() -> None:
    assert choose_body_model({"queries": []}) is MultiSearchRequest
    assert choose_body_model({"bm25": {}}) is SearchRequest
    assert choose_body_model([]) is SearchRequest


def test_queries_are_read_as_strictly_as_one() -> None:
    text = b'{"queries": [{"bm25": {"query": "x"}, "limit": "1"}, {"near_object": {"id": "%s"}}]}'
    uuid = b"6b2f3a52-0d1c-4b0e-9a63-0f5f6f0c8a11"

    request = TypeAdapter(MultiSearchRequest).validate_json(text % uuid, strict=True)

    wrong, right = request.queries
    assert isinstance(wrong, InvalidRequestError)
    assert isinstance(right, SearchRequest)
