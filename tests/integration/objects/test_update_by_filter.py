"""Updates by a filter over a real OpenSearch and the model emulator."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID, uuid4

import pytest

from tests.api import Api
from tests.builders import TITAN
from tests.instances import in_instance, instances

PROPERTIES = [
    {"name": "title", "type": "text"},
    {"name": "year", "type": "int"},
    {"name": "seen", "type": "int"},
    {
        "name": "shelf",
        "type": "object",
        "properties": [{"name": "row", "type": "int"}, {"name": "side", "type": "text"}],
    },
]
COUNT = 12
WAIT = {"consistency": "wait"}


@pytest.fixture
def books(api: Api) -> Iterator[str]:
    """The path of a collection with twelve books of the years 0 to 11, embedded by their titles."""
    name = f"Books{uuid4().hex[:8]}"
    vectors = {"default": TITAN | {"source_properties": ["title"]}}
    created = api("POST", "/v1/collections", {"name": name, "properties": PROPERTIES, "vectors": vectors})
    assert created.status == 201, created.body
    objects = [
        {
            "id": str(UUID(int=number)),
            "properties": {"title": f"Book {number}", "year": number, "shelf": {"row": number, "side": "left"}},
        }
        for number in range(COUNT)
    ]
    path = f"/v1/collections/{name}"
    assert api("POST", f"{path}/objects/batch", {"objects": objects}, query=WAIT).body["created"] == COUNT
    yield path
    api("DELETE", path)


def before(year: int) -> dict[str, Any]:
    return {"property": "year", "operator": "less_than", "value": year}


def book(api: Api, books: str, number: int) -> Any:
    return api("GET", f"{books}/objects/{UUID(int=number)}", query={"include_vectors": "true"}).body


def add_years(api: Api, books: str, number: int, times: int) -> int:
    """Add one to the book's year, conditionally; this many times. Returns the number."""
    for _ in range(times):
        while True:
            found = book(api, books, number)
            body = {"properties": {"year": found["properties"]["year"] + 1}}
            address = f"{books}/objects/{UUID(int=number)}"
            if api("PATCH", address, body, query={"if_version": found["version"]}).status == 200:
                break
    return number


def test_only_changed_texts_are_embedded_again(api: Api, books: str) -> None:
    vector = book(api, books, 1)["vectors"]["default"]

    kept = api("POST", f"{books}/objects/update", {"filter": before(3), "set": {"seen": 1}}, query=WAIT).body
    assert (kept["matches"], kept["updated"], kept["unchanged"]) == (3, 3, 0)
    assert book(api, books, 1)["vectors"]["default"] == vector
    assert book(api, books, 1)["properties"]["seen"] == 1
    assert "seen" not in book(api, books, 3)["properties"]

    new = api("POST", f"{books}/objects/update", {"filter": before(3), "set": {"title": "A holiday"}}).body
    assert (new["updated"], new["failed"]) == (3, 0)
    assert book(api, books, 1)["vectors"]["default"] != vector
    again = api("POST", f"{books}/objects/update", {"filter": before(3), "set": {"title": "A holiday"}}).body
    assert (again["updated"], again["unchanged"]) == (0, 3)


def test_set_replaces_and_merge_merges(api: Api, books: str) -> None:
    api("POST", f"{books}/objects/update", {"filter": before(1), "merge": {"shelf": {"side": "right"}, "year": None}})
    api("POST", f"{books}/objects/update", {"filter": before(2), "set": {"shelf": {"side": "right"}}})

    assert book(api, books, 0)["properties"] == {"title": "Book 0", "shelf": {"row": 0, "side": "right"}}
    assert book(api, books, 1)["properties"]["shelf"] == {"side": "right"}


def test_matches_counts_what_earlier_requests_did_not_reach(api: Api, books: str) -> None:
    asked = {"filter": before(10), "set": {"seen": 1}, "limit": 4}
    first = api("POST", f"{books}/objects/update", asked).body
    second = api("POST", f"{books}/objects/update", asked | {"after": first["next"]}).body
    third = api("POST", f"{books}/objects/update", asked | {"after": second["next"], "dry_run": True}).body

    assert [(each["matches"], each["updated"]) for each in (first, second, third)] == [(10, 4), (6, 4), (2, 0)]
    assert third["next"] is None


def test_counting_writers_and_updates_lose_nothing(api: Api, books: str) -> None:
    """Each writer raises its own book's year by one, conditionally; the update marks all books meanwhile."""

    with instances(3) as pool:
        counting = [pool.submit(in_instance(add_years, books, number, 6)) for number in range(3)]
        results = [
            api("POST", f"{books}/objects/update", {"filter": before(100), "set": {"seen": round_}}).body
            for round_ in range(1, 5)
        ]
        numbers = [each.result() for each in counting]

    last = api("POST", f"{books}/objects/update", {"filter": before(100), "set": {"seen": 5}}, query=WAIT).body
    assert [book(api, books, number)["properties"]["year"] for number in numbers] == [6, 7, 8]
    assert (last["updated"], last["failed"]) == (COUNT, 0)
    for result in results:
        assert result["updated"] + result["unchanged"] + result["failed"] == COUNT
        assert {each["error"]["code"] for each in result["objects"]} <= {"version_conflict"}
