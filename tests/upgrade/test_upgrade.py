"""A stage of each release is deployed locally, filled, and upgraded to this Alto while an import runs.

`make test-upgrade` runs this. `make test` leaves it out, because it takes minutes, and runs the same in little:
`test_lasting_resources.py` and `tests/integration/collections/test_older_releases.py`.
"""

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from rich.console import Console

from local.stack import Stack
from tests.upgrade.filled_stage import (
    BOOK,
    BOOKS,
    FILM,
    MANUAL,
    SEARCHES,
    SOME_BOOKS,
    FilledStage,
    books,
    differences,
    film,
)
from tests.upgrade.release import RELEASES, check_out

FILMS = 40


@dataclass
class Upgrade:
    """What the older Alto said of its stage, and the stage as this one serves it."""

    stage: FilledStage
    has_aliases: bool
    has_documents: bool
    collections: dict[str, dict[str, Any]]
    objects: dict[str, dict[str, dict[str, Any]]]
    hits: dict[str, list[str]]
    finished_jobs: dict[str, dict[str, Any]]
    running_job: str
    read_before_upgrade: int
    state_after_upgrade: str


@pytest.fixture(scope="module", params=RELEASES)
def upgrade(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Upgrade]:
    folder = tmp_path_factory.mktemp("upgrade")
    older = check_out(request.param, folder / "release")
    with Stack(folder / "state", project=older, console=Console(file=sys.stderr), longest_delay=0) as machinery:
        assert machinery.running
        with httpx.Client(base_url=machinery.running.url, timeout=60, trust_env=False) as api:
            stage = FilledStage(machinery.running, api)
            has_aliases = (older / "lambdas" / "migrating").exists()
            has_documents = (older / "lambdas" / "documents").exists()
            jobs = fill(stage, has_aliases=has_aliases, has_documents=has_documents)
            names = [each["name"] for each in stage.send("GET", "/v1/collections")["collections"]]
            objects = {name: stage.objects(name) for name in names if name != "Book"}
            hits = {name: stage.hits("Film", search) for name, search in SEARCHES.items()}
            stage.slow_models(are=True)
            running = stage.upload("Book/all.jsonl", books(BOOKS))
            before = stage.job(running)
            machinery.update()
            after = stage.job(running)
            stage.slow_models(are=False)
            yield Upgrade(
                stage=stage,
                has_aliases=has_aliases,
                has_documents=has_documents,
                collections={name: stage.send("GET", f"/v1/collections/{name}") for name in names},
                objects=objects,
                hits=hits,
                finished_jobs=jobs,
                running_job=running,
                read_before_upgrade=before["counts"]["read"],
                state_after_upgrade=after["state"],
            )


def fill(stage: FilledStage, *, has_aliases: bool, has_documents: bool) -> dict[str, dict[str, Any]]:
    """Fills the stage, and returns the jobs that ended."""
    stage.create(FILM)
    stage.create(BOOK)
    stage.send("POST", "/v1/collections/Film/objects/batch", {"objects": [film(number) for number in range(FILMS)]})
    stage.send("PATCH", f"/v1/collections/Film/objects/{film(1)['id']}", {"properties": {"seen": True}})
    stage.send("DELETE", f"/v1/collections/Film/objects/{film(FILMS - 1)['id']}", expected=204)
    uploads = [stage.upload("Book/some.jsonl", SOME_BOOKS), stage.upload("Film/none.csv", b"title\n")]
    if has_aliases:
        stage.send("POST", "/v1/aliases", {"alias": "Movie", "collection": "Film"}, expected=201)
    if has_documents:
        stage.create(MANUAL)
        uploads.append(
            stage.upload("Manual/pump.md", b"# Pump\n\nClean the pump every week.\n\n# Motor\n\nNever open it.\n")
        )
    return {job_id: stage.finished(job_id) for job_id in uploads}


def test_objects_and_vectors_are_as_they_were(upgrade: Upgrade) -> None:
    assert len(upgrade.objects["Film"]) == FILMS - 1
    for name, objects in upgrade.objects.items():
        now = upgrade.stage.objects(name)
        assert now.keys() == objects.keys()
        assert not [found for key, each in objects.items() if (found := differences(each, now[key]))]


