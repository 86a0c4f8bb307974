"""What the tests of the table of cases share: a collection, and files that are imported into it."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple
from uuid import uuid4

import pytest

import alto as client_of_alto
from alto.classes.imports import ImportJob, ImportOptions
from alto.classes.init import AdditionalConfig
from tests.e2e.conftest import Alto

ROOT = Path(__file__).parents[2]
PROPERTIES = [
    *({"name": name, "type": "text"} for name in ("sku", "title", "body")),
    {"name": "n", "type": "int"},
    {"name": "x", "type": "number"},
    {"name": "at", "type": "date"},
    {"name": "place", "type": "geo"},
    {"name": "tags", "type": "text[]"},
    {"name": "days", "type": "date[]"},
    {
        "name": "ob",
        "type": "object",
        "properties": [
            {"name": "a", "type": "text"},
            {"name": "k", "type": "int"},
            {"name": "since", "type": "date"},
        ],
    },
]


class Imported(NamedTuple):
    """A job that has ended, the properties of what it stored by `sku`, and its failed records."""

    job: ImportJob
    stored: dict[str, dict[str, Any]]
    errors: list[Any]

    @property
    def counts(self) -> tuple[int, int, int]:
        """Read, loaded, failed."""
        return self.job.read, self.job.loaded, self.job.failed


class Cases:
    """Collections and imports of the deployed stack, by its public ways in."""

    def __init__(self, alto: Alto, client: client_of_alto.AltoClient, folder: Path) -> None:
        self.alto = alto
        self.client = client
        self.folder = folder

    def create(self, properties: Any = None, **more: Any) -> str:
        """Create a collection and return its name."""
        name = f"Case{uuid4().hex[:10]}"
        body = {"name": name, "properties": PROPERTIES if properties is None else properties} | more
        response = self.alto.api.post("/v1/collections", json=body)
        assert response.status_code == 201, response.text
        return name

    def load(self, content: bytes, ending: str = "csv", name: str | None = None, **options: Any) -> Imported:
        """Import a file through S3 into a collection of its own, or into `name`."""
        collection = name or self.create()
        file = self.folder / f"{uuid4().hex}.{ending}"
        file.write_bytes(content)
        return self.loaded(
            self.client.imports.from_file(file, collection=collection, options=ImportOptions(**options)), collection
        )

    def loaded(self, job: ImportJob, collection: str) -> Imported:
        """The job once it has ended, with what is stored."""
        ended = self.client.imports.wait(job, timeout=120)
        stored = {str(each.properties["sku"] or each.uuid): dict(each.properties) for each in self.objects(collection)}
        errors = list(self.client.imports.errors(ended)) if ended.failed else []
        return Imported(ended, stored, errors)

    def objects(self, collection: str) -> Iterator[Any]:
        """All objects."""
        return self.client.collections.use(collection).iterator()

    def call(self, method: str, path: str, body: Any = None, **query: str) -> tuple[int, Any]:
        """The status and the body of a request."""
        content = None if body is None else json.dumps(body)
        response = self.alto.api.request(
            method, path, content=content, params=query, headers={"Content-Type": "application/json"}
        )
        return response.status_code, json.loads(response.text) if response.text else None

    def insert(self, collection: str, *objects: dict[str, Any]) -> None:
        """Store objects, and wait until searches see them."""
        body = {"objects": list(objects)}
        status, found = self.call("POST", f"/v1/collections/{collection}/objects/batch", body, consistency="wait")
        assert (status, found["failed"]) == (200, 0), found

    def names(self, collection: str, **search: Any) -> list[Any]:
        """The titles of the hits."""
        status, body = self.call("POST", f"/v1/collections/{collection}/search", {"limit": 100} | search)
        assert status == 200, body
        return [hit["properties"].get("title") for hit in body["objects"]]

    def shell(self, script: str, url: str | None = None, **variables: str) -> "subprocess.CompletedProcess[str]":
        """Run a shell script in which `alto` is the command line."""
        environment = {"ALTO_URL": url or self.alto.stack.url, "PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin"}
        defined = f'alto() {{ "{sys.executable}" -m alto "$@"; }}\n{script}'
        return subprocess.run(
            ["bash", "-c", defined],
            cwd=self.folder,
            env=environment | {"HOME": str(self.folder), "LANG": "C.UTF-8"} | variables,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )


@pytest.fixture(scope="module")
def cases(alto: Alto, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cases]:
    """The deployed stack, by its public ways in. Values are those of the API's JSON."""
    values = AdditionalConfig(typed_values=False)
    with client_of_alto.AltoClient(alto.stack.url, additional_config=values) as client:
        yield Cases(alto, client, tmp_path_factory.mktemp("cases"))
