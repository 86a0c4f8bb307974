"""The code of a function as a folder: what is in it, for which machine, and when it is made again."""

import json
import platform
import shutil
import subprocess
import sys
import zlib
from pathlib import Path

import pytest

from infra.bundle.bundle_contents import SERVICES, source_files
from infra.bundle.lambda_bundle import PROJECT, BundleError, LambdaBundles
from infra.settings.settings import Architecture

ELF_MACHINE = {"arm64": 0xB7, "x86_64": 0x3E}
HOST = {"aarch64": "arm64", "AMD64": "x86_64"}.get(platform.machine(), platform.machine())

CACHE = PROJECT / "build" / "test-bundles"

# The smallest function, with each kind of import.
SOURCES = {
    "lambdas/__init__.py": "",
    "lambdas/handlers/__init__.py": "",
    "lambdas/handlers/split.py": """
from typing import TYPE_CHECKING
from boto3.session import Session
from aws_lambda_powertools import Logger
from lambdas.imports.ranges import cut
if TYPE_CHECKING:
    from lambdas.search import model
def lambda_handler(event, context):
    from ..imports import lazy
    return lazy.VALUE
""",
    "lambdas/imports/__init__.py": "",
    "lambdas/imports/ranges.py": "from . import sizes\ndef cut(): ...\n",
    "lambdas/imports/sizes.py": "",
    "lambdas/imports/lazy.py": "VALUE = 42\n",
    "lambdas/imports/words.json": "[]",
    "lambdas/imports/unreached.py": "",
    "lambdas/search/__init__.py": "",
    "lambdas/search/model.py": "",
}


def write_project(folder: Path) -> Path:
    for name, text in SOURCES.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    (folder / "requirements").mkdir()
    shutil.copy(PROJECT / "requirements" / "split.txt", folder / "requirements")
    return folder


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return write_project(tmp_path)


@pytest.fixture(scope="module", params=["arm64", "x86_64"])
def bundle(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Architecture, Path]:
    """A finished bundle of split, and its architecture. A later run with the same recipe takes it from the cache."""
    project = write_project(tmp_path_factory.mktemp("project"))
    return request.param, LambdaBundles(request.param, project=project, cache=CACHE).path("split")


def test_all_native_libraries_are_of_the_asked_architecture(bundle: tuple[Architecture, Path]) -> None:
    architecture, folder = bundle
    machines = {int.from_bytes(path.read_bytes()[18:20], "little") for path in folder.rglob("*.so*")}

    assert machines == {ELF_MACHINE[architecture]}


def test_byte_code_is_complete_and_never_checked_against_dates(bundle: tuple[Architecture, Path]) -> None:
    _, folder = bundle
    compiled = list(folder.rglob("*.pyc"))
    # PEP 552: bit 0 says hash-based, bit 1 says that the source is to be checked.
    flags = {int.from_bytes(path.read_bytes()[4:8], "little") for path in compiled}

    assert flags == {0b01}
    assert len(compiled) == len(list(folder.rglob("*.py")))


def test_tracebacks_name_the_folder_of_lambda(bundle: tuple[Architecture, Path]) -> None:
    [compiled] = (bundle[1] / "lambdas" / "handlers" / "__pycache__").glob("split.*.pyc")

    assert b"/var/task/lambdas/handlers/split.py" in compiled.read_bytes()


def test_split_carries_no_opensearch_client_and_only_its_own_services(bundle: tuple[Architecture, Path]) -> None:
    _, folder = bundle

    assert {path.name for path in (folder / "botocore" / "data").glob("*/")} == set(SERVICES["split"])


@pytest.mark.parametrize("bundle", [HOST], indirect=True)
def test_a_bundle_runs_by_itself_and_can_make_its_clients(bundle: tuple[Architecture, Path]) -> None:
    program = f"""
import sys
sys.path.insert(0, {str(bundle[1])!r})
from lambdas.handlers.split import lambda_handler, Session
for service in {SERVICES["split"]!r}:
    Session().client(service, region_name="eu-west-1", aws_access_key_id="x", aws_secret_access_key="x")
print(lambda_handler({{}}, None))
"""
    done = subprocess.run([sys.executable, "-I", "-S", "-c", program], capture_output=True, text=True, check=False)

    assert (done.stdout, done.stderr) == ("42\n", "")


def test_a_bundle_is_made_once_for_the_same_inputs(bundle: tuple[Architecture, Path], project: Path) -> None:
    architecture, folder = bundle
    made = folder.stat().st_ino

    again = LambdaBundles(architecture, project=project, cache=CACHE).path("split")

    assert (again, again.stat().st_ino) == (folder, made)


