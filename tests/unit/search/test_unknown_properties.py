"""Which requests are wrong without an error if a cached collection lacks a new property."""

from typing import Any

import pytest

from lambdas.aggregate.request import AggregateRequest
from lambdas.search.clauses.unknown_properties import relies_on_absence
from lambdas.search.multi import MultiSearchRequest
from lambdas.search.request import SearchRequest
from lambdas.selection.request import DeleteRequest, ListRequest
from tests.builders import collection

LENIENT = {"property": "plot", "operator": "equal", "value": "a", "unknown_property": "matches_nothing"}
STRICT = {"property": "plot", "operator": "equal", "value": "a"}
KNOWN = {"property": "title", "operator": "equal", "value": "a", "unknown_property": "matches_nothing"}
ABSENT_PART = {"property": "title.x", "operator": "is_null", "value": True, "unknown_property": "matches_nothing"}


@pytest.mark.parametrize(
    ("condition", "expected"), [(LENIENT, True), (ABSENT_PART, True), (STRICT, False), (KNOWN, False)]
)
@pytest.mark.parametrize("wrap", [lambda each: each, lambda each: {"and": [KNOWN, {"or": [{"not": each}]}]}])
@pytest.mark.parametrize("model", [SearchRequest, ListRequest, DeleteRequest, AggregateRequest])
def test_a_condition_relies_on_the_absence_of_its_property(
    model: Any, wrap: Any, condition: Any, expected: bool
) -> None:
    body = {"filter": wrap(condition)} | ({"bm25": {"query": "a"}} if model is SearchRequest else {})

    assert relies_on_absence(collection(), ["Film", model.model_validate(body), None]) is expected


def test_each_of_several_searches_can_rely_on_absence() -> None:
    queries = [{"bm25": {"query": "a"}}, {"bm25": {"query": "a"}, "filter": LENIENT}]

    assert relies_on_absence(collection(), MultiSearchRequest.model_validate({"queries": queries}))
    assert not relies_on_absence(collection(), MultiSearchRequest.model_validate({"queries": queries[:1]}))
