"""Fills and rebuilds among writers, with an OpenSearch in memory: the same steps, thousands of times as fast."""

import random
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import pytest

from lambdas.collections.admin import CollectionAdmin
from lambdas.collections.model import Collection, CollectionConfig, CollectionUpdate
from lambdas.collections.registry import CollectionRegistry
from lambdas.deadline import Deadline
from lambdas.embedding.text import object_text, text_hash
from lambdas.errors import (
    AltoError,
    ConflictError,
    ImportNotFoundError,
    InvalidRequestError,
    SearchEngineUnavailableError,
)
from lambdas.jobs.job import Job, JobFailedError
from lambdas.migrating.copier import PAGES_AT_ONCE, Copier
from lambdas.migrating.filler import VectorFiller
from lambdas.migrating.rebuild import RebuildBody, Rebuilds
from lambdas.migrating.rebuild_steps import RebuildSteps
from lambdas.migrating.vectors import AddVectorsBody, VectorMigration
from lambdas.objects.bulk import BulkWriter
from lambdas.objects.keys import NamedObject
from lambdas.objects.model import ObjectInput
from lambdas.objects.reader import ObjectReader
from lambdas.objects.retrying_writer import StaleTolerantWriter
from lambdas.objects.store import ObjectStore, WriteContext
from lambdas.objects.writer import ObjectWriter
from lambdas.opensearch import OpenSearch
from tests.fake_opensearch import FakeOpenSearch

TITAN = {
    "vectorizer": "text2vec-aws",
    "region": "us-east-1",
    "model": "amazon.titan-embed-text-v2:0",
    "dimensions": 256,
}
COHERE = TITAN | {"model": "cohere.embed-v4:0"}
FILM = {
    "name": "Film",
    "properties": [{"name": "title", "type": "text"}],
    "vectors": {"old": TITAN, "own": {"vectorizer": "none", "dimensions": 1}},
}


class KilledError(BaseException):
    """The end of a function: nothing catches it."""


class Model:
    """Embeds a text as its hash. `during` is called while it works."""

    def __init__(self) -> None:
        self.during: Callable[[], None] = lambda: None
        self.texts: list[str] = []

    def embed_documents(self, config: Any, texts: list[str], **_: Any) -> list[list[float]]:
        self.during()
        self.texts += texts
        return [vector_of(config, text) for text in texts]


def vector_of(config: Any, text: str) -> list[float]:
    return [float(int(text_hash(config, text)[:6], 16))]


class Jobs:
    """Keeps jobs."""

    def __init__(self) -> None:
        self.jobs: dict[str, Job] = {}

    def get(self, job_id: str) -> Job:
        if job_id not in self.jobs:
            raise ImportNotFoundError("no such job")
        return self.jobs[job_id]

    def create(self, job: Job) -> bool:
        self.jobs[job.id] = job
        return True

    def cancel(self, job_id: str, reason: str = "") -> bool:
        return True


