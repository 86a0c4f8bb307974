"""What the functions of an older release stored is read, searched, written and finished by these.

`make test-upgrade` does the same with whole stages.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.api import Api
from tests.functions import Functions
from tests.upgrade import older_functions
from tests.upgrade.filled_stage import FILM, SEARCHES, SOME_BOOKS, books, differences, film
from tests.upgrade.release import RELEASES, check_out

FILMS = 12
LATER = 30
COLLECTION, SHELF = "OlderFilm", "OlderBook"
MADE: dict[str, Any] = FILM | {"name": COLLECTION}
BOOK = {
    "name": SHELF,
    "properties": [{"name": "title", "type": "text"}, {"name": "pages", "type": "int"}],
    "vectors": {"default": FILM["vectors"]["plot"]},
}
PATH = f"/v1/collections/{COLLECTION}"
LIST = {"limit": "1000", "include_vectors": "true"}


@dataclass
class Stored:
    """The responses of the older functions, and the ones that are tested."""

    api: Api
    functions: Functions
    objects: list[dict[str, Any]]
    hits: dict[str, list[str]]
    ended: dict[str, Any]
    under_way: dict[str, Any]

    def send(self, method: str, path: str, body: object = None, expected: int = 200) -> Any:
        response = self.api(method, path, body)
        assert response.status == expected, response.body
        return response.body

    def all_objects(self) -> Any:
        return self.api("GET", f"{PATH}/objects", query=LIST).body["objects"]


@pytest.fixture(scope="module", params=RELEASES)
def stored(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, api: Api, environment: dict[str, str]
) -> Iterator[Stored]:
    older = check_out(request.param, tmp_path_factory.mktemp("older") / "release")
    with Functions(environment["AWS_REGION"]) as functions:
        for name in (COLLECTION, SHELF):
            api("DELETE", f"/v1/collections/{name}")
        *_, listed, found = drive(older, environment, steps(request.param))
        # By this release: others of the account are of newer tests, which the older one cannot read.
        jobs = api("GET", "/v1/imports", query={"limit": "100"}).body["imports"]
        under_way, ended = (
            next(job for job in jobs if job["key"] == f"{SHELF}/{file}-{request.param}.jsonl")
            for file in ("under-way", "ended")
        )
        yield Stored(
            api=api,
            functions=functions,
            objects=listed["body"]["objects"],
            hits=dict(zip(SEARCHES, (ids(each) for each in found["body"]["results"]), strict=True)),
            ended=ended,
            under_way=under_way,
        )
    for name in (COLLECTION, SHELF):
        api("DELETE", f"/v1/collections/{name}")


def steps(release: str) -> list[list[Any]]:
    searches = [{"limit": 5, **search} for search in SEARCHES.values()]
    return [
        ["request", "POST", "/v1/collections", MADE],
        ["request", "POST", "/v1/collections", BOOK],
        [
            "request",
            "POST",
            f"{PATH}/objects/batch",
            {"objects": [film(each) for each in range(FILMS)]},
            {"consistency": "wait"},
        ],
        ["upload", f"{SHELF}/ended-{release}.jsonl", SOME_BOOKS.decode()],
        ["deliver", "split"],
        ["deliver", "load"],
        # Its chunks are in the queue, and loaded by the functions of this Alto.
        ["upload", f"{SHELF}/under-way-{release}.jsonl", books(LATER).decode()],
        ["deliver", "split"],
        ["request", "GET", f"{PATH}/objects", None, LIST],
        ["request", "POST", f"{PATH}/search", {"queries": searches}],
    ]


def drive(older: Path, environment: dict[str, str], steps: list[list[Any]]) -> list[Any]:
    """Run steps by the functions of a release."""
    done = subprocess.run(
        [sys.executable, older_functions.__file__],
        input=json.dumps(steps),
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(older), **environment},
        cwd=older,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-4000:]
    responses: list[Any] = json.loads(done.stdout.splitlines()[-1])
    failed = [each for each in responses if isinstance(each, dict) and each["status"] >= 300]
    assert not failed
    return responses


def ids(found: dict[str, Any]) -> list[str]:
    return [each["id"] for each in found["objects"]]


def test_objects_of_an_older_release_are_read_as_they_were(stored: Stored) -> None:
    assert len(stored.objects) == FILMS
    assert not [
        found
        for older, newer in zip(stored.objects, stored.all_objects(), strict=True)
        if (found := differences(older, newer))
    ]


@pytest.mark.parametrize("name", SEARCHES)
def test_searches_find_what_an_older_release_found(stored: Stored, name: str) -> None:
    found = ids(stored.send("POST", f"{PATH}/search", {"limit": 5, **SEARCHES[name]}))

    # How words are scored and legs are fused is better in newer releases: the first hit is the same.
    shown = 1 if name in {"words", "both"} else 5
    assert stored.hits[name]
    assert found[:shown] == stored.hits[name][:shown]


def test_jobs_of_an_older_release_are_read_and_finished(stored: Stored) -> None:
    assert stored.ended["state"] == "completed"
    assert stored.under_way["state"] not in {"completed", "failed"}
    ended = stored.send("GET", f"/v1/collections/{SHELF}/imports/{stored.ended['id']}")
    assert (ended["state"], ended["counts"]["loaded"], ended["counts"]["failed"]) == ("completed", 4, 1)
    assert len(ended["errors"]) == 1

    stored.functions.work()

    job = stored.send("GET", f"/v1/imports/{stored.under_way['id']}")
    assert (job["state"], job["counts"]["loaded"]) == ("completed", LATER), job
    assert stored.send("POST", f"/v1/collections/{SHELF}/aggregate", {})["total"] == 4 + LATER


def test_collections_of_an_older_release_take_writes(stored: Stored) -> None:
    changed = f"{PATH}/objects/{film(2)['id']}"
    before = stored.send("GET", changed)
    patched = stored.api("PATCH", changed, {"properties": {"title": "A new title"}}, query={"consistency": "wait"})
    assert patched.status == 200
    stored.send("POST", f"{PATH}/objects", film(100), expected=201)
    stored.send("DELETE", f"{PATH}/objects/{film(100)['id']}", expected=204)
    stored.send("POST", f"{PATH}/properties", {"name": "studio", "type": "text"}, expected=201)

    assert stored.send("GET", changed)["properties"] == before["properties"] | {"title": "A new title"}


def test_a_rebuild_brings_a_collection_to_this_release(stored: Stored) -> None:
    notice = stored.send("GET", PATH).get("notice")
    assert notice is None or "rebuild" in notice
    before = stored.all_objects()

    job = stored.send("POST", f"{PATH}/rebuild", {}, expected=202)
    stored.functions.work()

    assert stored.send("GET", f"/v1/imports/{job['id']}")["state"] == "completed"
    without = {"version": ""}
    assert [each | without for each in stored.all_objects()] == [each | without for each in before]
    assert stored.send("GET", PATH).get("notice") is None
