"""The Python client through the deployed gateway: the examples that users begin with, and a file sent in parts."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import pytest

from alto import AltoClient
from alto.classes.config import DataType, Property
from tests import seed_page
from tests.e2e.conftest import Alto
from tests.examples import examples_of, pages

# A record fills its line with blanks, up to what an import takes: together more than what is sent in one piece.
LINE_BYTES = 4_900_000
LINES = 14


@pytest.fixture(scope="module")
def port(alto: Alto) -> int:
    return urlsplit(alto.stack.url).port or 80


@pytest.fixture
def client(port: int, monkeypatch: pytest.MonkeyPatch) -> Iterator[AltoClient]:
    monkeypatch.setenv("AWS_ACCESS_KEY", "AKIDEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_KEY", "secret")
    with seed_page.connect(port) as connected:
        yield connected


def test_the_examples_of_weaviates_page_run(client: AltoClient) -> None:
    seed_page.configure_bedrock(client)
    seed_page.import_data(client)

    assert "A Christmas Carol" in seed_page.near_text(client)
    assert "A Christmas Carol" in seed_page.hybrid(client)
    client.collections.delete("DemoCollection")


# For the example of imports: two films, and one whose year is not a number.
FILMS_CSV = """title;year;description
Elf;2003;A man who grew up among elves looks for his father.
Scrooged;soon;A cynic is visited by three ghosts.
Klaus;2019;A postman befriends a toymaker.
"""


def test_every_example_of_the_documentation_runs_in_the_order_of_its_page(
    client: AltoClient,
    port: int,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    client.collections.delete("Film")
    (tmp_path / "films.csv").write_text(FILMS_CSV)
    monkeypatch.chdir(tmp_path)
    printed = ""

    for page in pages():
        for source in examples_of(page):
            assert "port=8700" in source, page
            exec(compile(source.replace("port=8700", f"port={port}"), page, "exec"), {})
            printed += capsys.readouterr().out

    assert printed.startswith("A Christmas Carol ")
    assert "completed 2 0 1" in printed
    assert "Scrooged" in printed
    client.collections.delete("Film")


def test_a_file_that_is_sent_in_parts_is_imported_and_its_failures_are_read(client: AltoClient, tmp_path: Path) -> None:
    file = tmp_path / "notes.jsonl"
    with file.open("wb") as lines:
        for number in range(LINES):
            record: dict[str, Any] = {"id": str(uuid4()), "properties": {"text": f"Note {number}", "number": number}}
            if number == 3:
                record["properties"]["number"] = "three"
            lines.write(json.dumps(record).encode().ljust(LINE_BYTES) + b"\n")
    notes = client.collections.create(
        "Note",
        properties=[Property(name="text", data_type=DataType.TEXT), Property(name="number", data_type=DataType.INT)],
    )
    looks: list[str] = []

    job = client.imports.from_file(file, collection="Note")
    done = client.imports.wait(job, timeout=120, poll=0.2, progress=lambda each: looks.append(each.state))

    assert (done.state, done.read, done.loaded, done.failed) == ("completed", LINES, LINES - 1, 1)
    assert (done.id, done.size) == (job.id, file.stat().st_size)
    assert looks[-1] == "completed"
    [failed] = client.imports.errors(done)
    assert "number" in failed.message
    assert json.loads(failed.record)["properties"]["text"] == "Note 3"
    assert len(list(notes.iterator())) == LINES - 1
    client.collections.delete("Note")
