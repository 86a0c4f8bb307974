"""Requests for many large objects: they are measured first, and read as far as a response has room for them."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID, uuid4

import pytest

from tests.api import Api

LARGE, SMALL = 24, 60
CHARACTERS = 850_000
LISTING = {"sort": [{"property": "n"}]}
VECTOR = [1.0] * 8


@pytest.fixture(scope="module")
def items(api: Api) -> Iterator[str]:
    """First the large objects, then the small ones, in the order of `n` and of their ids."""
    name = f"Large{uuid4().hex[:8]}"
    blob = {"name": "blob", "type": "text", "searchable": False, "filterable": False}
    properties = [blob, {"name": "title", "type": "text"}, {"name": "n", "type": "int"}]
    vectors = {"default": {"vectorizer": "none", "dimensions": 8}}
    body = {"name": name, "properties": properties, "vectors": vectors}
    assert api("POST", "/v1/collections", body).status == 201
    objects = [
        {
            "id": str(UUID(int=place)),
            "properties": {"n": place}
            | ({"blob": f"{place:05} " * (CHARACTERS // 6)} if place < LARGE else {"title": f"small number {place}"}),
            "vectors": {"default": [*VECTOR[:7], place / 100]},
        }
        for place in range(LARGE + SMALL)
    ]
    for start in [*range(0, LARGE, 4), LARGE]:
        part = objects[start : start + 4] if start < LARGE else objects[LARGE:]
        stored = api("POST", f"/v1/collections/{name}/objects/batch", {"objects": part})
        assert stored.body["failed"] == 0, stored.body
    count = {"filter": below(0), "dry_run": True}
    api("POST", f"/v1/collections/{name}/objects/delete", count)
    yield name
    api("DELETE", f"/v1/collections/{name}")


def below(end: int) -> dict[str, Any]:
    return {"property": "n", "operator": "less_than", "value": end}


def list_ids(start: int, end: int) -> list[str]:
    return [str(UUID(int=place)) for place in range(start, end)]


def test_a_search_of_objects_that_are_too_large_is_rejected_and_fewer_are_possible(api: Api, items: str) -> None:
    path = f"/v1/collections/{items}/search"

    rejected = api("POST", path, LISTING | {"limit": LARGE})
    several = api("POST", path, {"queries": [LISTING | {"limit": LARGE}, LISTING | {"offset": LARGE, "limit": 30}]})
    without = api("POST", path, LISTING | {"limit": LARGE, "return_properties": ["n", "title"]})

    assert (rejected.status, rejected.body["error"]["code"]) == (413, "answer_too_large")
    assert "and at most 20,000,000 are possible" in rejected.body["error"]["message"]
    first, second = several.body["results"]
    assert (first["error"]["code"], len(second["objects"])) == ("answer_too_large", 30)
    assert [hit["properties"]["n"] for hit in without.body["objects"]] == [*range(LARGE)]


def test_pages_of_large_objects_are_filled_and_have_every_object_once(api: Api, items: str) -> None:
    pages: list[list[str]] = []
    after: dict[str, str] = {}
    while not pages or after:
        page = api("POST", f"/v1/collections/{items}/objects/list", {"limit": 1_000} | after)
        assert page.status == 200, page.body
        pages.append([each["id"] for each in page.body["objects"]])
        after = {"after": page.body["next"]} if page.body.get("next") else {}

    assert [each for page in pages for each in page] == list_ids(0, LARGE + SMALL)
    # Six of 850,000 characters fit into a response.
    assert [len(page) for page in pages] == [6, 6, 6, 6 + SMALL]


def test_large_objects_are_returned_by_their_ids_as_far_as_a_response_has_room(api: Api, items: str) -> None:
    path = f"/v1/collections/{items}/objects/get"

    rejected = api("POST", path, {"ids": list_ids(0, LARGE)})
    possible = api("POST", path, {"ids": list_ids(LARGE - 4, LARGE + SMALL)[::-1]})

    assert (rejected.status, rejected.body["error"]["code"]) == (413, "answer_too_large")
    assert [each["id"] for each in possible.body["objects"]] == list_ids(LARGE - 4, LARGE + SMALL)[::-1]


@pytest.mark.parametrize(
    "search",
    [
        {"bm25": {"query": "small number"}, "highlight": True},
        {"near_vector": {"vector": VECTOR}, "filter": {"not": below(LARGE)}, "include_vectors": True},
        {"hybrid": {"query": "number", "vector": VECTOR}, "filter": {"not": below(LARGE)}, "highlight": True},
    ],
    ids=["bm25", "near_vector", "hybrid"],
)
def test_a_search_of_many_objects_returns_what_searches_of_few_return(
    api: Api, items: str, search: dict[str, Any]
) -> None:
    path = f"/v1/collections/{items}/search"

    many = api("POST", path, search | {"limit": 50})
    few = [api("POST", path, search | {"limit": 10, "offset": start}) for start in range(0, 50, 10)]

    assert many.status == 200, many.body
    assert many.body["objects"] == [hit for page in few for hit in page.body["objects"]]


def test_large_objects_are_updated_by_a_filter(api: Api, items: str) -> None:
    body = {"filter": below(LARGE), "set": {"title": "changed"}}

    updated = api("POST", f"/v1/collections/{items}/objects/update", body)

    assert updated.status == 200, updated.body
    assert (updated.body["updated"], updated.body["failed"], updated.body.get("next")) == (LARGE, 0, None)
