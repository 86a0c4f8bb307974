"""A collection gets another index while it is used, and goes back: with a real OpenSearch."""

import random
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest

from tests.api import Api
from tests.functions import Functions

VECTORS = {
    "old": {
        "vectorizer": "text2vec-aws",
        "region": "us-east-1",
        "model": "amazon.titan-embed-text-v2:0",
        "dimensions": 256,
    },
    "own": {"vectorizer": "none", "dimensions": 4},
}
TITLES = ("a ship at sea", "a dog in the snow", "the queen's garden", "war of two cities", "a letter from home")
Body = dict[str, Any]


@pytest.fixture
def films(api: Api) -> Iterator[str]:
    name = f"Film{random.randrange(10**9)}"
    properties = [{"name": "title", "type": "text"}, {"name": "year", "type": "int"}]
    described = {
        "name": name,
        "properties": properties,
        "vectors": VECTORS,
        "default_vector": "own",
        "auto_schema": True,
    }
    made = api("POST", "/v1/collections", described)
    assert made.status == 201, made.body
    yield f"/v1/collections/{name}"
    api("DELETE", f"/v1/collections/{name}")


def insert(api: Api, path: str, count: int, **more: Any) -> list[str]:
    objects = [
        {
            "id": str(uuid4()),
            "properties": {"title": f"{TITLES[n % 5]} {n}", "year": n} | more,
            "vectors": {"own": [random.random() for _ in range(4)]},
        }
        for n in range(count)
    ]
    stored = api("POST", f"{path}/objects/batch", {"objects": objects}, query={"consistency": "wait"}).body
    assert stored["failed"] == 0, stored
    return [str(each["id"]) for each in objects]


def rebuild(api: Api, path: str, **body: Any) -> Body:
    started = api("POST", f"{path}/rebuild", body)
    assert started.status == 202, started.body
    job: Body = started.body
    return job


def hits(api: Api, path: str, **mode: Any) -> list[tuple[str, float]]:
    mode = mode or {"near_vector": {"vector": [0.3, 0.1, 0.9, 0.4]}}
    found = api("POST", f"{path}/search", mode | {"limit": 10})
    assert found.status == 200, found.body
    return [(each["id"], each["score"]) for each in found.body["objects"]]


def objects(api: Api, path: str) -> dict[str, Body]:
    found = api("GET", f"{path}/objects", query={"limit": "100", "include_vectors": "true"}).body["objects"]
    return {each["id"]: {part: each[part] for part in ("properties", "vectors", "created")} for each in found}


def test_a_rebuild_changes_what_a_mapping_cannot(api: Api, films: str, functions: Functions) -> None:
    insert(api, films, 12)
    before = objects(api, films)
    change = {"properties": {"title": {"tokenization": "word", "folding": True}}, "vectors": {"old": None}, "shards": 2}

    job = rebuild(api, films, **change)
    functions.work()

    done = api("GET", f"{films}/imports/{job['id']}").body
    assert (done["state"], done["kind"], done["counts"]["loaded"]) == ("completed", "rebuild", 12)
    now = api("GET", films).body
    assert (list(now["vectors"]), now["index"]["shards"], now["rebuild"]) == (["own"], 2, None)
    title = next(each for each in now["properties"] if each["name"] == "title")
    assert (title["tokenization"], title["folding"]) == ("word", True)
    for each in before.values():
        del each["vectors"]["old"]
    assert objects(api, films) == before


def test_writes_and_deletes_during_the_copy_are_kept(api: Api, films: str, functions: Functions) -> None:
    changed, deleted, *_ = insert(api, films, 10)
    rebuild(api, films, shards=2)
    functions.copy_only()

    api("PATCH", f"{films}/objects/{changed}", {"properties": {"title": "something else"}})
    api("DELETE", f"{films}/objects/{deleted}")
    [inserted] = insert(api, films, 1, colour="red")
    functions.work()

    found = objects(api, films)
    assert len(found) == 10
    assert found[changed]["properties"]["title"] == "something else"
    assert found[inserted]["properties"]["colour"] == "red"
    assert deleted not in found
    assert api("GET", films).body["index"]["shards"] == 2


