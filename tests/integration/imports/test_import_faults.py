"""Nothing lost, nothing twice: a real OpenSearch, a throttled model, loaders that die, messages in disorder.

`make test` runs one seed of 2,000 records; `make test-faults` runs three of 50,000.
"""

import json
import os
import random
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from threading import Lock
from types import SimpleNamespace
from typing import Any
from uuid import UUID, uuid4

import pytest
from moto import mock_aws
from opensearchpy import TransportError

from lambdas.collections.admin import CollectionAdmin
from lambdas.collections.model import Collection, CollectionConfig
from lambdas.collections.names import alias_of
from lambdas.collections.registry import CollectionRegistry
from lambdas.deadline import Deadline
from lambdas.errors import AltoError
from lambdas.imports.files.s3_source import S3Source
from lambdas.imports.loading.batch_plan import BatchPlan
from lambdas.imports.loading.job_collections import Target
from lambdas.imports.loading.load_outcome import Delivery
from lambdas.imports.loading.loader import Loader
from lambdas.invocation import current
from lambdas.jobs.chunk import Chunk, Source
from lambdas.jobs.job import Job, JobState
from lambdas.jobs.job_response import response_of
from lambdas.jobs.job_store import JobStore
from lambdas.jobs.queues import ChunkQueue
from lambdas.objects.bulk import BulkWriter
from lambdas.objects.writer import ObjectWriter
from lambdas.opensearch import OpenSearch
from lambdas.settings import EngineSettings
from lambdas.wiring.aws import aws_access
from lambdas.wiring.embedding import embedder, model_caller
from lambdas.wiring.opensearch import connect
from local.emulator import Emulator
from tests.import_builders import BUCKET, TABLE, ImportWorld

RECORDS = int(os.environ.get("ALTO_FAULT_RECORDS", "2000"))
SEEDS = range(1, 1 + int(os.environ.get("ALTO_FAULT_SEEDS", "1")))
CHUNK_BYTES = 5_000 if RECORDS < 10_000 else 100_000
LOADERS = 4
COHERE = {
    "vectorizer": "text2vec-aws",
    "service": "bedrock",
    "region": "us-east-1",
    "model": "cohere.embed-v4:0",
    "dimensions": 256,
    # No search uses these vectors: a graph as cheap as can be leaves the time to what is tested.
    "index": {"m": 4, "ef_construction": 16},
}
MAX_DELIVERIES = 10
BAD_EVERY = 100


class KilledError(BaseException):
    """The end of a Lambda: nothing catches it."""


@dataclass
class Chaos:
    """Dice, from one seed, and how often each fault fell."""

    seed: int
    fell: Counter[str] = field(default_factory=Counter)
    off: bool = False

    def __post_init__(self) -> None:
        self._dice = random.Random(self.seed)
        self._lock = Lock()

    def falls(self, fault: str, rate: float) -> bool:
        with self._lock:
            fell = not self.off and self._dice.random() < rate
            self.fell[fault] += fell
            return fell

    def kill(self, place: str, rate: float = 0.05) -> None:
        if self.falls(f"killed {place}", rate):
            raise KilledError(place)


class MessQueue(ChunkQueue):
    """Delivers each message at least twice, in any order; gives up after ten deliveries that failed."""

    def __init__(self, chaos: Chaos) -> None:
        self._chaos = chaos
        self._dice = random.Random(chaos.seed + 1000)
        self._lock = Lock()
        self.waiting: list[tuple[Chunk, int]] = []
        self.flying = 0
        self.dead: list[Chunk] = []
        self.delivered = 0

    def send(self, chunks: Any) -> None:
        self._chaos.kill("before sending")
        with self._lock:
            self.waiting += [(chunk, 1) for chunk in chunks for _ in range(2)]
        self._chaos.kill("after sending")

    def put_back(self, receipt_handle: str, seconds: int) -> None:
        """The worker below delivers unfinished messages again."""

    def take(self) -> tuple[Chunk, int] | None:
        with self._lock:
            if not self.waiting:
                return None
            self.flying += 1
            self.delivered += 1
            return self.waiting.pop(self._dice.randrange(len(self.waiting)))

    def finish(self, chunk: Chunk, attempt: int, *, done: bool) -> None:
        with self._lock:
            self.flying -= 1
            if done:
                return
            if attempt >= MAX_DELIVERIES:
                self.dead.append(chunk)
            else:
                self.waiting.append((chunk, attempt + 1))

    @property
    def busy(self) -> bool:
        with self._lock:
            return bool(self.waiting or self.flying)