class World:
    """A collection, and functions that work on it."""

    def __init__(self) -> None:
        self.fake = FakeOpenSearch()
        model: Any = Model()
        self.model = model
        self.jobs = Jobs()
        self.engine = self.connect()
        # It remembers collections, as a function does.
        self.registry = CollectionRegistry(self.engine, seconds=1e9)
        writer = StaleTolerantWriter(ObjectWriter(self.engine, BulkWriter(self.engine), self.model), self.registry)
        self.store = ObjectStore(self.engine, writer, ObjectReader(self.engine), sleep=lambda _: None)
        self.admin = self.make_admin(self.engine)
        self.admin.create(CollectionConfig.model_validate(FILM), deadline=soon())
        starts: Any = {
            "collections": self.admin,
            "jobs": self.jobs,
            "request_split": lambda _: None,
            "schedule_watchdog": lambda _: None,
        }
        self.vectors = VectorMigration(bucket="b", batch_problem=lambda _: None, **starts)
        self.rebuilds = Rebuilds(engine=self.engine, **starts)
        self.texts: dict[str, str] = {}

    def connect(self, before: Callable[[str, str], None] = lambda _, __: None) -> OpenSearch:
        def perform(method: str, url: str, **how: Any) -> Any:
            before(method, url)
            return self.fake.perform_request(method, url, **how)

        return OpenSearch(SimpleNamespace(perform_request=perform), sleep=lambda _: None)

    def make_admin(self, engine: OpenSearch) -> CollectionAdmin:
        return CollectionAdmin(engine, CollectionRegistry(engine, seconds=0), self.model, "lucene")

    def steps(self, before: Callable[[str, str], None] = lambda _, __: None) -> RebuildSteps:
        engine = self.connect(before)
        return RebuildSteps(
            engine=engine,
            admin=self.make_admin(engine),
            registry=CollectionRegistry(engine, seconds=0),
            copier=Copier(engine, ThreadPoolExecutor(PAGES_AT_ONCE)),
            embedder=self.model,
            seed=lambda: 1,
        )

    @property
    def collection(self) -> Collection:
        return CollectionRegistry(self.engine, seconds=0).get("Film")

    def put(self, *ids: str) -> None:
        texts = {each: f"text {random.random()} of {each}" for each in ids}
        batch = [
            {"id": each, "properties": {"title": text}, "vectors": {"own": [float(len(text))]}}
            for each, text in texts.items()
        ]
        result = self.registry.serve("Film", lambda found: self.store.write_batch(found, batch, context()))
        assert result.failed == 0, result
        self.texts |= texts

    def insert(self, count: int) -> list[str]:
        ids = [str(uuid4()) for _ in range(count)]
        self.put(*ids)
        return ids

    def delete(self, object_id: str) -> None:
        self.registry.serve("Film", lambda found: self.store.delete(found, NamedObject(object_id)))
        del self.texts[object_id]

    def run(self, job_id: str, steps: RebuildSteps | None = None, seconds: float = 600.0, name: str = "Film") -> bool:
        _, is_done = (steps or self.steps()).advance(
            self.jobs.get(job_id), name, Deadline.after(seconds), SimpleNamespace(has_job_ended=False, show=print)
        )
        return is_done

    def check(self) -> None:
        """Every object is there once, with the vectors of its present text; none that was deleted."""
        collection = self.collection
        _, index = self.fake.one(collection.alias)
        assert index.documents.keys() == self.texts.keys()
        for key, document in index.documents.items():
            source = document["_source"]
            assert source["properties"]["title"] == self.texts[key]
            assert set(source["vectors"]) == set(collection.vectors)
            for name, config in collection.made_by_alto.items():
                text = object_text(config, "Film", collection.properties, source["properties"])
                assert source["vectors"][name] == vector_of(config, text)


def soon() -> Deadline:
    return Deadline.after(60)


def context() -> WriteContext:
    return WriteContext(soon(), None, refresh=False)


@pytest.fixture
def world() -> World:
    return World()


def add(world: World) -> str:
    added = world.vectors.add("Film", AddVectorsBody.model_validate({"vectors": {"new": COHERE}}), deadline=soon())
    return added.jobs["new"].id


def fill(world: World, ids: list[str]) -> list[Any]:
    filler = VectorFiller(world.engine, BulkWriter(world.engine), world.model)
    narrowed = world.collection.model_copy(update={"vectors": {"new": world.collection.vectors["new"]}})
    return filler.write(narrowed, [ObjectInput(each, {}, {}) for each in ids], deadline=soon())


def test_a_fill_gives_each_object_the_vector_of_its_text(world: World) -> None:
    ids = world.insert(5)
    add(world)

    results = fill(world, ids)

    assert all(each.error is None and each.unchanged_since is None for each in results)
    world.check()
    assert all(each.unchanged_since is not None for each in fill(world, ids))


@pytest.mark.parametrize(
    ("before", "default", "added", "after"),
    [
        (["old"], None, "new", "old"),
        (["old"], None, "default", "old"),
        (["default"], None, "new", "default"),
        (["old", "default"], "old", "new", "old"),
        (["old", "older"], None, "default", None),
    ],
)
def test_searches_that_name_no_vector_go_on_with_the_same_when_one_is_added(
    world: World, before: list[str], default: str | None, added: str, after: str | None
) -> None:
    vectors = dict.fromkeys(before, TITAN)
    config = CollectionConfig.model_validate(FILM | {"name": "Book", "vectors": vectors, "default_vector": default})
    world.admin.create(config, deadline=soon())

    body = AddVectorsBody.model_validate({"vectors": {added: COHERE}})
    made = world.vectors.add("Book", body, deadline=soon()).collection

    assert made.default_vector == after


