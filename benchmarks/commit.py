"""The commit that a kept result was measured on."""

import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[1]
# The results of one measurement are there when the next one begins.
NOT_MEASURED = ":(exclude)benchmarks/results"


def current_commit() -> str | None:
    """Return the commit that is measured, with `+` if other files than results differ from it; None without git."""
    commit = _git("describe", "--always", "--exclude=*", "--abbrev=12").stdout.strip()
    differs = _git("diff", "--quiet", "HEAD", "--", ".", NOT_MEASURED).returncode == 1
    return f"{commit}{'+' * differs}" if commit else None


def _git(*words: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True, check=False)
