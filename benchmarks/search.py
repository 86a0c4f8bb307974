"""Latency of every mode on 60,000 objects: the handler, its share over OpenSearch, and the recall of the neighbours.

`python -m benchmarks.search [dimensions] [objects]`, 384 and 60,000 by default. Vectors of 1,024 dimensions are the
same, turned into the larger space: distances stay, the work grows. Each call of the handler is followed by the bare
request: the same body, sent to OpenSearch by urllib3, neither signed nor parsed; of a hybrid search that for the ids
of both legs, without that for the documents of the page. Queries bring their
vectors, but for `near_text` and `hybrid, text`: those ask the model emulator, each for a text of its own.
"""

import gzip
import itertools
import json
import statistics
import sys
import time
from collections.abc import Callable
from concurrent.futures import Executor, ProcessPoolExecutor
from multiprocessing import get_context
from multiprocessing.synchronize import Barrier
from typing import Any

import numpy as np
import orjson
import urllib3
from numpy.typing import NDArray

from benchmarks.commit import current_commit
from benchmarks.in_process import Alto, Context, event, running
from benchmarks.judged import DIMENSIONS, ROOT, folder
from local.emulator import Emulator
from local.opensearch.java import find_java

RESULTS = ROOT / "benchmarks" / "results"
CLIENTS = (1, 4, 16)
QUERIES = 101
# Searches of a mode before it is measured: Java compiles what it sees often, and goes on doing so for some hundreds.
WARM_UP = 500
NAME = "Package"
# A model that has vectors of both lengths.
MODEL = "amazon.nova-2-multimodal-embeddings-v1:0"
FEW = {"property": "section", "operator": "equal", "value": "libs"}
FRESH = {"conditions": [{"property": "_updated", "scale": "30d"}, {"filter": FEW}]}
SECTIONS = {"property": "section", "groups": 5}

Floats = NDArray[np.float32]
Mode = Callable[[str, list[float]], dict[str, Any]]
Row = dict[str, float]

