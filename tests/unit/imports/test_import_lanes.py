"""Loaders that share a model's quota: how many of them run, and what happens to the chunks of the others."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest
from moto import mock_aws

from lambdas.deadline import Deadline
from lambdas.embedding.rate.adaptive_rate import ModelLimiter
from lambdas.errors import ModelThrottledError
from lambdas.imports.loading.load_outcome import Delivery
from lambdas.imports.loading.model_turns import LaneTurn, NoLimit, choose_wait, name_lane
from lambdas.jobs.job import JobState
from lambdas.jobs.lane import LANE_SECONDS, PLACE_SECONDS, Lane, open_lane
from lambdas.jobs.lane_store import LaneStore
from lambdas.jobs.queues import ChunkQueue
from tests.builders import collection
from tests.import_builders import TABLE, ImportWorld, films

NAME = "bedrock eu-west-1 titan"


class Time:
    """A clock that is set, and the processor's time of the loader that is judged."""

    def __init__(self) -> None:
        self.now = 1_000_000.0
        self.processor = 0.0

    def __call__(self) -> float:
        return self.now

    def work(self, seconds: float, share: float) -> None:
        self.now += seconds
        self.processor += seconds * share


class Meter:
    """Says of each loader what the test says."""

    def __init__(self, *, is_held_back: bool = True) -> None:
        self.held_back = is_held_back

    def is_held_back(self, seconds: float) -> bool:
        return seconds > 0 and self.held_back


@pytest.fixture
def world() -> Iterator[ImportWorld]:
    with mock_aws():
        yield ImportWorld.create()


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def store(world: ImportWorld, time: Time) -> LaneStore:
    return LaneStore(world.dynamodb, TABLE, time)


def turn(store: LaneStore, time: Time, holder: str, meter: Meter | None = None) -> tuple[LaneTurn, Deadline]:
    deadline = Deadline.after(300, time)
    made = LaneTurn(store, NAME, holder, meter or Meter(), deadline, clock=time, processor=lambda: time.processor)
    return made, deadline


def test_without_a_lane_every_loader_runs(store: LaneStore, time: Time) -> None:
    turns = [turn(store, time, str(number))[0] for number in range(20)]

    assert all(each.begin() for each in turns)
    assert store.get(NAME) is None


def test_a_loader_that_is_not_held_back_makes_no_lane(store: LaneStore, time: Time) -> None:
    alone, deadline = turn(store, time, "a", Meter(is_held_back=False))
    alone.begin()
    time.work(10, 0.4)

    alone.check()

    assert store.get(NAME) is None
    assert not alone.has_ended
    assert deadline.remaining() == 290


def work_on(time: Time, turns: Sequence[LaneTurn], seconds: float, share: float) -> None:
    time.work(seconds, share)
    for each in turns:
        each.check()


def test_loaders_that_only_wait_end_but_for_those_that_the_quota_feeds(store: LaneStore, time: Time) -> None:
    made = [turn(store, time, str(number)) for number in range(6)]
    turns = [each for each, _ in made]

    for _ in range(3):
        work_on(time, turns, 10, 0.02)

    running = [deadline for each, deadline in made if not each.has_ended]
    assert len(running) == 1
    assert running[0].remaining() == 270
    assert all(deadline.remaining() <= 2 for each, deadline in made if each.has_ended)


def test_a_full_lane_lets_no_other_begin_until_a_place_is_free(store: LaneStore, time: Time) -> None:
    first, _ = turn(store, time, "first")
    for _ in range(3):
        work_on(time, [first], 10, 0.02)
    second, _ = turn(store, time, "second")

    assert not second.begin()
    first.leave()
    assert second.begin()


def test_the_place_of_a_killed_loader_is_free_after_a_minute(store: LaneStore, time: Time) -> None:
    killed, _ = turn(store, time, "killed")
    for _ in range(3):
        work_on(time, [killed], 10, 0.02)
    assert not turn(store, time, "other")[0].begin()

    time.now += PLACE_SECONDS + 1

    assert turn(store, time, "next")[0].begin()


def test_a_lane_is_forgotten_when_nobody_used_it_for_long(store: LaneStore, time: Time) -> None:
    first, _ = turn(store, time, "first")
    time.work(10, 0.01)
    first.check()

    time.now += LANE_SECONDS

    assert store.get(NAME) is None
    second, _ = turn(store, time, "second")
    time.work(10, 0.01)
    second.check()
    assert not second.has_ended


def test_loaders_end_without_a_table_only_by_their_own_time(time: Time) -> None:
    class Broken:
        def get(self, _name: str) -> Any:
            raise RuntimeError("throttled")

    alone, _ = turn(Broken(), time, "a")  # type: ignore[arg-type]

    assert alone.begin()
    alone.leave()


def lane(places: int, running: int, changed: int = 0) -> Lane:
    return Lane(places, {str(number): 10_000 for number in range(running)}, changed)


