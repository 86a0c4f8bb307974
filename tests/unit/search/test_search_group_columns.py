"""Groups are formed by columns, so that only the hits that are shown are read."""

from datetime import UTC, datetime
from typing import Any

import pytest

from lambdas.search.body import Plan, plan_search
from lambdas.search.request import SearchRequest
from lambdas.search.response import HitGroup
from lambdas.search.results.postprocess import build_response, build_wanted_body, complete_found, read_found
from tests.builders import FILM_PROPERTIES, collection

NOW = datetime(2026, 1, 2, tzinfo=UTC)
FILMS = collection(
    properties=[
        *FILM_PROPERTIES,
        {"name": "genre", "type": "text"},
        {"name": "tags", "type": "text[]"},
        {"name": "series", "type": "uuid"},
        {"name": "shown", "type": "date"},
        {"name": "hidden", "type": "text", "filterable": False},
        {"name": "cast", "type": "object[]", "properties": [{"name": "name", "type": "text"}]},
    ]
)
SERIES = "7A3F2E0C-5B1D-4C89-9A57-2F6C1D0E8B34"


def plan(name: str = "genre", **fields: Any) -> Plan:
    group_by = {"property": name, "groups": 2, "objects_per_group": 1}
    body = {"hybrid": {"query": "ghost", "alpha": 0}, "group_by": group_by | fields.pop("group_by", {})} | fields
    return plan_search(FILMS, SearchRequest.model_validate(body), None)


def leg(*columns: dict[str, list[Any]]) -> dict[str, Any]:
    """A response with a hit for each, best first: a, b, c and so on."""
    hits = [
        {"_score": 0.9 - 0.1 * place, "fields": {"id": ["abcdef"[place]]} | fields}
        for place, fields in enumerate(columns)
    ]
    return {"took": 3, "hits": {"total": {"value": len(hits), "relation": "eq"}, "hits": hits}}


def genres(*names: str | None) -> dict[str, Any]:
    columns: list[dict[str, list[Any]]] = [
        {} if name is None else {"properties.genre.keyword": [name], "lengths.genre": [len(name)]} for name in names
    ]
    return leg(*columns)


def documents(**properties: Any) -> dict[str, Any]:
    hits = [{"_id": key, "_source": {"properties": each}} for key, each in properties.items()]
    return {"took": 2, "hits": {"hits": hits}}


def groups_of(made: Plan, response: dict[str, Any], **properties: Any) -> list[HitGroup]:
    whole = complete_found(read_found(made, [response], NOW), documents(**properties), NOW)
    return build_response(whole).groups or []


def test_only_the_hits_that_are_shown_are_read() -> None:
    made = plan()

    found = read_found(made, [genres("noir", "noir", "western", None, "musical")], NOW)

    assert made.bodies[0]["docvalue_fields"] == ["id", "properties.genre.keyword", "lengths.genre"]
    assert build_wanted_body(found)["query"] == {"ids": {"values": ["a", "c"]}}


def test_groups_have_all_candidates_counted_and_their_best_hits_whole() -> None:
    response = genres("noir", "noir", "western")

    groups = groups_of(plan(), response, a={"genre": "noir", "title": "A"}, c={"genre": "western", "title": "C"})

    assert [(group.value, group.count, [hit.properties["title"] for hit in group.objects]) for group in groups] == [
        ("noir", 2, ["A"]),
        ("western", 1, ["C"]),
    ]


def test_the_offset_counts_groups() -> None:
    found = read_found(plan(offset=1), [genres("noir", "western", "western", "musical")], NOW)

    assert list(found.wanted) == ["b", "d"]


def plan_bm25(**fields: Any) -> Plan:
    group_by = {"property": "genre", "groups": 2, "objects_per_group": 1}
    body = {"bm25": {"query": "ghost"}, "group_by": group_by} | fields
    return plan_search(FILMS, SearchRequest.model_validate(body), None)


