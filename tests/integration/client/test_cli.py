"""The command line against the HTTP API, over a real OpenSearch and the model emulator."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from typer.testing import CliRunner, Result

from alto.cli.main import app
from tests.api import Api
from tests.api_server import ApiServer
from tests.builders import FILMS
from tests.terminal import run_on_terminal

ROOT = Path(__file__).parents[3]
PROPERTIES = ("--property", "title:text:word", "--property", "description:text", "--property", "year:int")


@pytest.fixture(scope="module")
def server(api: Api) -> Iterator[str]:
    with ApiServer(api) as running:
        yield f"http://127.0.0.1:{running.port}"


def run(server: str, *arguments: str, stdin: str | None = None) -> Result:
    """A command that is expected to succeed."""
    done = CliRunner().invoke(app, list(arguments), input=stdin, env={"ALTO_URL": server})
    assert done.exit_code == 0, done.output
    return done


def insert(api: Api, name: str, objects: list[dict[str, object]]) -> None:
    response = api("POST", f"/v1/collections/{name}/objects/batch", {"objects": objects}, query={"consistency": "wait"})
    assert response.body["failed"] == 0


@pytest.fixture(scope="module")
def films(server: str, api: Api) -> Iterator[str]:
    """The five films."""
    name = f"Cli{uuid4().hex[:8]}"
    model = ("--vectorizer", "bedrock", "--model", "amazon.titan-embed-text-v2:0", "--dimensions", "256")
    run(server, "collections", "create", name, *PROPERTIES, *model)
    insert(api, name, [{"properties": film} for film in FILMS])
    yield name
    run(server, "collections", "delete", name, "--yes")


def on_a_terminal(*arguments: str, columns: int = 100, **env: str) -> tuple[int, str]:
    """Exit code and output of a command that a person watches."""
    command = [sys.executable, "-m", "alto", *arguments]
    environment = os.environ | {"TERM": "xterm-256color", "COLUMNS": str(columns)} | env
    return run_on_terminal(command, environment=environment, folder=ROOT)


def test_a_collection_is_created_listed_and_shown(server: str, films: str) -> None:
    listed = run(server, "collections", "list").stdout.splitlines()
    shown = run(server, "collections", "show", films.lower()).stdout.splitlines()

    assert f"{films}\t3\tdefault=amazon.titan-embed-text-v2:0" in listed
    assert shown[0] == f"{films}\t5\t"
    assert shown[1:4] == ["title\ttext\tword\t", "description\ttext\tenglish\t", "year\tint\t\t"]
    assert shown[4].split("\t")[:3] == ["default", "text2vec-aws", "amazon.titan-embed-text-v2:0"]
    assert shown[4].split("\t")[4:] == ["256", "cosine"]


@pytest.mark.parametrize("mode", ["hybrid", "near-text"])
def test_a_search_finds_by_meaning(server: str, films: str, mode: str) -> None:
    done = run(server, "search", films, "A holiday film", "--mode", mode, "-n", "2", "-p", "title")

    assert {line.split("\t")[2] for line in done.stdout.splitlines()} == {"Jingle All the Way", "A Christmas Carol"}


def test_words_filters_and_neighbours(server: str, films: str) -> None:
    condition = json.dumps({"property": "year", "operator": "less_than", "value": 1980})

    [carol] = json.loads(run(server, "search", films, "ghosts", "-m", "bm25", "--json").stdout)["objects"]
    near = run(server, "search", films, carol["id"], "-m", "near-object", "-n", "1", "-p", "title").stdout
    old = run(server, "search", films, "a film", "--filter", condition, "-p", "year").stdout

    assert near.split("\t")[1:] == [carol["id"], "A Christmas Carol\n"]
    assert [line.split("\t")[2] for line in old.splitlines()] == ["1972"]


def test_on_a_terminal_hits_are_readable_and_colours_can_be_refused(server: str, films: str) -> None:
    code, shown = on_a_terminal("search", films, "A holiday film", "--explain", "-n", "2", ALTO_URL=server)
    _, plain = on_a_terminal("collections", "show", films, ALTO_URL=server, NO_COLOR="1")
    wrong, error = on_a_terminal("collections", "show", "Nowhere", ALTO_URL=server)

    assert code == 0
    assert "\x1b[1m1. " in shown
    assert "(vector)" in shown
    assert "2 of " in shown
    assert "\x1b[3" not in plain
    assert "TOKENIZATION" in plain
    assert (wrong, error.startswith("\x1b[31mError: ")) == (1, True)


def test_doctor_finds_nothing_wrong_and_tries_the_model(server: str, films: str) -> None:
    done = run(server, "doctor").stdout

    assert "ok       model        amazon.titan-embed-text-v2:0 in us-east-1 responds" in done
    assert "problem" not in done


def test_an_export_has_every_object_with_its_vectors(server: str, films: str, tmp_path: Path) -> None:
    file = tmp_path / "films.jsonl"

    lines = [json.loads(line) for line in run(server, "export", films).stdout.splitlines()]
    run(server, "export", films, "--vectors", "-o", str(file))
    some = run(server, "export", films, "--filter", '{"property": "year", "operator": "equal", "value": 1994}').stdout

    assert sorted(line["properties"]["title"] for line in lines) == sorted(str(film["title"]) for film in FILMS)
    assert [line["id"] for line in lines] == sorted(line["id"] for line in lines)
    with_vectors = [json.loads(line) for line in file.read_text().splitlines()]
    assert [line.pop("vectors").keys() for line in with_vectors] == [{"default"}] * 5
    assert with_vectors == lines
    assert len(some.splitlines()) == 1


def test_whoever_has_read_enough_may_close_the_pipe(server: str, api: Api) -> None:
    name = f"Long{uuid4().hex[:8]}"
    run(server, "collections", "create", name, "--property", "text:text")
    insert(api, name, [{"properties": {"text": "long " * 1000}} for _ in range(500)])
    command = [sys.executable, "-m", "alto", "export", name]

    with subprocess.Popen(
        command, cwd=ROOT, env=os.environ | {"ALTO_URL": server}, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout
        assert process.stderr
        process.stdout.readline()
        process.stdout.close()
        complaint = process.stderr.read().decode()

    assert process.returncode == 141
    assert "Error" not in complaint
    assert "Traceback" not in complaint
    run(server, "collections", "delete", name, "--yes")


def test_a_person_is_asked_before_objects_are_deleted(server: str, api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    name = f"Asked{uuid4().hex[:8]}"
    run(server, "collections", "create", name, "--property", "text:text")
    insert(api, name, [{"properties": {"text": "a"}}])
    monkeypatch.setattr("alto.cli.collections.collections.on_terminal", lambda _: True)

    no = CliRunner().invoke(app, ["collections", "delete", name], input="n\n", env={"ALTO_URL": server})
    yes = CliRunner().invoke(app, ["collections", "delete", name], input="y\n", env={"ALTO_URL": server})

    assert f"Delete {name} and its 1 objects?" in no.stderr
    assert (no.exit_code, yes.exit_code) == (1, 0)
    assert "Nothing was deleted." in no.stderr
    assert api("GET", f"/v1/collections/{name}").status == 404
