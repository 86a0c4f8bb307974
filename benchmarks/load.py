"""`make bench-load`: a mixed load with an import running and one hostile caller.

Every caller is a process with the functions in it, as an instance of Lambda is, on one real OpenSearch node; the local
AWS account is left out, because it saturates before OpenSearch does. Sixteen clients send 80 % searches (BM25, vector,
hybrid, a third of them filtered), 15 % writes and 5 % aggregates, one request after the other. An importer sends
batches of 250 objects. A hostile caller sends the most expensive requests that a caller can write.

The result has latencies by kind, every status, the largest memory of each kind of process, and whether the counts add
up at the end. `--keep` writes it to `results/load.json` with its parameters.
"""

import argparse
import json
import multiprocessing
import os
import random
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from multiprocessing.queues import Queue
from multiprocessing.synchronize import Barrier
from pathlib import Path
from typing import Any, NamedTuple
from uuid import UUID

from benchmarks.commit import current_commit
from benchmarks.in_process import Alto, running

RESULTS = Path(__file__).parent / "results" / "load.json"
NAME = "Load"
DIMENSIONS = 64
WORDS = [f"word{number}" for number in range(2_000)]
SECONDS_BETWEEN_SAMPLES = 1.0
BATCH = 250


@dataclass(frozen=True)
class Parameters:
    """The load: clients, seconds of load, objects before it, and the heap of the node."""

    clients: int = 16
    seconds: float = 600.0
    seeded: int = 10_000
    heap: str = "1g"
    searches: float = 0.80
    writes: float = 0.15


class Outcomes(NamedTuple):
    """The ids that were stored, and those of which it is not known."""

    stored: list[str]
    unknown: list[str]

    def plus(self, other: "Outcomes") -> "Outcomes":
        """Both together."""
        return Outcomes(self.stored + other.stored, self.unknown + other.unknown)


# The kind of a request, the status, the seconds and the reason of a failure.
Row = tuple[str, int, float, str]
# The kind of a request, its method, path and body, and the ids that a success stores.
Request = tuple[str, str, str, Any, list[str]]


def document(source: random.Random) -> dict[str, Any]:
    """An object with a vector of its own."""
    return {
        "properties": {
            "title": " ".join(source.sample(WORDS, 6)),
            "text": " ".join(source.choices(WORDS, k=60)),
            "year": source.randrange(1950, 2026),
        },
        "vector": [round(source.gauss(0, 1), 4) for _ in range(DIMENSIONS)],
    }


def new_id(source: random.Random) -> str:
    """A random id."""
    return str(UUID(int=source.getrandbits(128)))


def mixed(source: random.Random, parameters: Parameters) -> Iterator[Request]:
    """Generate the requests of one client."""
    path = f"/v1/collections/{NAME}"
    while True:
        drawn = source.random()
        if drawn < parameters.searches:
            yield "search", "POST", f"{path}/search", search(source), []
        elif drawn < parameters.searches + parameters.writes:
            identifier = new_id(source)
            yield "write", "PUT", f"{path}/objects/{identifier}", document(source), [identifier]
        else:
            body = {"properties": {"year": {"metrics": ["min", "max", "mean"]}}}
            yield "aggregate", "POST", f"{path}/aggregate", body, []


def search(source: random.Random) -> dict[str, Any]:
    """A search by words, by a vector or by both."""
    query = " ".join(source.sample(WORDS, 3))
    vector = [source.gauss(0, 1) for _ in range(DIMENSIONS)]
    modes: list[dict[str, Any]] = [
        {"bm25": {"query": query}},
        {"near_vector": {"vector": vector}},
        {"hybrid": {"query": query, "vector": vector}},
    ]
    body = source.choice(modes) | {"limit": 10}
    if source.random() < 1 / 3:
        body["filter"] = {"property": "year", "operator": "greater_than", "value": source.randrange(1950, 2020)}
    return body


def importing(source: random.Random, _: Parameters) -> Iterator[Request]:
    """Generate the batches of the importer."""
    while True:
        objects = [{"id": new_id(source)} | document(source) for _ in range(BATCH)]
        stored = [str(each["id"]) for each in objects]
        yield "import", "POST", f"/v1/collections/{NAME}/objects/batch", {"objects": objects}, stored


