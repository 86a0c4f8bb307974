"""Values and requests at the edges of filters, searches and aggregations, against a real OpenSearch."""

import statistics
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from tests.api import Api

NOON, HALF = "2020-01-01T12:00:00Z", "2020-01-01T12:00:00.500Z"
LAST_DATE = "9999-12-31T23:59:59-08:00"
FIRST_DATE = "0001-01-01T00:00:00+08:00"
BIG = 9007199254740993
LONG = "x" * 8_192
PROPERTIES = [
    {"name": "name", "type": "text", "tokenization": "word"},
    {"name": "tags", "type": "text[]"},
    {"name": "at", "type": "date"},
    {"name": "n", "type": "int"},
    {"name": "ns", "type": "int[]"},
    {"name": "kind", "type": "text", "tokenization": "field"},
    {"name": "place", "type": "geo"},
    {"name": "ob", "type": "object", "properties": [{"name": "note", "type": "text"}]},
]
OBJECTS: list[dict[str, Any]] = [
    {"name": "noon", "at": NOON},
    {"name": "half", "at": HALF},
    {"name": "big", "n": BIG, "kind": "big", "ns": [BIG, BIG + 1]},
    {"name": "largest", "n": 2**63 - 1, "kind": "edge", "ns": [-(2**63)]},
    {"name": "smallest", "n": -(2**63), "kind": "edge"},
    {"name": "big again", "n": BIG, "kind": "big"},
    {"name": "Übergröße"},
    {"name": "ПРИВЕТ мир"},
    {"name": "ΣΊΣΥΦΟΣ"},
    {"name": "C:\\temp\\new"},
    {"name": "what? a *star*"},
    {"name": LONG},
    {"name": "long note", "ob": {"note": LONG}},
    {"name": "long tags", "tags": [LONG, "short", "short"]},
    {"name": "script <b>needle</b> & more"},
    {"name": "last", "at": "9999-12-31T23:59:59.999Z", "kind": "late"},
]


MEDIANS = [
    [1, 2],
    [*range(12)],
    [1, 2, 3, 10],
    [1, 1, 2, 2],
    [7],
    [5, 1, 3],
    [-4, -1],
    [*range(0, 80, 2)],
    [3, 3, 3, 9],
]


@pytest.fixture(scope="module")
def medians(api: Api) -> Iterator[str]:
    name = f"Medians{uuid4().hex[:8]}"
    kinds = {"group": "text", "n": "int", "x": "number", "at": "date"}
    api("POST", "/v1/collections", {"name": name, "properties": [{"name": n, "type": t} for n, t in kinds.items()]})
    noon = datetime.fromisoformat(NOON)
    objects = [
        {
            "properties": {
                "group": f"g{place}",
                "n": value,
                "x": float(value),
                "at": (noon + timedelta(seconds=value)).isoformat(),
            }
        }
        for place, values in enumerate(MEDIANS)
        for value in values
    ]
    stored = api("POST", f"/v1/collections/{name}/objects/batch", {"objects": objects}, query={"consistency": "wait"})
    assert stored.body["failed"] == 0, stored.body
    yield name
    api("DELETE", f"/v1/collections/{name}")


@pytest.fixture(scope="module")
def edges(api: Api) -> Iterator[str]:
    name = f"Edge{uuid4().hex[:8]}"
    body = {
        "name": name,
        "properties": PROPERTIES,
        "vectors": {"default": {"vectorizer": "none", "dimensions": 2}},
    }
    assert api("POST", "/v1/collections", body).status == 201
    objects = [{"properties": each, "vectors": {"default": [1.0, place + 1]}} for place, each in enumerate(OBJECTS)]
    stored = api("POST", f"/v1/collections/{name}/objects/batch", {"objects": objects}, query={"consistency": "wait"})
    assert stored.body["failed"] == 0, stored.body
    yield name
    api("DELETE", f"/v1/collections/{name}")