def test_a_function_carries_what_its_handler_imports_and_the_data_beside_it(project: Path) -> None:
    carried = {str(path) for path in source_files(project, "split")}

    assert carried == set(SOURCES) - {
        "lambdas/imports/unreached.py",
        "lambdas/search/__init__.py",
        "lambdas/search/model.py",
    }


def test_only_query_carries_the_api_description(project: Path) -> None:
    shutil.copy(project / "lambdas/handlers/split.py", project / "lambdas/handlers/query.py")
    (project / "docs").mkdir()
    (project / "docs" / "openapi.json").write_text("{}")

    assert Path("docs/openapi.json") in source_files(project, "query")
    assert Path("docs/openapi.json") not in source_files(project, "split")


def test_the_bundle_of_extract_is_below_60_mb_zipped() -> None:
    # That of the local stack, in its cache.
    folder = LambdaBundles(HOST).path("extract")  # type: ignore[arg-type]

    packed = sum(len(zlib.compress(path.read_bytes())) for path in folder.rglob("*") if path.is_file())
    assert 5_000_000 < packed < 60_000_000


@pytest.mark.parametrize("function", [name for name in SERVICES if name != "extract"])
def test_only_extract_carries_the_readers_of_documents(function: str) -> None:
    readers = {path for path in source_files(PROJECT, function) if "formats" in path.parts}
    libraries = (PROJECT / "requirements" / f"{function}.txt").read_text()

    assert not readers
    assert not [name for name in ("pypdfium2", "selectolax") if name in libraries]


def test_what_a_function_reaches_decides_its_hash_and_nothing_else(project: Path) -> None:
    bundles = LambdaBundles("arm64", project=project)
    before = bundles.digest("split")

    (project / "lambdas/imports/unreached.py").write_text("CHANGED = True")
    assert bundles.digest("split") == before

    (project / "lambdas/imports/sizes.py").write_text("CHANGED = True")
    assert bundles.digest("split") != before


def test_a_failed_installation_shows_the_tools_output_and_leaves_nothing(project: Path) -> None:
    (project / "requirements" / "split.txt").write_text("orjson\n")

    with pytest.raises(BundleError, match=r"Installing the dependencies of 'split' failed:\n.*hash"):
        LambdaBundles("arm64", project=project).path("split")

    assert list((project / "build" / "bundles").iterdir()) == []


def test_a_function_without_a_handler_is_named(project: Path) -> None:
    with pytest.raises(BundleError, match=r"'load' cannot be bundled. lambdas\.handlers\.load does not exist\."):
        LambdaBundles("arm64", project=project).path("load")


def test_a_missing_module_is_found_before_deployment(project: Path) -> None:
    (project / "lambdas/imports/sizes.py").write_text("from lambdas.imports.gone import thing\n")

    with pytest.raises(
        BundleError, match=r"lambdas\.imports\.gone does not exist, imported by lambdas/imports/sizes\.py"
    ):
        LambdaBundles("arm64", project=project).path("split")


def test_the_split_bundle_has_no_opensearch_or_model_code() -> None:
    carried = {str(path.parent) for path in source_files(PROJECT, "split")}

    assert not carried & {"lambdas/search", "lambdas/objects", "lambdas/embedding"}


LIVE = """
import json, sys
sys.path.insert(0, {bundle!r})
from lambdas.handlers.query import lambda_handler
from types import SimpleNamespace
context = SimpleNamespace(
    function_name="query", memory_limit_in_mb=1769, invoked_function_arn="arn", aws_request_id="id",
    get_remaining_time_in_millis=lambda: 29_000,
)
response = lambda_handler(json.loads({event!r}), context)
slow = {{"boto3", "botocore.client", "botocore.session", "numpy", "pyarrow", "lambdas.aggregate.aggregator"}}
print(response["statusCode"], response["body"], sorted(slow & set(sys.modules)))
"""


def test_the_real_query_answers_without_what_would_slow_its_start() -> None:
    event = json.loads((PROJECT / "events/http_search.json").read_text())
    event["rawPath"] = event["requestContext"]["http"]["path"] = "/v1/.well-known/live"
    event["requestContext"]["http"]["method"] = "GET"
    program = LIVE.format(bundle=str(LambdaBundles(HOST).path("query")), event=json.dumps(event))  # type: ignore[arg-type]
    environment = {"POWERTOOLS_METRICS_DISABLED": "true", "POWERTOOLS_LOG_LEVEL": "ERROR"}

    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", program], capture_output=True, text=True, check=False, env=environment
    )

    assert (done.stdout, done.stderr) == ('200 {"live":true} []\n', "")
