"""Contenders and cases of `make bench-embed`, and their runs."""

import statistics
from dataclasses import asdict, dataclass, field
from typing import Any

from benchmarks.peers.environments import run_script
from local.emulator import Emulator

LATENCY_MS = 80
REST_SECONDS = 1.0
LONG_RUN_SECONDS = 20.0
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
    measured = run_script(contender.script, contender.peer, job)
    counters = emulator.counters()
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