def found(api: Api, name: str, condition: dict[str, Any]) -> set[str]:
    body = {"sort": [{"property": "_id"}], "filter": condition, "limit": 100}
    response = api("POST", f"/v1/collections/{name}/search", body)
    assert response.status == 200, response.body
    return {hit["properties"]["name"] for hit in response.body["objects"]}


def aggregate(api: Api, name: str, **body: Any) -> Any:
    response = api("POST", f"/v1/collections/{name}/aggregate", body)
    assert response.status == 200, response.body
    return response.body


def condition(name: str, operator: str, value: Any) -> dict[str, Any]:
    return {"property": name, "operator": operator, "value": value}


@pytest.mark.parametrize(
    ("operator", "value", "names"),
    [
        ("equal", NOON, {"noon"}),
        ("equal", "2020-01-01T13:00:00+01:00", {"noon"}),
        ("equal", HALF, {"half"}),
        ("greater_than", NOON, {"half", "last"}),
        ("greater_or_equal", HALF, {"half", "last"}),
        ("less_or_equal", NOON, {"noon"}),
        ("less_than", HALF, {"noon"}),
        ("less_than", "2020-01-01T12:00:00.001Z", {"noon"}),
        ("contains_any", [NOON], {"noon"}),
        ("contains_all", [HALF], {"half"}),
        ("equal", "9999-12-31T23:59:59.999Z", {"last"}),
    ],
)
def test_date_filters_are_exact_to_the_millisecond(
    api: Api, edges: str, operator: str, value: Any, names: set[str]
) -> None:
    assert found(api, edges, condition("at", operator, value)) == names


@pytest.mark.parametrize("field", ["_created", "_updated"])
def test_filters_of_the_servers_times_are_exact_to_the_millisecond(api: Api, edges: str, field: str) -> None:
    body = {"sort": [{"property": "_id"}], "limit": 1, "include_times": True}
    first = api("POST", f"/v1/collections/{edges}/search", body).body["objects"][0]
    time = first[field.removeprefix("_")]

    assert first["properties"]["name"] in found(api, edges, condition(field, "equal", time))
    assert first["properties"]["name"] not in found(api, edges, condition(field, "less_than", time))
    assert first["properties"]["name"] in found(api, edges, condition(field, "less_or_equal", time))


def test_objects_deleted_up_to_a_second_leave_those_after_it(api: Api, edges: str) -> None:
    body = {"filter": condition("at", "less_or_equal", NOON), "dry_run": True}

    assert api("POST", f"/v1/collections/{edges}/objects/delete", body).body["matches"] == 1


@pytest.mark.parametrize(
    "more", [{}, {"explain": True}, {"autocut": 1}, {"highlight": True}, {"include_vectors": True}], ids=str
)
@pytest.mark.parametrize("fusion", ["relative_score", "ranked"])
def test_a_hybrid_page_beyond_the_last_hit_is_empty(api: Api, edges: str, more: dict[str, Any], fusion: str) -> None:
    if fusion == "ranked" and "autocut" in more:
        pytest.skip("ranks have no jumps")
    hybrid = {"query": "noon", "vector": [1.0, 1.0], "fusion": fusion}
    search = {"hybrid": hybrid, "offset": 400, "limit": 10} | more
    response = api("POST", f"/v1/collections/{edges}/search", search)
    several = api("POST", f"/v1/collections/{edges}/search", {"queries": [search, search | {"offset": 0}]})

    assert (response.status, response.body.get("objects")) == (200, []), response.body
    assert [bool(each["objects"]) for each in several.body["results"]] == [False, True]


def test_hybrid_pages_join_without_gap_or_repeat(api: Api, edges: str) -> None:
    hybrid = {"query": "big noon", "vector": [1.0, 1.0]}

    def page(offset: int, limit: int) -> list[str]:
        body = {"hybrid": hybrid, "offset": offset, "limit": limit}
        return [hit["id"] for hit in api("POST", f"/v1/collections/{edges}/search", body).body["objects"]]

    assert page(0, 5) + page(5, 5) + page(10, 50) == page(0, 60)