def test_undoing_a_rebuild_gives_the_old_hits_back_exactly(api: Api, films: str, functions: Functions) -> None:
    insert(api, films, 10)

    def found() -> list[list[tuple[str, float]]]:
        """The hits and scores of each kind of search."""
        storm = {"query": "a storm", "target_vector": "old"}
        modes: tuple[Body, ...] = (
            {},
            {"near_text": storm},
            {"bm25": {"query": "ship letter"}},
            {"hybrid": {"query": "a dog", "vector": [0.3, 0.1, 0.9, 0.4], "target_vector": "own"}},
        )
        return [hits(api, films, **mode) for mode in modes]

    before = found()
    words = {"title": {"tokenization": "word"}}
    rebuild(api, films, vectors={"old": None, "own": {"index": {"distance": "dot"}}}, properties=words, shards=2)
    functions.work()
    assert hits(api, films) != before[0]

    undone = api("POST", f"{films}/rebuild/undo").body
    functions.work()

    assert api("GET", f"{films}/imports/{undone['job']['id']}").body["state"] == "completed"
    assert found() == before


def test_dropping_a_vector_frees_its_memory(api: Api, films: str, functions: Functions, opensearch_url: str) -> None:
    import httpx

    insert(api, films, 300)

    def stored_bytes() -> dict[str, int]:
        """The bytes of each index of the collection: Lucene's graphs and vectors are files that it maps into memory."""
        indices = f"{opensearch_url}/alto-{films.rpartition('/')[2].lower()}-*"
        httpx.post(f"{indices}/_flush", trust_env=False, timeout=60)
        found = httpx.get(f"{indices}/_stats/store", trust_env=False, timeout=60).json()["indices"]
        return {name: each["primaries"]["store"]["size_in_bytes"] for name, each in found.items()}

    [before] = stored_bytes().values()
    rebuild(api, films, vectors={"old": None})
    functions.work()
    assert len(stored_bytes()) == 2

    assert api("POST", f"{films}/rebuild/finish").status == 200

    [after] = stored_bytes().values()
    # 256 numbers of four bytes an object.
    assert before - after > 0.8 * 300 * 256 * 4


def test_what_is_written_after_a_rebuild_survives_its_undoing(api: Api, films: str, functions: Functions) -> None:
    changed, deleted, *_ = insert(api, films, 6)
    for n in range(5):
        api("PATCH", f"{films}/objects/{changed}", {"properties": {"year": n}})
    rebuild(api, films, vectors={"old": None})
    functions.work()
    api("PATCH", f"{films}/objects/{changed}", {"properties": {"title": "a whale in the deep"}})
    api("DELETE", f"{films}/objects/{deleted}")
    [inserted] = insert(api, films, 1)

    api("POST", f"{films}/rebuild/undo")
    functions.work()

    found = objects(api, films)
    assert (len(found), deleted in found) == (6, False)
    assert found[changed]["properties"]["title"] == "a whale in the deep"
    # The dropped vector is there again, of the present text.
    assert all(set(found[each]["vectors"]) == {"old", "own"} for each in (changed, inserted))
    assert api("POST", f"{films}/objects/repair", {"dry_run": True}).body["wrong"] == []


def test_a_rebuild_that_is_under_way_can_be_given_up(api: Api, films: str, functions: Functions) -> None:
    insert(api, films, 3)
    before = hits(api, films)
    job = rebuild(api, films, shards=2)

    undone = api("POST", f"{films}/rebuild/undo").body
    functions.work()

    assert (undone["job"], undone["collection"]["rebuild"]) == (None, None)
    assert api("GET", f"{films}/imports/{job['id']}").body["state"] == "cancelled"
    assert hits(api, films) == before
    rebuild(api, films, shards=3)
    functions.work()
    assert api("GET", films).body["index"]["shards"] == 3


