"""`make bench-collections`: what a stage with 1,000 collections does.

Creates collections of 20 properties each on one OpenSearch node and measures, before and with all of them, what the
creation of a collection, a page of the list, a single configuration and a search cost. `--keep` writes the result to
`results/many_collections.json` with its parameters.
"""

import argparse
import json
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.commit import current_commit
from benchmarks.in_process import Alto, running
from benchmarks.load import resident_megabytes

RESULTS = Path(__file__).parent / "results" / "many_collections.json"
PROPERTIES = [
    {"name": f"text{place}", "type": "text", "description": "A text of this collection."} for place in range(20)
]
REPEATS = 5


def milliseconds(work: Callable[[], Any]) -> float:
    """The median time of some runs."""
    times = []
    for _ in range(REPEATS):
        started = time.perf_counter()
        work()
        times.append(time.perf_counter() - started)
    return round(1000 * median(times), 1)


def measure(alto: Alto, count: int) -> dict[str, Any]:
    """Measure with the collections that exist."""
    started = time.perf_counter()
    alto.request("POST", "/v1/collections", {"name": f"Probe{count}", "properties": PROPERTIES})
    created = round(1000 * (time.perf_counter() - started), 1)
    response = alto.respond("GET", "/v1/collections")
    pages, names, after = 0, list[str](), ""
    while after is not None:
        page = alto.request("GET", "/v1/collections", parameters={"limit": "100"} | ({"after": after} if after else {}))
        names += [each["name"] for each in page["collections"]]
        pages, after = pages + 1, page.get("next")
    return {
        "collections": len(names),
        "sorted_and_distinct": names == sorted(set(names)),
        "pages": pages,
        "bytes_of_a_page": len(response["body"]),
        "create_ms": created,
        "page_ms": milliseconds(lambda: alto.request("GET", "/v1/collections")),
        "get_ms": milliseconds(lambda: alto.request("GET", f"/v1/collections/Probe{count}")),
        "search_ms": milliseconds(lambda: alto.search(f"Probe{count}", {"bm25": {"query": "a"}})),
        "engine_mb": resident_megabytes(alto.engine_pid or 0),
    }


def run(alto: Alto, count: int) -> dict[str, Any]:
    """Measure before and after the creation of so many collections."""
    rows = [measure(alto, 0)]
    started = time.perf_counter()
    for place in range(count):
        alto.request("POST", "/v1/collections", {"name": f"Film{place:04}", "properties": PROPERTIES})
    seconds = time.perf_counter() - started
    rows.append(measure(alto, count))
    return {
        "commit": current_commit(),
        "parameters": {"collections": count, "properties": len(PROPERTIES), "heap": "1g"},
        "create_each_ms": round(1000 * seconds / max(1, count), 1),
        "measured": rows,
    }


def main() -> None:
    """Run, print and keep."""
    parser = argparse.ArgumentParser(prog="make bench-collections", description=__doc__)
    parser.add_argument("--collections", type=int, default=990)
    parser.add_argument("--keep", action="store_true", help=f"write the result to {RESULTS.name}")
    options = parser.parse_args()
    with running() as alto:
        text = json.dumps(run(alto, options.collections), indent=1)
    print(text)
    if options.keep:
        RESULTS.write_text(text + "\n")


if __name__ == "__main__":
    main()
