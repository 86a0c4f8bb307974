"""Aggregations in the client: the body it sends, and how it reads the response."""

import json
from typing import Any
from uuid import UUID

import httpx
import pytest

import alto
from alto.classes.aggregate import (
    AggregateBoolean,
    AggregateDate,
    AggregateInteger,
    AggregateNumber,
    AggregateText,
    GroupByAggregate,
    Metrics,
    TopOccurrence,
)
from alto.classes.query import Filter
from lambdas.aggregate.request import AggregateRequest, AggregateResponse

ID = UUID("6f9619ff-8b86-4d01-b42d-00cf4fc964ff")
EMPTY = {"total": 0, "properties": {}}


class Server:
    """Returns the given response to aggregations, and keeps their bodies."""

    def __init__(self, response: dict[str, Any] | None = None) -> None:
        self._response = AggregateResponse.model_validate(response or EMPTY)
        self.asked: list[Any] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        assert request.url.path == "/v1/collections/Film/aggregate"
        self.asked.append(json.loads(request.content))
        AggregateRequest.model_validate(self.asked[-1])
        return httpx.Response(200, json=json.loads(self._response.model_dump_json()))

    @property
    def films(self) -> Any:
        return alto.AltoClient("http://localhost:1", transport=httpx.MockTransport(self)).collections.use("Film")


def test_everything_is_counted_without_a_filter() -> None:
    server = Server({"total": 7, "properties": {}})

    assert server.films.aggregate.over_all().total_count == 7
    assert server.films.aggregate.over_all(total_count=False).total_count is None
    assert len(server.films) == 7
    assert server.asked == [{}, {}, {}]


def test_metrics_have_the_names_of_the_api() -> None:
    server = Server({"total": 1, "properties": {"year": {"min": 1972}, "title": {"count": 2}}})

    server.films.aggregate.over_all(
        filters=Filter.by_property("year").greater_than(1990),
        return_metrics=[Metrics("year").integer(minimum=True), Metrics("title").text(count=True, limit=3)],
    )

    assert server.asked == [
        {
            "filter": {"property": "year", "operator": "greater_than", "value": 1990},
            "properties": {"year": {"metrics": ["min"]}, "title": {"metrics": ["count"], "limit": 3}},
        }
    ]


def test_no_metric_is_all_that_fit_the_type() -> None:
    assert Metrics("a").text().metrics == ("count", "top_occurrences")
    assert Metrics("a").date_().metrics == ("count", "max", "median", "min", "mode")
    assert set(Metrics("a").number().metrics) == {"count", "max", "mean", "median", "min", "mode", "sum"}


def test_each_type_has_a_response_of_its_own() -> None:
    response = {
        "total": 3,
        "properties": {
            "year": {"count": 3, "min": 1, "max": 9, "mean": 4.0, "median": 3.0, "mode": 1, "sum": 12.0},
            "score": {"mean": 0.5},
            "seen": {"max": "2026-01-02T00:00:00.000+00:00"},
            "title": {"count": 3, "top_occurrences": [{"value": "Up", "count": 2}]},
            "lent": {"total_true": 1, "total_false": 2, "percentage_true": 25.0, "percentage_false": 75.0, "count": 3},
        },
    }
    metrics = [
        Metrics("year").integer(),
        Metrics("score").number(mean=True),
        Metrics("seen").date_(maximum=True),
        Metrics("title").text(),
        Metrics("lent").boolean(),
    ]

    found = Server(response).films.aggregate.over_all(return_metrics=metrics).properties

    assert found == {
        "year": AggregateInteger(count=3, maximum=9, mean=4.0, median=3.0, minimum=1, mode=1, sum_=12),
        "score": AggregateNumber(count=None, maximum=None, mean=0.5, median=None, minimum=None, mode=None, sum_=None),
        "seen": AggregateDate(
            count=None, maximum="2026-01-02T00:00:00.000+00:00", median=None, minimum=None, mode=None
        ),
        "title": AggregateText(3, [TopOccurrence(count=2, value="Up")]),
        "lent": AggregateBoolean(3, percentage_false=0.75, percentage_true=0.25, total_false=2, total_true=1),
    }
    assert type(found["year"].sum_) is int


def test_groups_say_what_they_share() -> None:
    groups = [{"value": 1994, "total": 2, "properties": {"title": {"count": 2}}}]
    server = Server({"total": 2, "groups": groups, "other_objects": 0})

    found = server.films.aggregate.over_all(
        group_by=GroupByAggregate(prop="year", limit=3), return_metrics=Metrics("title").text(count=True)
    )

    [group] = found.groups
    assert (group.grouped_by.prop, group.grouped_by.value, group.total_count) == ("year", 1994, 2)
    assert group.properties == {"title": AggregateText(2, [])}
    assert server.asked[0]["group_by"] == {"property": "year", "limit": 3}
    server.films.aggregate.over_all(group_by="year")
    assert server.asked[1] == {"group_by": {"property": "year"}}


def test_a_search_is_aggregated_up_to_its_limit() -> None:
    server = Server()
    over = server.films.aggregate
    only = Filter.by_property("year").equal(1994)

    over.near_text("a film", object_limit=5, filters=only)
    over.near_text("a film", distance=0.4)
    over.near_vector([1, 2], object_limit=3)
    over.near_object(ID, certainty=0.9)
    over.hybrid("a film", alpha=0.5)

    assert [each["search"] for each in server.asked] == [
        {
            "near_text": {"query": "a film"},
            "limit": 5,
            "filter": {"property": "year", "operator": "equal", "value": 1994},
        },
        {"near_text": {"query": "a film", "distance": 0.4}, "limit": 1000},
        {"near_vector": {"vector": [1, 2]}, "limit": 3},
        {"near_object": {"id": str(ID), "certainty": 0.9}, "limit": 1000},
        {"hybrid": {"query": "a film", "alpha": 0.5}, "limit": 500},
    ]


def test_a_threshold_that_lets_more_through_than_counts_is_warned_of() -> None:
    over = Server({"total": 1000, "properties": {}}).films.aggregate

    with pytest.warns(UserWarning, match="Only the 1,000 nearest"):
        over.near_text("a film", distance=0.4)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda over: over.near_text("a"), "give object_limit, certainty or distance"),
        (lambda over: over.near_text("a", object_limit=1001), "object_limit: 1001 is not from 1 to 1,000"),
        (lambda over: over.hybrid("a", object_limit=501), "object_limit: 501 is not from 1 to 500"),
        (lambda _: Metrics("a").text(limit=1, min_occurrences=1), "give limit only"),
    ],
)
def test_what_cannot_be_counted_is_said_before_anything_is_sent(call: Any, message: str) -> None:
    with pytest.raises(alto.AltoConfigurationError, match=message):
        call(Server().films.aggregate)


def test_what_weaviate_aggregates_and_alto_does_not_names_what_to_do_instead() -> None:
    over = Server().films.aggregate

    for call in (over.near_image, lambda: Metrics("a").reference(pointing_to=True)):
        with pytest.raises(alto.AltoNotSupportedError, match="Instead: "):
            call()
