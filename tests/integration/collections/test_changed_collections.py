"""A cached collection never makes a response wrong: not after another function changed or replaced it.

The functions of this process change collections; another instance, which has cached them, serves the requests.
"""

from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from lambdas.opensearch import OpenSearch
from tests.api import Api, Response
from tests.instances import in_instance, instances, send

ID = str(UUID(int=1))
Send = Callable[..., Response]


@pytest.fixture(scope="module")
def other(api: Api) -> Iterator[Send]:
    """Sends requests to an instance that learns of nothing but by looking."""
    with instances(1) as pool:
        yield lambda *request: pool.submit(in_instance(send), *request).result()


@pytest.fixture
def name(api: Api) -> Iterator[str]:
    name = f"Again{uuid4().hex[:8]}"
    yield name
    api("DELETE", f"/v1/collections/{name}")


def create(api: Api, name: str, dimensions: int, *properties: dict[str, Any], **more: Any) -> None:
    vectors = {"default": {"vectorizer": "none", "dimensions": dimensions}}
    body = {"name": name, "properties": list(properties), "vectors": vectors} | more
    assert api("POST", "/v1/collections", body).status == 201


def insert(api: Api, name: str, consistency: str = "none", **body: Any) -> None:
    stored = api("POST", f"/v1/collections/{name}/objects", {"id": ID} | body, query={"consistency": consistency})
    assert stored.status == 201, stored.body


def made_anew(api: Api, other: Send, name: str) -> None:
    """The other instance knows a collection of films by year, which now is one of people with other vectors."""
    create(api, name, 2, {"name": "year", "type": "int"})
    insert(api, name, properties={"year": 1999}, vector=[1.0, 2.0])
    path = f"/v1/collections/{name}"
    assert other("GET", f"{path}/objects/{ID}").status == 200
    assert other("POST", f"{path}/search", {"near_vector": {"vector": [1.0, 2.0]}}).status == 200
    assert api("DELETE", path).status == 204
    create(api, name, 3, {"name": "year", "type": "text"}, {"name": "born", "type": "int"})
    insert(api, name, consistency="wait", properties={"year": "last", "born": 1}, vector=[1.0, 2.0, 3.0])


BORN = {"property": "born", "operator": "equal", "value": 1}
PERSON = {"properties": {"year": "next", "born": 2}, "vector": [1.0, 0.0, 0.0]}
REQUESTS: dict[str, tuple[str, str, Any]] = {
    "search": ("POST", "search", {"near_vector": {"vector": [1.0, 2.0, 3.0]}, "filter": BORN}),
    "near object": ("POST", "search", {"near_object": {"id": ID}}),
    "explained": ("POST", "search", {"hybrid": {"query": "last", "vector": [1.0, 2.0, 3.0]}, "explain": True}),
    "several": (
        "POST",
        "search",
        {"queries": [{"near_vector": {"vector": [1.0, 2.0, 3.0]}}, {"near_object": {"id": ID}}]},
    ),
    "aggregate": ("POST", "aggregate", {"properties": {"born": {"metrics": ["sum"]}}}),
    "replace": ("PUT", f"objects/{ID}", PERSON),
    "merge": ("PATCH", f"objects/{ID}", {"properties": {"born": 2}}),
    "delete": ("DELETE", f"objects/{ID}", None),
    "get": ("GET", f"objects/{ID}", None),
    "exists": ("HEAD", f"objects/{ID}", None),
    "get by ids": ("POST", "objects/get", {"ids": [ID]}),
    "list": ("POST", "objects/list", {"filter": BORN}),
    "delete by filter": ("POST", "objects/delete", {"filter": BORN}),
}


@pytest.mark.parametrize("request_name", REQUESTS)
def test_a_collection_that_was_made_anew_is_served_as_it_is_now(
    api: Api, other: Send, name: str, request_name: str
) -> None:
    made_anew(api, other, name)
    method, path, body = REQUESTS[request_name]

    response = other(method, f"/v1/collections/{name}/{path}", body)

    assert response.status in (200, 201, 204), response.body
    if isinstance(response.body, dict) and "objects" in response.body and "dry_run" not in response.body:
        assert [each["properties"]["born"] for each in response.body["objects"]] == [1]
    if request_name == "several":
        assert [len(each["objects"]) for each in response.body["results"]] == [1, 1]
    if request_name == "delete by filter":
        assert response.body["deleted"] == 1


def test_a_batch_is_checked_against_the_current_collection(api: Api, other: Send, name: str) -> None:
    made_anew(api, other, name)
    bad = {"properties": {"year": 1999}}
    of_the_old_kind = {"properties": {}, "vector": [1.0, 2.0]}

    batch = {"objects": [PERSON, bad, PERSON, of_the_old_kind, {"id": "x"}]}
    response = other("POST", f"/v1/collections/{name}/objects/batch", batch)

    assert [each["status"] for each in response.body["results"]] == ["created", "failed", "created", "failed", "failed"]
    assert "must be text" in response.body["results"][1]["error"]["message"]
    assert "must have 3 numbers" in response.body["results"][3]["error"]["message"]


