"""Python environments of their own, for packages whose requirements do not fit those of this project."""

import hashlib
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import uv

from local.errors import LocalStackError


def install_environment(name: str, lock: Path, folder: Path) -> Path:
    """The Python of an environment with the packages of a hashed lock file, made once per content of the file.

    Raises LocalStackError if the packages cannot be installed.
    """
    home = folder / f"{name}-{hashlib.sha256(lock.read_bytes()).hexdigest()[:12]}"
    if home.exists():
        return home / "bin" / "python"
    folder.mkdir(parents=True, exist_ok=True)
    # Made aside and renamed: a half-made environment is never used, and two starts at once do no harm.
    aside = Path(tempfile.mkdtemp(dir=folder, prefix=f"{home.name}-"))
    command = [uv.find_uv_bin()]
    for arguments in (
        ["venv", "--quiet", "--clear", "--python", sys.executable, str(aside)],
        ["pip", "sync", "--quiet", "--require-hashes", "--python", str(aside / "bin" / "python"), str(lock)],
    ):
        done = subprocess.run([*command, *arguments], capture_output=True, text=True, check=False)
        if done.returncode:
            shutil.rmtree(aside, ignore_errors=True)
            raise LocalStackError(
                f"{name} cannot be installed from {lock} (is the package index reachable?): {done.stderr.strip()}"
            )
    try:
        aside.rename(home)
    except OSError:
        shutil.rmtree(aside)
    return home / "bin" / "python"
