"""`make bench-embed`: texts a second of Alto and of its peers, on one stub of Bedrock, in one run.

The stub responds after 80 ms and does no work of its own, so that the caller is measured. Every run is a
fresh process in the contender's own environment; the contenders take turns, so that a busy minute of the machine
meets all of them. Runs of more than 20 s are bound by the latency of one call after the other, vary little, and are
not repeated. The results go to `results/embed.json` and, as tables, to `docs/embedding.md`.
"""

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks.embed_tables import write_tables
from benchmarks.peers.environments import ROOT, locked_version, python_of
from local.emulator import Emulator

LATENCY_MS = 80
REST_SECONDS = 1.0
LONG_RUN_SECONDS = 20.0
RESULTS = ROOT / "benchmarks/results/embed.json"
DOCS = ROOT / "docs/embedding.md"
TITAN, COHERE = "amazon.titan-embed-text-v2:0", "cohere.embed-english-v3"


@dataclass(frozen=True)
class Contender:
    """Who is measured: a name that its script knows, and the peer whose environment it runs in (None: Alto's own)."""

    name: str
    script: str
    peer: str | None = None
    package: str | None = None


CONTENDERS = (
    Contender("alto", "embed_alto"),
    Contender("alto-over-boto3", "embed_alto"),
    Contender("boto3-32-threads", "embed_boto3"),
    Contender("langchain-aws", "embed_langchain", "langchain-aws", "langchain-aws"),
    Contender("langchain-aws-async", "embed_langchain", "langchain-aws", "langchain-aws"),
    Contender("llama-index", "embed_llamaindex", "llama-index", "llama-index-embeddings-bedrock"),
    Contender("llama-index-async", "embed_llamaindex", "llama-index", "llama-index-embeddings-bedrock"),
    Contender("haystack", "embed_haystack", "haystack", "amazon-bedrock-haystack"),
)


@dataclass(frozen=True)
class Case:
    """The texts, and the behaviour of the stub. `ideal_seconds` is the time that the rate limit itself takes."""

    title: str
    model: str
    texts: int
    faults: dict[str, float] = field(default_factory=dict)
    ideal_seconds: float | None = None


def limited(burst: int) -> Case:
    """300 texts, one a call, through 20 calls a second of which `burst` may come at once."""
    faults: dict[str, float] = {"requests_per_second": 20, "burst": burst}
    return Case(f"Titan v2, 300 texts, 20 calls/s, burst {burst}", TITAN, 300, faults, (300 - burst) / 20)


CASES = (
    Case("Titan v2, 500 texts", TITAN, 500),
    Case("Cohere v3, 500 texts", COHERE, 500),
    Case("Cohere v3, 5,000 texts", COHERE, 5000),
    limited(burst=5),
    limited(burst=1),
)


def run(contender: Contender, case: Case, emulator: Emulator) -> dict[str, Any]:
    """One run of one contender, in a process of its own."""
    emulator.reset()
    emulator.faults(latency_ms=LATENCY_MS, **case.faults)
    job = {
        "contender": contender.name,
        "model": case.model,
        "texts": case.texts,
        "url": emulator.url,
        "rest_seconds": REST_SECONDS,
    }
    python = python_of(contender.peer) if contender.peer else Path(sys.executable)
    script = ROOT / f"benchmarks/peers/{contender.script}.py"
    # Only Alto's own process sees Alto's packages.
    environment = {**os.environ, **({} if contender.peer else {"PYTHONPATH": str(ROOT)})}
    done = subprocess.run(
        [str(python), str(script), json.dumps(job)],
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
        timeout=600,
    )
    counters = emulator.counters()
    measured: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    # The first call was the warm-up.
    return measured | {
        "calls": counters["calls"] - 1,
        "peak_concurrency": counters["peak_concurrency"],
        "throttled": counters["errors"].get("ThrottlingException", 0),
    }


