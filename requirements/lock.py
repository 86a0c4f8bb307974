"""Resolve every requirements file again, with hashes and without a registry: the files say what, not from where.

With `--keep`, versions that still fit stay as they are: for a requirement that is added.
"""

import subprocess
import sys
from pathlib import Path

from uv import find_uv_bin

HERE = Path(__file__).parent
OPTIONS = (
    "--universal",
    "--python-version=3.13",
    "--generate-hashes",
    "--no-annotate",
    "--no-header",
    "--no-emit-index-url",
    "--no-emit-find-links",
)
# `dev` comes first: the functions carry exactly the versions that were tested.
FUNCTIONS = ("query", "write", "split", "load", "extract")
SEPARATE = ("ministack", "site", "uv")


PEERS = HERE.parent / "benchmarks/requirements"
INTEGRATIONS = HERE.parent / "integrations"


def lock(name: str, *options: str, folder: Path = HERE) -> None:
    """Write <name>.txt from <name>.in."""
    source, target = folder / f"{name}.in", folder / f"{name}.txt"
    overrides = ["--override", str(HERE / "overrides.txt")]
    upgrade = [] if "--keep" in sys.argv else ["--upgrade"]
    command = [find_uv_bin(), "pip", "compile", "--quiet", *OPTIONS, *upgrade, *overrides, *options, str(source)]
    subprocess.run([*command, "--output-file", str(target)], check=True)


if __name__ == "__main__":
    lock("dev")
    for function in FUNCTIONS:
        lock(function, "--constraint", str(HERE / "dev.txt"))
    for separate in SEPARATE:
        lock(separate)
    # Only what it names: see smollm2.in.
    lock("smollm2", "--no-deps")
    for peer in sorted(PEERS.glob("*.in")):
        lock(peer.stem, folder=PEERS)
    for integration in sorted(INTEGRATIONS.glob("*/requirements.in")):
        lock("requirements", folder=integration.parent)
