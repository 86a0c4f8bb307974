"""The code of each function as a folder, made without Docker: hashed wheels for Lambda's platform, trimmed, compiled.

A finished bundle lies in `build/bundles/` under a name that holds a hash of all that went into it, so that the next
synthesis, test or deployment with the same inputs takes it as it is.
"""

import hashlib
import importlib.util
import shutil
import subprocess
import sys
import tempfile
from itertools import chain
from pathlib import Path

import uv
from aws_cdk import aws_lambda as lambda_

from infra.bundle import bundle_contents
from infra.bundle.bundle_contents import source_files, trim
from infra.settings.settings import Architecture

PROJECT = Path(__file__).parents[2]

# Lambda's Python 3.13 runs on Amazon Linux 2023 with glibc 2.34. An older platform tag would make the resolver fall
# back to old versions of libraries that no longer build for it.
PLATFORMS = {"arm64": "aarch64-manylinux_2_28", "x86_64": "x86_64-manylinux_2_28"}
PYTHON = (3, 13)

# Where Lambda unpacks the bundle; tracebacks name it.
TASK_ROOT = "/var/task"

# Older bundles of the same function are removed, since each change of a source makes a new one of 20 to 25 MB.
BUNDLES_KEPT = 3


class BundleError(Exception):
    """A function's code could not be put together. Says which step failed, with the tool's last words."""


class LambdaBundles:
    """Makes bundles for one architecture."""

    def __init__(self, architecture: Architecture, *, project: Path = PROJECT, cache: Path | None = None) -> None:
        self._architecture = architecture
        self._project = project
        self._cache = cache or project / "build" / "bundles"

    def code(self, function: str) -> lambda_.Code:
        """The function's code, for CDK. Raises `BundleError`."""
        return lambda_.Code.from_asset(str(self.path(function)), asset_hash=self.digest(function))

    def path(self, function: str) -> Path:
        """The folder of the function's finished bundle, made now if it does not exist yet. Raises `BundleError`."""
        family = f"{function}-{self._architecture}-"
        bundle = self._cache / (family + self.digest(function)[:16])
        if not bundle.is_dir():
            self._cache.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryDirectory(dir=self._cache, prefix=".making-") as making:
                draft = Path(making) / "bundle"
                self._make(function, draft)
                _publish(draft, bundle)
            for old in sorted(self._cache.glob(f"{family}*"), key=_made, reverse=True)[BUNDLES_KEPT:]:
                shutil.rmtree(old, ignore_errors=True)
        return bundle

    def digest(self, function: str) -> str:
        """A hash of everything that decides what is in the bundle. Raises `BundleError`."""
        inputs = hashlib.sha256(f"{function} {self._architecture}".encode() + importlib.util.MAGIC_NUMBER)
        for source in self._sources(function):
            content = (self._project / source).read_bytes()
            inputs.update(f"{source} {len(content)}\n".encode() + content)
        for recipe in (self._lock(function), Path(__file__), Path(bundle_contents.__file__)):
            inputs.update(recipe.read_bytes())
        return inputs.hexdigest()

    def _lock(self, function: str) -> Path:
        return self._project / "requirements" / f"{function}.txt"

    def _sources(self, function: str) -> list[Path]:
        try:
            return source_files(self._project, function)
        except ModuleNotFoundError as error:
            raise BundleError(f"The function '{function}' cannot be bundled. {error}.") from None

    def _make(self, function: str, target: Path) -> None:
        if sys.version_info[:2] != PYTHON:
            raise BundleError(
                f"Bundles are compiled by the Python that makes them, and Lambda's is {PYTHON[0]}.{PYTHON[1]}; this is "
                f"{sys.version_info[0]}.{sys.version_info[1]}. Use .venv/bin/python."
            )
        self._install(function, target)
        trim(target, function)
        for source in self._sources(function):
            copy = target / source
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(self._project / source, copy)
        self._compile(function, target)

    def _install(self, function: str, target: Path) -> None:
        options = {
            "--python": sys.executable,
            "--python-platform": PLATFORMS[self._architecture],
            "--python-version": ".".join(map(str, PYTHON)),
            "--only-binary": ":all:",
            # Hard links, the default, would let the trimming reach into the cache.
            "--link-mode": "copy",
            "--requirements": str(self._lock(function)),
            "--target": str(target),
        }
        install = [uv.find_uv_bin(), "pip", "install", "--quiet", "--no-config", "--no-deps", "--require-hashes"]
        _run(f"Installing the dependencies of '{function}'", [*install, *chain.from_iterable(options.items())])

    def _compile(self, function: str, target: Path) -> None:
        # Zip files of CDK date every file to 1980, so byte code that checks dates would never be used: each cold start
        # would compile everything again, three times slower.
        compileall = [sys.executable, "-m", "compileall", "-q", "--invalidation-mode", "unchecked-hash"]
        _run(f"Compiling the bundle of '{function}'", [*compileall, "-s", str(target), "-p", TASK_ROOT, str(target)])


def _publish(draft: Path, bundle: Path) -> None:
    try:
        draft.rename(bundle)
    except OSError:
        # Another process was faster; what it made is the same.
        if not bundle.is_dir():
            raise


def _made(path: Path) -> float:
    return path.stat().st_mtime


def _run(step: str, command: list[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        last_words = "\n".join((done.stderr or done.stdout).strip().splitlines()[-10:])
        raise BundleError(f"{step} failed:\n{last_words}")