def hostile(source: random.Random, _: Parameters) -> Iterator[Request]:
    """Generate the most expensive requests, within the limits and above them."""
    like = {"property": "title", "operator": "like", "value": "*o*r*1*"}
    listing = {"sort": [{"property": "_created"}], "limit": 1000, "include_vectors": True}
    fuzzy = {"query": " ".join(source.sample(WORDS, 30)), "fuzziness": 2}
    medians = {"year": {"metrics": ["median"]}}
    requests: list[tuple[str, Any]] = [
        ("search", {"filter": {"operator": "or", "filters": [like] * 240}}),
        ("search", {"filter": {"operator": "or", "filters": [like] * 5}}),
        ("search", {"queries": [{"bm25": fuzzy}] * 20}),
        ("search", {"bm25": fuzzy}),
        ("search", {"queries": [listing] * 20}),
        ("search", listing),
        ("aggregate", {"group_by": {"property": "title", "limit": 1}, "properties": medians}),
        ("aggregate", {"group_by": {"property": "title", "limit": 1000}, "properties": medians}),
    ]
    while True:
        operation, body = source.choice(requests)
        yield "hostile", "POST", f"/v1/collections/{NAME}/{operation}", body, []


KINDS = {"client": mixed, "importer": importing, "hostile": hostile}


@dataclass(frozen=True)
class Caller:
    """One process that sends requests, for the seconds of the parameters once all processes are ready."""

    kind: str
    seed: int
    engine_url: str
    parameters: Parameters


def call(caller: Caller, ready: Barrier, results: "Queue[Any]") -> None:
    """Send requests one after the other; put the kind, status and seconds of each, and the ids by their outcome."""
    alto, outcomes, rows = Alto(caller.engine_url), Outcomes([], []), list[Row]()
    alto.respond("GET", "/v1/collections")
    ready.wait()
    ends = time.monotonic() + caller.parameters.seconds
    for name, method, path, body, ids in KINDS[caller.kind](random.Random(caller.seed), caller.parameters):
        if time.monotonic() >= ends:
            break
        started = time.perf_counter()
        response = alto.respond(method, path, body)
        seconds = time.perf_counter() - started
        rows.append((name, response["statusCode"], seconds, reason(response)))
        outcomes = outcomes.plus(read_outcomes(response, ids))
    results.put((rows, outcomes))


def reason(response: dict[str, Any]) -> str:
    """The message of a response that is Alto's fault or OpenSearch's, otherwise nothing."""
    return str(json.loads(response["body"])["error"]["message"]) if response["statusCode"] >= 500 else ""


def read_outcomes(response: dict[str, Any], ids: list[str]) -> Outcomes:
    """The outcomes of the objects of a request. After a timeout of OpenSearch they are not known."""
    status = response["statusCode"]
    if status >= 300:
        return Outcomes([], ids if status >= 500 else [])
    errors = [None] if len(ids) < 2 else [each.get("error") for each in json.loads(response["body"])["results"]]
    outcomes = list(zip(ids, errors, strict=False))
    unknown = [each for each, error in outcomes if error and error["code"] == "search_engine_unavailable"]
    return Outcomes([each for each, error in outcomes if not error], unknown)


def latencies(rows: list[Row]) -> dict[str, dict[str, float]]:
    """Milliseconds by kind of request: the median, the 95th and 99th percentile, the largest; and their number."""
    by_kind: dict[str, list[float]] = {}
    for kind, _, seconds, _ in rows:
        by_kind.setdefault(kind, []).append(seconds)
    shares = {"p50": 0.5, "p95": 0.95, "p99": 0.99, "max": 1.0}
    return {
        kind: {
            name: round(1000 * sorted(values)[min(len(values) - 1, int(share * len(values)))], 1)
            for name, share in shares.items()
        }
        | {"requests": len(values)}
        for kind, values in sorted(by_kind.items())
    }


def resident_megabytes(pid: int) -> int:
    """The resident memory of a process in MB; 0 where /proc is missing or the process has ended."""
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") // 1_000_000
    except OSError:
        return 0


