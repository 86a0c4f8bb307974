"""`make bench-import`: objects a second from a file into OpenSearch, of Alto and of its peers, in one run.

All write into one real OpenSearch, into indices with one graph, and embed with one stub of Bedrock, 80 ms a
call. Alto's side is one loader: the handlers of one `split` and one `load` function, one chunk after the
other, with S3, SQS and DynamoDB played by moto. The peers are given their records in memory. `bulk` is the ceiling: it
has Alto's documents ready as lines of `_bulk` and only sends them. Every run is a fresh process in the contender's own
environment, and an index of its own. The clock stops when all objects can be searched; what each contender leaves to
OpenSearch's merges is measured after it. The results go to `results/import.json` (with a Java that has the vector
module, `results/import-vector-module.json`) and, as tables, to `docs/imports.md`.
"""

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple
from uuid import uuid4

import boto3
import httpx

from benchmarks.commit import current_commit
from benchmarks.imports_tables import BEGIN, BEGIN_VECTOR_MODULE, speed_tables, tables
from benchmarks.peers.environments import ROOT, locked_version, python_of
from benchmarks.tables import write_between
from local.emulator import Emulator
from local.opensearch.artifacts import install
from local.opensearch.java import find_java
from local.opensearch.node import OpenSearchNode
from local.processes import LOOPBACK, unused_port

LATENCY_MS = 80
# Java's optimizing compiler has compiled what matters after these; the first run is twice as slow.
RUNS_TO_WARM_UP = 3
LONG_RUN_SECONDS = 40.0
WARM_UP_RECORDS = 8
DOCS = ROOT / "docs/imports.md"
TITAN, COHERE, BROUGHT = "amazon.titan-embed-text-v2:0", "cohere.embed-english-v3", ""
LANGCHAIN, HAYSTACK = "langchain-opensearch", "haystack-opensearch"
PACKAGES = {LANGCHAIN: ("langchain-community", "langchain-aws"), HAYSTACK: ("opensearch-haystack",)}
TICKS = os.sysconf("SC_CLK_TCK")


class Place(NamedTuple):
    """Where the results of a run are kept, and where the page has them."""

    results: Path
    begin: str
    tables: Callable[[dict[str, Any]], str]


# By whether OpenSearch's Java has the vector module, with which graphs are built in half the time.
PLACES = {
    False: Place(ROOT / "benchmarks/results/import.json", BEGIN, tables),
    True: Place(ROOT / "benchmarks/results/import-vector-module.json", BEGIN_VECTOR_MODULE, speed_tables),
}


@dataclass(frozen=True)
class Contender:
    """Who is measured: a name that its script knows, and the peer whose environment it runs in (None: Alto's own).

    `calls_model`: whether it needs a model, so that it cannot take records that bring their vectors.
    """

    name: str
    script: str
    peer: str | None = None
    calls_model: bool = True


CONTENDERS = (
    Contender("alto", "import_alto", calls_model=False),
    Contender("bulk", "import_bulk", calls_model=False),
    Contender("langchain", "import_langchain", LANGCHAIN),
    Contender("langchain-async", "import_langchain", LANGCHAIN),
    Contender("haystack", "import_haystack", HAYSTACK),
)


@dataclass(frozen=True)
class Case:
    """The records to load. Without a model they contain their vectors."""

    title: str
    model: str
    records: int


CASES = (
    Case("Titan v2, 2,000 objects", TITAN, 2000),
    Case("Cohere v3, 5,000 objects", COHERE, 5000),
    Case("own vectors, 2,000 objects", BROUGHT, 2000),
)


