"""Requests that are small to send and expensive to serve: each gets 200 or 400, and OpenSearch lives."""

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest

from tests.api import Api

COUNT = 12_000
TEXTS = [f"t{place}" for place in range(8)]
NUMBERS = ["n", "f", *[f"x{place}" for place in range(8)]]


@pytest.fixture(scope="module")
def items(api: Api) -> Iterator[str]:
    name = f"Costly{uuid4().hex[:8]}"
    numbers = [{"name": each, "type": "number" if each == "f" else "int"} for each in NUMBERS]
    texts = [{"name": each, "type": "text", "tokenization": "word"} for each in ["title", *TEXTS]]
    vectors = {"default": {"vectorizer": "none", "dimensions": 8}}
    body = {"name": name, "properties": [*texts, *numbers], "vectors": vectors}
    assert api("POST", "/v1/collections", body).status == 201
    for start in range(0, COUNT, 1_000):
        objects = [
            {
                "properties": {"title": f"title number {place} of many", "f": place / 7}
                | {each: place * (index + 3) % 5_003 for index, each in enumerate(NUMBERS) if each != "f"}
                | {each: f"word{place % 997} text{place} {each}" for each in TEXTS},
                "vectors": {"default": [1.0, place / COUNT, *[0.5] * 6]},
            }
            for place in range(start, start + 1_000)
        ]
        stored = api("POST", f"/v1/collections/{name}/objects/batch", {"objects": objects})
        assert stored.body["failed"] == 0, stored.body
    api("POST", f"/v1/collections/{name}/objects/delete", {"filter": equal("title", "none"), "dry_run": True})
    yield name
    api("DELETE", f"/v1/collections/{name}")


def equal(name: str, value: Any) -> dict[str, Any]:
    return {"property": name, "operator": "equal", "value": value}


def like(pattern: str) -> dict[str, Any]:
    return {"property": "title", "operator": "like", "value": pattern}


def metrics(names: list[str], *wanted: str, **more: Any) -> dict[str, Any]:
    return {name: {"metrics": list(wanted), **more} for name in names}


def by_title(limit: int) -> dict[str, Any]:
    return {"property": "title", "limit": limit}


def words(count: int) -> str:
    return " ".join(f"wurd{place} numbar" for place in range(count // 2))


ALL = ("count", "min", "max", "mean", "median", "mode", "sum")
NEAR = {"near_vector": {"vector": [1.0] * 8}}
# The first one ended a node of 1 GiB: hardening C1.
AGGREGATIONS: list[tuple[dict[str, Any], int]] = [
    ({"group_by": by_title(1), "properties": metrics(["n", "f"], "median")}, 200),
    ({"group_by": by_title(1), "properties": metrics(NUMBERS, *ALL)}, 200),
    ({"group_by": by_title(20), "properties": metrics(NUMBERS, "median")}, 200),
    ({"group_by": by_title(21), "properties": metrics(NUMBERS, "median")}, 400),
    ({"group_by": by_title(200), "properties": metrics(["n"], "median")}, 200),
    ({"group_by": by_title(1000), "properties": metrics(NUMBERS, "median")}, 400),
    ({"group_by": by_title(1000), "properties": metrics(["n"], "mode")}, 200),
    ({"group_by": by_title(1000), "properties": metrics(NUMBERS, "mode")}, 400),
    ({"group_by": by_title(1000), "properties": metrics(["n", "x0"], "min", "max")}, 200),
    ({"group_by": by_title(1000), "properties": metrics(NUMBERS, "min", "max")}, 400),
    ({"group_by": by_title(700), "properties": metrics(["t0"], "top_occurrences", limit=100)}, 400),
    ({"group_by": by_title(220), "properties": metrics(["t0"], "top_occurrences", limit=100)}, 200),
    ({"group_by": by_title(10), "properties": metrics(TEXTS, "top_occurrences", limit=100)}, 200),
    ({"properties": metrics([*TEXTS, "title"], "top_occurrences", limit=100)}, 200),
    ({"properties": metrics(NUMBERS, *ALL)}, 200),
    ({"filter": {"or": [like(f"*{place}*") for place in range(6)]}}, 400),
]
SEARCHES: list[tuple[dict[str, Any], int]] = [
    ({"sort": [{"property": "n"}], "filter": {"or": [like(f"a*{place}*b*c?d*e") for place in range(100)]}}, 400),
    ({"sort": [{"property": "n"}], "filter": {"or": [like("*1*2*3*4*5*6*7*8*9*") for _ in range(5)]}}, 200),
    ({"sort": [{"property": "n"}], "filter": {"or": [like("*é*ü*3*4*5*6*7*8*9*") for _ in range(5)]}}, 200),
    ({"queries": [{"bm25": {"query": "x"}, "filter": {"or": [like("*a")] * 3}}] * 6}, 400),
    ({"bm25": {"query": words(1_000), "fuzziness": 2}}, 400),
    ({"bm25": {"query": words(28), "fuzziness": 2}}, 400),
    ({"bm25": {"query": words(28), "fuzziness": 2, "properties": ["title"]}}, 200),
    ({"queries": [{"bm25": {"query": words(500), "fuzziness": "auto"}}] * 20}, 400),
    ({"queries": [{"bm25": {"query": words(400), "phrase_boost": 1}}] * 20}, 400),
    ({"queries": [NEAR | {"offset": 9_000, "limit": 1_000}] * 20}, 400),
    ({"queries": [NEAR | {"limit": 500}] * 20}, 400),
    ({"queries": [NEAR | {"limit": 250}] * 20}, 200),
]


@pytest.mark.parametrize(("body", "status"), AGGREGATIONS)
def test_expensive_aggregations_are_answered_or_rejected(
    api: Api, items: str, body: dict[str, Any], status: int
) -> None:
    response = api("POST", f"/v1/collections/{items}/aggregate", body)

    assert response.status == status, response.body
    assert api("POST", f"/v1/collections/{items}/search", {"bm25": {"query": "title 77"}}).status == 200


@pytest.mark.parametrize(("body", "status"), SEARCHES)
def test_expensive_searches_are_answered_or_rejected(api: Api, items: str, body: dict[str, Any], status: int) -> None:
    response = api("POST", f"/v1/collections/{items}/search", body)

    assert response.status == status, response.body
    assert api("POST", f"/v1/collections/{items}/search", {"bm25": {"query": "title 77"}}).status == 200