class Bench:
    """The load on one node."""

    def __init__(self, alto: Alto, engine_pid: int | None, parameters: Parameters) -> None:
        self._alto = alto
        self._pids = {} if engine_pid is None else {"OpenSearch": [engine_pid]}
        self._parameters = parameters
        self._peaks: dict[str, int] = {}

    def run(self) -> dict[str, Any]:
        """Seed, load, and check the counts. Returns the result as JSON."""
        self._seed()
        rows, outcomes = self._load()
        stored = self._parameters.seeded + len(set(outcomes.stored))
        self._alto.refresh(NAME)
        counted = self._alto.request("POST", f"/v1/collections/{NAME}/aggregate", {})["total"]
        return {
            "parameters": asdict(self._parameters),
            "commit": current_commit(),
            "machine": {"cores": os.cpu_count(), "load_average": [round(each, 1) for each in os.getloadavg()]},
            "requests_a_second": round(len(rows) / self._parameters.seconds, 1),
            "latency_ms": latencies(rows),
            "statuses": dict(sorted(Counter(f"{kind} {status}" for kind, status, *_ in rows).items())),
            "reasons": dict(Counter(f"{kind}: {why}" for kind, _, _, why in rows if why)),
            "peak_memory_mb": self._peaks,
            "objects": {"stored": stored, "unknown": len(set(outcomes.unknown)), "counted": counted},
        }

    def _seed(self) -> None:
        names = {"title": "text", "text": "text", "year": "int"}
        properties = [{"name": name, "type": kind} for name, kind in names.items()]
        vectors = {"default": {"vectorizer": "none", "dimensions": DIMENSIONS}}
        source = random.Random(1)
        objects = [document(source) for _ in range(self._parameters.seeded)]
        self._alto.fill({"name": NAME, "properties": properties, "vectors": vectors}, objects)

    def _load(self) -> tuple[list[Row], Outcomes]:
        context = multiprocessing.get_context("spawn")
        results: Queue[Any] = context.Queue()
        kinds = ["client"] * self._parameters.clients + ["importer", "hostile"]
        ready = context.Barrier(len(kinds))
        callers = [Caller(kind, seed, self._alto.engine_url, self._parameters) for seed, kind in enumerate(kinds, 100)]
        processes = [context.Process(target=call, args=(caller, ready, results)) for caller in callers]
        for caller, process in zip(callers, processes, strict=True):
            process.start()
            assert process.pid is not None
            self._pids.setdefault(caller.kind, []).append(process.pid)
        ended = threading.Event()
        sampler = threading.Thread(target=self._sample_memory, args=(ended,))
        sampler.start()
        rows, outcomes = list[Row](), Outcomes([], [])
        for _ in callers:
            some, ids = results.get()
            rows += some
            outcomes = outcomes.plus(ids)
        ended.set()
        sampler.join()
        for process in processes:
            process.join()
        return rows, outcomes

    def _sample_memory(self, ended: threading.Event) -> None:
        while not ended.wait(SECONDS_BETWEEN_SAMPLES):
            for kind, pids in self._pids.items():
                largest = max(resident_megabytes(pid) for pid in pids)
                self._peaks[kind] = max(self._peaks.get(kind, 0), largest)


def main() -> None:
    """Run, print and keep."""
    parser = argparse.ArgumentParser(prog="make bench-load", description=__doc__)
    parser.add_argument("--seconds", type=float, default=Parameters.seconds)
    parser.add_argument("--clients", type=int, default=Parameters.clients)
    parser.add_argument("--objects", type=int, default=Parameters.seeded, help="objects before the load")
    parser.add_argument("--keep", action="store_true", help=f"write the result to {RESULTS.name}")
    options = parser.parse_args()
    parameters = Parameters(clients=options.clients, seconds=options.seconds, seeded=options.objects)
    with running(heap=parameters.heap) as alto:
        result = Bench(alto, alto.engine_pid, parameters).run()
    text = json.dumps(result, indent=1)
    print(text)
    if options.keep:
        RESULTS.write_text(text + "\n")
    objects = result["objects"]
    if not objects["stored"] <= objects["counted"] <= objects["stored"] + objects["unknown"]:
        sys.exit("The counts do not add up.")


if __name__ == "__main__":
    main()