class Machine:
    """The servers that all contenders share. `account` is the environment of the functions in their AWS account."""

    def __init__(self, engine_url: str, engine_pid: int, emulator: Emulator, account: dict[str, str]) -> None:
        self._engine_url, self._engine_pid = engine_url, engine_pid
        self._emulator, self._account = emulator, account
        self._engine = httpx.Client(base_url=engine_url, timeout=300)

    def close(self) -> None:
        """Close the connections to OpenSearch."""
        self._engine.close()

    def run(self, contender: Contender, case: Case, *, merge: bool = False) -> dict[str, Any]:
        """One run of one contender, in a process of its own. Raises RuntimeError if an object is missing after it.

        With `merge` also what OpenSearch needs after it to make one segment with one graph of the index.
        """
        self._emulator.reset()
        self._emulator.faults(latency_ms=LATENCY_MS)
        index = f"Bench{uuid4().hex[:8]}"
        stored = f"alto-{index.lower()}" if contender.peer is None else index.lower()
        job = {
            "contender": contender.name,
            "model": case.model,
            "records": case.records,
            "url": self._emulator.url,
            "engine_url": self._engine_url,
            "index": index if contender.peer is None else stored,
            "environment": self._account | {"ALTO_OPENSEARCH_URL": self._engine_url, "ALTO_LOG_LEVEL": "ERROR"},
        }
        python = python_of(contender.peer) if contender.peer else Path(sys.executable)
        script = ROOT / f"benchmarks/peers/{contender.script}.py"
        before = self._engine_seconds()
        done = subprocess.run(
            [str(python), str(script), json.dumps(job)],
            # Only Alto's own process sees Alto's packages.
            env={**os.environ, **({} if contender.peer else {"PYTHONPATH": str(ROOT)})},
            stdout=subprocess.PIPE,
            text=True,
            check=True,
            timeout=600,
        )
        measured: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
        counters, spent = self._emulator.counters(), self._engine_seconds() - before
        self._check(stored, case.records + WARM_UP_RECORDS)
        left = self._left(stored, merge=merge)
        [name] = self._engine.get(f"/{stored}").json()
        self._engine.delete(f"/{name}").raise_for_status()
        return (
            measured
            | left
            | {
                "engine_cpu_seconds": spent,
                "calls": counters["calls"],
                "peak_concurrency": counters["peak_concurrency"],
            }
        )

    def warm_up(self) -> None:
        """Have OpenSearch compile what it needs for a load, and the model's stub too."""
        case = Case("warm-up", COHERE, 5000)
        for _ in range(RUNS_TO_WARM_UP):
            self.run(CONTENDERS[0], case)

    def _engine_seconds(self) -> float:
        """CPU time of OpenSearch until now."""
        fields = Path(f"/proc/{self._engine_pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICKS

    def _check(self, index: str, expected: int) -> None:
        """All objects can be searched. Raises RuntimeError."""
        found = self._engine.get(f"/{index}/_count").raise_for_status().json()["count"]
        if found != expected:
            raise RuntimeError(f"{index} holds {found} objects, not {expected}")

    def _left(self, index: str, *, merge: bool) -> dict[str, Any]:
        """The segments of the index as it was left, and, if asked, OpenSearch's CPU time until they are one."""
        segments = self._engine.get(f"/{index}/_stats/segments").json()["_all"]["primaries"]["segments"]["count"]
        if not merge:
            while self._engine.get(f"/{index}/_stats/merge").json()["_all"]["total"]["merges"]["current"]:
                time.sleep(0.2)
            return {"segments": segments}
        before = self._engine_seconds()
        self._engine.post(f"/{index}/_forcemerge?max_num_segments=1").raise_for_status()
        return {"segments": segments, "merge_cpu_seconds": self._engine_seconds() - before}


def prepare_account(url: str, name: str = "alto") -> dict[str, str]:
    """Make what an import needs in moto's account, and return it as the environment of the functions."""
    keys = {"aws_access_key_id": "benchmark", "aws_secret_access_key": "benchmark"}
    s3, sqs, dynamodb = (
        boto3.client(service, endpoint_url=url, region_name="us-east-1", **keys)  # type: ignore[call-overload]
        for service in ("s3", "sqs", "dynamodb")
    )
    s3.create_bucket(Bucket=f"{name}-imports")
    queues = {
        each: sqs.create_queue(QueueName=f"{name}-{each.lower()}")["QueueUrl"] for each in ("SPLIT", "CHUNK", "EXTRACT")
    }
    dynamodb.create_table(
        TableName=f"{name}-jobs",
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
        AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"} for key in ("pk", "sk")],
        BillingMode="PAY_PER_REQUEST",
    )
    return {
        "AWS_REGION": "us-east-1",
        "AWS_ENDPOINT_URL": url,
        "ALTO_JOBS_TABLE": f"{name}-jobs",
        "ALTO_IMPORT_BUCKET": f"{name}-imports",
        **{f"ALTO_{each}_QUEUE_URL": queue for each, queue in queues.items()},
    }


@contextmanager
def aws_account() -> Iterator[dict[str, str]]:
    """Start moto's account in a process of its own; yields the environment of the functions in it."""
    port = unused_port()
    url = f"http://{LOOPBACK}:{port}"
    command = [sys.executable, "-m", "benchmarks.moto_server", "-H", LOOPBACK, "-p", str(port)]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        for _ in range(300):
            try:
                httpx.get(url)
                break
            except httpx.TransportError:
                time.sleep(0.1)
        yield prepare_account(url)
    finally:
        server.terminate()
        server.wait()


def measure(case: Case, contenders: tuple[Contender, ...], repeats: int, machine: Machine) -> dict[str, Any]:
    """All runs of a case, turn by turn, and what is kept of them."""
    taking = [each for each in contenders if case.model or not each.calls_model]
    runs: dict[str, list[dict[str, Any]]] = {contender.name: [] for contender in taking}
    for _ in range(repeats):
        for contender in taking:
            taken = runs[contender.name]
            if any(entry["seconds"] > LONG_RUN_SECONDS for entry in taken):
                continue
            taken.append(machine.run(contender, case, merge=not taken))
            print(f"  {contender.name:22} {case.records / taken[-1]['seconds']:8.1f} objects/s", flush=True)
    return asdict(case) | {"contenders": {name: _kept(taken, case.records) for name, taken in runs.items()}}


def _kept(runs: list[dict[str, Any]], records: int) -> dict[str, Any]:
    """Of several runs: every time, the median, and what the run of the median did."""
    ordered = sorted(runs, key=lambda entry: entry["seconds"])
    middle = ordered[(len(ordered) - 1) // 2]
    seconds = statistics.median(entry["seconds"] for entry in runs)
    return {
        "seconds": round(seconds, 3),
        "objects_per_second": round(records / seconds, 1),
        "all_seconds": [round(entry["seconds"], 3) for entry in runs],
        "calls": middle["calls"],
        "peak_concurrency": middle["peak_concurrency"],
        "cpu_seconds": round(middle["cpu_seconds"], 2),
        "engine_cpu_seconds": round(middle["engine_cpu_seconds"], 2),
        "segments": runs[0]["segments"],
        "merge_cpu_seconds": round(runs[0]["merge_cpu_seconds"], 2),
        "peak_mb": round(middle["peak_mb"]),
    }


def parameters(repeats: int) -> dict[str, Any]:
    """Everything that the figures depend on."""
    return {
        "commit": current_commit(),
        "measured": datetime.now(UTC).date().isoformat(),
        "processor_cores": os.cpu_count(),
        "python": platform.python_version(),
        "java": str(find_java()),
        "latency_ms": LATENCY_MS,
        "repeats": repeats,
        "long_run_seconds": LONG_RUN_SECONDS,
        "versions": {name: locked_version(peer, name) for peer, names in PACKAGES.items() for name in names},
    }


def main() -> None:
    """Measure, keep, and print."""
    parser = argparse.ArgumentParser(prog="make bench-import", description=__doc__)
    parser.add_argument("--repeats", type=int, default=3, help="runs of each contender in each case (3)")
    parser.add_argument("--only", nargs="*", default=[], help="contenders to measure; the results are not kept then")
    parser.add_argument("--case", default="", help="cases whose title has this; the results are not kept then")
    options = parser.parse_args()
    contenders = tuple(each for each in CONTENDERS if not options.only or each.name in options.only)
    for peer in {each.peer for each in contenders if each.peer}:
        python_of(peer)
    cases = []
    with tempfile.TemporaryDirectory(prefix="alto-bench-") as folder:
        Path(folder).chmod(0o755)
        with (
            OpenSearchNode(install(), Path(folder) / "opensearch", heap="2g", optimized=True) as node,
            Emulator(model="stub", process=True) as emulator,
            aws_account() as account,
        ):
            assert node.pid is not None
            machine = Machine(node.url, node.pid, emulator, account)
            machine.warm_up()
            for case in (each for each in CASES if options.case in each.title):
                print(case.title, flush=True)
                cases.append(measure(case, contenders, options.repeats, machine))
    if options.only or options.case:
        print(json.dumps(cases, indent=1))
        return
    results = {"parameters": parameters(options.repeats), "cases": cases}
    place = PLACES[find_java().has_vector_module]
    place.results.write_text(json.dumps(results, indent=1) + "\n")
    write_between(DOCS, place.begin, place.tables(results))
    print(f"Kept in {place.results.relative_to(ROOT)}, and as tables in {DOCS.relative_to(ROOT)}.")


if __name__ == "__main__":
    main()
