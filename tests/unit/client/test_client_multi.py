"""Several searches of the client in one request."""

import json
from typing import Any
from uuid import UUID

import httpx

import alto
from alto.classes.init import AdditionalConfig
from alto.classes.query import BM25Operator, Filter
from alto.classes.results import QueryReturn
from alto.classes.search import Search
from lambdas.search.request import SearchRequest

# Values as JSON has them: the collection is not read for their types.
UNTYPED = AdditionalConfig(typed_values=False)

ID = UUID("6f9619ff-8b86-4d01-b42d-00cf4fc964ff")


def test_searches_go_together_and_come_back_in_their_order() -> None:
    asked: list[Any] = []

    def respond(request: httpx.Request) -> httpx.Response:
        asked.append(json.loads(request.content)["queries"])
        results = [response(each) for each in asked[-1]]
        return httpx.Response(200, json={"results": results, "took_ms": 1}, headers={"apigw-requestid": "req-1"})

    def response(body: dict[str, Any]) -> dict[str, Any]:
        SearchRequest.model_validate(body)
        if body.get("limit") == 13:
            return {"error": {"status": 400, "code": "invalid_request", "message": "It is so.", "details": []}}
        hit = {"id": str(ID), "properties": {"limit": body.get("limit")}, "score": 1.0}
        return {"objects": [hit], "total": 1, "truncated": False, "took_ms": 1}

    client = alto.AltoClient("http://localhost:1", transport=httpx.MockTransport(respond), additional_config=UNTYPED)
    films = client.collections.use("Film")
    others = [
        Search.near_text("a film", distance=0.4, filters=Filter.by_property("year").equal(1994)),
        Search.near_vector([1, 2], target_vector="own", include_vector=True),
        Search.near_object(ID, limit=3),
        Search.bm25("ghosts", operator=BM25Operator.and_(), return_properties="title"),
        Search.hybrid("a film", alpha=0.5, return_metadata=["explain_score"]),
    ]

    found = films.query.multi([*(Search.bm25("a", limit=number) for number in range(1, 22)), *others])

    assert [len(each) for each in asked] == [20, 6]
    assert asked[1][1:] == [
        {
            "near_text": {"query": "a film", "distance": 0.4},
            "filter": {"property": "year", "operator": "equal", "value": 1994},
        },
        {"near_vector": {"vector": [1, 2], "target_vector": "own"}, "include_vectors": True},
        {"near_object": {"id": str(ID)}, "limit": 3},
        {"bm25": {"query": "ghosts", "operator": "and"}, "return_properties": ["title"]},
        {"hybrid": {"query": "a film", "alpha": 0.5}, "explain": True},
    ]
    failed = found[12]
    assert type(failed) is alto.AltoInvalidRequestError
    assert (failed.code, failed.status, failed.request_id) == ("invalid_request", 400, "req-1")
    good = [each for each in found if isinstance(each, QueryReturn)]
    assert len(good) == 25
    assert good[0].objects[0].properties == {"limit": 1}


def test_no_search_is_no_request() -> None:
    films = alto.AltoClient("http://localhost:1", transport=httpx.MockTransport(lambda _: httpx.Response(500)))

    assert films.collections.use("Film").query.multi([]) == []
