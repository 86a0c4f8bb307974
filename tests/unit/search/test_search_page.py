from datetime import UTC, datetime
from typing import Any

import pytest

from lambdas.search.body import Plan, plan_search
from lambdas.search.request import SearchRequest
from lambdas.search.results.postprocess import build_response, build_wanted_body, complete_found, read_found
from lambdas.search.vectors.target_vectors import Targets
from lambdas.search.vectors.vector_leg import QueryVector
from tests.builders import FILM_PROPERTIES, collection

HIDDEN = {"name": "maker", "type": "object", "filterable": False, "properties": [{"name": "born", "type": "int"}]}
FILMS = collection(properties=[*FILM_PROPERTIES, HIDDEN])
VECTOR = QueryVector(Targets("cosine", [("default", 1.0)]), [("default", [0.1, 0.2, 0.3])])
NOW = datetime(2026, 11, 25, tzinfo=UTC)
RECENT = {"conditions": [{"property": "year", "origin": 2020, "scale": 10, "curve": "linear"}], "weight": 1}
YOUNG = {"conditions": [{"property": "maker.born", "origin": 2020, "scale": 10, "curve": "linear"}], "weight": 1}


def plan(alpha: float = 0, **fields: Any) -> Plan:
    request = SearchRequest.model_validate({"hybrid": {"query": "ghost", "alpha": alpha}} | fields)
    return plan_search(FILMS, request, VECTOR if alpha else None)


def leg(**years: int) -> dict[str, Any]:
    """A response with an object for each year, best first."""
    hits = [
        {"_score": 0.9 - 0.1 * place, "fields": {"id": [key], "properties.year": [year]}}
        for place, (key, year) in enumerate(years.items())
    ]
    return {"took": 3, "hits": {"total": {"value": len(hits), "relation": "eq"}, "hits": hits}}


def documents(**born: int) -> dict[str, Any]:
    hits = [{"_id": key, "_source": {"properties": {"maker": {"born": year}}}} for key, year in born.items()]
    return {"took": 2, "hits": {"hits": hits}}


LEG = leg(a=2001, b=2019, c=2015, d=2020)


@pytest.mark.parametrize(
    ("fields", "wanted"),
    [
        ({"limit": 2}, ["a", "b"]),
        ({"limit": 2, "offset": 1}, ["b", "c"]),
        ({"offset": 9}, []),
        ({"limit": 2, "min_score": 0.9}, ["a"]),
        # By its column; the best two of four are d and b.
        ({"limit": 2, "boost": RECENT}, ["d", "b"]),
        # The index has no columns of objects that are not filterable.
        ({"limit": 2, "boost": YOUNG | {"candidates": 3}}, ["a", "b", "c"]),
        ({"limit": 1, "diversity": {"candidates": 3}}, ["a", "b", "c"]),
        ({"limit": 1, "diversity": {"candidates": 2, "skip": 1}}, ["a", "b", "c"]),
        ({"limit": 1, "boost": RECENT, "diversity": {"candidates": 3}}, ["d", "b", "c"]),
        ({"limit": 1, "smoothing": {"candidates": 3}}, ["a", "b", "c"]),
        ({"limit": 1, "boost": RECENT, "smoothing": {"candidates": 3}}, ["d", "b", "c"]),
        ({"group_by": {"property": "year", "candidates": 2}}, ["a", "b"]),
    ],
)
def test_documents_are_read_of_the_page_or_of_the_candidates_of_a_step(
    fields: dict[str, Any], wanted: list[str]
) -> None:
    alpha = 1 if "diversity" in fields else 0

    found = read_found(plan(alpha, **fields), [LEG], NOW)

    assert list(found.wanted) == wanted
    assert build_wanted_body(found)["query"] == {"ids": {"values": wanted}}


def test_a_boost_that_reads_documents_comes_after_them() -> None:
    found = read_found(plan(boost=YOUNG, limit=2), [LEG], NOW)

    whole = complete_found(found, documents(a=1990, b=1990, c=2020, d=2015), NOW)

    assert [hit.id for hit in build_response(whole).objects] == ["c", "d"]


def test_other_searches_read_documents_at_once() -> None:
    request = SearchRequest.model_validate({"bm25": {"query": "ghost"}})

    found = plan_search(FILMS, request, None)

    assert found.documents is None
    assert found.bodies[0]["_source"] == {"includes": ["properties", "key"]}


def test_an_object_deleted_before_its_document_is_read_is_left_out() -> None:
    found = read_found(plan(limit=3), [LEG], NOW)

    whole = complete_found(found, documents(b=1990, c=1990), NOW)

    response = build_response(whole)
    assert [(hit.id, hit.properties) for hit in response.objects[:2]] == [
        ("b", {"maker": {"born": 1990}}),
        ("c", {"maker": {"born": 1990}}),
    ]
    assert whole.took == 5


def test_the_words_are_marked_where_the_documents_are_read() -> None:
    made = plan(0.5, highlight=True)

    assert all("highlight" not in body for body in made.bodies)
    assert made.documents
    assert made.documents["highlight"]["highlight_query"]


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"limit": 3, "diversity": {"candidates": 2, "skip": 5}}, "limit 3 is beyond the 2 candidates of diversity"),
        ({"limit": 2, "diversity": {"candidates": 200, "skip": 400}}, "lower diversity.candidates or skip"),
        (
            {"limit": 2, "boost": RECENT | {"candidates": 100}, "diversity": {"candidates": 50, "skip": 100}},
            "skip \\+ candidates is 150, beyond the 100 candidates of boost: raise boost.candidates",
        ),
    ],
)
def test_a_window_lies_within_what_was_read(fields: dict[str, Any], problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        plan(1, **fields)


def test_a_window_beyond_the_results_of_a_search_is_refused() -> None:
    body = {"near_vector": {"vector": [1.0]}, "diversity": {"candidates": 200, "skip": 9_801}}

    with pytest.raises(ValueError, match=r"diversity.skip \+ candidates is 10,001, and a search has 10,000 results"):
        SearchRequest.model_validate(body)
