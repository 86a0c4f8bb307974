"""Size of each function's bundle, and the CPU time that importing its handler costs a cold start.

The yardstick is a handler of the usual kind: Powertools with validation, boto3 with one client, opensearch-py, as pip
installs them. All run on this machine in one go, in fresh processes with warm byte code; only ratios mean
something. `docs/cold-start.md` keeps the table.
"""

import platform
import statistics
import subprocess
import sys
import tempfile
import zipfile
from io import BytesIO
from pathlib import Path

import uv

from infra.lambda_bundle import PROJECT, LambdaBundles

FUNCTIONS = ("query", "write", "split", "load")
RUNS = 7
ARCHITECTURES = {"x86_64": "x86_64", "aarch64": "arm64", "arm64": "arm64"}

PLAIN_REQUIREMENTS = ("aws-lambda-powertools", "boto3", "opensearch-py", "pydantic")
PLAIN_HANDLER = """
from aws_lambda_powertools import Logger
from aws_lambda_powertools.event_handler import APIGatewayHttpResolver
import boto3, opensearchpy
APIGatewayHttpResolver(enable_validation=True)
boto3.client("bedrock-runtime", region_name="us-east-1")
"""
MEASURED = "import time; t = time.process_time(); exec({code!r}); print(1000 * (time.process_time() - t))"


def plain_bundle(folder: Path) -> None:
    """Install what the plain handler imports, in Alto's versions where it has them."""
    command = [uv.find_uv_bin(), "pip", "install", "--quiet", "--no-config", "--target", str(folder)]
    versions = ["--constraint", str(PROJECT / "requirements" / "dev.txt"), "--only-binary", ":all:"]
    subprocess.run([*command, *versions, "--compile-bytecode", *PLAIN_REQUIREMENTS], check=True)


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
    rows = []
    with tempfile.TemporaryDirectory() as temporary:
        plain = Path(temporary)
        plain_bundle(plain)
        rows.append(("a plain handler", *megabytes(plain), import_milliseconds(PLAIN_HANDLER, plain)))
    for name in FUNCTIONS:
        folder = bundles.path(name)
        spent = import_milliseconds(f"import lambdas.handlers.{name}", folder)
        rows.append((name, *megabytes(folder), spent))
    _, *yardstick = rows[0]
    print("| function | MB | of plain | MB zipped | of plain | import, of plain (CPU) |")
    print("|---|---|---|---|---|---|")
    for name, *measured in rows:
        size, packed, spent = (value / whole for value, whole in zip(measured, yardstick, strict=True))
        print(f"| {name} | {measured[0]:.0f} | {size:.2f} | {measured[1]:.1f} | {packed:.2f} | {spent:.2f} |")


if __name__ == "__main__":
    main()