MODES: dict[str, Mode] = {
    "bm25": lambda text, _: {"bm25": {"query": text}},
    "near_vector": lambda _, vector: {"near_vector": {"vector": vector}},
    "near_vector, filtered": lambda _, vector: {"near_vector": {"vector": vector}, "filter": FEW},
    "near_text": lambda text, _: {"near_text": {"query": text}},
    "hybrid": lambda text, vector: {"hybrid": {"query": text, "vector": vector}},
    "hybrid, text": lambda text, _: {"hybrid": {"query": text}},
    "hybrid, ranked": lambda text, vector: {"hybrid": {"query": text, "vector": vector, "fusion": "ranked"}},
    "hybrid, filtered": lambda text, vector: {"hybrid": {"query": text, "vector": vector}, "filter": FEW},
    "hybrid, phrase_boost": lambda text, vector: {"hybrid": {"query": text, "vector": vector, "phrase_boost": 0.2}},
    "hybrid, boosted": lambda text, vector: {"hybrid": {"query": text, "vector": vector}, "boost": FRESH},
    "hybrid, grouped": lambda text, vector: {"hybrid": {"query": text, "vector": vector}, "group_by": SECTIONS},
    "near_vector, diverse": lambda _, vector: {"near_vector": {"vector": vector}, "diversity": {"balance": 0.5}},
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
        "vectors": {
            "default": {"vectorizer": "text2vec-aws", "region": "us-east-1", "model": MODEL, "dimensions": dimensions}
        },
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


class Bare:
    """The request that Alto sends to OpenSearch for a search, without Alto."""

    def __init__(self, alto: Alto) -> None:
        self._url = f"{alto.engine_url}/alto-{NAME.lower()}"
        self._pool = urllib3.PoolManager(maxsize=max(CLIENTS))

    def body(self, search: dict[str, Any]) -> tuple[str, bytes]:
        """The end of the path and the body that Alto sends first, with the vector that it remembers of the text."""
        from lambdas.deadline import Deadline  # noqa: PLC0415 - wired by the environment that is set before
        from lambdas.search.alpha import settle_alpha  # noqa: PLC0415
        from lambdas.search.body import plan_search  # noqa: PLC0415
        from lambdas.search.request import SearchRequest  # noqa: PLC0415
        from lambdas.search.stopwatch import Stopwatch  # noqa: PLC0415
        from lambdas.search.vectors.query_vector import QueryVectors  # noqa: PLC0415
        from lambdas.wiring.query import services  # noqa: PLC0415

        function = services()
        collection = function.registry.get(NAME)
        request = settle_alpha(collection, SearchRequest.model_validate(search))
        vectors: QueryVectors = function.searcher._vectors  # noqa: SLF001
        vector = vectors.compute(collection, request.mode, Stopwatch(time.perf_counter), Deadline.after(9), None)
        bodies = plan_search(collection, request, vector).bodies
        if len(bodies) == 1:
            return "_search", orjson.dumps(bodies[0])
        return "_msearch", b"".join(b"{}\n" + orjson.dumps(body) + b"\n" for body in bodies)

    def timed(self, path: str, body: bytes) -> float:
        """Milliseconds until the whole response is there."""
        started = time.perf_counter()
        self._pool.request("POST", f"{self._url}/{path}", body=body, headers={"Content-Type": "application/json"})
        return 1000 * (time.perf_counter() - started)


def timed(bare: Bare, body: dict[str, Any]) -> Row:
    """Milliseconds of a call of the handler and of its parts, and of the bare request."""
    from lambdas.handlers.query import lambda_handler  # noqa: PLC0415 - wired by the environment that is set before

    asked = event("POST", f"/v1/collections/{NAME}/search", body | {"profile": True})
    started = time.perf_counter()
    response = lambda_handler(asked, Context())  # type: ignore[arg-type]
    spent = 1000 * (time.perf_counter() - started)
    profile = json.loads(response["body"])["profile"]
    return {
        "handler": spent,
        "model": profile["embedding_ms"],
        "own": spent - profile["embedding_ms"] - profile["engine_ms"],
        "took": profile["engine_took_ms"],
        "over_took": spent - profile["embedding_ms"] - profile["engine_took_ms"],
        "bare": bare.timed(*bare.body(body)),
    }


class Client:
    """One of several at the same time: a process of its own, as each Lambda is one."""

    bare: Bare

    @classmethod
    def begin(cls, alto: Alto, barrier: Barrier, body: dict[str, Any]) -> None:
        """Be warm, and wait for the others."""
        cls.bare = Bare(alto)
        timed(cls.bare, body)
        barrier.wait()

    @classmethod
    def timed(cls, body: dict[str, Any]) -> Row:
        """See `timed`."""
        return timed(cls.bare, body)


def processes(alto: Alto, clients: int, first: dict[str, Any]) -> Executor:
    """Start clients that are processes of their own, each with the first body."""
    context = get_context("spawn")
    return ProcessPoolExecutor(clients, context, Client.begin, (alto, context.Barrier(clients), first))


def latency(
    alto: Alto,
    bodies: list[dict[str, Any]],
    clients: int,
) -> Row:
    """Percentiles of the handler's time, of its own share, and of what it adds to the bare request and the model."""
    with processes(alto, clients, bodies[0]) as pool:
        rows = list(pool.map(Client.timed, bodies[1:]))
    over_bare = [row["handler"] - row["model"] - row["bare"] for row in rows]
    columns = {name: sorted(row[name] for row in rows) for name in rows[0]} | {"over_bare": sorted(over_bare)}

    def p95(name: str) -> float:
        return round(columns[name][int(0.95 * len(rows))], 2)

    p50 = {name: round(statistics.median(column), 2) for name, column in columns.items()}
    return {
        "p50_ms": p50["handler"],
        "p95_ms": p95("handler"),
        "model_p50_ms": p50["model"],
        "bare_p50_ms": p50["bare"],
        "bare_p95_ms": p95("bare"),
        "over_bare_p50_ms": p50["over_bare"],
        "own_p50_ms": p50["own"],
        "own_p95_ms": p95("own"),
        "took_p50_ms": p50["took"],
        "over_took_p50_ms": p50["over_took"],
    }


def turned(dimensions: int) -> Floats:
    """Takes vectors into a space of so many dimensions and keeps their distances."""
    if dimensions == DIMENSIONS:
        return np.eye(DIMENSIONS, dtype=np.float32)
    chance = np.random.default_rng(11).normal(size=(dimensions, DIMENSIONS))
    basis: Floats = np.linalg.qr(chance)[0].T.astype(np.float32)
    return basis


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

    turn = turned(dimensions)

    def pad(vector: Floats) -> list[float]:
        longer: list[float] = (vector @ turn).tolist()
        return longer

    asked = queries(documents, vectors, QUERIES)
    rows: dict[str, Any] = {"dimensions": dimensions, "objects": len(documents)}
    with (
        Emulator(model="minilm") as emulator,
        running(heap="2g", optimized=True, AWS_ENDPOINT_URL_BEDROCK_RUNTIME=emulator.url) as alto,
    ):
        objects = [
            {
                "properties": {"title": document["title"], "text": document["text"], "section": document["section"]},
                "vector": pad(vector),
            }
            for document, vector in zip(documents, vectors, strict=True)
        ]
        alto.fill(collection_body(dimensions), objects)
        print(
            "| mode | clients | p50 ms | p95 | model p50 | bare p50 | p95 | over bare | own p50 | p95 | `took` | over |"
        )
        print("|" + "---|" * 12)
        for mode, request in MODES.items():
            for clients in CLIENTS:
                # Its own texts for each row: the response of the model must not be remembered.
                bodies = [request(f"{text} {len(rows)}", pad(vector)) for text, vector in asked]
                if clients == CLIENTS[0]:
                    again = itertools.islice(itertools.cycle(asked), WARM_UP)
                    latency(alto, [request(text, pad(vector)) for text, vector in again], 4)
                row = rows[f"{mode}, {clients} clients"] = latency(alto, bodies, clients)
                print(f"| {mode} | {clients} | " + " | ".join(map(str, row.values())) + " |", flush=True)
        rows["recall@10"] = round(recall_at_10(alto, asked, vectors, pad), 4)
    print(f"\nRecall@10 of near_vector against exact search: {rows['recall@10']}")
    RESULTS.mkdir(exist_ok=True)
    rows["commit"] = current_commit()
    rows["java"] = str(find_java())
    (RESULTS / f"search-{dimensions}-{len(documents)}.json").write_text(json.dumps(rows, indent=2) + "\n")


if __name__ == "__main__":
    main()
