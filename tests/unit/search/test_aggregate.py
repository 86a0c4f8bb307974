from datetime import datetime
from types import SimpleNamespace
from typing import Any

import pytest

from lambdas.aggregate.aggregator import Aggregator
from lambdas.aggregate.body import MIDDLES, build_aggregate_body
from lambdas.aggregate.request import AggregateRequest, AggregateResponse, Group, Occurrence, PropertyAggregate
from lambdas.aggregate.response import build_aggregate_response
from lambdas.deadline import Deadline
from lambdas.search.request import SearchRequest
from tests.builders import collection

FILMS = collection(
    properties=[
        {"name": "title", "type": "text"},
        {"name": "year", "type": "int"},
        {"name": "seen", "type": "boolean"},
        {"name": "released", "type": "date"},
    ]
)
TOP = {"size": 3, "shard_size": 2000, "order": [{"_count": "desc"}, {"_key": "asc"}]}

SMALLEST_YEAR = {"properties.year": {"order": "asc", "mode": "min", "missing": "_last"}}
LARGEST_YEAR = {"properties.year": {"order": "desc", "mode": "max", "missing": "_last"}}


def asked(**question: Any) -> AggregateRequest:
    return AggregateRequest.model_validate(question)


def test_a_question_without_anything_counts_all_objects() -> None:
    assert build_aggregate_body(FILMS, asked(), None) == {
        "size": 0,
        "track_total_hits": True,
        "query": {"match_all": {}},
    }


def test_metrics_become_the_fewest_aggregations() -> None:
    question = asked(
        filter={"property": "year", "operator": "equal", "value": 1999},
        properties={
            "year": {"metrics": ["min", "max", "median"]},
            "title": {"metrics": ["top_occurrences"], "limit": 3},
        },
    )

    assert build_aggregate_body(FILMS, question, None) == {
        "size": 0,
        "track_total_hits": True,
        "query": {"bool": {"filter": [{"term": {"properties.year": 1999}}]}},
        "aggs": {
            "p0.stats": {"stats": {"field": "properties.year"}},
            "p0.min": {"top_hits": {"size": 1, "sort": [SMALLEST_YEAR], "_source": False}},
            "p0.max": {"top_hits": {"size": 1, "sort": [LARGEST_YEAR], "_source": False}},
            "p0.median": {
                "percentiles": {
                    "field": "properties.year",
                    "percents": [49.999, 50.001],
                    "tdigest": {"compression": 100},
                }
            },
            "p1.top": {"terms": {"field": "properties.title.keyword"} | TOP},
        },
    }


def test_groups_hold_the_metrics_and_a_search_its_ids() -> None:
    question = asked(group_by={"property": "seen", "limit": 2}, properties={"title": {"metrics": ["count"]}})

    assert build_aggregate_body(FILMS, question, ["a", "b"]) == {
        "size": 0,
        "track_total_hits": True,
        "query": {"terms": {"id": ["a", "b"]}},
        "aggs": {
            "groups": {
                "terms": {"field": "properties.seen", "size": 2, "shard_size": 13, "collect_mode": "breadth_first"},
                "aggs": {"p0.count": {"value_count": {"field": "lengths.title"}}},
            }
        },
    }


def test_a_response_is_written_as_its_types_are() -> None:
    question = asked(
        properties={
            "year": {"metrics": ["min", "mean", "mode", "sum"]},
            "released": {"metrics": ["max", "median"]},
            "seen": {"metrics": ["percentage_true", "total_false"]},
            "title": {"metrics": ["top_occurrences"]},
        }
    )
    reply = {
        "hits": {"total": {"value": 3}},
        "aggregations": {
            "p0.stats": {"count": 2, "min": 1999.0, "max": 2001.0, "avg": 2000.0, "sum": 4000.0},
            "p0.mode": {"buckets": [{"key": 1999, "doc_count": 1}]},
            "p1.stats": {"count": 1, "min": 0.0, "max": 0.0, "avg": 0.0, "sum": 0.0},
            "p1.median": {"values": {"49.999": 1000.0, "50.001": 2000.0}},
            "p2.values": {"buckets": [{"key": 1, "doc_count": 1}, {"key": 0, "doc_count": 3}]},
            "p3.top": {"buckets": [{"key": "Up", "doc_count": 2}]},
        },
    }

    assert build_aggregate_response(FILMS, question, reply) == AggregateResponse(
        total=3,
        properties={
            "year": PropertyAggregate(min=1999, mean=2000.0, mode=1999, sum=4000.0),
            "released": PropertyAggregate(max="1970-01-01T00:00:00.000+00:00", median="1970-01-01T00:00:01.500+00:00"),
            "seen": PropertyAggregate(percentage_true=25.0, total_false=3),
            "title": PropertyAggregate(top_occurrences=[Occurrence(value="Up", count=2)]),
        },
    )


