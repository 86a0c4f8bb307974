"""The wheel, installed alone into environments of its own: the oldest Python that it names, and the newest of ours."""

import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from email.message import Message
from email.parser import Parser
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
import uv

from alto.version import VERSION

ROOT = Path(__file__).parents[3]
UV = uv.find_uv_bin()
# Of the server: the client needs none of it.
SERVERS = {"aws-lambda-powertools", "boto3", "opensearch-py", "orjson", "pyarrow"}
PYTHONS = ("3.10", "3.13")
MCP = {"mcp"}


def run(*command: str | Path, cwd: Path) -> str:
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def find_python(version: str) -> Path:
    """An interpreter of this version, from PATH or pyenv; skips the test where the machine has none."""
    if version == f"{sys.version_info.major}.{sys.version_info.minor}":
        return Path(sys.executable)
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    on_path = shutil.which(f"python{version}")
    for candidate in [*([Path(on_path)] if on_path else []), *sorted(pyenv.glob(f"{version}.*/bin/python"))]:
        asked = subprocess.run([candidate, "-V"], capture_output=True, text=True, check=False)
        if asked.returncode == 0 and asked.stdout.startswith(f"Python {version}."):
            return candidate
    pytest.skip(f"This machine has no Python {version}, and package registries do not carry one.")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    run(UV, "build", "--quiet", "--python", sys.executable, "--wheel", "--out-dir", folder, ROOT, cwd=folder)
    [built] = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def metadata(wheel: Path) -> Message:
    with zipfile.ZipFile(wheel) as archive:
        [name] = [name for name in archive.namelist() if name.endswith("METADATA")]
        return Parser().parsestr(archive.read(name).decode())


@pytest.fixture(scope="module", params=PYTHONS)
def python(request: pytest.FixtureRequest, wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The interpreter of an environment that has the wheel and what it requires."""
    folder = tmp_path_factory.mktemp("environment")
    run(UV, "venv", "--quiet", "--python", find_python(request.param), folder / "venv", cwd=folder)
    found = folder / "venv" / "bin" / "python"
    run(UV, "pip", "install", "--quiet", "--python", found, wheel, cwd=folder)
    return found


class Stub(BaseHTTPRequestHandler):
    """An Alto with one film."""

    def do_GET(self) -> None:
        self._respond({"version": VERSION, "region": "us-east-1", "modules": {}})

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["content-length"])))
        hit = {
            "id": "5b0e5a3f-8a9e-5b5c-9d57-1f1d1c1f3b1a",
            "properties": {"title": asked["bm25"]["query"]},
            "score": 2.5,
            "created": "2026-11-23T09:30:00.123Z",
            "updated": "2026-11-23T09:30:00Z",
        }
        self._respond({"objects": [hit], "total": 1, "took_ms": 3})

    def _respond(self, body: object) -> None:
        content = json.dumps(body).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (http.server's name)
        pass


@pytest.fixture
def port() -> Iterator[int]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Stub) as server:
        thread = Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield int(server.server_address[1])
        server.shutdown()
        thread.join()


def test_the_wheel_has_the_client_and_its_types_and_nothing_else(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()

    assert wheel.name.startswith(f"alto_search-{VERSION}-py3-none-any")
    assert {name.partition("/")[0] for name in names} == {"alto", f"alto_search-{VERSION}.dist-info"}
    assert "alto/py.typed" in names
    assert "alto/sync/client.py" in names
    assert "alto/generate_sync.py" not in names
    assert f"alto_search-{VERSION}.dist-info/licenses/LICENSE" in names


def test_the_metadata_names_distribution_version_licence_and_pythons(metadata: Message) -> None:
    classifiers = metadata.get_all("Classifier", [])

    assert metadata["Name"] == "alto-search"
    assert metadata["Version"] == VERSION
    assert metadata["License-Expression"] == "Apache-2.0"
    assert metadata["Requires-Python"] == ">=3.10"
    assert {f"Programming Language :: Python :: {version}" for version in PYTHONS} <= set(classifiers)


def test_the_plain_package_requires_no_command_line(metadata: Message) -> None:
    required: dict[str, set[str]] = {"": set(), "cli": set(), "mcp": set()}
    for each in metadata.get_all("Requires-Dist", []):
        name, extra = re.split(r"[<>=; ]", each)[0], re.search(r"extra == '(\w+)'", each)
        required[extra[1] if extra else ""].add(name)

    assert required == {"": {"botocore", "httpx", "typing-extensions"}, "cli": {"rich", "typer"}, "mcp": MCP}


def test_the_installed_wheel_brings_a_working_client(python: Path, port: int, tmp_path: Path) -> None:
    listed = json.loads(run(UV, "pip", "list", "--format=json", "--python", python, cwd=tmp_path))
    program = f"""
import alto
from alto.classes import aggregate, config, data, imports, init, query, search
from alto.signing import sigv4
with alto.connect_to_local("127.0.0.1", port={port}) as client:
    [hit] = client.collections.use("Film").query.bm25("ghosts", return_metadata=["creation_time"]).objects
    print(alto.__version__, hit.properties["title"], hit.metadata.score, hit.metadata.creation_time.microsecond)
"""

    assert run(python, "-I", "-W", "error", "-c", program, cwd=tmp_path).split() == [VERSION, "ghosts", "2.5", "123000"]
    assert {each["name"] for each in listed} & (SERVERS | {"rich", "typer"}) == set()


def test_the_command_without_its_extra_names_it(python: Path, tmp_path: Path) -> None:
    done = subprocess.run([python.parent / "alto", "doctor"], cwd=tmp_path, capture_output=True, text=True, check=False)

    assert done.returncode == 1
    assert done.stderr == "Error: the command line needs typer: pip install 'alto-search[cli]'\n"


def test_the_units_of_the_client_pass_on_each_python(python: Path, wheel: Path, tmp_path: Path) -> None:
    # Those that compare with the server's own models need the server's Python, and one needs mypy.
    chosen = [
        path
        for pattern in ("client/test_client_*.py", "cli/test_cli_*.py")
        for path in sorted((ROOT / "tests" / "unit").glob(pattern))
        if not re.search(r"^\s*from (lambdas|local|tests\.(import_)?builders)|\bmypy\b", path.read_text(), re.MULTILINE)
    ]
    assert len(chosen) >= 7
    run(UV, "venv", "--quiet", "--python", python, tmp_path / "venv", cwd=tmp_path)
    found = tmp_path / "venv" / "bin" / "python"
    run(UV, "pip", "install", "--quiet", "--python", found, f"{wheel}[cli]", "pytest", "pytest-socket", cwd=tmp_path)

    run(found, "-m", "pytest", "-q", "-p", "no:cacheprovider", *chosen, cwd=ROOT)
