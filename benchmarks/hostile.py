"""`make bench-hostile`: the request that ended OpenSearch (hardening C1) and 20 relatives, on a node of 1 GiB heap.

One caller, or several at once, send them over and over. Another process searches an unrelated collection meanwhile.
The result has the status and time of each request, how long the unrelated searches took, and whether the node lives.
`--keep` writes it to `results/hostile.json` with its parameters.
"""

import argparse
import json
import multiprocessing
import os
import random
import sys
import time
from collections import Counter
from multiprocessing.synchronize import Event
from pathlib import Path
from queue import Queue
from typing import Any

import httpx

from benchmarks.commit import current_commit
from benchmarks.in_process import Alto, Context, event, running

RESULTS = Path(__file__).parent / "results" / "hostile.json"
DIMENSIONS = 64
TEXTS = [f"t{place}" for place in range(8)]
NUMBERS = ["n", "f", *[f"x{place}" for place in range(8)]]
ALL = ("count", "min", "max", "mean", "median", "mode", "sum")
SECONDS_BETWEEN_SEARCHES = 0.02


def metrics(names: list[str], *wanted: str, **more: Any) -> dict[str, Any]:
    """The metrics of some properties."""
    return {name: {"metrics": list(wanted), **more} for name in names}


def by_title(limit: int) -> dict[str, Any]:
    """Groups of which each object is one."""
    return {"property": "title", "limit": limit}


def like(pattern: str) -> dict[str, Any]:
    """A condition with a pattern."""
    return {"property": "title", "operator": "like", "value": pattern}


def listing(**more: Any) -> dict[str, Any]:
    """A sorted listing."""
    return {"sort": [{"property": "_created"}], **more}


