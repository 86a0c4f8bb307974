"""The time that the handler adds to the bare OpenSearch call: for an object by its id, and for a batch of 100.

`python -m benchmarks.api`. Both are measured in turns in one process, on one client and one index. The bare call is
what a program without Alto would send: a GET of the document, a `_bulk` of the documents. Alto's own share is what is
left of the handler's time without its waiting for OpenSearch: for a batch it also looks up what is stored, as it keeps
the time of creation and vectors whose text is as it was.
"""

import json
import platform
import statistics
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from uuid import UUID

import numpy as np
import orjson

from benchmarks.commit import current_commit
from benchmarks.in_process import Alto, running
from benchmarks.judged import ROOT

RESULT = ROOT / "benchmarks" / "results" / "api.json"
NAME = "Book"
DIMENSIONS = 384
STORED = 2_000
BATCH = 100
ROUNDS = {"get by id": 2_000, "batch of 100": 150}
WARM_UP = 20

Call = Callable[[int], Any]


def book(number: int, vector: list[float]) -> dict[str, Any]:
    """An object of ordinary size."""
    return {
        "id": str(UUID(int=number)),
        "properties": {"title": f"Book {number}", "text": f"What is told in book {number}. " * 20, "pages": number},
        "vector": vector,
    }


class EngineTime:
    """Adds up the time that OpenSearch takes to respond."""

    def __init__(self, request: Callable[..., Any]) -> None:
        self.milliseconds = 0.0
        self._request = request

    def request(self, *arguments: Any, **named: Any) -> Any:
        """Send a request as the engine does."""
        started = time.perf_counter()
        try:
            return self._request(*arguments, **named)
        finally:
            self.milliseconds += 1000 * (time.perf_counter() - started)


@contextmanager
def watched(engine: Any) -> Iterator[EngineTime]:
    """Measure the requests of the engine meanwhile."""
    waiting = EngineTime(engine.request)
    engine.request = waiting.request
    try:
        yield waiting
    finally:
        del engine.request


def timed(call: Call, number: int) -> float:
    """Milliseconds of one call."""
    started = time.perf_counter()
    call(number)
    return 1000 * (time.perf_counter() - started)


def compared(bare: Call, handler: Call, waiting: EngineTime, rounds: int) -> dict[str, float]:
    """Medians of both, measured in turns."""
    times: dict[str, list[float]] = {"bare": [], "handler": [], "own": []}
    for number in range(rounds + WARM_UP):
        plain = timed(bare, number)
        waiting.milliseconds = 0.0
        whole = timed(handler, number)
        if number >= WARM_UP:
            for name, value in (("bare", plain), ("handler", whole), ("own", whole - waiting.milliseconds)):
                times[name].append(value)
    middle = {name: statistics.median(values) for name, values in times.items()}
    return {
        "bare_p50_ms": round(middle["bare"], 3),
        "handler_p50_ms": round(middle["handler"], 3),
        "ratio": round(middle["handler"] / middle["bare"], 2),
        "added_p50_ms": round(middle["handler"] - middle["bare"], 3),
        "own_p50_ms": round(middle["own"], 3),
        "rounds": rounds,
    }


def measure(
    alto: Alto, objects: list[dict[str, Any]], rounds: Mapping[str, int] = ROUNDS
) -> dict[str, dict[str, float]]:
    """Measure each operation, which has a row each."""
    from lambdas.wiring.write import services  # noqa: PLC0415 - wired by the environment that is set before

    function = services()
    engine = function.objects._engine  # noqa: SLF001 - the very client that the handler uses
    alias = function.registry.get(NAME).alias
    batches = [objects[start : start + BATCH] for start in range(0, len(objects), BATCH)]
    stored = engine.get_many(alias, [each["id"] for each in objects], {"_source_includes": "*,vectors.*"})
    documents = {each["_id"]: each["_source"] for each in stored}
    # Taken before the engine's time is watched, so that bare calls are not.
    request = engine.request

    def bare_get(number: int) -> None:
        request("GET", f"/{alias}/_doc/{objects[number % len(objects)]['id']}", params={"_source_excludes": "vectors"})

    def get(number: int) -> None:
        alto.request("GET", f"/v1/collections/{NAME}/objects/{objects[number % len(objects)]['id']}")

    def bare_batch(number: int) -> None:
        lines: list[bytes] = []
        for each in batches[number % len(batches)]:
            lines += [orjson.dumps({"index": {"_id": each["id"]}}), orjson.dumps(documents[each["id"]])]
        request("POST", f"/{alias}/_bulk", b"\n".join(lines) + b"\n")

    def batch(number: int) -> None:
        alto.request("POST", f"/v1/collections/{NAME}/objects/batch", {"objects": batches[number % len(batches)]})

    with watched(engine) as waiting:
        return {
            "get by id": compared(bare_get, get, waiting, rounds["get by id"]),
            "batch of 100": compared(bare_batch, batch, waiting, rounds["batch of 100"]),
        }


def fill(alto: Alto, count: int) -> list[dict[str, Any]]:
    """Make the collection and its objects."""
    vectors = np.random.default_rng(7).normal(size=(count, DIMENSIONS)).round(6)
    objects = [book(number + 1, vector.tolist()) for number, vector in enumerate(vectors)]
    properties = [{"name": "title", "type": "text"}, {"name": "text", "type": "text"}, {"name": "pages", "type": "int"}]
    own = {"default": {"vectorizer": "none", "dimensions": DIMENSIONS}}
    alto.fill({"name": NAME, "properties": properties, "vectors": own}, objects)
    return objects


def main() -> None:
    """Measure, print and keep the result."""
    with running() as alto:
        rows = measure(alto, fill(alto, STORED))
    print("| | bare OpenSearch p50 ms | handler p50 ms | ratio | added ms | Alto's own share ms |")
    print("|---|---|---|---|---|---|")
    for name, row in rows.items():
        figures = [row[key] for key in ("bare_p50_ms", "handler_p50_ms", "ratio", "added_p50_ms", "own_p50_ms")]
        print(f"| {name} | " + " | ".join(map(str, figures)) + " |")
    result = {
        "commit": current_commit(),
        "dimensions": DIMENSIONS,
        "objects": STORED,
        "machine": platform.machine(),
        "rows": rows,
    }
    RESULT.write_text(json.dumps(result, indent=2) + "\n")


if __name__ == "__main__":
    main()