@pytest.mark.parametrize("value", [LAST_DATE, FIRST_DATE])
def test_dates_whose_year_in_utc_has_no_four_digits_are_aggregated(api: Api, value: str) -> None:
    name = f"Late{uuid4().hex[:8]}"
    api("POST", "/v1/collections", {"name": name, "properties": [{"name": "at", "type": "date"}]})
    stored = api(
        "POST", f"/v1/collections/{name}/objects", {"properties": {"at": value}}, query={"consistency": "wait"}
    )
    if stored.status == 400:
        return
    found = aggregate(api, name, properties={"at": {"metrics": ["min", "max", "mean", "median", "mode", "count"]}})
    grouped = aggregate(api, name, group_by={"property": "at"})
    api("DELETE", f"/v1/collections/{name}")

    assert found["total"] == 1
    moments = {datetime.fromisoformat(found["properties"]["at"][each]) for each in ("min", "max", "mean", "mode")}
    assert moments == {datetime.fromisoformat(value)}
    assert datetime.fromisoformat(grouped["groups"][0]["value"]) == datetime.fromisoformat(value)


@pytest.mark.parametrize("name", ["place", "ob"])
def test_sorting_by_a_property_without_order_lists_those_with_one(api: Api, edges: str, name: str) -> None:
    response = api("POST", f"/v1/collections/{edges}/search", {"sort": [{"property": name}]})

    assert response.status == 400
    assert "Sort by one of: name, tags, at, n, ns, kind, _id, _created, _updated" in response.error["message"]


def test_whole_numbers_of_64_bits_are_exact_in_aggregations(api: Api, edges: str) -> None:
    metrics = {"metrics": ["min", "max", "mode", "count"]}
    every = aggregate(api, edges, properties={"n": metrics, "ns": metrics})["properties"]
    groups = aggregate(api, edges, group_by={"property": "kind"}, properties={"n": metrics})["groups"]
    by_number = aggregate(api, edges, group_by={"property": "n"})["groups"]

    assert (every["n"]["min"], every["n"]["max"], every["n"]["mode"]) == (-(2**63), 2**63 - 1, BIG)
    assert (every["ns"]["min"], every["ns"]["max"], every["ns"]["count"]) == (-(2**63), BIG + 1, 3)
    values = {each["value"]: each["properties"]["n"] for each in groups}
    assert (values["big"]["min"], values["big"]["max"], values["big"]["mode"]) == (BIG, BIG, BIG)
    assert (values["edge"]["min"], values["edge"]["max"]) == (-(2**63), 2**63 - 1)
    assert (values["late"]["min"], values["late"]["count"]) == (None, 0)
    assert {each["value"] for each in by_number} == {BIG, 2**63 - 1, -(2**63)}


def test_an_object_property_of_one_long_text_is_not_null(api: Api, edges: str) -> None:
    assert found(api, edges, condition("ob", "is_null", value=False)) == {"long note"}
    assert "long note" not in found(api, edges, condition("ob", "is_null", value=True))
    assert found(api, edges, condition("ob.note", "is_null", value=False)) == {"long note"}
    assert LONG not in found(api, edges, condition("name", "is_null", value=True))
    assert found(api, edges, condition("tags", "is_null", value=False)) == {"long tags"}


def test_long_texts_are_counted_and_differ_from_others(api: Api, edges: str) -> None:
    counts = aggregate(api, edges, properties={each: {"metrics": ["count"]} for each in ("name", "ob.note", "tags")})[
        "properties"
    ]

    assert [counts[each]["count"] for each in ("name", "ob.note", "tags")] == [len(OBJECTS), 1, 3]
    assert LONG in found(api, edges, condition("name", "not_equal", "noon"))
    refused = api(
        "POST",
        f"/v1/collections/{edges}/search",
        {"bm25": {"query": "x"}, "filter": condition("name", "not_equal", LONG)},
    )
    assert (refused.status, "8,192 characters" in refused.error["message"]) == (400, True)


