"""Another model for a collection that is searched and written all the time, by functions that are killed.

A writer inserts, replaces and deletes; a reader searches every 50 ms; the fill and the rebuild that drops the old
vector are killed at random points. `make test` runs one seed of 300 objects; `make test-faults` three of 20,000.
"""

import json
import os
import random
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from threading import Event, Lock, Thread
from types import SimpleNamespace
from typing import Any, Self
from uuid import UUID, uuid4

import pytest
from moto import mock_aws
from opensearchpy import TransportError

from lambdas.collections.admin import CollectionAdmin
from lambdas.collections.model import Collection, CollectionConfig, CollectionUpdate
from lambdas.collections.registry import CollectionRegistry
from lambdas.deadline import Deadline
from lambdas.embedding.text import object_text, text_hash
from lambdas.errors import AltoError, ObjectNotFoundError, SearchEngineUnavailableError
from lambdas.imports.files.newest_version import NewestVersion
from lambdas.imports.files.s3_source import S3Source
from lambdas.imports.loading.batch_plan import BatchPlan
from lambdas.imports.loading.job_collections import Target
from lambdas.imports.loading.load_outcome import Delivery
from lambdas.imports.loading.loader import Loader
from lambdas.imports.splitting.splitter import Splitter
from lambdas.invocation import current
from lambdas.jobs.chunk import Chunk
from lambdas.jobs.file_versions import FileVersions
from lambdas.jobs.job import Job, JobState
from lambdas.jobs.job_store import JobStore
from lambdas.jobs.queues import ChunkQueue
from lambdas.migrating.copier import PAGES_AT_ONCE, Copier
from lambdas.migrating.fill_steps import FillSteps
from lambdas.migrating.filler import VectorFiller
from lambdas.migrating.rebuild import RebuildBody, Rebuilds
from lambdas.migrating.rebuild_steps import RebuildSteps
from lambdas.migrating.vectors import AddVectorsBody, VectorMigration
from lambdas.objects.bulk import BulkWriter
from lambdas.objects.keys import NamedObject
from lambdas.objects.reader import ObjectReader
from lambdas.objects.retrying_writer import StaleTolerantWriter
from lambdas.objects.store import ObjectStore, WriteContext
from lambdas.objects.writer import ObjectWriter
from lambdas.opensearch import OpenSearch
from lambdas.search.request import SearchRequest
from lambdas.search.response import Hit
from lambdas.search.searcher import Searcher
from lambdas.settings import EngineSettings
from lambdas.wiring.aws import aws_access
from lambdas.wiring.embedding import embedder, model_caller
from lambdas.wiring.opensearch import connect
from local.emulator import Emulator
from local.emulator.model import StubEmbedder
from tests.import_builders import BUCKET, TABLE, ImportWorld

BUSY = SearchEngineUnavailableError.code
OBJECTS = int(os.environ.get("ALTO_MIGRATION_OBJECTS", "300"))
SEEDS = range(1, 1 + int(os.environ.get("ALTO_MIGRATION_SEEDS", "1")))
# Objects that no writer touches: a search for the text of one must find it first, at the distance 0.
ANCHORS = 20
LOADERS = 2
KILLS = 0.02
READ_EVERY = 0.05
# A small graph is made faster. Where it does not lead to the nearest object, the reader asks for an exact search.
GRAPH = {"m": 4, "ef_construction": 16} if OBJECTS < 1_000 else {"m": 8, "ef_construction": 32}
AWS = {"vectorizer": "text2vec-aws", "region": "us-east-1", "index": GRAPH}
OLD = AWS | {"model": "amazon.titan-embed-text-v2:0", "dimensions": 256}
NEW = AWS | {"model": "cohere.embed-v4:0", "dimensions": 512}


class KilledError(BaseException):
    """The end of a Lambda: nothing catches it."""


