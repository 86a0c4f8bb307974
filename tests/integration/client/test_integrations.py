"""The packages for other frameworks: each runs its own tests, in an environment of its own, against this API."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from local.check_integrations import ROOT, find_packages, install_framework
from tests.api import Api
from tests.api_server import ApiServer


@pytest.fixture(scope="module", autouse=True)
def _quick_refresh(opensearch_url: str) -> Iterator[None]:
    """The standard suites write before nearly each test and wait until searches see it: for up to a second each time.

    The interval of the node's new indices is shorter here. The packages and Alto's functions are as they always are.
    """

    def put(interval: str | None) -> None:
        settings = {"transient": {"cluster.default.index.refresh_interval": interval}}
        httpx.put(f"{opensearch_url}/_cluster/settings", json=settings, trust_env=False, timeout=60).raise_for_status()

    put("20ms")
    yield
    put(None)


@pytest.mark.parametrize("package", find_packages(), ids=lambda package: package.name)
def test_a_package_passes_the_suites_of_its_framework(package: Path, api: Api) -> None:
    python = install_framework(package)
    own = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "PYTEST_", "COV_"))}

    with ApiServer(api) as server:
        done = subprocess.run(
            [python, "-m", "pytest", "-q"],
            cwd=package,
            env=own | {"ALTO_URL": f"http://127.0.0.1:{server.port}", "PYTHONPATH": f"{ROOT}:{package}"},
            capture_output=True,
            text=True,
            check=False,
        )

    assert done.returncode == 0, done.stdout + done.stderr
