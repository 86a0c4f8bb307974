"""A vector is added to a collection that is in use, filled by a job, and made the default: with a real OpenSearch."""

import random
import time
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest

from lambdas.jobs.chunk import Chunk
from lambdas.jobs.queues import ChunkQueue
from tests.api import Api
from tests.functions import Functions

OLD = {"vectorizer": "text2vec-aws", "region": "us-east-1", "model": "amazon.titan-embed-text-v2:0", "dimensions": 256}
NEW = {"vectorizer": "text2vec-aws", "region": "us-east-1", "model": "cohere.embed-v4:0", "dimensions": 256}
TITLES = ("a ship at sea", "a dog in the snow", "the queen's garden", "war of two cities", "a letter from home")
Body = dict[str, Any]


@pytest.fixture
def functions(api: Api, environment: dict[str, str]) -> Iterator[Functions]:
    with Functions(environment["AWS_REGION"]) as running, pytest.MonkeyPatch.context() as patch:
        patch.setattr(ChunkQueue, "send_later", send_soon)
        yield running


def send_soon(queue: ChunkQueue, chunk: Chunk, _: int) -> None:
    time.sleep(0.2)
    queue.send([chunk])


@pytest.fixture
def films(api: Api) -> Iterator[str]:
    name = f"Film{random.randrange(10**9)}"
    properties = [{"name": "title", "type": "text"}, {"name": "year", "type": "int"}]
    made = api("POST", "/v1/collections", {"name": name, "properties": properties, "vectors": {"old": OLD}})
    assert made.status == 201, made.body
    yield f"/v1/collections/{name}"
    api("DELETE", f"/v1/collections/{name}")


def insert(api: Api, path: str, count: int) -> list[str]:
    objects = [{"id": str(uuid4()), "properties": {"title": f"{TITLES[n % 5]} {n}", "year": n}} for n in range(count)]
    stored = api("POST", f"{path}/objects/batch", {"objects": objects}, query={"consistency": "wait"}).body
    assert stored["failed"] == 0, stored
    return [str(each["id"]) for each in objects]


def add(api: Api, path: str, **body: Any) -> Body:
    added = api("POST", f"{path}/vectors", {"vectors": {"new": NEW}} | body)
    assert added.status == 202, added.body
    job: Body = added.body["jobs"]["new"]
    return job


def vectors_of(api: Api, path: str, ids: list[str]) -> dict[str, set[str]]:
    found = api("POST", f"{path}/objects/get", {"ids": ids, "include_vectors": True}).body["objects"]
    return {each["id"]: set(each["vectors"]) for each in found}


def forget(path: str) -> None:
    """Let the query function read the collection again, which it otherwise does after five seconds."""
    from lambdas.wiring.query import services

    services().registry.forget(path.rpartition("/")[2])


def each_has_both(ids: list[str]) -> dict[str, set[str]]:
    return {each: {"old", "new"} for each in ids}


def search(api: Api, path: str, query: str, **settings: Any) -> Body:
    body: Body = {"near_text": {"query": query} | settings, "limit": 3}
    found = api("POST", f"{path}/search", body)
    assert found.status == 200, found.body
    response: Body = found.body
    return response


def test_a_fill_gives_the_vector_to_all_objects_and_counts_them(api: Api, films: str, functions: Functions) -> None:
    ids = insert(api, films, 30)

    job = add(api, films)
    functions.work()

    done = api("GET", f"{films}/imports/{job['id']}").body
    assert (done["state"], done["kind"], done["vector"]) == ("completed", "fill", "new")
    assert done["counts"] == {"read": 30, "loaded": 30, "unchanged": 0, "failed": 0}
    assert vectors_of(api, films, ids) == each_has_both(ids)
    assert api("GET", films).body["filling"] == {}


def test_what_is_written_after_the_response_has_both_vectors(api: Api, films: str) -> None:
    [before] = insert(api, films, 1)
    add(api, films)

    [after] = insert(api, films, 1)
    patched = api("PATCH", f"{films}/objects/{before}", {"properties": {"title": "a new title"}})

    assert patched.status == 200
    assert vectors_of(api, films, [before, after]) == {before: {"old", "new"}, after: {"old", "new"}}


def test_a_search_by_a_vector_that_is_not_filled_says_its_share(api: Api, films: str, functions: Functions) -> None:
    insert(api, films, 3)
    add(api, films)
    insert(api, films, 1)

    asked = {"target_vector": "new"}
    assert search(api, films, "a ship", **asked)["filled"] == {"new": 0.25}
    assert search(api, films, "a ship", target_vector="old")["filled"] is None
    queries = {"queries": [{"near_text": {"query": "a ship"} | asked}, {"bm25": {"query": "ship"}}]}
    assert [each["filled"] for each in api("POST", f"{films}/search", queries).body["results"]] == [{"new": 0.25}, None]
    functions.work()
    forget(films)

    assert search(api, films, "a ship", **asked)["filled"] is None


def test_a_vector_that_the_model_refuses_for_an_object_is_not_filled(
    api: Api, films: str, functions: Functions
) -> None:
    [short, long] = insert(api, films, 2)
    api("PATCH", f"{films}/objects/{long}", {"properties": {"title": "word " * 1_000}}, query={"consistency": "wait"})
    job = add(api, films, vectors={"new": NEW | {"model": "cohere.embed-english-v3", "dimensions": 1024}})
    functions.work()
    forget(films)

    assert api("GET", f"{films}/imports/{job['id']}").body["counts"]["failed"] == 1
    assert api("GET", films).body["filling"] == {"new": job["id"]}
    assert search(api, films, "a ship", target_vector="new")["filled"] == {"new": 0.5}

    api("PATCH", f"{films}/objects/{long}", {"properties": {"title": "a word"}}, query={"consistency": "wait"})
    again = api("POST", f"{films}/vectors/new/fill", {})
    functions.work()

    assert again.status == 202
    assert api("GET", films).body["filling"] == {}
    assert vectors_of(api, films, [short, long]) == each_has_both([short, long])


