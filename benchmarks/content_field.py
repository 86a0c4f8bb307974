"""The cost of the second inverted field of English text (decision 0066) for an import.

`python -m benchmarks.content_field` loads the same documents with and without the field, in turns on one engine, and
writes benchmarks/results/content_field.json. It compares the CPU time of the engine, which a busy machine changes less
than the time that passes, and the size of the merged index.
"""

import json
import statistics
from collections.abc import Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, NamedTuple
from unittest.mock import patch

import httpx

from benchmarks.commit import current_commit
from benchmarks.in_process import Alto, running
from benchmarks.judged import ROOT, collection_body, load, objects

RESULTS = ROOT / "benchmarks" / "results" / "content_field.json"
DOCUMENTS = 3_000
# The first round warms the engine and does not count.
ROUNDS = 4


class Load(NamedTuple):
    """One load: CPU seconds of the engine, and bytes of the index when it is merged into one segment."""

    seconds: float
    size: int


def cpu_seconds(pid: int) -> float:
    """Return the CPU time that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / 100


def without_content() -> AbstractContextManager[object]:
    """Make collections without the field meanwhile."""
    return patch("lambdas.collections.index_body.has_content_field", lambda *_: False)


def measure(alto: Alto, body: dict[str, Any], documents: Sequence[dict[str, Any]], pid: int) -> Load:
    """Load a collection, merge it, and delete it."""
    before = cpu_seconds(pid)
    alto.fill(body, documents)
    index = f"{alto.engine_url}/alto-{body['name'].lower()}"
    with httpx.Client(trust_env=False, timeout=300) as engine:
        engine.post(f"{index}/_forcemerge", params={"max_num_segments": 1}).raise_for_status()
        engine.post(f"{index}/_flush").raise_for_status()
        seconds = cpu_seconds(pid) - before
        stats = engine.get(f"{index}/_stats/store").json()
    alto.request("DELETE", f"/v1/collections/{body['name']}")
    return Load(seconds, stats["_all"]["primaries"]["store"]["size_in_bytes"])


def compare(alto: Alto, documents: Sequence[dict[str, Any]], pid: int, *, vectors: bool, rounds: int) -> dict[str, Any]:
    """Load the documents with and without the field, in turns, and compare the medians."""
    body = collection_body("Content")
    if not vectors:
        body = {name: value for name, value in body.items() if name != "vectors"}
        documents = [{name: value for name, value in each.items() if name != "vector"} for each in documents]
    loads: dict[bool, list[Load]] = {True: [], False: []}
    for number in range(rounds):
        # The order changes, so that neither is always the one that meets a grown heap.
        for has_content in (True, False) if number % 2 else (False, True):
            if has_content:
                loads[True].append(measure(alto, body, documents, pid))
            else:
                with without_content():
                    loads[False].append(measure(alto, body, documents, pid))
    counted = {has_content: each[1:] or each for has_content, each in loads.items()}
    seconds, sizes = (
        {has_content: statistics.median(load[field] for load in each) for has_content, each in counted.items()}
        for field in (0, 1)
    )
    return {
        "cpu seconds with": round(seconds[True], 2),
        "cpu seconds without": round(seconds[False], 2),
        "cpu ratio": round(seconds[True] / max(seconds[False], 0.01), 3),
        "cpu seconds of each load": {
            "with": [round(load.seconds, 2) for load in counted[True]],
            "without": [round(load.seconds, 2) for load in counted[False]],
        },
        "bytes with": sizes[True],
        "bytes without": sizes[False],
        "bytes ratio": round(sizes[True] / sizes[False], 3),
    }


def main() -> None:
    """Measure and print."""
    documents = objects(load("scifact"))[:DOCUMENTS]
    with running() as alto:
        if alto.engine_pid is None:
            raise RuntimeError("The engine has no process of its own.")
        found = {
            name: compare(alto, documents, alto.engine_pid, vectors=vectors, rounds=ROUNDS)
            for name, vectors in {"text and vectors": True, "text alone": False}.items()
        }
    kept = {"commit": current_commit(), "documents": len(documents)} | found
    print(json.dumps(kept, indent=2))
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps(kept, indent=2) + "\n")


if __name__ == "__main__":
    main()
