"""The packages for other frameworks: each runs its own tests, in an environment of its own, against this API."""

import os
import subprocess
from pathlib import Path

import pytest

from local.environments import install_environment
from tests.api import Api
from tests.api_server import ApiServer

ROOT = Path(__file__).parents[2]
PACKAGES = sorted(project.parent for project in (ROOT / "integrations").glob("*/pyproject.toml"))


@pytest.mark.parametrize("package", PACKAGES, ids=lambda package: package.name)
def test_a_package_passes_the_suites_of_its_framework(package: Path, api: Api) -> None:
    python = install_environment(package.name, package / "requirements.txt", ROOT / ".alto" / "integrations")
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