def test_other_searches_read_only_the_hits_that_are_shown_too() -> None:
    made = plan_bm25(highlight=True)
    [body] = made.bodies

    found = read_found(made, [genres("noir", "noir", "western")], NOW)

    assert (body["_source"], body["docvalue_fields"]) == (False, ["id", "properties.genre.keyword", "lengths.genre"])
    assert "highlight" not in body
    documents_body = build_wanted_body(found)
    assert documents_body["query"] == {"ids": {"values": ["a", "c"]}}
    assert documents_body["highlight"]["highlight_query"]


def test_other_searches_read_all_candidates_where_a_column_lacks_a_value() -> None:
    column = {"lengths.genre": [10_000]}

    found = read_found(plan_bm25(), [leg(column, column)], NOW)

    assert list(found.wanted) == ["a", "b"]


def test_without_any_value_nothing_is_read() -> None:
    found = read_found(plan(), [genres(None, None)], NOW)

    assert list(found.wanted) == []
    assert build_response(found).groups == []


def test_a_hit_that_is_deleted_meanwhile_is_left_out_and_its_group_if_it_has_no_other() -> None:
    groups = groups_of(plan(), genres("noir", "western"), b={"genre": "western"})

    assert [group.value for group in groups] == ["western"]


def test_a_value_is_shown_as_the_document_has_it() -> None:
    column = {"properties.series": [SERIES.lower()]}

    [group] = groups_of(plan("series"), leg(column, column), a={"series": SERIES})

    assert (group.value, group.count) == (SERIES, 2)


@pytest.mark.parametrize(
    ("name", "column"),
    [
        ("genre", {"lengths.genre": [10_000]}),
        ("tags", {"properties.tags.keyword": ["a"], "lengths.tags": [2]}),
    ],
    ids=["a text too long for the column", "an item that the column has once"],
)
def test_all_candidates_are_read_where_a_column_lacks_a_value(name: str, column: dict[str, list[Any]]) -> None:
    found = read_found(plan(name), [leg(column, column, column)], NOW)

    assert list(found.wanted) == ["a", "b", "c"]


@pytest.mark.parametrize(
    "fields",
    [
        {"name": "shown"},
        {"name": "hidden"},
        {"name": "cast.name"},
        {"rerank": {"model": "cohere.rerank-v3-5:0"}},
        {"smoothing": {}},
        {"autocut": 1},
    ],
)
def test_all_candidates_are_read_where_columns_are_not_enough(fields: dict[str, Any]) -> None:
    made = plan(**fields)

    assert made.group_columns == []
    assert made.bodies[0]["docvalue_fields"] == ["id"]


def test_a_boost_by_columns_comes_before_the_groups() -> None:
    boost = {"conditions": [{"property": "year", "modifier": "none"}], "weight": 1}
    response = genres("noir", "western")
    for hit, year in zip(response["hits"]["hits"], (1990, 2020), strict=True):
        hit["fields"]["properties.year"] = [year]

    found = read_found(plan(boost=boost), [response], NOW)

    assert list(found.wanted) == ["b", "a"]


def test_autocut_looks_at_all_hits_of_a_boost_before_they_are_grouped() -> None:
    names, scores = "abcdefgh", (10, 9.9, 9.8, 9.7, 2, 1.9, 1.8, 1.7)
    boost = {"conditions": [{"filter": {"property": "year", "operator": "greater_than", "value": 0}}], "candidates": 8}
    hits = [
        {"_id": name, "_score": score, "_source": {"properties": {"genre": name}}, "matched_queries": ["boost.0"]}
        for name, score in zip(names, scores, strict=True)
    ]
    response = {"took": 3, "hits": {"total": {"value": 8, "relation": "eq"}, "hits": hits}}
    made = plan_bm25(boost=boost, autocut=1, group_by={"property": "genre", "candidates": 4})

    groups = build_response(read_found(made, [response], NOW)).groups or []

    assert [group.value for group in groups] == ["a", "b", "c", "d"]