def test_a_value_of_the_old_type_is_not_stored_unseen(api: Api, other: Send, name: str) -> None:
    made_anew(api, other, name)

    refused = other("PUT", f"/v1/collections/{name}/objects/{ID}", {"properties": {"year": 1999}})

    assert (refused.status, refused.error["code"]) == (400, "invalid_object")
    assert api("GET", f"/v1/collections/{name}/objects/{ID}").body["properties"]["year"] == "last"


def test_auto_schema_does_not_bring_the_old_properties_back(api: Api, other: Send, name: str) -> None:
    create(api, name, 2, {"name": "old", "type": "int"}, auto_schema=True)
    assert other("POST", f"/v1/collections/{name}/objects", {"properties": {"old": 1}}).status == 201
    api("DELETE", f"/v1/collections/{name}")
    create(api, name, 2, auto_schema=True)

    assert other("POST", f"/v1/collections/{name}/objects", {"properties": {"new": 1}}).status == 201

    assert [item["name"] for item in api("GET", f"/v1/collections/{name}").body["properties"]] == ["new"]


@pytest.mark.parametrize(
    "request_name", ["search", "several", "replace", "merge", "exists", "get by ids", "delete by filter"]
)
def test_a_collection_that_was_deleted_is_a_404_at_once(api: Api, other: Send, name: str, request_name: str) -> None:
    create(api, name, 3, {"name": "year", "type": "text"}, {"name": "born", "type": "int"})
    for path, body in (("search", {"bm25": {"query": "x"}}), ("objects/get", {"ids": [ID]})):
        assert other("POST", f"/v1/collections/{name}/{path}", body).status == 200
    api("DELETE", f"/v1/collections/{name}")
    method, path, body = REQUESTS[request_name]

    response = other(method, f"/v1/collections/{name}/{path}", body)

    assert response.status == 404
    assert response.body is None or response.error["code"] == "collection_not_found"


def test_a_property_that_was_just_added_is_known_everywhere(api: Api, other: Send, name: str) -> None:
    create(api, name, 2)
    path = f"/v1/collections/{name}"
    assert other("GET", f"{path}/objects").status == other("POST", f"{path}/aggregate", {}).status == 200
    assert api("POST", f"{path}/properties", {"name": "born", "type": "int"}).status == 201

    batch = other("POST", f"{path}/objects/batch", {"objects": [{"properties": {"born": 1}}]})
    listed = other("POST", f"{path}/objects/list", {"filter": BORN})
    summed = other("POST", f"{path}/aggregate", {"properties": {"born": {"metrics": ["sum"]}}})

    assert (batch.body["created"], listed.status, summed.status) == (1, 200, 200)


def test_what_is_remembered_costs_no_further_look_up(api: Api, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from lambdas.opensearch import OpenSearch

    create(api, name, 2, {"name": "born", "type": "int"})
    insert(api, name, properties={"born": 1})
    asked: list[str] = []
    original = OpenSearch.request

    def request(self: OpenSearch, method: str, path: str, *rest: Any, **more: Any) -> Any:
        asked.append(path)
        return original(self, method, path, *rest, **more)

    monkeypatch.setattr(OpenSearch, "request", request)

    assert api("GET", f"/v1/collections/{name}/objects/{ID}").status == 200
    assert len(asked) == 1
    assert "_mapping" not in asked[0]


def test_a_deletion_that_is_late_does_not_meet_the_next_collection(
    api: Api, name: str, opensearch_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    create(api, name, 2)
    request, index = OpenSearch.request, f"/alto-{name.lower()}-000001"

    def others_first(engine: OpenSearch, method: str, path: str, *args: Any, **more: Any) -> Any:
        if method == "DELETE" and path.startswith(index):
            monkeypatch.setattr(OpenSearch, "request", request)
            httpx.delete(f"{opensearch_url}{index}", timeout=60).raise_for_status()
            create(api, name, 2, {"name": "title", "type": "text"})
        return request(engine, method, path, *args, **more)

    monkeypatch.setattr(OpenSearch, "request", others_first)
    late = api("DELETE", f"/v1/collections/{name}")

    assert (late.status, late.error["code"]) == (404, "collection_not_found")
    assert [each["name"] for each in api("GET", f"/v1/collections/{name}").body["properties"]] == ["title"]
    assert api("DELETE", f"/v1/collections/{name}").status == 204


def test_a_deletion_that_stopped_half_way_is_finished_by_the_next(api: Api, name: str, opensearch_url: str) -> None:
    create(api, name, 2)
    index = f"{opensearch_url}/alto-{name.lower()}-000001"
    unique = max(httpx.get(index, timeout=60).json()[index.rpartition("/")[2]]["aliases"], key=len)
    httpx.delete(f"{index}/_alias/{unique}", timeout=60).raise_for_status()

    assert api("DELETE", f"/v1/collections/{name}").status == 204
    assert httpx.head(index, timeout=60).status_code == 404