def test_nothing_has_no_minimum_and_no_sum() -> None:
    question = asked(properties={"year": {"metrics": ["count", "min", "mean", "median", "mode", "sum"]}})
    reply = {
        "hits": {"total": {"value": 0}},
        "aggregations": {
            "p0.stats": {"count": 0, "min": None, "max": None, "avg": None, "sum": 0.0},
            "p0.median": {"values": {"49.999": None, "50.001": None}},
            "p0.mode": {"buckets": []},
        },
    }

    assert build_aggregate_response(FILMS, question, reply).properties == {"year": PropertyAggregate(count=0)}


def test_a_sum_beyond_the_range_of_a_double_is_null() -> None:
    # As OpenSearch writes it.
    reply = {
        "hits": {"total": {"value": 2}},
        "aggregations": {
            "p0.stats": {"count": 2, "min": -1.7e308, "max": 1.7e308, "avg": "Infinity", "sum": "-Infinity"},
            "p0.median": {"values": {str(percent): 1.7e308 for percent in MIDDLES}},
        },
    }
    question = asked(properties={"rating": {"metrics": ["sum", "mean", "max", "median"]}})
    rated = collection(properties=[{"name": "rating", "type": "number"}])

    [found] = (build_aggregate_response(rated, question, reply).properties or {}).values()

    assert (found.sum, found.mean, found.max, found.median) == (None, None, 1.7e308, 1.7e308)


def test_groups_are_named_by_their_value() -> None:
    question = asked(group_by={"property": "seen"}, properties={"title": {"metrics": ["count"]}})
    reply = {
        "hits": {"total": {"value": 5}},
        "aggregations": {
            "groups": {
                "buckets": [{"key": 1, "key_as_string": "true", "doc_count": 4, "p0.count": {"value": 2}}],
                "sum_other_doc_count": 1,
            }
        },
    }

    assert build_aggregate_response(FILMS, question, reply) == AggregateResponse(
        total=5,
        groups=[Group(value=True, total=4, properties={"title": PropertyAggregate(count=2)})],
        other_objects=1,
    )


@pytest.mark.parametrize("value", ["9999-12-31T23:59:59-08:00", "0001-01-01T00:00:00+08:00", "2020-02-29T12:00:00Z"])
def test_dates_outside_four_digit_years_of_utc_are_rendered(value: str) -> None:
    moment = datetime.fromisoformat(value)
    milliseconds = (moment - datetime.fromisoformat("1970-01-01T00:00:00Z")).total_seconds() * 1000
    stats = {"count": 1, "min": milliseconds, "max": milliseconds, "avg": milliseconds, "sum": milliseconds}
    question = asked(properties={"released": {"metrics": ["min"]}})
    response = {"hits": {"total": {"value": 1}}, "aggregations": {"p0.stats": stats}}

    found = build_aggregate_response(FILMS, question, response).properties

    assert found is not None
    assert datetime.fromisoformat(found["released"].min) == moment


def test_the_smallest_and_largest_int_come_from_exact_sort_values() -> None:
    stats = {"count": 1, "min": 9.007199254740992e15, "max": 9.223372036854776e18, "avg": 1, "sum": 1}
    extremes = {
        f"p0.{name}": {"hits": {"hits": [{"sort": [n]}]}} for name, n in (("min", 2**53 + 1), ("max", 2**63 - 1))
    }
    response = {"hits": {"total": {"value": 1}}, "aggregations": {"p0.stats": stats} | extremes}

    found = build_aggregate_response(
        FILMS, asked(properties={"year": {"metrics": ["min", "max"]}}), response
    ).properties

    assert found is not None
    assert (found["year"].min, found["year"].max) == (2**53 + 1, 2**63 - 1)


class Engine:
    """Counts two objects. Keeps the requests."""

    def __init__(self) -> None:
        self.asked: list[Any] = []

    def request(self, method: str, path: str, body: Any, timeout: float) -> Any:
        assert timeout >= 1.0
        self.asked.append((method, path, body))
        return {"hits": {"total": {"value": 2, "relation": "eq"}, "hits": []}, "timed_out": False}


class Searcher:
    """Finds two objects. Keeps the search."""

    def search(self, _: Any, search: SearchRequest, **__: Any) -> Any:
        self.search_request = search
        return SimpleNamespace(objects=[SimpleNamespace(id="a"), SimpleNamespace(id="b")])


def test_an_aggregation_is_one_request() -> None:
    engine = Engine()

    response = Aggregator(engine, None).aggregate(FILMS, asked(), deadline=Deadline.after(9))  # type: ignore[arg-type]

    assert response.total == 2
    assert engine.asked == [("POST", f"/{FILMS.alias}/_search", build_aggregate_body(FILMS, asked(), None))]


def test_an_aggregation_of_a_search_is_limited_to_the_objects_found() -> None:
    engine, searcher = Engine(), Searcher()
    request = asked(search={"bm25": {"query": "up"}, "limit": 2, "include_vectors": True})

    Aggregator(engine, searcher).aggregate(FILMS, request, deadline=Deadline.after(9))  # type: ignore[arg-type]

    assert (searcher.search_request.return_properties, searcher.search_request.include_vectors) == ([], False)
    assert engine.asked == [("POST", f"/{FILMS.alias}/_search", build_aggregate_body(FILMS, request, ["a", "b"]))]
