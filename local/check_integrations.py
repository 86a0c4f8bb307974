"""Checks the types of the packages for other frameworks: `python -m local.check_integrations`.

Each is checked with its framework's environment, the one that its tests run in, and a cache of its own.
"""

import os
import subprocess
import sys
from pathlib import Path

from local.environments import install_environment

ROOT = Path(__file__).parents[1]


def find_packages() -> list[Path]:
    """The folders of the packages."""
    return sorted(project.parent for project in (ROOT / "integrations").glob("*/pyproject.toml"))


def install_framework(package: Path) -> Path:
    """Return the Python of the environment with the package's framework, which is installed the first time."""
    return install_environment(package.name, package / "requirements.txt", ROOT / ".alto" / "integrations")


def check_types(package: Path) -> subprocess.Popen[str]:
    """Start mypy for a package and its tests."""
    python = install_framework(package)
    sources = [file.parent for file in package.rglob("py.typed")]
    first = [source.relative_to(package).parts[0] for source in sources]
    command = [sys.executable, "-m", "mypy", "--config-file", str(package.parent / "mypy.ini")]
    command += ["--python-executable", str(python), "--cache-dir", str(ROOT / ".mypy_cache" / package.name)]
    paths = os.pathsep.join([str(ROOT), *(str(package / name) for name in first if name == "src"), str(package)])
    return subprocess.Popen(
        [*command, *sorted(set(first)), "tests"],
        cwd=package,
        env=os.environ | {"MYPYPATH": paths},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def main() -> int:
    """Check all packages, at the same time; 1 if one has an error."""
    failed = 0
    for package, running in [(package, check_types(package)) for package in find_packages()]:
        said, _ = running.communicate()
        print(f"integrations/{package.name}: {said.strip()}")
        failed |= running.returncode
    return min(failed, 1)


if __name__ == "__main__":
    raise SystemExit(main())
