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
from datetime import UTC, datetime
from typing import Any

from benchmarks.embed.runs import CASES, CONTENDERS, LATENCY_MS, LONG_RUN_SECONDS, measure
from benchmarks.embed.tables import write_tables
from benchmarks.peers.environments import ROOT, locked_version, python_of
from local.emulator import Emulator

RESULTS = ROOT / "benchmarks/results/embed.json"
DOCS = ROOT / "docs/embedding.md"


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