class Mortal:
    """An OpenSearch client of one function, which is killed before or after any of its requests."""

    def __init__(self, engine: OpenSearch, dice: random.Random, fell: Counter[str]) -> None:
        transport, self.is_dead, lock = engine._transport, False, Lock()

        def perform(method: str, url: str, *, body: bytes | None, timeout: Any) -> Any:
            with lock:
                before, after, busy = (dice.random() < KILLS / 2 for _ in range(3))
            self.die(when=before, place=f"before {method}", fell=fell)
            if busy:
                fell["busy"] += 1
                raise TransportError(429, "busy", {"error": {"type": "rejected_execution_exception"}})
            response = transport.perform_request(method, url, body=body, timeout=timeout)
            self.die(when=after, place=f"after {method}", fell=fell)
            return response

        engine._transport = SimpleNamespace(perform_request=perform)

    def die(self, *, when: bool, place: str, fell: Counter[str]) -> None:
        """Stop here; nothing that the function does afterwards has an effect."""
        if when and not self.is_dead:
            fell[f"killed {place}"] += 1
            self.is_dead = True
        if self.is_dead:
            raise KilledError(place)


class MessQueue(ChunkQueue):
    """Delivers each message twice, in any order."""

    def __init__(self, seed: int) -> None:
        self._dice = random.Random(seed)
        self._lock = Lock()
        self.waiting: list[Chunk] = []

    def send(self, chunks: Any) -> None:
        with self._lock:
            self.waiting += [chunk for chunk in chunks for _ in range(2)]

    def send_later(self, chunk: Chunk, seconds: int) -> None:
        self.send([chunk])

    def put_back(self, receipt_handle: str, seconds: int) -> None:
        """The workers deliver unfinished messages again."""

    def hide(self, receipt_handle: str, seconds: int) -> None:
        """A message that was taken is nobody else's."""

    def take(self) -> Chunk | None:
        with self._lock:
            return self.waiting.pop(self._dice.randrange(len(self.waiting))) if self.waiting else None