def test_searches_find_the_same_objects(upgrade: Upgrade) -> None:
    found = {name: upgrade.stage.hits("Film", search) for name, search in SEARCHES.items()}

    for name in ("meaning", "vector", "filter"):
        assert found[name] == upgrade.hits[name], name
    # How words are scored, and how legs are fused, is better in newer versions: the best hit is the same.
    for name in ("words", "both"):
        assert found[name][0] == upgrade.hits[name][0], name


def test_jobs_that_had_ended_keep_their_counts_and_errors(upgrade: Upgrade) -> None:
    for job_id, older in upgrade.finished_jobs.items():
        job = upgrade.stage.job(job_id)
        below = upgrade.stage.send("GET", f"/v1/collections/{older['collection']}/imports/{job_id}")
        # Only below its collection has a job the address of its failed records.
        assert below | {"error_file_url": None} == job
        kept = ("state", "collection", "key", "size", "created")
        assert {key: job[key] for key in kept} == {key: older[key] for key in kept}
        assert not differences(older["counts"], job["counts"])
        assert len(job["errors"]) == len(older["errors"])


def test_the_import_that_ran_ends_with_every_record(upgrade: Upgrade) -> None:
    assert upgrade.read_before_upgrade < BOOKS
    assert upgrade.state_after_upgrade in {"splitting", "loading"}, "the import ended before the upgrade did"

    job = upgrade.stage.finished(upgrade.running_job)

    assert job["state"] == "completed", job
    assert {key: job["counts"][key] for key in ("read", "loaded", "failed")} == {
        "read": BOOKS,
        "loaded": BOOKS,
        "failed": 0,
    }
    assert upgrade.stage.count("Book") == BOOKS + 4


def test_collections_keep_their_configuration(upgrade: Upgrade) -> None:
    stored = upgrade.collections["Film"]

    assert stored["description"] == FILM["description"]
    assert {each["name"]: each["type"] for each in stored["properties"]} == {
        each["name"]: each["type"] for each in FILM["properties"]
    }
    own = stored["vectors"]["own"]
    assert (own["dimensions"], own["index"]["distance"]) == (3, "l2_squared")


def test_aliases_and_documents_are_kept(upgrade: Upgrade) -> None:
    if upgrade.has_aliases:
        assert upgrade.stage.hits("Movie", SEARCHES["filter"]) == upgrade.hits["filter"]
    if upgrade.has_documents:
        [document] = {each["properties"]["document"] for each in upgrade.objects["Manual"].values()}
        assert document == "pump.md"


def test_collections_of_the_release_take_writes_and_imports(upgrade: Upgrade) -> None:
    stage, new = upgrade.stage, film(100)
    stage.send("POST", "/v1/collections/Film/objects", new, expected=201)
    stage.send("PATCH", f"/v1/collections/Film/objects/{film(2)['id']}", {"properties": {"title": "A new title"}})
    read = stage.send("GET", f"/v1/collections/Film/objects/{film(2)['id']}?include_vectors=true")
    job = stage.finished(stage.upload("Film/more.csv", b"title,year\nThe third man,1949\n"))

    assert read["properties"]["title"] == "A new title"
    assert read["vectors"]["plot"] != upgrade.objects["Film"][film(2)["id"]]["vectors"]["plot"]
    assert job["counts"]["loaded"] == 1
    assert stage.count("Film") == FILMS - 1 + 2
    stage.send("DELETE", f"/v1/collections/Film/objects/{new['id']}?consistency=wait", expected=204)


def test_a_collection_of_the_release_can_be_rebuilt(upgrade: Upgrade) -> None:
    """Last: it is the remedy that the notice of an older collection names."""
    stage = upgrade.stage
    before = stage.objects("Film")
    notice = stage.send("GET", "/v1/collections/Film").get("notice")
    assert notice is None or "rebuild" in notice

    job = stage.finished(stage.send("POST", "/v1/collections/Film/rebuild", {}, expected=202)["id"])

    assert job["state"] == "completed", job
    now = stage.objects("Film")
    assert {key: each | {"version": ""} for key, each in now.items()} == {
        key: each | {"version": ""} for key, each in before.items()
    }
    assert stage.send("GET", "/v1/collections/Film").get("notice") is None
    stage.send("POST", "/v1/collections/Film/rebuild/finish")
    assert stage.hits("Film", SEARCHES["vector"]) == upgrade.hits["vector"]
