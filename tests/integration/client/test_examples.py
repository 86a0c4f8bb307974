"""The programs of examples/ run as they are, against functions in this process. The rest: tests/e2e/test_readme.py."""

import json
import runpy
from collections.abc import Iterator
from pathlib import Path
from threading import Thread
from typing import Any
from uuid import UUID

import httpx
import pytest

import alto
from alto.classes.config import Configure, DataType, Property
from tests.api import Api
from tests.api_server import ApiServer

EXAMPLES = Path(__file__).parents[3] / "examples"
COLLECTIONS = ("Package", "Product", "NotebookFilm", "OldArticle", "NewArticle")


@pytest.fixture
def client(api: Api, monkeypatch: pytest.MonkeyPatch) -> Iterator[alto.AltoClient]:
    with ApiServer(api) as server:
        url = f"http://127.0.0.1:{server.port}"
        monkeypatch.setenv("ALTO_URL", url)
        with alto.connect_to_custom(url) as connected:
            # Other tests have collections of these names.
            _delete_all(connected)
            yield connected
            _delete_all(connected)


def _delete_all(client: alto.AltoClient) -> None:
    for name in COLLECTIONS:
        client.collections.delete(name)


def program(name: str) -> dict[str, Any]:
    return runpy.run_path(str(EXAMPLES / name))


def test_the_search_page_serves_its_page_and_finds_packages_with_facets(client: alto.AltoClient) -> None:
    page = program("search_page/server.py")
    page["load"](client)
    server = page["make_server"](client, 0)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{server.server_port}", timeout=60) as browser:
            html = browser.get("/")
            found = browser.get("/search", params={"q": "plays films and music"}).json()
            only = browser.get("/search", params={"q": "an editor of text", "section": "editors"}).json()
            nothing = browser.get("/search", params={"q": " "})
    finally:
        server.shutdown()
        server.server_close()

    assert "<h1>Packages</h1>" in html.text
    assert "video" in [hit["section"] for hit in found["hits"][:3]]
    assert found["sections"]["video"] >= 1
    assert {hit["section"] for hit in only["hits"]} == {"editors"}
    assert nothing.status_code == 404


def test_the_product_search_filters_counts_and_groups(
    client: alto.AltoClient, capsys: pytest.CaptureFixture[str]
) -> None:
    runpy.run_path(str(EXAMPLES / "product_search.py"), run_name="__main__")

    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "'something for running in the dark' below 150:"
    assert "Trail Lamp 400, 49.0" in lines[1]
    assert any(line.startswith("  brand: ") and "Nordfell" in line for line in lines)
    assert any(line.startswith("  jackets: ") for line in lines)
    assert "  15 in stock, AggregateNumber(" in lines[-1]


def test_the_notebook_runs_from_top_to_bottom(
    client: alto.AltoClient, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(EXAMPLES)
    names: dict[str, Any] = {}

    for cell in json.loads((EXAMPLES / "compare_searches.ipynb").read_text())["cells"]:
        assert not cell.get("outputs"), "a notebook is kept without its output"
        if cell["cell_type"] == "code":
            exec(compile("".join(cell["source"]), cell["id"], "exec"), names)

    printed = capsys.readouterr().out
    assert "'ghosts'" in printed
    assert "A Christmas Carol" in printed


def test_a_migrated_collection_has_the_ids_and_vectors_of_the_old_one(client: alto.AltoClient) -> None:
    # The names of Weaviate's client are those of Alto's, which stands in for it here.
    old = client.collections.create(
        "OldArticle",
        properties=[Property(name="title", data_type=DataType.TEXT), Property(name="words", data_type=DataType.INT)],
        vector_config=Configure.Vectors.self_provided(dimensions=1024),
    )
    given = UUID("7a3f2e0c-5b1d-4c89-9a57-2f6c1d0e8b34")
    vector = [0.0] * 1023 + [1.0]
    old.data.insert({"title": "Up", "words": 3}, uuid=given, vector=vector, consistency="wait")

    copied = program("migrate_from_weaviate.py")["copy_collection"](old, client, "NewArticle")

    found = client.collections.use("NewArticle").query.fetch_object_by_id(given, include_vector=True)
    assert copied == 1
    assert found is not None
    assert found.properties == {"title": "Up", "words": 3}
    assert found.vector == {"default": vector}