def words(count: int) -> str:
    """Words that are almost in the index."""
    return " ".join(f"wurd{place} numbar" for place in range(count // 2))


# The first is the request of 123 bytes, as it was sent.
FIRST = (
    '{"group_by":{"property":"title","limit":1},"properties":{"n":{"metrics":["median"]},"f":{"metrics":["median"]}}}'
)
REQUESTS: list[tuple[str, dict[str, Any]]] = [
    ("aggregate", json.loads(FIRST)),
    ("aggregate", {"group_by": by_title(1), "properties": metrics(NUMBERS, *ALL)}),
    ("aggregate", {"group_by": by_title(20), "properties": metrics(NUMBERS, "median")}),
    ("aggregate", {"group_by": by_title(200), "properties": metrics(["n"], "median", "mode")}),
    ("aggregate", {"group_by": by_title(1000), "properties": metrics(NUMBERS, "median")}),
    ("aggregate", {"group_by": by_title(1000), "properties": metrics(["n"], "mode")}),
    ("aggregate", {"group_by": by_title(1000), "properties": metrics(NUMBERS, "mode")}),
    ("aggregate", {"group_by": by_title(1000), "properties": metrics(["n", "x0"], "min", "max")}),
    ("aggregate", {"group_by": by_title(220), "properties": metrics(["t0"], "top_occurrences", limit=100)}),
    ("aggregate", {"group_by": by_title(10), "properties": metrics(TEXTS, "top_occurrences", limit=100)}),
    ("aggregate", {"properties": metrics([*TEXTS, "title"], "top_occurrences", limit=100)}),
    ("aggregate", {"filter": {"or": [like(f"*{place}*") for place in range(5)]}, "properties": metrics(NUMBERS, *ALL)}),
    ("search", listing(filter={"or": [like(f"a*{place}*b*c?d*e") for place in range(100)]})),
    ("search", listing(filter={"or": [like("*1*2*3*4*5*6*7*8*9*") for _ in range(5)]})),
    ("search", {"bm25": {"query": words(1_000), "fuzziness": 2}}),
    ("search", {"bm25": {"query": words(28), "fuzziness": 2, "properties": ["title"]}}),
    ("search", {"queries": [{"bm25": {"query": words(400), "phrase_boost": 1}}] * 20}),
    ("search", {"queries": [{"bm25": {"query": words(100)}}] * 10}),
    ("search", {"queries": [listing(limit=1000, include_vectors=True)] * 20}),
    ("search", listing(limit=1000, include_vectors=True)),
    ("search", {"queries": [{"near_vector": {"vector": [1.0] * DIMENSIONS}, "limit": 500}] * 20}),
]


def objects_of(count: int) -> list[dict[str, Any]]:
    """Objects with a title of their own each."""
    source = random.Random(1)
    return [
        {
            "properties": {"title": f"title number {place} of many", "f": place / 7}
            | {each: place * (index + 3) % 5_003 for index, each in enumerate(NUMBERS) if each != "f"}
            | {each: f"word{place % 997} text{place} {each}" for each in TEXTS},
            "vectors": {"default": [round(source.gauss(0, 1), 3) for _ in range(DIMENSIONS)]},
        }
        for place in range(count)
    ]


def collection(name: str) -> dict[str, Any]:
    """A collection for these objects."""
    numbers = [{"name": each, "type": "number" if each == "f" else "int"} for each in NUMBERS]
    texts = [{"name": each, "type": "text", "tokenization": "word"} for each in ["title", *TEXTS]]
    vectors = {"default": {"vectorizer": "none", "dimensions": DIMENSIONS}}
    return {"name": name, "properties": [*texts, *numbers], "vectors": vectors}


def respond(operation: str, name: str, body: Any) -> dict[str, Any]:
    """Send a request to the query function."""
    from lambdas.handlers import query  # noqa: PLC0415 - wired by the environment that is set before

    made = event("POST", f"/v1/collections/{name}/{operation}", body)
    return query.lambda_handler(made, Context())  # type: ignore[arg-type]


def send_hostile(rounds: int, seed: int, results: "Queue[Any]") -> None:
    """Send every request so many times, in an order of its own each time."""
    source, rows = random.Random(seed), list[tuple[int, int, float]]()
    for _ in range(rounds):
        for place in source.sample(range(len(REQUESTS)), len(REQUESTS)):
            started = time.perf_counter()
            response = respond(REQUESTS[place][0], "Costly", REQUESTS[place][1])
            rows.append((place, response["statusCode"], time.perf_counter() - started))
    results.put(rows)


def search_meanwhile(ended: Event, results: "Queue[Any]") -> None:
    """Search an unrelated collection until the others have ended."""
    rows, place = list[tuple[int, float]](), 0
    while not ended.is_set():
        started = time.perf_counter()
        response = respond("search", "Other", {"bm25": {"query": f"number {place % 1_000}"}})
        rows.append((response["statusCode"], time.perf_counter() - started))
        place += 1
        time.sleep(SECONDS_BETWEEN_SEARCHES)
    results.put(rows)


def measure(rounds: int, callers: int) -> dict[str, Any]:
    """Return the statuses and times of one run."""
    context = multiprocessing.get_context("spawn")
    hostile, other, ended = context.Queue(), context.Queue(), context.Event()
    meanwhile = context.Process(target=search_meanwhile, args=(ended, other))
    meanwhile.start()
    processes = [context.Process(target=send_hostile, args=(rounds, seed, hostile)) for seed in range(callers)]
    for process in processes:
        process.start()
    rows = [row for _ in processes for row in hostile.get()]
    ended.set()
    searches: list[tuple[int, float]] = other.get()
    for process in (*processes, meanwhile):
        process.join()
    # The first search of a process imports and connects.
    times = sorted(seconds for _, seconds in searches[1:])
    return {
        "hostile_callers": callers,
        "hostile_requests": len(rows),
        "hostile_statuses": dict(sorted(Counter(str(status) for _, status, _ in rows).items())),
        "each": [
            {
                "request": f"{operation} {json.dumps(body)[:120]}",
                "statuses": sorted({status for at, status, _ in rows if at == place}),
                "longest_ms": round(1000 * max(seconds for at, _, seconds in rows if at == place)),
            }
            for place, (operation, body) in enumerate(REQUESTS)
        ],
        "unrelated_searches": len(times),
        "unrelated_statuses": dict(Counter(str(status) for status, _ in searches)),
        "unrelated_ms": {
            name: round(1000 * times[min(len(times) - 1, int(share * len(times)))], 1)
            for name, share in (("p50", 0.5), ("p95", 0.95), ("p99", 0.99), ("max", 1.0))
        },
    }


def is_alive(url: str) -> bool:
    """Whether the node responds."""
    try:
        return httpx.get(url, timeout=30, trust_env=False).status_code == 200
    except httpx.HTTPError:
        return False


def main() -> None:
    """Run, print and keep."""
    parser = argparse.ArgumentParser(prog="make bench-hostile", description=__doc__)
    parser.add_argument("--objects", type=int, default=12_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--first", action="store_true", help="send the request of 123 bytes once, and nothing else")
    parser.add_argument("--keep", action="store_true", help=f"write the result to {RESULTS.name}")
    options = parser.parse_args()
    with running() as alto:
        fill(alto, options.objects)
        result: dict[str, Any] = {"parameters": {"objects": options.objects, "rounds": options.rounds, "heap": "1g"}}
        result["commit"] = current_commit()
        if options.first:
            result["first"] = respond("aggregate", "Costly", REQUESTS[0][1])["statusCode"]
        else:
            result["runs"] = [measure(options.rounds, callers) for callers in (1, 4)]
        result["node_lives"] = is_alive(alto.engine_url)
        result["load_average"] = os.getloadavg()[0]
        text = json.dumps(result, indent=1)
        print(text)
        if options.keep:
            RESULTS.write_text(text + "\n")
    if not result["node_lives"]:
        sys.exit("The node is gone.")


def fill(alto: Alto, count: int, others: int = 1_000) -> None:
    """Create both collections."""
    alto.fill(collection("Costly"), objects_of(count))
    alto.fill(collection("Other"), objects_of(others))


if __name__ == "__main__":
    main()