def test_a_writer_that_is_faster_than_the_fill_wins(world: World) -> None:
    changed, deleted, other = world.insert(3)
    add(world)
    once: list[int] = []

    def interfere() -> None:
        if not once:
            once.append(1)
            world.put(changed)
            world.delete(deleted)

    world.model.during = interfere
    first, second, third = fill(world, [changed, deleted, other])

    assert (first.unchanged_since is not None, second.unchanged_since is not None) == (True, True)
    assert third.unchanged_since is None
    world.check()


def test_a_writer_that_remembers_the_collection_makes_the_new_vector(world: World) -> None:
    [before] = world.insert(1)
    world.registry.get("Film")
    add(world)

    world.put(before)
    world.insert(1)

    world.check()


def test_a_rebuild_follows_writers_and_deletions(world: World) -> None:
    ids = world.insert(700)
    job = world.rebuilds.start("Film", RebuildBody.model_validate({"vectors": {"old": None}}), deadline=soon())
    steps = world.steps()
    copied: list[str] = []

    def interfere(_: str, url: str) -> None:
        if "_search" in url and "preference" in url and len(copied) < 3:
            copied.append(url)
            world.put(ids[len(copied)], ids[-len(copied)])
            world.delete(ids.pop(100))
            world.insert(2)

    assert world.run(job.id, world.steps(interfere) or steps)

    assert len(copied) == 3
    assert list(world.collection.vectors) == ["own"]
    world.check()
    world.put(ids[0])
    world.check()


def test_an_object_that_is_deleted_and_inserted_again_is_there(world: World) -> None:
    [again, *_] = world.insert(5)
    job = world.rebuilds.start("Film", RebuildBody(), deadline=soon())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("lambdas.migrating.rebuild_steps.place_hold", _killed)
        with pytest.raises(KilledError):
            world.run(job.id)
    world.delete(again)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("lambdas.migrating.rebuild_steps.place_hold", _killed)
        with pytest.raises(KilledError):
            world.run(job.id)
    world.put(again)

    assert world.run(job.id)

    world.check()


def _killed(*_: Any) -> str:
    raise KilledError