@pytest.mark.parametrize(
    ("pattern", "name"),
    [
        ("über*", "Übergröße"),
        ("ÜBERGRÖ?E", "Übergröße"),
        ("u\u0308bergro\u0308*", "Übergröße"),
        ("übergrÖẞe", "Übergröße"),
        ("привет*", "ПРИВЕТ мир"),
        ("*МИР", "ПРИВЕТ мир"),
        ("σίσυφος", "ΣΊΣΥΦΟΣ"),
        ("c:\\temp*", "C:\\temp\\new"),
        ("C:\\\\temp\\\\new", "C:\\temp\\new"),
        ("what\\? a \\*STAR\\*", "what? a *star*"),
        ("NOON", "noon"),
    ],
)
def test_like_ignores_case_in_every_script_and_has_one_escape(api: Api, edges: str, pattern: str, name: str) -> None:
    assert found(api, edges, condition("name", "like", pattern)) == {name}


@pytest.mark.parametrize("query", ["noon", "nothing-has-this-word"])
def test_an_unknown_rerank_model_is_rejected_with_and_without_hits(api: Api, edges: str, query: str) -> None:
    body = {"bm25": {"query": query}, "rerank": {"model": "no.such-model-v1:0", "region": "us-west-2"}}
    response = api("POST", f"/v1/collections/{edges}/search", body)

    assert response.error["code"] == "model_not_found"


def test_highlights_are_escaped_for_html(api: Api, edges: str) -> None:
    body = {"bm25": {"query": "needle"}, "highlight": True}
    [hit] = api("POST", f"/v1/collections/{edges}/search", body).body["objects"]

    assert hit["highlights"]["name"] == ["script &lt;b&gt;<em>needle</em>&lt;&#x2F;b&gt; &amp; more"]


def test_a_text_of_more_than_a_million_characters_does_not_fail_highlights(api: Api) -> None:
    name = f"Book{uuid4().hex[:8]}"
    api("POST", "/v1/collections", {"name": name, "properties": [{"name": "text", "type": "text"}]})
    long = {"properties": {"text": "whale " * 200_000}}
    stored = api("POST", f"/v1/collections/{name}/objects", long, query={"consistency": "wait"})
    response = api(
        "POST",
        f"/v1/collections/{name}/search",
        {"bm25": {"query": "whale"}, "highlight": True, "return_properties": []},
    )
    api("DELETE", f"/v1/collections/{name}")

    assert (stored.status, response.status) == (201, 200), response.body
    assert "<em>whale</em>" in response.body["objects"][0]["highlights"]["text"][0]


@pytest.mark.parametrize(
    "values",
    MEDIANS,
)
def test_median_of_an_even_count_is_the_mean_of_the_middle_values(api: Api, medians: str, values: list[int]) -> None:
    group = f"g{MEDIANS.index(values)}"
    asked = {metric: {"metrics": ["median"]} for metric in ("n", "x", "at")}
    found = aggregate(api, medians, filter=condition("group", "equal", group), properties=asked)["properties"]

    assert found["n"]["median"] == found["x"]["median"] == statistics.median(values)
    moment = datetime.fromisoformat(found["at"]["median"])
    assert moment == datetime.fromisoformat(NOON) + timedelta(seconds=statistics.median(values))


def test_medians_of_groups_are_exact_too(api: Api, medians: str) -> None:
    found = aggregate(api, medians, group_by={"property": "group"}, properties={"n": {"metrics": ["median"]}})

    shown = {group["value"]: group["properties"]["n"]["median"] for group in found["groups"]}
    assert shown == {f"g{place}": statistics.median(values) for place, values in enumerate(MEDIANS)}
