"""Reranking, boosts, diversity and groups in the client: the body it sends, and how it reads the response."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest

import alto
from alto.classes.init import AdditionalConfig
from alto.classes.query import Boost, Diversity, Filter, GroupBy, MetadataQuery, Rerank, Smoothing
from alto.classes.search import Search
from lambdas.search.request import SearchRequest
from lambdas.search.response import SearchResponse

# Values as JSON has them: the collection is not read for their types.
UNTYPED = AdditionalConfig(typed_values=False)

IDS = [UUID(int=number) for number in range(1, 5)]
MODEL = "cohere.rerank-v3-5:0"


def hit(number: int, **more: Any) -> dict[str, Any]:
    return {"id": str(IDS[number]), "properties": {"number": number}} | more


class Server:
    """Returns the given response to searches, and keeps their bodies."""

    def __init__(self, **response: Any) -> None:
        self._response = {"objects": [], "total": 0, "truncated": False, "took_ms": 1} | response
        self.asked: list[Any] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(json.loads(request.content))
        SearchRequest.model_validate(self.asked[-1])
        return httpx.Response(200, json=json.loads(SearchResponse.model_validate(self._response).model_dump_json()))

    @property
    def query(self) -> Any:
        client = alto.AltoClient("http://localhost:1", transport=httpx.MockTransport(self), additional_config=UNTYPED)
        films = client.collections.use("Film")
        return films.query


def test_groups_are_of_as_many_hits_as_the_limit_says() -> None:
    server = Server()
    group_by = GroupBy(prop="year", objects_per_group=2, number_of_groups=3)

    server.query.bm25("a", group_by=group_by, limit=50)
    server.query.near_vector([1, 2], group_by=group_by)

    assert server.asked[0] == {
        "bm25": {"query": "a"},
        "group_by": {"property": "year", "groups": 3, "objects_per_group": 2, "candidates": 50},
    }
    assert server.asked[1]["group_by"] == {"property": "year", "groups": 3, "objects_per_group": 2}


def test_groups_are_found_by_their_names_and_objects_know_theirs() -> None:
    first = {"value": 1994, "count": 7, "min_distance": 0.1, "max_distance": 0.2, "objects": [hit(0), hit(1)]}
    second = {"value": "Up", "count": 1, "min_distance": None, "max_distance": None, "objects": [hit(2)]}
    group_by = GroupBy(prop="year", objects_per_group=2, number_of_groups=3)

    found = Server(groups=[first, second]).query.near_text("a", group_by=group_by)

    assert list(found.groups) == ["1994", "Up"]
    group = found.groups["1994"]
    assert (group.min_distance, group.max_distance, group.number_of_objects, group.count) == (0.1, 0.2, 2, 7)
    assert [each.uuid for each in group.objects] == IDS[:2]
    assert [(each.uuid, each.belongs_to_group) for each in found.objects] == [
        (IDS[0], "1994"),
        (IDS[1], "1994"),
        (IDS[2], "Up"),
    ]


def test_a_reranker_is_named_with_the_search() -> None:
    server = Server(
        objects=[hit(0, score=0.1, rerank_score=0.9)],
        rerank={"applied": True, "model": MODEL, "candidates": 1},
    )

    found = server.query.hybrid("a", rerank=Rerank(prop="title", query="b", model=MODEL, region="us-west-2"))
    server.query.bm25("a", rerank=Rerank(prop=["title", "text"], model=MODEL, candidates=20))

    assert server.asked[0]["rerank"] == {"model": MODEL, "query": "b", "properties": ["title"], "region": "us-west-2"}
    assert server.asked[1]["rerank"] == {"model": MODEL, "properties": ["title", "text"], "candidates": 20}
    assert found.reranked is True
    assert found.objects[0].metadata.rerank_score == 0.9


def test_a_search_that_could_not_be_reranked_says_so() -> None:
    outcome = {"applied": False, "model": MODEL, "candidates": 1, "code": "model_throttled", "message": "Too fast."}

    with pytest.warns(UserWarning, match=r"not reranked.*Too fast. \(model_throttled\)"):
        found = Server(objects=[hit(0)], rerank=outcome).query.bm25("a", rerank=Rerank(model=MODEL))

    assert found.reranked is False


def test_diverse_hits_are_chosen_from_as_many_as_the_limit_says() -> None:
    server = Server()

    server.query.near_text("a", limit=100, diversity_selection=Diversity.mmr(limit=5, balance=0.3))
    server.query.hybrid("a", limit=5, diversity_selection=Diversity.mmr())

    assert server.asked[0] == {
        "near_text": {"query": "a"},
        "limit": 5,
        "diversity": {"balance": 0.3, "candidates": 100},
    }
    assert server.asked[1] == {"hybrid": {"query": "a"}, "limit": 5, "diversity": {}}


def test_smoothing_sends_what_was_given() -> None:
    server = Server()

    server.query.hybrid("a", smoothing=Smoothing())
    server.query.bm25(
        "a",
        smoothing=Smoothing(weight=0.3, neighbours=3, candidates=50, target_vector="plot"),
        return_metadata=MetadataQuery(explain_score=True),
    )

    assert server.asked[0] == {"hybrid": {"query": "a"}, "smoothing": {}}
    assert server.asked[1]["smoothing"] == {
        "weight": 0.3,
        "neighbours": 3,
        "candidates": 50,
        "target_vector": "plot",
    }
    assert server.asked[1]["explain"] is True


def test_a_boost_is_a_share_of_the_score() -> None:
    server = Server()
    query = server.query

    query.bm25("a", boost=Boost.filter(Filter.by_property("year").equal(1994), weight=0.4, depth=50))
    query.bm25("a", boost=Boost.numeric_decay("pages", origin=20, scale=40, curve=Boost.Curve.LINEAR, decay=0.1))
    recent = Boost.time_decay(
        "seen", origin=datetime(2026, 1, 2, tzinfo=UTC), scale=timedelta(days=7), offset="12h", weight=2
    )
    query.bm25("a", boost=Boost.blend([recent, Boost.filter(Filter.by_property("year").equal(1))], weight=0.5))

    condition = {"property": "year", "operator": "equal", "value": 1994}
    assert [each["boost"] for each in server.asked] == [
        {"conditions": [{"filter": condition}], "weight": 0.4, "candidates": 50},
        {"conditions": [{"property": "pages", "origin": 20, "scale": 40, "curve": "linear", "decay": 0.1}]},
        {
            "conditions": [
                {
                    "property": "seen",
                    "origin": "2026-01-02T00:00:00+00:00",
                    "scale": "604800s",
                    "offset": "12h",
                    "weight": 2,
                },
                {"filter": condition | {"value": 1}},
            ],
            "weight": 0.5,
        },
    ]


def test_searches_that_go_together_have_the_same_settings() -> None:
    group_by = GroupBy(prop="year", objects_per_group=2, number_of_groups=3)
    boost = Boost.numeric_decay("pages", origin=20, scale=40)
    search = Search.bm25("a", group_by=group_by, boost=boost, rerank=Rerank(model=MODEL), limit=9)

    body = search.to_api()

    assert body["group_by"]["candidates"] == 9
    assert (body["boost"], body["rerank"]) == (boost.to_api(), {"model": MODEL})
    SearchRequest.model_validate(body)


def test_durations_have_no_exponent() -> None:
    for span, text in ((timedelta(microseconds=1), "0.000001s"), (timedelta(days=10_000), "864000000s")):
        assert Boost.time_decay("a", scale=span).conditions[0]["scale"] == text


def test_a_profile_and_a_boosted_score_are_explained_on_request() -> None:
    profile = {"embedding_ms": 1.0, "engine_ms": 2.0, "engine_took_ms": 1.0, "rest_ms": 0.5, "rerank_ms": 0.0}
    server = Server(profile=profile)
    boost = Boost.numeric_decay("pages", origin=20, scale=40)

    found = server.query.bm25("a", boost=boost, return_metadata=MetadataQuery.full_with_profile())

    assert (server.asked[0]["profile"], server.asked[0]["explain"]) == (True, True)
    assert found.query_profile == profile


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: Boost.blend([]), "at least one"),
        (lambda: Boost.blend([Boost.numeric_decay("a", origin=1, scale=1, depth=3)]), "depth to blend itself"),
    ],
)
def test_what_cannot_work_is_said_before_anything_is_sent(call: Any, message: str) -> None:
    with pytest.raises(alto.AltoConfigurationError, match=message):
        call()


def test_a_boost_by_a_raw_number_and_a_negative_weight_are_conditions() -> None:
    draft = Filter.by_property("draft").equal(True)
    both = Boost.blend(
        [
            Boost.numeric_property("likes", modifier=Boost.Modifier.LOG1P, weight=2),
            Boost.numeric_property("sales"),
            Boost.filter(draft, weight=-2.0),
        ],
        weight=0.4,
    )

    assert both.to_api() == {
        "conditions": [
            {"property": "likes", "modifier": "log1p", "weight": 2},
            {"property": "sales", "modifier": "none"},
            {"filter": {"not": draft.body}, "weight": 2.0},
        ],
        "weight": 0.4,
    }
