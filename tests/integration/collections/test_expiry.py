"""Objects that have expired, with a real OpenSearch: no reader sees them, and the schedule removes them."""

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from lambdas.handlers import load
from lambdas.wiring.query import services
from tests.api import Api
from tests.unit.imports.test_import_handlers import Context

PAST, FUTURE = (
    (datetime.now(UTC) + timedelta(days=days)).isoformat(timespec="seconds").replace("+00:00", "Z")
    for days in (-10, 10)
)
UNTIL = {"past": PAST, "future": FUTURE, "none": None}
IDS = {name: str(UUID(int=number)) for number, name in enumerate(UNTIL, start=1)}
WAIT = {"consistency": "wait"}
NEAR = {"vector": [1.0, 0.0, 0.0]}


@pytest.fixture
def news(api: Api) -> Iterator[str]:
    """The path of a collection with three objects: one of the past, one of the future, one without a date."""
    name = f"News{random.randrange(10**9)}"
    made = api(
        "POST",
        "/v1/collections",
        {
            "name": name,
            "properties": [{"name": "title", "type": "text"}, {"name": "until", "type": "date"}],
            "vectors": {"default": {"vectorizer": "none", "dimensions": 3}},
        },
    )
    assert made.status == 201, made.body
    objects = [
        {
            "id": IDS[which],
            "properties": {"title": f"ship {which}", "until": until},
            "vectors": {"default": [1, 0.1 * number, 0]},
        }
        for number, (which, until) in enumerate(UNTIL.items())
    ]
    path = f"/v1/collections/{name}"
    assert api("POST", f"{path}/objects/batch", {"objects": objects}, query=WAIT).body["failed"] == 0
    yield path
    api("DELETE", path)


def expire(api: Api, path: str, settings: dict[str, Any] | None) -> None:
    changed = api("PATCH", path, {"expiry": settings})
    # The function that searches would remember the settings for five seconds.
    services().registry.forget(path.rpartition("/")[2])
    assert changed.status == 200, changed.body
    assert {name: value for name, value in (changed.body.get("expiry") or {}).items() if value} == (settings or {})


def seen(api: Api, path: str) -> dict[str, list[str]]:
    """Which of the objects each way to read finds."""
    exists = {"property": "title", "operator": "is_null", "value": False}
    ways = {
        "list": api("GET", f"{path}/objects").body["objects"],
        "matching": api("POST", f"{path}/objects/list", {"filter": exists}).body["objects"],
        "get": api("POST", f"{path}/objects/get", {"ids": [*IDS.values()]}).body["objects"],
        "updated": api(
            "POST",
            f"{path}/objects/update",
            {"filter": exists, "set": {"title": "x"}, "dry_run": True, "verbose": True},
        ).body["objects"],
        "deleted": api("POST", f"{path}/objects/delete", {"filter": exists, "dry_run": True, "verbose": True}).body[
            "objects"
        ],
    }
    searches: dict[str, dict[str, Any]] = {
        "listing": {"sort": [{"property": "title", "order": "ascending"}]},
        "bm25": {"bm25": {"query": "ship"}},
        "near_vector": {"near_vector": NEAR},
        "hybrid": {"hybrid": {"query": "ship", "vector": NEAR["vector"]}},
        "groups": {"near_vector": NEAR, "group_by": {"property": "title", "groups": 5, "objects_per_group": 1}},
    }
    for way, body in searches.items():
        found = api("POST", f"{path}/search", body if "group_by" in body else body | {"limit": 10})
        assert found.status == 200, found.body
        groups = [each for group in found.body.get("groups") or () for each in group["objects"]]
        ways[way] = groups or found.body["objects"]
    several = api("POST", f"{path}/search", {"queries": [{"bm25": {"query": "ship"}}]}).body["results"]
    ways["queries"] = several[0]["objects"]
    names = {value: name for name, value in IDS.items()}
    found_by = {way: sorted(names[each["id"]] for each in objects) for way, objects in ways.items()}
    total = api("POST", f"{path}/aggregate", {}).body["total"]
    found_by["one by one"] = sorted(
        name for name, value in IDS.items() if api("GET", f"{path}/objects/{value}").status == 200
    )
    found_by["head"] = sorted(
        name for name, value in IDS.items() if api("HEAD", f"{path}/objects/{value}").status == 200
    )
    assert {way: len(each) for way, each in found_by.items()} == dict.fromkeys(found_by, total)
    return found_by


def test_an_expired_object_is_hidden_from_every_read_and_then_removed(
    api: Api, news: str, caplog: pytest.LogCaptureFixture
) -> None:
    assert set(map(tuple, seen(api, news).values())) == {("future", "none", "past")}
    expire(api, news, {"property": "until"})
    assert set(map(tuple, seen(api, news).values())) == {("future", "none")}
    near = api("POST", f"{news}/search", {"near_object": {"id": IDS["past"]}})
    assert near.status == 404, near.body
    expire(api, news, {"property": "until", "after": "20d"})
    assert set(map(tuple, seen(api, news).values())) == {("future", "none", "past")}
    expire(api, news, {"property": "until"})

    name = news.rpartition("/")[2]
    assert load.lambda_handler({"task": "remove_expired"}, Context())["removed"][name] == 1  # type: ignore[arg-type]
    expire(api, news, None)
    assert api("GET", f"{news}/objects/{IDS['past']}").status == 404
    assert api("GET", f"{news}/objects/{IDS['none']}").status == 200


def test_an_object_written_under_an_expired_id_is_new(api: Api, news: str) -> None:
    expire(api, news, {"property": "until"})

    patched = api("PATCH", f"{news}/objects/{IDS['past']}", {"properties": {"title": "later"}})
    assert patched.status == 404
    taken = api("POST", f"{news}/objects", {"id": IDS["future"], "properties": {}})
    assert taken.status == 409
    before = datetime.now(UTC)
    inserted = api("POST", f"{news}/objects", {"id": IDS["past"], "properties": {"title": "new", "until": FUTURE}})
    assert inserted.status == 201, inserted.body
    assert datetime.fromisoformat(inserted.body["created"]) >= before.replace(microsecond=0)
    assert api("GET", f"{news}/objects/{IDS['past']}").body["properties"]["title"] == "new"


@pytest.mark.parametrize(
    ("settings", "problem"),
    [
        ({"property": "title", "after": "1d"}, "'title', which is text"),
        ({"property": "missing"}, "names 'missing', not a property"),
        ({"property": "_created"}, "say how long after it in 'after'"),
    ],
)
def test_a_setting_that_does_not_fit_changes_nothing(
    api: Api, news: str, settings: dict[str, Any], problem: str
) -> None:
    refused = api("PATCH", news, {"expiry": settings})

    assert refused.status == 400
    assert problem in str(refused.body)
    assert api("GET", news).body.get("expiry") is None
