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
from collections.abc import Sequence
from io import BytesIO
from pathlib import Path

import uv

from infra.bundle.lambda_bundle import PROJECT, LambdaBundles

FUNCTIONS = ("query", "write", "split", "extract", "load")
RUNS = 15
ARCHITECTURES = {"x86_64": "x86_64", "aarch64": "arm64", "arm64": "arm64"}

PLAIN_REQUIREMENTS = ("aws-lambda-powertools", "boto3", "opensearch-py", "pydantic")
PLAIN_IMPORTS = """
from aws_lambda_powertools import Logger
from aws_lambda_powertools.event_handler import APIGatewayHttpResolver
import boto3, opensearchpy
APIGatewayHttpResolver(enable_validation=True)
boto3.client("bedrock-runtime", region_name="us-east-1")
"""
ENVIRONMENT = """
import os
os.environ |= {"AWS_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "x"}
os.environ["ALTO_OPENSEARCH_URL"] = "https://search.example"
"""
PLAIN_CLIENTS = """
opensearchpy.OpenSearch(
    hosts=[{"host": "search.example", "port": 443}],
    http_auth=opensearchpy.Urllib3AWSV4SignerAuth(boto3.Session().get_credentials(), "us-east-1", "es"),
    use_ssl=True,
    connection_class=opensearchpy.Urllib3HttpConnection,
)
"""
QUERY_READY = """
import lambdas.handlers.query
from lambdas.wiring.query import services
from lambdas.search.request import SearchRequest
services()
SearchRequest.model_validate({"hybrid": {"query": "a holiday film"}})
"""
MEASURED = "import time; t = time.process_time(); exec({code!r}); print(1000 * (time.process_time() - t))"


def plain_bundle(folder: Path) -> None:
    """Install what the plain handler imports, in Alto's versions where it has them."""
    command = [uv.find_uv_bin(), "pip", "install", "--quiet", "--no-config", "--target", str(folder)]
    versions = ["--constraint", str(PROJECT / "requirements" / "dev.txt"), "--only-binary", ":all:"]
    subprocess.run([*command, *versions, "--compile-bytecode", *PLAIN_REQUIREMENTS], check=True)


def spent_milliseconds(code: str, folder: Path) -> float:
    """CPU milliseconds of the code in a fresh interpreter that sees only this folder."""
    path = f"import sys; sys.path.insert(0, {str(folder)!r}); "
    command = [sys.executable, "-I", "-S", "-c", path + MEASURED.format(code=code)]
    return float(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def medians(programs: Sequence[tuple[str, Path]]) -> list[float]:
    """The median of each program, measured turn by turn, so that a busy moment of the machine meets all of them."""
    rounds = [[spent_milliseconds(*program) for program in programs] for _ in range(RUNS)]
    return [statistics.median(times) for times in zip(*rounds, strict=True)]


def megabytes(folder: Path) -> tuple[float, float]:
    """Size of a bundle, unzipped and zipped."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    packed = BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in files:
            archive.write(path, path.relative_to(folder))
    return sum(path.stat().st_size for path in files) / 1e6, packed.tell() / 1e6


def main() -> None:
    """Print one row a function, and how long query takes until it is ready."""
    bundles = LambdaBundles(ARCHITECTURES[platform.machine()])
    with tempfile.TemporaryDirectory() as temporary:
        plain = Path(temporary)
        plain_bundle(plain)
        folders = {"a plain handler": plain} | {name: bundles.path(name) for name in FUNCTIONS}
        imports = [(PLAIN_IMPORTS, plain), *((f"import lambdas.handlers.{name}", folders[name]) for name in FUNCTIONS)]
        ready = [
            (ENVIRONMENT + PLAIN_IMPORTS + PLAIN_CLIENTS, plain),
            (ENVIRONMENT + QUERY_READY, folders["query"]),
        ]
        *times, plain_ready, query_ready = medians([*imports, *ready])
        sizes = [megabytes(folder) for folder in folders.values()]
    print("| function | MB | of plain | MB zipped | of plain | import, of plain (CPU) |")
    print("|---|---|---|---|---|---|")
    for name, (size, packed), spent in zip(folders, sizes, times, strict=True):
        shares = f"{size / sizes[0][0]:.2f} | {packed:.1f} | {packed / sizes[0][1]:.2f} | {spent / times[0]:.2f}"
        print(f"| {name} | {size:.0f} | {shares} |")
    print(f"\nquery's import: {times[1] / plain_ready:.2f} of a plain handler that also makes its OpenSearch client;")
    print(f"imported, its clients made and a search read: {query_ready / plain_ready:.2f} of it.")


if __name__ == "__main__":
    main()
