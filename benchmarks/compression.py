"""Recall, memory and latency of compressed vectors compared with whole ones, on the same objects and queries.

`python -m benchmarks.compression [dimensions] [objects]`, 384 and 20,000 by default. Recall is against exact search, by
the true similarity of the objects found. Memory is the size of the files that a search of the graph reads: vectors,
whole or compressed, and the graph. Both indices are merged into one segment: the time of a search grows with segments.
"""

import json
import statistics
import sys
import time
from collections.abc import Iterator
from typing import Any, NamedTuple
from uuid import UUID

import httpx
import numpy as np

from benchmarks.commit import current_commit
from benchmarks.in_process import Alto, running
from benchmarks.judged import DIMENSIONS
from benchmarks.search import FEW, QUERIES, RESULTS, Floats, packages, queries, turned

# The endings of Lucene's files: vectors, compressed vectors, graph.
WHOLE, COMPRESSED, GRAPH = "vec", "veq", "vex"
OBJECTS = 20_000
# The kinds of searches: how many objects, and what else is asked.
SEARCHES: list[tuple[str, int, dict[str, Any]]] = [
    ("all", 10, {}),
    ("filtered", 10, {"filter": FEW}),
    ("hundred", 100, {}),
]
# Searches of each kind take turns in so many rounds, so that a busy moment of the machine meets both.
ROUNDS = 4


class Measured(NamedTuple):
    """A row of the table."""

    recall: float
    recall_filtered: float
    recall_100: float
    distance_error: float
    searched_mb: float
    took_p50_ms: float
    took_p95_ms: float
    p50_ms: float
    p95_ms: float


class Searches:
    """The searches of one collection, and what they found."""

    def __init__(self, name: str) -> None:
        """`name` is the collection's."""
        self._name = name
        self._recalls: dict[str, list[float]] = {"all": [], "filtered": [], "hundred": []}
        self._error = 0.0
        self._took: list[float] = []
        self._spent: list[float] = []

    def run(self, alto: Alto, asked: Floats, vectors: Floats, sections: list[str]) -> None:
        """Search by each vector: ten objects, ten with a filter, a hundred."""
        few = np.array([section == FEW["value"] for section in sections])
        for vector in asked:
            similar = vectors @ vector
            for kind, limit, more in SEARCHES:
                near_vector = {"near_vector": {"vector": vector.tolist()}, "limit": limit, "return_properties": []}
                started = time.perf_counter()
                found = alto.search(self._name, near_vector | more | {"profile": True})
                if kind == "all":
                    self._spent.append(1000 * (time.perf_counter() - started))
                    self._took.append(found["profile"]["engine_took_ms"])
                true = [float(similar[UUID(hit["id"]).int]) for hit in found["objects"]]
                best = np.sort(similar[few] if more else similar)[::-1][:limit]
                # By similarity, not by id: packages with the same description are equally near.
                self._recalls[kind].append(sum(each >= best[-1] - 1e-6 for each in true) / len(best))
                errors = [abs(1 - hit["distance"] - each) for hit, each in zip(found["objects"], true, strict=True)]
                self._error = max(self._error, *errors)

    def summarize(self, searched_bytes: int) -> Measured:
        """Return the row of the table."""

        def p95(column: list[float]) -> float:
            return round(sorted(column)[int(0.95 * len(column))], 1)

        recalls = {kind: round(statistics.mean(each), 4) for kind, each in self._recalls.items()}
        return Measured(
            recall=recalls["all"],
            recall_filtered=recalls["filtered"],
            recall_100=recalls["hundred"],
            distance_error=float(f"{self._error:.1e}"),
            searched_mb=round(searched_bytes / 1e6, 2),
            took_p50_ms=statistics.median(self._took),
            took_p95_ms=p95(self._took),
            p50_ms=round(statistics.median(self._spent), 1),
            p95_ms=p95(self._spent),
        )


def body(name: str, dimensions: int, compression: str | None) -> dict[str, Any]:
    """The collection."""
    index = {"compression": compression}
    return {
        "name": name,
        "properties": [{"name": "section", "type": "text", "searchable": False}],
        "vectors": {"default": {"vectorizer": "none", "dimensions": dimensions, "index": index}},
    }


def objects(vectors: Floats, sections: list[str]) -> Iterator[dict[str, Any]]:
    """The objects. An id is the place of its vector."""
    for place, (vector, section) in enumerate(zip(vectors, sections, strict=True)):
        yield {"id": str(UUID(int=place)), "properties": {"section": section}, "vector": vector.tolist()}


def merge(alto: Alto, name: str) -> int:
    """Merge an index into one segment, and return the bytes of the files that a search of its graph reads."""
    with httpx.Client(base_url=f"{alto.engine_url}/alto-{name.lower()}", trust_env=False, timeout=600) as client:
        client.post("/_forcemerge", params={"max_num_segments": 1}).raise_for_status()
        client.post("/_refresh").raise_for_status()
        found = client.get("/_stats/segments", params={"include_segment_file_sizes": "true"}).json()
    files = found["_all"]["primaries"]["segments"]["file_sizes"]
    sizes = {ending: files.get(ending, {}).get("size_in_bytes", 0) for ending in (WHOLE, COMPRESSED, GRAPH)}
    return int(sizes[GRAPH] + (sizes[COMPRESSED] or sizes[WHOLE]))


def compare(alto: Alto, vectors: Floats, sections: list[str], asked: Floats) -> dict[str, Measured]:
    """Fill a whole and a compressed collection, and measure both."""
    sizes = {}
    for compression in (None, "4x"):
        name = f"Compression{compression}"
        alto.fill(body(name, vectors.shape[1], compression), list(objects(vectors, sections)))
        sizes[name] = merge(alto, name)
        Searches(name).run(alto, asked[: len(asked) // ROUNDS], vectors, sections)  # warm
    searches = {name: Searches(name) for name in sizes}
    for part in np.array_split(asked, ROUNDS):
        for each in searches.values():
            each.run(alto, part, vectors, sections)
    return {name.removeprefix("Compression").lower(): searches[name].summarize(size) for name, size in sizes.items()}


def main() -> None:
    """Measure and print."""
    dimensions = int(sys.argv[1]) if len(sys.argv) > 1 else DIMENSIONS
    documents, vectors = packages(int(sys.argv[2]) if len(sys.argv) > 2 else OBJECTS)
    vectors = ((vectors / np.linalg.norm(vectors, axis=1, keepdims=True)) @ turned(dimensions)).astype(np.float32)
    asked = np.array([vector for _, vector in queries(documents, vectors, QUERIES)], np.float32)
    with running(heap="2g", optimized=True) as alto:
        rows = compare(alto, vectors, [document["section"] for document in documents], asked)
    print("| compression | " + " | ".join(Measured._fields) + " |")
    print("|" + "---|" * (1 + len(Measured._fields)))
    for name, row in rows.items():
        print(f"| {name} | " + " | ".join(map(str, row)) + " |")
    result = {"dimensions": dimensions, "objects": len(vectors), "commit": current_commit()}
    rendered = json.dumps(result | {name: row._asdict() for name, row in rows.items()}, indent=2)
    (RESULTS / f"compression-{dimensions}-{len(vectors)}.json").write_text(rendered + "\n")


if __name__ == "__main__":
    main()
