"""Latency of every mode on 60,000 objects: the handler, its share over OpenSearch, and the recall of the neighbours.

`python -m benchmarks.search [dimensions] [objects]`, 384 and 60,000 by default. Other dimensions than 384 are the same
vectors with zeros behind them: the distances stay, the work grows. Queries bring their vectors: no model is called.
"""

import gzip
import json
import statistics
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.in_process import Alto, running
from benchmarks.judged import DIMENSIONS, ROOT, folder

RESULTS = ROOT / "benchmarks" / "results"
CLIENTS = (1, 4, 16)
QUERIES = 100
WARM_UP = 50
NAME = "Package"
FEW = {"property": "section", "operator": "equal", "value": "libs"}

Floats = NDArray[np.float32]
Mode = Callable[[str, list[float]], dict[str, Any]]

MODES: dict[str, Mode] = {
    "bm25": lambda text, _: {"bm25": {"query": text}},
    "near_vector": lambda _, vector: {"near_vector": {"vector": vector}},
    "near_vector, filtered": lambda _, vector: {"near_vector": {"vector": vector}, "filter": FEW},
    "hybrid": lambda text, vector: {"hybrid": {"query": text, "vector": vector}},
    "hybrid, ranked": lambda text, vector: {"hybrid": {"query": text, "vector": vector, "fusion": "ranked"}},
    "hybrid, filtered": lambda text, vector: {"hybrid": {"query": text, "vector": vector}, "filter": FEW},
    "hybrid, phrase_boost": lambda text, vector: {"hybrid": {"query": text, "vector": vector, "phrase_boost": 0.2}},
}


def packages(count: int) -> tuple[list[dict[str, Any]], Floats]:
    """The first packages and their vectors."""
    place = folder() / "debian-packages"
    with gzip.open(place / "corpus.jsonl.gz", "rt", encoding="utf-8") as lines:
        documents = [json.loads(line) for line, _ in zip(lines, range(count), strict=False)]
    return documents, np.load(place / "vectors.f16.npy")[:count].astype(np.float32)


def collection_body(dimensions: int) -> dict[str, Any]:
    """The collection, defaults for everything."""
    return {
        "name": NAME,
        "properties": [
            {"name": "title", "type": "text"},
            {"name": "text", "type": "text"},
            {"name": "section", "type": "text", "searchable": False},
        ],
        "vectors": {"default": {"vectorizer": "none", "dimensions": dimensions}},
    }


def queries(documents: list[dict[str, Any]], vectors: Floats, count: int) -> list[tuple[str, Floats]]:
    """Six words from a random package's description, and a vector between it and another package."""
    chance = np.random.default_rng(7)
    made = []
    for one, other in chance.integers(0, len(documents), (count, 2)):
        words = f"{documents[one]['title']} {documents[one]['text']}".split()[:6]
        vector = vectors[one] + 0.5 * vectors[other]
        made.append((" ".join(words), vector / np.linalg.norm(vector)))
    return made


def timed(alto: Alto, body: dict[str, Any]) -> tuple[float, float, float]:
    """Milliseconds of a call of the handler, of those waiting for OpenSearch, and what OpenSearch says it took."""
    started = time.perf_counter()
    answer = alto.search(NAME, body | {"profile": True})
    spent = 1000 * (time.perf_counter() - started)
    return spent, answer["profile"]["engine_ms"], answer["profile"]["engine_took_ms"]


def latency(alto: Alto, bodies: list[dict[str, Any]], clients: int) -> dict[str, float]:
    """Percentiles of the handler's time and of its own share, and the rate of all clients together."""
    with ThreadPoolExecutor(clients) as pool:
        started = time.perf_counter()
        times = list(pool.map(lambda body: timed(alto, body), bodies))
        seconds = time.perf_counter() - started
    total, own = [sorted(column) for column in ([t[0] for t in times], [t[0] - t[1] for t in times])]
    over_took = statistics.median(spent - took for spent, _, took in times)
    return {
        "p50_ms": round(statistics.median(total), 2),
        "p95_ms": round(total[int(0.95 * len(total))], 2),
        "own_p50_ms": round(statistics.median(own), 2),
        "own_p95_ms": round(own[int(0.95 * len(own))], 2),
        "over_took_p50_ms": round(over_took, 2),
        "queries_per_s": round(len(bodies) / seconds, 1),
    }


def recall_at_10(
    alto: Alto, asked: list[tuple[str, Floats]], vectors: Floats, pad: Callable[[Floats], list[float]]
) -> float:
    """The share of the ten exact neighbours that near_vector finds, by position in the file."""
    found = 0
    for _, vector in asked:
        exact = np.sort(vectors @ vector)[::-1][:10]
        hits = alto.search(NAME, {"near_vector": {"vector": pad(vector)}, "return_properties": []})["objects"]
        # By distance, not by id: packages with the same description are equally near.
        found += sum(1 - hit["distance"] >= exact[-1] - 1e-5 for hit in hits)
    return found / (10 * len(asked))


def main() -> None:
    """Measure and print."""
    dimensions = int(sys.argv[1]) if len(sys.argv) > 1 else DIMENSIONS
    documents, vectors = packages(int(sys.argv[2]) if len(sys.argv) > 2 else 60_000)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)

    def pad(vector: Floats) -> list[float]:
        padded: list[float] = np.pad(vector, (0, dimensions - DIMENSIONS)).tolist()
        return padded

    asked = queries(documents, vectors, QUERIES)
    rows: dict[str, Any] = {"dimensions": dimensions, "objects": len(documents)}
    with running(heap="2g") as alto:
        objects = [
            {
                "properties": {"title": document["title"], "text": document["text"], "section": document["section"]},
                "vector": pad(vector),
            }
            for document, vector in zip(documents, vectors, strict=True)
        ]
        alto.fill(collection_body(dimensions), objects)
        print("| mode | clients | p50 ms | p95 ms | Alto's share p50 | p95 | over `took` p50 | queries/s |")
        print("|---|---|---|---|---|---|---|---|")
        for mode, request in MODES.items():
            bodies = [request(text, pad(vector)) for text, vector in asked]
            latency(alto, bodies[:WARM_UP], 4)
            for clients in CLIENTS:
                row = rows[f"{mode}, {clients} clients"] = latency(alto, bodies, clients)
                print(f"| {mode} | {clients} | " + " | ".join(map(str, row.values())) + " |", flush=True)
        rows["recall@10"] = round(recall_at_10(alto, asked, vectors, pad), 4)
    print(f"\nRecall@10 of near_vector against exact search: {rows['recall@10']}")
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / f"search-{dimensions}-{len(documents)}.json").write_text(json.dumps(rows, indent=2) + "\n")


if __name__ == "__main__":
    main()
