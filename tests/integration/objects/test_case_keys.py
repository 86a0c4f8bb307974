"""Objects under ids of the user's own: written, read, referred to and listed by their keys."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

import alto
from alto.classes.data import DataObject
from alto.classes.query import Filter
from alto.util import uuid_of_key
from lambdas.objects.keys import id_of_key
from tests.api import Api
from tests.api_server import ApiServer

PATH = "/v1/collections/CaseKeys"
BY_KEY = f"{PATH}/objects/by-key"
# What an address cannot carry, what it decodes, and what other rules would make equal.
KEYS = ["isbn-1", "a/b?c#d%20e", "batch", " ", "caf\u00e9", "cafe\u0301", "\U0001f600\n", "x" * 512, "17", "A", "a"]


@pytest.fixture(scope="module")
def collection(api: Api) -> Iterator[str]:
    described = {
        "name": "CaseKeys",
        "properties": [{"name": "title", "type": "text"}, {"name": "year", "type": "int"}],
        "vectors": {"default": {"vectorizer": "none", "dimensions": 3}},
    }
    assert api("POST", "/v1/collections", described).status == 201
    yield "CaseKeys"
    api("DELETE", PATH)


@pytest.fixture
def stored(api: Api, collection: str) -> Iterator[list[dict[str, Any]]]:
    objects = [
        {"key": key, "properties": {"title": f"t{place}", "year": place}, "vector": [1, place, 0]}
        for place, key in enumerate(KEYS)
    ]
    batch = api("POST", f"{PATH}/objects/batch", {"objects": objects}, query={"consistency": "wait"}).body
    assert [(each["key"], each["status"]) for each in batch["results"]] == [(key, "created") for key in KEYS]
    yield batch["results"]
    everything = {"filter": {"property": "_created", "operator": "is_null", "value": False}}
    api("POST", f"{PATH}/objects/delete", everything, query={"consistency": "wait"})


@pytest.mark.parametrize("key", KEYS)
def test_object_is_read_changed_and_deleted_by_its_key(api: Api, collection: str, key: str) -> None:
    query = {"key": key}
    object_id = id_of_key(collection, key)
    made = api("POST", f"{PATH}/objects", {"key": key, "properties": {"title": "Up"}})
    assert (made.status, made.body["id"], made.body["key"]) == (201, object_id, key)
    assert api("POST", f"{PATH}/objects", {"key": key}).error["code"] == "object_exists"
    assert api("HEAD", BY_KEY, query=query).status == 200

    by_key, by_id = api("GET", BY_KEY, query=query), api("GET", f"{PATH}/objects/{object_id}")
    assert by_key.body == by_id.body == made.body

    patched = api("PATCH", BY_KEY, {"properties": {"year": 2009}}, query=query).body
    assert (patched["key"], patched["properties"]) == (key, {"title": "Up", "year": 2009})
    # Who replaces the object by its id does not take its key away.
    replaced = api("PUT", f"{PATH}/objects/{object_id}", {"properties": {"title": "Soul"}})
    assert (replaced.status, replaced.body["key"], replaced.body["properties"]) == (200, key, {"title": "Soul"})

    assert api("DELETE", BY_KEY, query=query).status == 204
    missing = api("GET", BY_KEY, query=query)
    assert (missing.status, missing.error["code"]) == (404, "object_not_found")
    assert object_id in missing.error["message"]


def test_put_by_key_makes_the_object_under_its_key(api: Api, collection: str) -> None:
    made = api("PUT", BY_KEY, {"properties": {"title": "Up"}}, query={"key": "isbn-9"})
    try:
        assert (made.status, made.body["key"], made.body["id"]) == (201, "isbn-9", id_of_key(collection, "isbn-9"))
    finally:
        api("DELETE", BY_KEY, query={"key": "isbn-9"})


def test_keys_are_in_hits_lists_groups_and_reads(api: Api, stored: list[dict[str, Any]]) -> None:
    listed = api("GET", f"{PATH}/objects").body["objects"]
    named = api("POST", f"{PATH}/objects/list", {"return_properties": ["year"]}).body["objects"]
    nearest: dict[str, Any] = {"near_vector": {"vector": [1, 0, 0]}}
    near = nearest | {"limit": 20}
    found = api("POST", f"{PATH}/search", near).body["objects"]
    bare = api("POST", f"{PATH}/search", near | {"return_properties": []}).body["objects"]
    grouped = api("POST", f"{PATH}/search", nearest | {"group_by": {"property": "year", "groups": 20}}).body["groups"]
    read = api("POST", f"{PATH}/objects/get", {"ids": [*KEYS, "none", stored[0]["id"].upper()]}).body

    for hits in (listed, named, found, bare, [each["objects"][0] for each in grouped]):
        assert {(hit["id"], hit["key"]) for hit in hits} == {(each["id"], each["key"]) for each in stored}
    assert [each["key"] for each in read["objects"]] == [*KEYS, KEYS[0]]
    assert read["missing"] == ["none"]


@pytest.mark.parametrize("key", KEYS)
def test_key_refers_to_the_object_in_searches_and_filters(api: Api, stored: list[dict[str, Any]], key: str) -> None:
    object_id = next(each["id"] for each in stored if each["key"] == key)
    searches = [
        {"near_object": {"id": key}, "limit": 1},
        {"filter": {"property": "_id", "operator": "equal", "value": key}, "sort": [{"property": "_created"}]},
        {
            "filter": {"property": "_id", "operator": "contains_any", "value": [key, "none"]},
            "sort": [{"property": "_created"}],
        },
        {"hybrid": {"query": "x", "near_object": key, "alpha": 1}, "limit": 1},
        {
            "near_vector": {"vector": [0, 0, 1]},
            "limit": 1,
            "filter": {"property": "_id", "operator": "equal", "value": key},
        },
    ]
    for search in searches:
        found = api("POST", f"{PATH}/search", search)
        assert [each["id"] for each in found.body.get("objects", found.body)] == [object_id], search


def test_near_object_without_an_object_names_the_key(api: Api, collection: str) -> None:
    refused = api("POST", f"{PATH}/search", {"near_object": {"id": "isbn-none"}})

    assert refused.status == 404
    assert f'key "isbn-none" (id {id_of_key(collection, "isbn-none")})' in refused.error["message"]


@pytest.mark.parametrize(
    ("request_", "message"),
    [
        (("POST", "", {"key": "a", "id": id_of_key("CaseKeys", "b")}, {}), 'but the key "a" has the id'),
        (("POST", "", {"key": "x" * 513}, {}), "key: expected at most 512 characters"),
        (("POST", "", {"key": ""}, {}), "key: expected at least 1 character"),
        (("POST", "", {"key": 7}, {}), "key: expected a string, not 7"),
        (("PUT", "/by-key", {"key": "b"}, {"key": "a"}), 'key: is "b", but the address says key "a"'),
        (("PUT", "/by-key", {"id": id_of_key("CaseKeys", "b")}, {"key": "a"}), 'but the address says key "a"'),
        (("PUT", f"/{id_of_key('CaseKeys', 'b')}", {"key": "a"}, {}), 'key: is "a", but the address says id'),
        (("GET", f"/{id_of_key('CaseKeys', 'b')}", None, {"key": "a"}), 'but the key "a" has the id'),
        (("GET", "/by-key", None, {}), "key: required with by-key"),
        (("GET", "/isbn-1", None, {}), "or by-key with ?key="),
        (("DELETE", "/by-key", None, {"key": ""}), "key: expected at least 1 character"),
    ],
)
def test_id_and_key_that_disagree_are_rejected(
    api: Api, collection: str, request_: tuple[str, str, Any, dict[str, str]], message: str
) -> None:
    method, path, body, query = request_
    refused = api(method, f"{PATH}/objects{path}", body, query=query)

    assert collection
    assert (refused.status, message in refused.error["message"]) == (400, True), refused.body


def test_batch_names_the_object_with_the_wrong_key(api: Api, collection: str) -> None:
    objects = [{"key": "same"}, {"key": "a", "id": id_of_key(collection, "b")}, {"key": 7}, {"key": "same"}]
    results = api("POST", f"{PATH}/objects/batch", {"objects": objects}, query={"consistency": "wait"}).body["results"]
    try:
        assert [each["status"] for each in results] == ["created", "failed", "failed", "updated"]
        assert (results[1]["key"], results[2].get("key")) == ("a", None)
    finally:
        api("DELETE", BY_KEY, query={"key": "same"})


def test_batch_with_an_idempotency_key_keeps_the_keys(api: Api, collection: str) -> None:
    sent = {"headers": {"Idempotency-Key": "case-keys-1"}, "query": {"consistency": "wait"}}
    first = api("POST", f"{PATH}/objects/batch", {"objects": [{"key": "once"}]}, **sent).body
    try:
        assert first["results"][0]["id"] == id_of_key(collection, "once")
        assert api("POST", f"{PATH}/objects/batch", {"objects": [{"key": "once"}]}, **sent).body == first
    finally:
        api("DELETE", BY_KEY, query={"key": "once"})


def test_collection_older_than_keys_keeps_them(api: Api, opensearch_url: str) -> None:
    assert api("POST", "/v1/collections", {"name": "CaseOldKeys"}).status == 201
    try:
        # The index as an earlier Alto made it: the same mapping without the field.
        [(index, found)] = httpx.get(f"{opensearch_url}/alto-caseoldkeys", timeout=60).json().items()
        del found["mappings"]["properties"]["key"]
        kept = {"analysis", "knn", "mapping", "number_of_shards", "number_of_replicas"} & set(
            found["settings"]["index"]
        )
        settings = {"index": {name: found["settings"]["index"][name] for name in kept}}
        httpx.delete(f"{opensearch_url}/{index}", timeout=60).raise_for_status()
        body = {"aliases": found["aliases"], "mappings": found["mappings"], "settings": settings}
        httpx.put(f"{opensearch_url}/{index}", json=body, timeout=60).raise_for_status()

        made = api("POST", "/v1/collections/CaseOldKeys/objects", {"key": "isbn-1"})

        assert (made.status, made.body.get("key")) == (201, "isbn-1"), made.body
    finally:
        api("DELETE", "/v1/collections/CaseOldKeys")


# The client


@pytest.fixture(scope="module")
def films(api: Api, collection: str) -> Iterator[Any]:
    with ApiServer(api) as server, alto.connect_to_local(port=server.port) as client:
        yield client.collections.use(collection)


@pytest.mark.parametrize("key", KEYS)
def test_client_takes_a_key_wherever_it_takes_an_id(films: Any, key: str) -> None:
    uuid = films.data.insert({"title": "Up"}, key=key, vector=[1, 2, 3], consistency="wait")
    try:
        assert uuid == uuid_of_key(films.name, key)
        with pytest.raises(alto.AltoConflictError):
            films.data.insert({}, key=key)
        films.data.update(key, {"year": 2009})
        films.data.replace(uuid, {"title": "Soul"}, vector=[1, 2, 3], consistency="wait")
        [near] = films.query.near_object(key, limit=1).objects
        [listed] = films.query.fetch_objects(filters=Filter.by_id().equal(key)).objects
        [named] = films.query.fetch_objects_by_ids([key]).objects
        [walked] = films.iterator()
        read = films.query.fetch_object_by_id(key)
        assert {(each.uuid, each.key) for each in (near, listed, named, walked, read)} == {(uuid, key)}
        assert read.properties == {"title": "Soul"}
        assert f"key={key!r}" in repr(read)
        assert films.data.exists(key)
    finally:
        assert films.data.delete_by_id(key, consistency="wait")
    assert not films.data.exists(key)


def test_client_batches_and_insert_many_send_keys(films: Any) -> None:
    many = films.data.insert_many([DataObject({"year": n}, key=f"many/{n}") for n in range(3)])
    with films.batch.dynamic() as batch:
        added = [batch.add_object({"year": n}, key=f"batch/{n}") for n in range(3)]
        batch.add_object({"year": 9}, key="batch/0")
    try:
        keys = {each.uuid: each.key for each in films.iterator()}
        assert keys == {
            **{many.uuids[n]: f"many/{n}" for n in range(3)},
            **{added[n]: f"batch/{n}" for n in range(3)},
        }
        assert films.query.fetch_object_by_id("batch/0").properties == {"year": 9}
    finally:
        for key in [f"{kind}/{n}" for kind in ("many", "batch") for n in range(3)]:
            films.data.delete_by_id(key, consistency="wait")


@pytest.mark.parametrize(
    "call",
    [
        lambda films: films.data.insert({}, key=""),
        lambda films: films.data.insert({}, key="x" * 513),
        lambda films: films.data.insert({}, key=7),
        lambda films: films.data.insert_many([DataObject({}, key="a", uuid=uuid_of_key(films.name, "b"))]),
        lambda films: films.data.insert({}, key="a", uuid=uuid_of_key(films.name, "b")),
        lambda films: films.data.delete_by_id(""),
        lambda films: films.data.insert({}, uuid="isbn-1"),
    ],
)
def test_client_rejects_a_wrong_key_in_alto_words(films: Any, call: Any) -> None:
    with pytest.raises(alto.AltoError, match=r"^(key|uuid|id|objects\[0\]: uuid): "):
        call(films)