class MortalJobs(JobStore):
    """Loaders die just before and just after they count."""

    chaos: Chaos

    def count(self, chunk: Chunk, report: Any) -> bool:
        self.chaos.kill("before counting", 0.1)
        counted = super().count(chunk, report)
        self.chaos.kill("after counting", 0.1)
        return counted


class MortalWriter(ObjectWriter):
    """Loaders die just before and just after they write."""

    chaos: Chaos

    def write(self, *arguments: Any, **options: Any) -> Any:
        self.chaos.kill("before writing")
        written = super().write(*arguments, **options)
        self.chaos.kill("after writing")
        return written


def make_busy(engine: OpenSearch, chaos: Chaos) -> OpenSearch:
    """An OpenSearch that fails 5 % of the requests with 429 or 503, a part of them after it did what was asked."""
    transport = engine._transport

    def busy(method: str, url: str, *, body: bytes | None, timeout: Any) -> Any:
        if chaos.falls("429 of OpenSearch", 0.02):
            raise TransportError(429, "busy", {"error": {"type": "rejected_execution_exception"}})
        response = transport.perform_request(method, url, body=body, timeout=timeout)
        if chaos.falls("503 of OpenSearch", 0.03):
            raise TransportError(503, "<html>", None)
        return response

    engine._transport = SimpleNamespace(perform_request=busy)
    return engine


@dataclass
class FaultyImport:
    """Loaders of one job in the middle of all that."""

    world: ImportWorld
    chaos: Chaos
    calm_engine: OpenSearch
    collection: Collection
    make_loader: Any
    queue: MessQueue

    def run(self, content: bytes, chunk_bytes: int) -> Job:
        source = self.world.upload(content, key=f"{self.collection.name}/records.jsonl")
        splitter = self.world.splitter(chunk_bytes)
        splitter._queue = self.queue
        while True:
            try:
                splitter.split(source, Deadline.after(600))
                break
            except KilledError:
                continue  # S3's notification is delivered again
        with ThreadPoolExecutor(LOADERS) as loaders:
            list(loaders.map(lambda _: self._work(source), range(LOADERS)))
        return self.world.job(source)

    def _work(self, source: Source) -> None:
        loader: Loader[Collection] = self.make_loader()
        while self.queue.busy:
            taken = self.queue.take()
            if taken is None:
                time.sleep(0.01)
                continue
            chunk, attempt = taken
            done = False
            try:
                loader.load(chunk, Delivery("receipt", attempt), Deadline.after(60))
                done = True
            except KilledError:
                loader = self.make_loader()
            except AltoError:
                self.chaos.fell["put back"] += 1
            finally:
                self.queue.finish(chunk, attempt, done=done)


@pytest.fixture(scope="module")
def throttled_model() -> Iterator[Emulator]:
    with Emulator(model="stub", process=True, faults={"rates": {"429": 0.2}, "seed": 7}) as emulator:
        yield emulator