@dataclass
class Traffic:
    """A writer and a reader, each a function of its own that remembers collections for five seconds."""

    connect: Callable[[], OpenSearch]
    make_embedder: Callable[[], Any]
    name: str
    seed: int
    texts: dict[str, str] = field(default_factory=dict)
    anchors: list[str] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    done: Counter[str] = field(default_factory=Counter)
    longest: float = 0.0

    def __post_init__(self) -> None:
        self._ended = Event()
        self._threads = [Thread(target=self._guard, args=(each,)) for each in (self._write, self._read)]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        for thread in self._threads:
            thread.join()

    def _guard(self, work: Callable[[], None]) -> None:
        try:
            work()
        except Exception as error:  # noqa: BLE001 - the test reports it
            self.failures.append(f"{work.__name__}: {type(error).__name__} {error}")

    def store(self) -> tuple[ObjectStore, CollectionRegistry]:
        engine = self.connect()
        registry = CollectionRegistry(engine)
        writer = ObjectWriter(engine, BulkWriter(engine), self.make_embedder())
        return ObjectStore(engine, StaleTolerantWriter(writer, registry), ObjectReader(engine)), registry

    def put(self, store: ObjectStore, registry: CollectionRegistry, ids: list[str], round_: int) -> None:
        texts = {each: f"object {each} as of {round_} {random.random()}" for each in ids}
        batch = [{"id": each, "properties": {"title": text}} for each, text in texts.items()]
        context = WriteContext(Deadline.after(29), None, refresh=False)
        while batch:
            result = registry.serve(self.name, lambda found, batch=batch: store.write_batch(found, batch, context))  # type: ignore[misc]
            errors = [each.error for each in result.results]
            self.failures += [f"write {error}" for error in errors if error and error.code != BUSY]
            # As the clients do with a 503: only what was not stored is sent again.
            batch = [each for each, error in zip(batch, errors, strict=True) if error and error.code == BUSY]
            self.done["sent again"] += len(batch)
        self.texts |= texts

    def _delete(self, store: ObjectStore, registry: CollectionRegistry, gone: str) -> None:
        while True:
            try:
                registry.serve(self.name, lambda found: store.delete(found, NamedObject(gone)))
            except SearchEngineUnavailableError:
                self.done["sent again"] += 1
            except ObjectNotFoundError:
                return
            else:
                return

    def _write(self) -> None:
        dice = random.Random(self.seed)
        store, registry = self.store()
        own = [each for each in self.texts if each not in set(self.anchors)]
        for round_ in range(1_000_000):
            if self._ended.is_set():
                return
            started = time.monotonic()
            kind = dice.choice(["insert", "replace", "replace", "delete"])
            if kind == "delete":
                gone = own.pop(dice.randrange(len(own)))
                self._delete(store, registry, gone)
                del self.texts[gone]
            elif kind == "insert":
                new = [str(UUID(int=dice.getrandbits(128), version=4)) for _ in range(3)]
                self.put(store, registry, new, round_)
                own += new
            else:
                self.put(store, registry, dice.sample(own, 3), round_)
            self.done[kind] += 1
            self.longest = max(self.longest, time.monotonic() - started)
            time.sleep(0.02)

    def _read(self) -> None:
        engine = self.connect()
        registry = CollectionRegistry(engine)
        searcher = Searcher(engine, self.make_embedder(), lambda: None, "us-east-1")  # type: ignore[arg-type, return-value]
        for number in range(1_000_000):
            if self._ended.is_set():
                return
            anchor = self.anchors[number % len(self.anchors)]
            try:
                found = self._search(searcher, registry, anchor, {})
                if not found:
                    self.failures.append(f"search for {anchor} found nothing")
                elif not _is_first(anchor, found):
                    # The graph of many random vectors often misses the nearest; among the anchors alone the search
                    # is exact, and so shows whether the model of the query is that of the vectors.
                    self.done["missed by the graph"] += 1
                    among = {"property": "_id", "operator": "contains_any", "value": self.anchors}
                    found = self._search(searcher, registry, anchor, {"filter": among})
                    if not _is_first(anchor, found):
                        self.failures.append(f"search for {anchor} found {found[:1]}")
            except AltoError as error:
                self.failures.append(f"search {type(error).__name__} {error}")
            self.done["search"] += 1
            time.sleep(READ_EVERY)

    def _search(self, searcher: Searcher, registry: CollectionRegistry, anchor: str, more: dict[str, Any]) -> list[Hit]:
        body = {"near_text": {"query": self.texts[anchor]}, "limit": 5} | more
        request = SearchRequest.model_validate(body)
        return registry.serve(
            self.name, lambda collection: searcher.search(collection, request, deadline=Deadline.after(29))
        ).objects


def _is_first(anchor: str, hits: list[Hit]) -> bool:
    return bool(hits) and hits[0].id == anchor and (hits[0].distance or 0) <= 1e-3


