"""Size of each function's bundle, and the CPU time that importing its handler costs a cold start.

The yardstick is what a handler of the usual kind imports: Powertools with validation, boto3 with one client,
opensearch-py. All run on this machine in one go, in fresh processes with warm byte code; only ratios mean something.
"""

import platform
import statistics
import subprocess
import sys
import zipfile
from io import BytesIO
from pathlib import Path

from infra.lambda_bundle import LambdaBundles

FUNCTIONS = ("query", "write", "split", "load")
RUNS = 7
ARCHITECTURES = {"x86_64": "x86_64", "aarch64": "arm64", "arm64": "arm64"}

PLAIN_HANDLER = """
from aws_lambda_powertools import Logger
from aws_lambda_powertools.event_handler import APIGatewayHttpResolver
import boto3, opensearchpy
APIGatewayHttpResolver(enable_validation=True)
boto3.client("bedrock-runtime", region_name="us-east-1")
"""
MEASURED = "import time; t = time.process_time(); exec({code!r}); print(1000 * (time.process_time() - t))"


def import_milliseconds(code: str, folder: Path | None) -> float:
    """Median CPU milliseconds of the code in a fresh interpreter that sees only this folder (None: the .venv)."""
    isolation = ["-I", "-S"] if folder else []
    path = f"import sys; sys.path.insert(0, {str(folder)!r}); " if folder else ""
    command = [sys.executable, *isolation, "-c", path + MEASURED.format(code=code)]
    times = [float(subprocess.run(command, capture_output=True, text=True, check=True).stdout) for _ in range(RUNS)]
    return statistics.median(times)


def megabytes(folder: Path) -> tuple[float, float]:
    """Size of a bundle, unzipped and zipped."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    packed = BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in files:
            archive.write(path, path.relative_to(folder))
    return sum(path.stat().st_size for path in files) / 1e6, packed.tell() / 1e6


def main() -> None:
    """Print one row a function."""
    bundles = LambdaBundles(ARCHITECTURES[platform.machine()])
    yardstick = import_milliseconds(PLAIN_HANDLER, None)
    print(f"{'function':10} {'MB':>6} {'MB zipped':>10} {'import ms (CPU)':>16} {'of a plain handler':>19}")
    print(f"{'(plain)':10} {'':>6} {'':>10} {yardstick:>16.0f} {'1.00':>19}")
    for name in FUNCTIONS:
        folder = bundles.path(name)
        unzipped, zipped = megabytes(folder)
        spent = import_milliseconds(f"import lambdas.handlers.{name}", folder)
        print(f"{name:10} {unzipped:>6.1f} {zipped:>10.1f} {spent:>16.0f} {spent / yardstick:>19.2f}")


if __name__ == "__main__":
    main()