def test_the_default_is_switched_and_switched_back(api: Api, films: str, functions: Functions) -> None:
    insert(api, films, 5)
    # The emulator has one model by several names: only another text makes another vector.
    add(api, films, vectors={"new": NEW | {"vectorize_collection_name": True}})
    functions.work()

    def distances(**asked: Any) -> list[float]:
        return [each["distance"] for each in search(api, films, "the sea", **asked)["objects"]]

    by_name = {name: distances(target_vector=name) for name in ("old", "new")}
    for name in ("new", "old"):
        assert api("PATCH", films, {"default_vector": name}).status == 200
        forget(films)

        assert distances() == pytest.approx(by_name[name], abs=1e-9)
    assert by_name["old"] != pytest.approx(by_name["new"], abs=1e-3)


def test_a_search_that_names_no_vector_goes_on_with_the_one_it_had(api: Api, films: str) -> None:
    insert(api, films, 3)
    found = search(api, films, "the sea")["objects"]
    add(api, films)

    remembered = search(api, films, "the sea")["objects"]
    forget(films)

    assert found == remembered == search(api, films, "the sea")["objects"]
    assert api("GET", films).body["default_vector"] == "old"


def test_a_default_that_is_not_a_vector_is_an_error(api: Api, films: str) -> None:
    refused = api("PATCH", films, {"default_vector": "newer"})

    assert refused.status == 400
    assert "'newer', which is not a vector of the collection: it has old" in refused.error["message"]


def test_objects_that_change_or_go_during_the_fill_keep_the_last_word(
    api: Api, films: str, functions: Functions
) -> None:
    changed, deleted, *others = insert(api, films, 6)
    job = add(api, films)
    functions.list_objects()

    api("PATCH", f"{films}/objects/{changed}", {"properties": {"title": "something else"}})
    api("DELETE", f"{films}/objects/{deleted}")
    functions.work()

    done = api("GET", f"{films}/imports/{job['id']}").body
    assert done["counts"] == {"read": 6, "loaded": 4, "unchanged": 2, "failed": 0}
    assert vectors_of(api, films, [changed, deleted, *others]) == each_has_both([changed, *others])
    assert api("POST", f"{films}/objects/repair", {"dry_run": True}).body["wrong"] == []


def test_a_fill_that_is_cancelled_can_be_resumed(api: Api, films: str, functions: Functions) -> None:
    ids = insert(api, films, 4)
    job = add(api, films)
    functions.list_objects()
    at = f"{films}/imports/{job['id']}"

    assert api("POST", f"{at}/cancel").body["state"] == "cancelled"
    functions.work()
    assert search(api, films, "a ship", target_vector="new")["filled"] == {"new": 0.0}
    assert api("POST", f"{at}/resume").status == 200
    functions.work()

    assert api("GET", at).body["counts"]["loaded"] == 4
    assert vectors_of(api, films, ids) == each_has_both(ids)


def test_a_vector_of_a_taken_name_is_a_conflict_that_names_the_way(api: Api, films: str) -> None:
    refused = api("POST", f"{films}/vectors", {"vectors": {"old": NEW}})

    assert (refused.status, refused.error["code"]) == (409, "conflict")
    assert f"{films}/vectors/old/fill" in refused.error["message"]


def test_a_fill_that_runs_is_not_started_twice(api: Api, films: str, functions: Functions) -> None:
    insert(api, films, 2)
    job = add(api, films)

    again = api("POST", f"{films}/vectors/new/fill", {})
    functions.work()
    fresh = api("POST", f"{films}/vectors/new/fill", {}).body
    functions.work()

    assert again.body["id"] == job["id"]
    assert fresh["id"] != job["id"]
    assert api("GET", f"{films}/imports/{fresh['id']}").body["counts"]["unchanged"] == 2


def test_a_function_that_remembers_the_old_configuration_stores_no_object_without_the_vector(
    api: Api, films: str
) -> None:
    from lambdas.wiring.write import services

    insert(api, films, 1)
    name = films.rpartition("/")[2]
    remembered = services().registry.get(name)
    add(api, films)
    services().registry._known[name] = (float("inf"), remembered)

    [late] = insert(api, films, 1)

    assert vectors_of(api, films, [late]) == {late: {"old", "new"}}


def test_a_fill_by_batch_inference_waits_for_bedrock(api: Api, films: str, functions: Functions) -> None:
    ids = insert(api, films, 120)
    # Of these models, Titan has batch inference.
    job = add(api, films, vectors={"new": OLD | {"dimensions": 512}}, embedding="batch")
    functions.list_objects()

    functions.work()

    assert api("GET", f"{films}/imports/{job['id']}").body["state"] == "completed"
    assert all(found == {"old", "new"} for found in vectors_of(api, films, ids).values())


def test_an_empty_collection_is_filled_at_once(api: Api, films: str, functions: Functions) -> None:
    job = add(api, films)

    functions.work()

    done = api("GET", f"{films}/imports/{job['id']}").body
    assert (done["state"], done["counts"]["read"]) == ("completed", 0)
