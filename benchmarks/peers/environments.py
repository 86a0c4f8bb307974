"""A Python environment of its own for each peer, from a hashed lock, below `.alto/peers`."""

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from uv import find_uv_bin

ROOT = Path(__file__).resolve().parents[2]
LOCKS = ROOT / "benchmarks/requirements"
PEERS = ROOT / ".alto/peers"


def python_of(peer: str) -> Path:
    """The interpreter of a peer's environment, which is made or renewed if it is not what the lock says."""
    lock = LOCKS / f"{peer}.txt"
    home = PEERS / peer
    python, ready = home / "bin/python", home / "ready"
    digest = hashlib.sha256(lock.read_bytes()).hexdigest()
    if not ready.exists() or ready.read_text() != digest:
        print(f"==> {peer} and what it needs, into {home.relative_to(ROOT)}", flush=True)
        uv = find_uv_bin()
        version = (ROOT / ".python-version").read_text().strip()
        subprocess.run([uv, "venv", "-q", "--allow-existing", "--python", version, str(home)], check=True)
        command = [uv, "pip", "sync", "-q", "--require-hashes", str(lock)]
        subprocess.run(command, check=True, env={**os.environ, "VIRTUAL_ENV": str(home)})
        ready.write_text(digest)
    return python


def run_script(script: str, peer: str | None, job: Mapping[str, Any]) -> dict[str, Any]:
    """Run a contender's script with its job, in a process and environment of its own; return what it measured.

    Without a peer the contender is Alto.
    """
    python = python_of(peer) if peer else Path(sys.executable)
    done = subprocess.run(
        [str(python), str(ROOT / f"benchmarks/peers/{script}.py"), json.dumps(job)],
        # Only Alto's own process sees Alto's packages.
        env={**os.environ, **({} if peer else {"PYTHONPATH": str(ROOT)})},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
        timeout=600,
    )
    measured: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return measured


def locked_version(peer: str, package: str) -> str:
    """The version of a package that the peer's lock pins."""
    for line in (LOCKS / f"{peer}.txt").read_text().splitlines():
        if line.startswith(f"{package}=="):
            return line.removeprefix(f"{package}==").split()[0]
    raise LookupError(f"{peer}.txt pins no {package}: write its name as the lock does.")