@pytest.fixture
def faulty(
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
    opensearch_url: str,
    throttled_model: Emulator,
) -> Iterator[FaultyImport]:
    """The pieces of a loader, wired as in production, with faults between them."""
    chaos = Chaos(request.param)
    environment = {
        "AWS_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "AWS_ENDPOINT_URL_BEDROCK_RUNTIME": throttled_model.url,
        "ALTO_OPENSEARCH_URL": opensearch_url,
    }
    # moto in this process, not the account of the HTTP tests.
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    aws = aws_access(environment)
    settings = EngineSettings.from_environment(environment)
    # No handler begins an invocation here, and the time of the last one of the tests before may be up.
    current.begin(3600)
    calm = connect(settings, aws)
    model = embedder(model_caller(aws))
    registry = CollectionRegistry(calm)
    config = CollectionConfig.model_validate(
        {
            "name": f"Fault{uuid4().hex[:8]}",
            "properties": [{"name": "title", "type": "text"}, {"name": "number", "type": "int"}],
            "vectors": {"default": COHERE},
        }
    )
    collection = CollectionAdmin(calm, registry, model, "lucene").create(config, deadline=Deadline.after(60))
    with mock_aws():
        world = ImportWorld.create()
        queue = MessQueue(chaos)

        def make_loader() -> Loader[Collection]:
            # Each Lambda learns the model's quota for itself, and what one that died had learnt is gone.
            engine = make_busy(connect(settings, aws), chaos)
            writer = MortalWriter(engine, BulkWriter(engine), embedder(model_caller(aws)))
            jobs = MortalJobs(world.dynamodb, TABLE)
            writer.chaos = jobs.chaos = chaos
            return Loader(
                s3=world.s3,
                source=S3Source(world.s3),
                jobs=jobs,
                queue=queue,
                collections=registry,
                writer=writer,
                refresh=lambda _: calm.request("POST", f"/{alias_of(collection.name)}/_refresh"),
                identify=lambda _: Target(collection.name, collection.alias, {}),
                error_bucket=BUCKET,
                plan=lambda _: BatchPlan(100 if RECORDS < 10_000 else 200),
            )

        yield FaultyImport(world, chaos, calm, collection, make_loader, queue)
    delete_index(calm, f"{alias_of(collection.name)}-000001")


def delete_index(engine: OpenSearch, index: str) -> None:
    """Delete an index when it is not merged any more: until a merge has ended, no index can be made or deleted."""
    while engine.request("GET", f"/{index}/_stats/merge")["_all"]["total"]["merges"]["current"]:
        time.sleep(0.5)
    engine.request("DELETE", f"/{index}", timeout=120.0)


def record(number: int) -> bytes:
    identity = {"id": str(UUID(int=number + 1))} if number % 2 else {}
    title = f"Record {number} of the import that is not to lose anything"
    return json.dumps({**identity, "title": title, "number": number}).encode() + b"\n"


def stored_numbers(faulty: FaultyImport) -> list[int]:
    """The property `number` of every document, by a search of its own."""
    alias, after = alias_of(faulty.collection.name), None
    found: list[int] = []
    while True:
        body: dict[str, Any] = {
            "size": 10_000,
            "_source": ["properties.number"],
            "sort": [{"properties.number": "asc"}],
        }
        if after is not None:
            body["search_after"] = after
        hits = faulty.calm_engine.request("POST", f"/{alias}/_search", body)["hits"]["hits"]
        if not hits:
            return found
        found += [hit["_source"]["properties"]["number"] for hit in hits]
        after = hits[-1]["sort"]


@pytest.mark.parametrize("faulty", SEEDS, indirect=True)
def test_each_record_becomes_one_document_and_is_counted_once(faulty: FaultyImport) -> None:
    job = faulty.run(b"".join(map(record, range(RECORDS))), CHUNK_BYTES)

    counts = response_of(job).counts
    assert (job.state, counts.read, counts.loaded, counts.unchanged, counts.failed) == (
        JobState.COMPLETED,
        RECORDS,
        RECORDS,
        0,
        0,
    )
    assert stored_numbers(faulty) == list(range(RECORDS))
    assert faulty.queue.dead == []
    assert faulty.queue.delivered > 2 * job.chunks_total
    for kind in ("killed", "writing", "counting", "of OpenSearch"):
        assert sum(count for fault, count in faulty.chaos.fell.items() if kind in fault), (kind, faulty.chaos)


@pytest.mark.parametrize("faulty", [seed + 100 for seed in SEEDS], indirect=True)
def test_bad_records_among_them_are_named_in_the_error_file_once(faulty: FaultyImport) -> None:
    bad = set(range(7, RECORDS, BAD_EVERY))
    lines = [b'{"title": "cut off %d\n' % n if n in bad else record(n) for n in range(RECORDS)]

    job = faulty.run(b"".join(lines), CHUNK_BYTES)

    counts = response_of(job).counts
    assert (job.state, counts.read, counts.loaded, counts.failed) == (
        JobState.COMPLETED,
        RECORDS,
        RECORDS - len(bad),
        len(bad),
    )
    assert stored_numbers(faulty) == sorted(set(range(RECORDS)) - bad)
    named = [line["record"] for line in faulty.world.lines_of(str(job.error_file))]
    assert named == [f'{{"title": "cut off {number}' for number in sorted(bad)]
    assert faulty.queue.dead == []