@dataclass
class Migration:
    """The functions behind the queues, in the middle of all that."""

    world: ImportWorld
    queue: MessQueue
    make_loader: Callable[[], Loader[Collection]]
    splitter: Splitter
    vectors: VectorMigration
    rebuilds: Rebuilds
    admin: CollectionAdmin
    engine: OpenSearch
    registry: CollectionRegistry
    traffic: Traffic
    fell: Counter[str]
    requested: list[str]
    announced: set[str] = field(default_factory=set)

    def work(self, job_id: str) -> Job:
        """Run split and load until the job has ended."""
        stopped = Event()
        with ThreadPoolExecutor(LOADERS) as loaders:
            futures = [loaders.submit(self._load, stopped) for _ in range(LOADERS)]
            try:
                gives_up = time.monotonic() + max(1200, OBJECTS / 5)
                while (job := self.world.jobs.get(job_id)).unfinished:
                    assert time.monotonic() < gives_up, job
                    self._split()
                    time.sleep(0.05)
            finally:
                stopped.set()
            for each in futures:
                each.result()
        return job

    def _split(self) -> None:
        while self.requested:
            self.splitter.continue_job(self.requested.pop(), Deadline.after(60))
        for entry in self.world.s3.list_objects_v2(Bucket=BUCKET, Prefix=".alto/fills/").get("Contents", []):
            if entry["Key"] not in self.announced:
                self.announced.add(entry["Key"])
                record = {"bucket": {"name": BUCKET}, "object": {"key": entry["Key"], "eTag": entry["ETag"].strip('"')}}
                message = {"Records": [{"eventName": "ObjectCreated:Put", "s3": record}]}
                self.splitter.split_all(json.dumps(message), Deadline.after(60))

    def _load(self, stopped: Event) -> None:
        loader = self.make_loader()
        while not stopped.is_set():
            chunk = self.queue.take()
            if chunk is None:
                time.sleep(0.02)
                continue
            try:
                loader.load(chunk, Delivery("receipt", 1), Deadline.after(90))
            except (KilledError, AltoError) as error:
                self.fell[f"redelivered after {type(error).__name__}"] += 1
                self.queue.waiting.append(chunk)
                loader = self.make_loader()

    def documents(self) -> dict[str, dict[str, Any]]:
        """All documents, by a scan of its own."""
        found: dict[str, dict[str, Any]] = {}
        alias, after = self.registry.fresh(self.traffic.name).alias, None
        self.engine.request("POST", f"/{alias}/_refresh")
        while True:
            body: dict[str, Any] = {
                "size": 500,
                "sort": [{"id": "asc"}],
                "_source": {"includes": ["properties", "text_hash", "vectors.*"]},
            } | ({"search_after": after} if after else {})
            hits = self.engine.request("POST", f"/{alias}/_search", body)["hits"]["hits"]
            if not hits:
                return found
            found |= {hit["_id"]: hit["_source"] for hit in hits}
            after = hits[-1]["sort"]


@pytest.fixture(scope="module")
def model() -> Iterator[Emulator]:
    with Emulator(model="stub", process=True, faults={"rates": {"429": 0.05}, "seed": 7}) as emulator:
        yield emulator


@pytest.fixture
def migration(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, opensearch_url: str, model: Emulator
) -> Iterator[Migration]:
    """The functions, wired as in production, with faults between them."""
    seed: int = request.param
    environment = {
        "AWS_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "AWS_ENDPOINT_URL_BEDROCK_RUNTIME": model.url,
        "ALTO_OPENSEARCH_URL": opensearch_url,
    }
    # moto in this process, not the account of the HTTP tests.
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    aws, settings = aws_access(environment), EngineSettings.from_environment(environment)
    current.begin(7200)
    # What a dead function held is free sooner than in an account.
    monkeypatch.setattr("lambdas.collections.lock.LEASE_SECONDS", 5.0)
    monkeypatch.setattr("lambdas.collections.hold.HOLD_SECONDS", 5.0)
    monkeypatch.setattr("lambdas.migrating.rebuild_steps.HOLD_LIMIT", 4.0)
    dice, fell = random.Random(seed), Counter[str]()
    queue = MessQueue(seed + 1000)

    def make_embedder() -> Any:
        return embedder(model_caller(aws))

    calm = connect(settings, aws)
    registry = CollectionRegistry(calm, seconds=0)
    admin = CollectionAdmin(calm, registry, make_embedder(), "lucene")
    config = CollectionConfig.model_validate(
        {"name": f"Faults{uuid4().hex[:8]}", "properties": [{"name": "title", "type": "text"}], "vectors": {"old": OLD}}
    )
    collection = admin.create(config, deadline=Deadline.after(60))
    with mock_aws():
        world = ImportWorld.create()

        def make_loader() -> Loader[Collection]:
            engine = connect(settings, aws)
            Mortal(engine, dice, fell)
            own = CollectionRegistry(engine, seconds=0)
            changes = CollectionAdmin(engine, own, make_embedder(), "lucene")
            bulk, made = BulkWriter(engine), make_embedder()
            filler = VectorFiller(engine, bulk, made, newer=own.newer)
            return Loader(
                s3=world.s3,
                source=S3Source(world.s3),
                jobs=JobStore(world.dynamodb, TABLE),
                queue=queue,
                collections=own,
                writer=StaleTolerantWriter(ObjectWriter(engine, bulk, made), own),
                refresh=lambda found: engine.request("POST", f"/{found.alias}/_refresh"),
                identify=lambda found: Target(found.name, found.identity, {}),
                error_bucket=BUCKET,
                plan=lambda _: BatchPlan(100),
                fills=FillSteps(engine=engine, s3=world.s3, admin=changes, writer=filler, batch=None),
                rebuilds=RebuildSteps(
                    engine=engine,
                    admin=changes,
                    registry=own,
                    copier=Copier(engine, ThreadPoolExecutor(PAGES_AT_ONCE)),
                    embedder=made,
                    seed=lambda: seed,
                ),
            )

        requested: list[str] = []
        source = S3Source(world.s3)
        versions = FileVersions(world.dynamodb, TABLE)
        splitter = Splitter(
            source,
            world.jobs,
            queue,
            request_split=requested.append,
            newest=NewestVersion(source, world.jobs, versions, requested.append),
            own_bucket=BUCKET,
            chunk_bytes=4096,
        )
        starts: dict[str, Any] = {
            "collections": admin,
            "jobs": world.jobs,
            "request_split": requested.append,
            "schedule_watchdog": lambda _: None,
        }
        yield Migration(
            world,
            queue,
            make_loader,
            splitter,
            VectorMigration(bucket=BUCKET, batch_problem=lambda _: None, **starts),
            Rebuilds(engine=calm, **starts),
            admin,
            calm,
            registry,
            Traffic(lambda: connect(settings, aws), make_embedder, collection.name, seed),
            fell,
            requested,
        )
        admin.delete(collection.name, deadline=Deadline.after(60))


