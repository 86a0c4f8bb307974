"""Contenders and cases of `make bench-import`, and their runs."""

import os
import statistics
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx

from benchmarks.peers.environments import run_script
from local.emulator import Emulator

LATENCY_MS = 80
# Java's optimizing compiler has compiled what matters after these; the first run is twice as slow.
RUNS_TO_WARM_UP = 3
LONG_RUN_SECONDS = 40.0
WARM_UP_RECORDS = 8
TITAN, COHERE, BROUGHT = "amazon.titan-embed-text-v2:0", "cohere.embed-english-v3", ""
LANGCHAIN, HAYSTACK = "langchain-opensearch", "haystack-opensearch"
TICKS = os.sysconf("SC_CLK_TCK")


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
        before = self._engine_seconds()
        measured = run_script(contender.script, contender.peer, job)
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
