"""The releases from which an upgrade is tested: `releases.json` names the commit of each, the newest last."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
RELEASES: dict[str, str] = json.loads(Path(__file__).with_name("releases.json").read_text())


def git(*arguments: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(["git", "-C", str(ROOT), *arguments], capture_output=True, check=False)


def need_commit(release: str) -> str:
    """The commit of a release. Skips the test where this copy of the repository does not have it."""
    commit = RELEASES[release]
    if not shutil.which("git") or git("cat-file", "-e", f"{commit}^{{commit}}").returncode:
        pytest.skip(f"release {release} is not in this copy of the repository: git fetch --unshallow (commit {commit})")
    return commit


def file_of(release: str, path: str) -> bytes:
    """A file as it was in a release."""
    found = git("show", f"{need_commit(release)}:{path}")
    assert found.returncode == 0, found.stderr
    return found.stdout


def check_out(release: str, folder: Path) -> Path:
    """The files of a release in a folder, with the CDK command line of this one."""
    archive = folder.with_suffix(".tar")
    made = git("archive", "--format=tar", f"--output={archive}", need_commit(release))
    assert made.returncode == 0, made.stderr
    shutil.unpack_archive(archive, folder, filter="data")
    archive.unlink()
    (folder / "node_modules").symlink_to(ROOT / "node_modules")
    return folder