@pytest.mark.parametrize("migration", SEEDS, indirect=True)
def test_every_object_gets_the_new_models_vector_of_its_present_text(migration: Migration) -> None:
    traffic = migration.traffic
    store, registry = traffic.store()
    ids = [str(UUID(int=random.Random(n).getrandbits(128), version=4)) for n in range(OBJECTS)]
    for start in range(0, OBJECTS, 500):
        traffic.put(store, registry, ids[start : start + 500], 0)
    traffic.anchors = ids[:ANCHORS]
    migration.engine.request("POST", f"/{migration.registry.get(traffic.name).alias}/_refresh")

    with traffic:
        added = migration.vectors.add(
            traffic.name, AddVectorsBody.model_validate({"vectors": {"new": NEW}}), deadline=Deadline.after(60)
        )
        filled = migration.work(added.jobs["new"].id)
        assert filled.state is JobState.COMPLETED, filled.reason
        migration.admin.update(traffic.name, CollectionUpdate(default_vector="new"), deadline=Deadline.after(60))
        started = migration.rebuilds.start(
            traffic.name, RebuildBody.model_validate({"vectors": {"old": None}}), deadline=Deadline.after(60)
        )
        rebuilt = migration.work(started.id)
        migration.rebuilds.finish(traffic.name, deadline=Deadline.after(60))
        time.sleep(1)

    print(dict(migration.fell), dict(traffic.done), f"longest write {traffic.longest:.2f} s")  # noqa: T201
    assert traffic.failures[:5] == []
    assert (filled.state, rebuilt.state) == (JobState.COMPLETED, JobState.COMPLETED)
    assert (filled.loaded + filled.unchanged, filled.failed) == (filled.expected, 0)
    assert filled.expected is not None
    assert filled.expected >= ANCHORS
    found = migration.documents()
    collection = migration.registry.fresh(traffic.name)
    assert (list(collection.vectors), collection.filling, collection.rebuild) == (["new"], {}, None)
    assert found.keys() == traffic.texts.keys()
    config = collection.made_by_alto["new"]
    wrong = []
    for key, source in found.items():
        text = object_text(config, collection.name, collection.properties, source["properties"])
        vector = StubEmbedder.vectors([text], 512)[0]
        is_right = source["properties"]["title"] == traffic.texts[key] and source["text_hash"] == {
            "new": text_hash(config, text)
        }
        if not is_right or list(source["vectors"]) != ["new"] or abs(vector - source["vectors"]["new"]).max() > 1e-5:
            wrong.append(key)
    assert wrong == []
    assert any(each.startswith("killed") for each in migration.fell)