def test_a_rebuild_is_finished_before_the_next_one(
    api: Api, films: str, functions: Functions, opensearch_url: str
) -> None:
    import httpx

    insert(api, films, 3)
    rebuild(api, films)
    assert api("POST", f"{films}/rebuild", {}).error["code"] == "conflict"
    functions.work()
    refused = api("POST", f"{films}/rebuild", {})
    assert (refused.status, "/rebuild/finish" in refused.error["message"]) == (409, True)

    finished = api("POST", f"{films}/rebuild/finish").body

    assert finished["former"] is None
    name = films.rpartition("/")[2].lower()
    indices = httpx.get(f"{opensearch_url}/alto-{name}-*", trust_env=False, timeout=60).json()
    assert len(indices) == 1
    assert api("POST", f"{films}/rebuild/undo").status == 409


def test_a_name_stays_taken_when_its_index_has_another_number(api: Api, films: str, functions: Functions) -> None:
    insert(api, films, 1)
    rebuild(api, films)
    functions.work()
    api("POST", f"{films}/rebuild/finish")

    again = api("POST", "/v1/collections", {"name": films.rpartition("/")[2]})

    assert (again.status, again.error["code"]) == (409, "collection_exists")


def test_a_version_of_before_a_rebuild_is_a_conflict(api: Api, films: str, functions: Functions) -> None:
    [only] = insert(api, films, 1)
    at = f"{films}/objects/{only}"
    old = api("GET", at).body["version"]
    rebuild(api, films)
    functions.work()

    refused = api("PATCH", at, {"properties": {"year": 1}}, query={"if_version": old})
    replaced = api("PUT", at, {"properties": {"year": 1}}, query={"if_version": old})
    deleted = api("DELETE", at, query={"if_version": old})
    now = api("GET", at).body["version"]

    assert [each.status for each in (refused, replaced, deleted)] == [409, 409, 409]
    assert now != old
    assert api("PATCH", at, {"properties": {"year": 1}}, query={"if_version": now}).status == 200


def test_deleting_a_collection_deletes_its_other_indices(
    api: Api, films: str, functions: Functions, opensearch_url: str
) -> None:
    import httpx

    insert(api, films, 1)
    rebuild(api, films)
    functions.work()

    assert api("DELETE", films).status == 204

    indices = httpx.get(
        f"{opensearch_url}/alto-{films.rpartition('/')[2].lower()}-*", trust_env=False, timeout=60
    ).json()
    assert indices == {}
    assert api("GET", films).status == 404


def test_a_list_of_collections_shows_a_rebuilt_one_once(api: Api, films: str, functions: Functions) -> None:
    insert(api, films, 1)
    rebuild(api, films)
    name = films.rpartition("/")[2]

    def listed() -> list[int]:
        found = api("GET", "/v1/collections").body["collections"]
        return [each["index_number"] for each in found if each["name"] == name]

    assert listed() == [1]
    functions.work()
    assert listed() == [api("GET", films).body["index_number"]]


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        ({"properties": {"titel": {"folding": True}}}, "properties.titel: is not one of the properties"),
        ({"properties": {"title": {"type": "int"}}}, "properties.title.type cannot be changed by a rebuild"),
        ({"vectors": {"new": None}}, "vectors.new: is not one of the vectors"),
        ({"vectors": {"own": None}}, "vectors.own: is the default of searches: give 'default_vector' too"),
    ],
)
def test_a_change_that_does_not_fit_is_an_error(api: Api, films: str, body: Body, problem: str) -> None:
    refused = api("POST", f"{films}/rebuild", body)

    assert (refused.status, refused.error["code"]) == (400, "invalid_request")
    assert problem in refused.error["message"]
    assert api("GET", films).body["rebuild"] is None


def test_writes_wait_while_the_index_is_replaced(api: Api, films: str, functions: Functions) -> None:
    from lambdas.collections.hold import place_hold
    from lambdas.wiring.write import services

    [only, other] = insert(api, films, 2)
    collection = services().registry.fresh(films.rpartition("/")[2])
    index = services().collections.indices.index_of(collection.name)

    place_hold(services().collections._engine, index, collection.identity, seconds=1.0)

    # Its owner died: writers outlast the hold and remove it.
    assert api("PATCH", f"{films}/objects/{only}", {"properties": {"year": 7}}).status == 200
    place_hold(services().collections._engine, index, collection.identity, seconds=1.0)
    assert api("DELETE", f"{films}/objects/{other}").status == 204
