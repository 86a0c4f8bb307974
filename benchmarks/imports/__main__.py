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
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.commit import current_commit
from benchmarks.imports.account import aws_account
from benchmarks.imports.runs import (
    CASES,
    CONTENDERS,
    HAYSTACK,
    LANGCHAIN,
    LATENCY_MS,
    LONG_RUN_SECONDS,
    Machine,
    measure,
)
from benchmarks.imports.tables import BEGIN, BEGIN_VECTOR_MODULE, speed_tables, tables
from benchmarks.peers.environments import ROOT, locked_version, python_of
from benchmarks.tables import write_between
from local.emulator import Emulator
from local.opensearch.artifacts import install
from local.opensearch.java import find_java
from local.opensearch.node import OpenSearchNode

DOCS = ROOT / "docs/imports.md"
PACKAGES = {LANGCHAIN: ("langchain-community", "langchain-aws"), HAYSTACK: ("opensearch-haystack",)}


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