def measure(case: Case, contenders: tuple[Contender, ...], repeats: int, emulator: Emulator) -> dict[str, Any]:
    """All runs of a case, turn by turn, and what is kept of them."""
    runs: dict[str, list[dict[str, Any]]] = {contender.name: [] for contender in contenders}
    for _ in range(repeats):
        for contender in contenders:
            taken = runs[contender.name]
            if any(entry["seconds"] > LONG_RUN_SECONDS for entry in taken):
                continue
            taken.append(run(contender, case, emulator))
            last = taken[-1]
            print(f"  {contender.name:22} {last['seconds']:7.2f} s  {last['embedded']} texts", flush=True)
    return asdict(case) | {"contenders": {name: _kept(taken) for name, taken in runs.items()}}


def _kept(runs: list[dict[str, Any]]) -> dict[str, Any]:
    """Of several runs: every time, the median, and what the run of the median did."""
    ordered = sorted(runs, key=lambda entry: entry["seconds"])
    middle = ordered[(len(ordered) - 1) // 2]
    seconds = statistics.median(entry["seconds"] for entry in runs)
    return {
        "seconds": round(seconds, 3),
        "texts_per_second": round(min(entry["embedded"] for entry in runs) / seconds, 1),
        "all_seconds": [round(entry["seconds"], 3) for entry in runs],
        # The worst of all runs: a text that is lost once is lost.
        "embedded": min(entry["embedded"] for entry in runs),
        "calls": middle["calls"],
        "peak_concurrency": middle["peak_concurrency"],
        "throttled": middle["throttled"],
        "cpu_seconds": round(middle["cpu_seconds"], 2),
        "error": next((entry["error"] for entry in runs if entry["error"]), None),
    }


def parameters(repeats: int) -> dict[str, Any]:
    """Everything that the figures depend on."""
    return {
        "measured": datetime.now(UTC).date().isoformat(),
        "processor_cores": os.cpu_count(),
        "python": platform.python_version(),
        "latency_ms": LATENCY_MS,
        "repeats": repeats,
        "long_run_seconds": LONG_RUN_SECONDS,
        "versions": {each.peer: locked_version(each.peer, each.package or "") for each in CONTENDERS if each.peer},
    }


def with_added(kept: dict[str, Any], cases: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the kept results with these contenders' new ones, in the order of `CONTENDERS`."""
    merged = []
    for old, new in zip(kept["cases"], cases, strict=True):
        known = old["contenders"] | new["contenders"]
        names = [each.name for each in CONTENDERS if each.name in known]
        merged.append(old | {"contenders": {name: known[name] for name in names}})
    again = sorted({name for case in cases for name in case["contenders"]})
    date = datetime.now(UTC).date().isoformat()
    return {"parameters": kept["parameters"] | {"measured_later": dict.fromkeys(again, date)}, "cases": merged}


def main() -> None:
    """Measure, keep, and print."""
    parser = argparse.ArgumentParser(prog="make bench-embed", description=__doc__)
    parser.add_argument("--repeats", type=int, default=5, help="runs of each contender in each case (5)")
    parser.add_argument("--only", nargs="*", default=[], help="contenders to measure; the results are not kept then")
    parser.add_argument(
        "--add", nargs="*", default=[], help="contenders to measure again, next to the others' kept results"
    )
    options = parser.parse_args()
    named = options.only or options.add
    contenders = tuple(each for each in CONTENDERS if not named or each.name in named)
    for peer in {each.peer for each in contenders if each.peer}:
        python_of(peer)
    cases = []
    with Emulator(model="stub", process=True) as emulator:
        for case in CASES:
            print(case.title, flush=True)
            cases.append(measure(case, contenders, options.repeats, emulator))
    if options.only:
        print(json.dumps(cases, indent=1))
        return
    results = {"parameters": parameters(options.repeats), "cases": cases}
    if options.add:
        results = with_added(json.loads(RESULTS.read_text()), cases)
    RESULTS.write_text(json.dumps(results, indent=1) + "\n")
    write_tables(results, DOCS)
    print(f"Kept in {RESULTS.relative_to(ROOT)}, and as tables in {DOCS.relative_to(ROOT)}.")


if __name__ == "__main__":
    main()
