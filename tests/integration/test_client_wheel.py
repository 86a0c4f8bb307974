"""The wheel, installed alone into an environment of its own."""

import json
import subprocess
import sys
import zipfile
from email.parser import Parser
from pathlib import Path

import pytest
import uv

ROOT = Path(__file__).parents[2]
# Of the server: nothing of it is needed to use one.
SERVERS = {"aws-lambda-powertools", "boto3", "opensearch-py", "orjson", "pyarrow"}


def run(*command: str | Path, cwd: Path) -> str:
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    run(
        uv.find_uv_bin(),
        "build",
        "--quiet",
        "--python",
        sys.executable,
        "--wheel",
        "--out-dir",
        folder,
        ROOT,
        cwd=folder,
    )
    [built] = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def python(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The interpreter of an environment that has the wheel and what it asks for."""
    folder = tmp_path_factory.mktemp("environment")
    run(uv.find_uv_bin(), "venv", "--quiet", "--python", sys.executable, folder / "venv", cwd=folder)
    found = folder / "venv" / "bin" / "python"
    run(uv.find_uv_bin(), "pip", "install", "--quiet", "--python", found, wheel, cwd=folder)
    return found


def test_the_wheel_has_the_client_and_its_types_and_nothing_else(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        [metadata] = [name for name in names if name.endswith("METADATA")]
        asked = Parser().parsestr(archive.read(metadata).decode()).get_all("Requires-Dist", [])

    assert {name.partition("/")[0].partition("-")[0] for name in names} == {"alto"}
    assert "alto/py.typed" in names
    assert "alto/sync/client.py" in names
    assert "alto/generate_sync.py" not in names
    wanted = {each.split(">")[0].split("<")[0].strip() for each in asked}
    assert {"botocore", "httpx"} <= wanted <= {"botocore", "httpx", "rich", "typer"}


def test_the_client_can_be_used_where_only_its_wheel_is_installed(python: Path, tmp_path: Path) -> None:
    listed = json.loads(run(uv.find_uv_bin(), "pip", "list", "--format=json", "--python", python, cwd=tmp_path))
    program = """
import alto
from alto.classes import aggregate, config, data, imports, init, query
from alto.signing import sigv4
try:
    alto.connect_to_local(port=1, additional_config=init.AdditionalConfig(retries=init.RetryPolicy(attempts=1)))
except alto.AltoConnectionError as error:
    print(error.code, alto.__version__)
"""

    assert run(python, "-I", "-c", program, cwd=tmp_path).split() == ["no_connection", "0.1.0"]
    assert {each["name"] for each in listed} & SERVERS == set()