@pytest.mark.parametrize(
    ("before", "busy", "held_back", "places"),
    [
        (lane(8, 8), 0.25, True, 3),
        (lane(1, 1), 0.05, True, 1),
        # Enough to do: as many as before.
        (lane(8, 8), 0.7, True, 8),
        # The quota has room for more.
        (lane(2, 2), 0.9, False, 4),
        # Places are free: more would not be taken.
        (lane(8, 3), 0.9, False, 8),
        # It has just changed.
        (lane(8, 8, changed=990), 0.25, True, 8),
    ],
)
def test_a_lane_has_the_places_that_its_quota_feeds(before: Lane, busy: float, held_back: bool, places: int) -> None:
    assert before.adapt(busy, 1_000, is_held_back=held_back).places == places


def test_a_write_on_an_old_version_is_refused(store: LaneStore) -> None:
    assert store.save(NAME, open_lane("a", 1_000_000), is_new=True)
    assert not store.save(NAME, open_lane("b", 1_000_000), is_new=True)
    seen = store.get(NAME)
    assert seen is not None

    assert store.save(NAME, seen._replace(places=2))
    assert not store.save(NAME, seen._replace(places=3))


class EndedTurn(NoLimit):
    """A turn that ends while the chunk is loaded."""

    has_ended = True


class NoTurn(NoLimit):
    """A turn that others have."""

    def begin(self) -> bool:
        return False


def loads(world: ImportWorld, begin: Callable[..., Any]) -> Any:
    loader = world.loader(batch_objects=2)
    loader._turns = begin
    return lambda chunk: loader.load(chunk, Delivery("receipt", 1), Deadline.after(60))


def test_a_chunk_without_a_turn_is_delivered_later_and_costs_no_attempt(world: ImportWorld) -> None:
    source = world.upload(films(3))
    world.split(source, 1_000)
    [chunk] = world.chunks()

    outcome = loads(world, lambda *_: NoTurn())(chunk)

    assert outcome.result == "waiting"
    assert world.writer.stored == {}
    assert world.job(source).problem is None


@pytest.mark.parametrize("first", [0, 2])
def test_the_rest_of_a_turn_that_ended_is_loaded_later_and_counted_once(
    world: ImportWorld, monkeypatch: pytest.MonkeyPatch, first: int
) -> None:
    source = world.upload(films(5))
    world.split(source, 1_000)
    [chunk] = world.chunks()
    seen: list[str] = []

    def judge(item: Any) -> ModelThrottledError | None:
        seen.append(item.id)
        return ModelThrottledError("The model is throttled.") if len(seen) > first else None

    world.writer.judge = judge
    sent: list[tuple[Any, int]] = []
    monkeypatch.setattr(ChunkQueue, "send_later", lambda _, rest, seconds: sent.append((rest, seconds)))
    outcome = loads(world, lambda *_: EndedTurn())(chunk)
    world.writer.judge = lambda _: None
    [(rest, seconds)] = sent
    finished = loads(world, lambda *_: NoLimit())(rest)

    assert outcome.result == ("handed_back" if first else "waiting")
    assert seconds >= 3
    assert finished.job_completed
    assert (world.job(source).state, len(world.writer.stored)) == (JobState.COMPLETED, 5)


def test_waits_are_longer_while_many_chunks_wait() -> None:
    limited = NoLimit()
    limited.seconds_a_look = 3.0

    assert [choose_wait(limited, left, lambda: 1.0) for left in (1, 100, 10_000)] == [5, 300, 900]
    assert choose_wait(limited, 100, lambda: 0.0) == 150


def test_collections_of_one_model_share_a_lane() -> None:
    titan = {"vectorizer": "text2vec-aws", "region": "us-east-1", "model": "amazon.titan-embed-text-v2:0"}
    one, other = (collection(vectors={name: titan}) for name in ("default", "plot"))
    elsewhere = collection(vectors={"default": titan | {"region": "eu-west-1"}})

    assert name_lane(one) == name_lane(other) != name_lane(elsewhere)
    assert name_lane(collection()) is None


def limiter_of(time: Time, **caps: int) -> ModelLimiter:
    return ModelLimiter(caps.get("requests"), None, time)


def test_a_quota_that_throttles_holds_back_and_a_cap_of_the_collection_does_not(time: Time) -> None:
    throttled, capped = limiter_of(time), limiter_of(time, requests=60)

    for number in range(40):
        started = time()
        if throttled.start(0) == 0:
            time.now += 0.05
            throttled.finish("ok" if number % 2 else "throttled", started, 0, None)
    while capped.start(0) == 0:
        pass
    while throttled.start(0) == 0:
        pass

    assert throttled.is_held_back(10)
    assert not capped.is_held_back(10)
    time.now += 11
    assert not throttled.is_held_back(10)
