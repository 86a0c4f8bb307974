"""The command line through everything that `cdk deploy` ships: what docs/cli.md shows, and imports to their end."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.e2e.conftest import Alto
from tests.examples import examples_of
from tests.terminal import run_on_terminal

ROOT = Path(__file__).parents[2]
GODFATHER = {"title": "The Godfather", "description": "A crime family.", "year": 1972}
CAROL = {"title": "A Christmas Carol", "description": "Three ghosts and a miser.", "year": 2009}
LATE = {"title": "Up", "description": "A house flies.", "year": "late"}


def environment(alto: Alto) -> dict[str, str]:
    return os.environ | {"ALTO_URL": alto.stack.url, "PYTHONPATH": str(ROOT), "TERM": "xterm", "COLUMNS": "120"}


def run(alto: Alto, folder: Path, script: str) -> "subprocess.CompletedProcess[str]":
    """A shell script in which `alto` is the command line."""
    told = f'set -euo pipefail\nalto() {{ "{sys.executable}" -m alto "$@"; }}\n{script}'
    return subprocess.run(
        ["bash", "-c", told], cwd=folder, env=environment(alto), capture_output=True, text=True, check=False
    )


def create(alto: Alto, *names: str) -> None:
    for name in names:
        response = alto.api.post(
            "/v1/collections",
            json={
                "name": name,
                "properties": [
                    {"name": "title", "type": "text"},
                    {"name": "description", "type": "text"},
                    {"name": "year", "type": "int"},
                ],
                "vectors": {
                    "default": {
                        "vectorizer": "text2vec-aws",
                        "region": "us-east-1",
                        "model": "amazon.titan-embed-text-v2:0",
                        "dimensions": 256,
                    }
                },
            },
        )
        assert response.status_code == 201, response.text


def write(path: Path, *records: dict[str, Any]) -> None:
    path.write_text("".join(json.dumps(each) + "\n" for each in records))


def test_the_first_steps_of_the_page_work_as_they_are_written(alto: Alto, tmp_path: Path) -> None:
    [_, steps] = examples_of("docs/cli.md", "sh")[:2]
    # Other tests have a Film of their own.
    script = steps.replace("Film", "CliFilm").replace("Copy", "CliCopy")

    done = run(alto, tmp_path, script)

    assert done.returncode == 0, done.stdout + done.stderr
    assert "problem" not in done.stdout
    assert "\tCliFilm\tcompleted\t2\t2\t0\t0\tfilms.jsonl\t" in done.stdout
    assert "\tCliCopy\tcompleted\t2\t2\t0\t0\tfilm.jsonl\t" in done.stdout
    hits = [line for line in done.stdout.splitlines() if line.count("\t") == 3]
    assert [hit.split("\t")[2] for hit in hits] == ["A Christmas Carol"]


def test_what_is_exported_is_imported_with_its_ids_and_vectors_and_no_model(alto: Alto, tmp_path: Path) -> None:
    create(alto, "CliFirst", "CliSecond")
    write(tmp_path / "films.jsonl", GODFATHER, CAROL)
    first = run(
        alto, tmp_path, "alto import films.jsonl -c CliFirst -f && alto export CliFirst --vectors > first.jsonl"
    )
    assert first.returncode == 0, first.stderr
    calls = alto.model_calls()

    second = run(
        alto, tmp_path, "alto import - -c CliSecond -f < first.jsonl && alto export CliSecond --vectors > second.jsonl"
    )

    assert second.returncode == 0, second.stderr
    assert (tmp_path / "first.jsonl").read_text() == (tmp_path / "second.jsonl").read_text()
    assert len((tmp_path / "first.jsonl").read_text().splitlines()) == 2
    assert alto.model_calls() == calls


def test_records_that_fail_are_named_saved_and_tried_again(alto: Alto, tmp_path: Path) -> None:
    create(alto, "CliBad")
    write(tmp_path / "films.jsonl", GODFATHER, LATE)

    done = run(alto, tmp_path, "alto import films.jsonl -c CliBad -f --errors failed.jsonl")
    import_id = done.stdout.split("\t")[0]
    shown = run(alto, tmp_path, f"alto imports errors {import_id}")
    again = run(alto, tmp_path, f"alto imports retry {import_id} --follow")

    assert done.returncode == 3, done.stderr
    assert "\tcompleted\t2\t1\t0\t1\tfilms.jsonl\t" in done.stdout
    saved = json.loads((tmp_path / "failed.jsonl").read_text())
    assert json.loads(saved["record"]) == LATE
    assert json.loads(shown.stdout) == saved
    assert again.returncode == 3, again.stderr
    assert "\tcompleted\t1\t0\t0\t1\t" in again.stdout


def test_on_a_terminal_bars_move_and_failures_are_a_table(alto: Alto, tmp_path: Path) -> None:
    create(alto, "CliBar")
    write(tmp_path / "films.jsonl", GODFATHER, CAROL, LATE)
    command = [sys.executable, "-m", "alto", "import", "films.jsonl", "-c", "CliBar", "--follow"]

    code, text = run_on_terminal(command, environment=environment(alto), folder=tmp_path)

    assert code == 3
    assert "Uploading" in text
    assert "━" in text
    assert "CliBar" in text
    assert "3 read, 2 loaded, 1 failed" in text
    assert "MESSAGE" in text