@pytest.mark.parametrize("seed", range(4))
def test_a_rebuild_that_is_killed_anywhere_goes_on(world: World, seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    dice = random.Random(seed)
    monkeypatch.setattr("lambdas.migrating.copier.DOCUMENTS_OF_PAGE", 20)
    monkeypatch.setattr("lambdas.migrating.rebuild_steps.PAGES_PER_NOTE", 1)
    monkeypatch.setattr("lambdas.collections.hold.HOLD_SECONDS", 0.0)
    monkeypatch.setattr("lambdas.collections.lock.LEASE_SECONDS", 0.0)
    ids = world.insert(100)
    job = world.rebuilds.start("Film", RebuildBody.model_validate({"vectors": {"old": None}}), deadline=soon())
    kills, is_done = 0, False

    while not is_done:
        dead = [False]

        def kill(_: str, __: str, dead: list[bool] = dead) -> None:
            dead[0] = dead[0] or dice.random() < 0.07
            if dead[0]:
                raise KilledError

        for _ in range(3):
            kind = dice.randrange(3)
            if kind == 0:
                ids += world.insert(1)
            elif kind == 1:
                world.put(dice.choice(ids))
            else:
                world.delete(ids.pop(dice.randrange(len(ids))))
        try:
            is_done = world.run(job.id, world.steps(kill))
        except (KilledError, AltoError):
            kills += 1
        assert kills < 500

    world.check()
    assert list(world.collection.vectors) == ["own"]


def test_undoing_brings_the_former_index_back_with_what_was_written_since(world: World) -> None:
    changed, deleted, *_ = world.insert(10)
    for _ in range(30):
        world.put(changed)
    job = world.rebuilds.start("Film", RebuildBody.model_validate({"vectors": {"old": None}}), deadline=soon())
    world.run(job.id)
    untouched = {key: each["_seq_no"] for key, each in world.fake.indices["alto-film-000001"].documents.items()}
    world.put(changed)
    world.delete(deleted)
    [inserted] = world.insert(1)
    asked = len(world.model.texts)

    undone = world.rebuilds.undo("Film", deadline=soon())
    assert undone.job is not None
    world.run(undone.job.id)

    assert (world.collection.index_number, list(world.collection.vectors)) == (1, ["old", "own"])
    world.check()
    # Only what was written since is embedded, and nothing else was touched.
    assert len(world.model.texts) == asked + 2
    now = {key: each["_seq_no"] for key, each in world.fake.indices["alto-film-000001"].documents.items()}
    assert {key for key in now if now[key] != untouched.get(key)} == {changed, inserted}
    again = world.rebuilds.undo("Film", deadline=soon())
    assert again.job is not None
    world.run(again.job.id)
    world.check()


def test_undoing_keeps_what_was_changed_since_the_rebuild(world: World) -> None:
    world.insert(4)
    job = world.rebuilds.start("Film", RebuildBody.model_validate({"vectors": {"old": None}}), deadline=soon())
    world.run(job.id)
    add(world)
    fill(world, list(world.texts))
    change = {
        "expiry": {"property": "_updated", "after": "30d"},
        "reranker": {"model": "cohere.rerank-v3-5:0"},
        "index": {"refresh_seconds": 5},
    }
    world.admin.update("Film", CollectionUpdate.model_validate(change), deadline=soon())
    live = world.collection

    undone = world.rebuilds.undo("Film", deadline=soon())
    assert undone.job is not None
    world.run(undone.job.id)

    now = world.collection
    assert (now.expiry, now.reranker, now.index.refresh_seconds) == (live.expiry, live.reranker, 5)
    assert list(now.vectors) == ["old", "own", "new"]
    assert now.filling == live.filling
    assert world.fake.indices["alto-film-000001"].settings["refresh_interval"] == "5s"
    world.check()


def test_a_dropped_vector_that_was_added_again_keeps_the_rebuild_from_being_undone(world: World) -> None:
    world.insert(2)
    job = world.rebuilds.start("Film", RebuildBody.model_validate({"vectors": {"old": None}}), deadline=soon())
    world.run(job.id)
    world.vectors.add("Film", AddVectorsBody.model_validate({"vectors": {"old": COHERE}}), deadline=soon())
    before = world.collection

    with pytest.raises(ConflictError, match="dropped the vector 'old', and another of this name was added since"):
        world.rebuilds.undo("Film", deadline=soon())

    assert world.collection == before


def test_a_collection_without_vectors_takes_some_after_a_rebuild(world: World) -> None:
    world.admin.create(CollectionConfig.model_validate(FILM | {"name": "Book", "vectors": {}}), deadline=soon())
    vectors = AddVectorsBody.model_validate({"vectors": {"new": COHERE}})
    with pytest.raises(InvalidRequestError, match="rebuild it"):
        world.vectors.add("Book", vectors, deadline=soon())
    job = world.rebuilds.start("Book", RebuildBody(), deadline=soon())
    world.run(job.id, name="Book")

    world.vectors.add("Book", vectors, deadline=soon())

    with pytest.raises(ConflictError, match="was made without vectors and cannot take 'new'"):
        world.rebuilds.undo("Book", deadline=soon())


def test_a_change_of_the_collection_is_kept_while_the_copy_notes_its_position(world: World) -> None:
    world.insert(3)
    job = world.rebuilds.start("Film", RebuildBody(), deadline=soon())
    notes: list[str] = []

    def change_between_reading_and_writing_it(method: str, url: str) -> None:
        if method == "PUT" and url.endswith("-000002/_mapping") and not notes:
            notes.append(url)
            # A request that waits for the lock is refused in its time, and is not lost.
            with pytest.raises(SearchEngineUnavailableError):
                world.admin.update("Film", CollectionUpdate(description="new"), deadline=Deadline.after(0.0))

    world.run(job.id, world.steps(change_between_reading_and_writing_it))

    assert notes
    assert world.admin.update("Film", CollectionUpdate(description="new"), deadline=soon()).description == "new"


def test_a_slow_function_of_a_rebuild_that_was_given_up_writes_nothing_into_the_next(world: World) -> None:
    world.insert(3)
    given_up = world.rebuilds.start("Film", RebuildBody.model_validate({"vectors": {"old": None}}), deadline=soon())
    started: list[str] = []

    def give_up_and_begin_again(_: str, url: str) -> None:
        if "/_bulk" in url and not started:
            world.rebuilds.undo("Film", deadline=soon())
            started.append(world.rebuilds.start("Film", RebuildBody(), deadline=soon()).id)
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr("lambdas.migrating.rebuild_steps.place_hold", _killed)
                patch.setattr("lambdas.collections.lock.LEASE_SECONDS", 0.0)
                with pytest.raises(KilledError):
                    world.run(started[0])

    with pytest.raises((JobFailedError, AltoError)):
        world.run(given_up.id, world.steps(give_up_and_begin_again))

    assert world.run(started[0])
    world.check()


def test_a_slow_function_replaces_nothing_after_its_hold_was_removed(world: World) -> None:
    [only] = world.insert(1)
    job = world.rebuilds.start("Film", RebuildBody(), deadline=soon())

    def expire(_: str, url: str) -> None:
        if url == "/_aliases":
            _, found = world.fake.one("alto-film")
            for alias in [each for each in found.aliases if "-hold-" in each]:
                del found.aliases[alias]
            found.settings.clear()
            world.put(only)

    with pytest.raises(AltoError):
        world.run(job.id, world.steps(expire))

    assert world.collection.index_number == 1
    world.check()
    assert world.run(job.id)
    world.check()


def test_settings_that_change_during_a_rebuild_are_in_the_new_index(world: World) -> None:
    world.insert(3)
    job = world.rebuilds.start("Film", RebuildBody(), deadline=soon())

    add(world)
    fill(world, list(world.texts))
    world.run(job.id)

    assert list(world.collection.vectors) == ["old", "own", "new"]
    world.check()


def test_a_rebuild_does_not_get_more_shards_than_a_new_collection(world: World) -> None:
    world.admin.update("Film", CollectionUpdate.model_validate({"index": {"replicas": 2}}), deadline=soon())
    before = world.collection

    with pytest.raises(InvalidRequestError, match="20 shards of 3 copies each are 60, and a collection may have 40"):
        world.rebuilds.start("Film", RebuildBody(shards=20), deadline=soon())

    assert world.collection == before
    assert world.rebuilds.start("Film", RebuildBody(shards=13), deadline=soon()).state == "splitting"


def test_a_rebuild_whose_starter_died_begins_again(world: World) -> None:
    world.insert(3)
    first = world.rebuilds.start("Film", RebuildBody(), deadline=soon())
    del world.jobs.jobs[first.id]

    second = world.rebuilds.start("Film", RebuildBody(), deadline=soon())

    assert world.run(second.id)
    world.check()


@pytest.mark.parametrize("change", ["rebuild", "vector"])
def test_a_deletion_that_waited_for_a_change_deletes_all_of_the_collection(world: World, change: str) -> None:
    world.insert(3)
    job = world.rebuilds.start("Film", RebuildBody(), deadline=soon())
    changed: list[str] = []

    def change_first(method: str, url: str) -> None:
        if method == "PUT" and "alto--locks/_doc" in url and not changed:
            changed.append(url)
            if change == "rebuild":
                world.run(job.id)
            else:
                add(world)

    world.make_admin(world.connect(change_first)).delete("Film", deadline=soon())

    assert changed
    assert [name for name in world.fake.indices if name.startswith("alto-film")] == []


def test_finishing_ends_an_undo_whose_starter_died(world: World) -> None:
    world.insert(1)
    world.run(world.rebuilds.start("Film", RebuildBody(), deadline=soon()).id)
    undone = world.rebuilds.undo("Film", deadline=soon())
    assert undone.job is not None
    del world.jobs.jobs[undone.job.id]

    assert world.rebuilds.finish("Film", deadline=soon()).rebuild is None

    assert world.admin.update("Film", CollectionUpdate(description="new"), deadline=soon()).description == "new"


def test_a_message_that_comes_twice_finds_the_rebuild_done(world: World) -> None:
    world.insert(3)
    job = world.rebuilds.start("Film", RebuildBody(), deadline=soon())

    assert world.run(job.id)
    assert world.run(job.id)

    world.check()
