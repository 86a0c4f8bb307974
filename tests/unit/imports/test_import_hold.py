"""A chunk while it is loaded: its message, its counts, and what happens when its job ends or its loader is killed."""

from collections.abc import Iterator, Sequence
from datetime import timedelta

import pytest
from moto import mock_aws

from lambdas.deadline import Deadline
from lambdas.imports.loading.load_outcome import Delivery
from lambdas.jobs.chunk import Chunk, LiveChunk, Problem
from lambdas.jobs.chunk_hold import HELD_FOR, HIDDEN_SECONDS, ChunkHold
from lambdas.jobs.job import JobState
from lambdas.jobs.job_store import JobStore
from tests.import_builders import NOW, TABLE, ImportWorld, control, films

THREE_MINUTES = 180
NEVER = 3600.0


class Visibilities:
    """A queue that notes for how long messages were hidden."""

    def __init__(self, error: Exception | None = None) -> None:
        self.hidden: list[int] = []
        self.error = error

    def hide(self, receipt_handle: str, seconds: int) -> None:
        self.hidden.append(seconds)
        if self.error:
            raise self.error


@pytest.fixture
def world() -> Iterator[ImportWorld]:
    with mock_aws():
        yield ImportWorld.create()


@pytest.fixture
def chunk(world: ImportWorld) -> Chunk:
    source = world.upload(films(30))
    world.split(source, chunk_bytes=200)
    return world.chunks()[0]


def hold(world: ImportWorld, chunk: Chunk, queue: Visibilities, beat_seconds: float = NEVER) -> ChunkHold:
    return ChunkHold(chunk, "receipt", world.jobs, queue, beat_seconds=beat_seconds)  # type: ignore[arg-type]


def test_a_killed_loaders_chunk_is_redelivered_within_three_minutes(world: ImportWorld, chunk: Chunk) -> None:
    queue = Visibilities()

    hold(world, chunk, queue).__enter__()

    assert queue.hidden == [HIDDEN_SECONDS]
    assert HIDDEN_SECONDS <= THREE_MINUTES


def test_a_living_loader_keeps_its_message_hidden(world: ImportWorld, chunk: Chunk) -> None:
    queue = Visibilities()
    passed = [0.0]

    with ChunkHold(
        chunk,
        "receipt",
        world.jobs,
        queue,  # type: ignore[arg-type]
        clock=lambda: passed[0],
        beat_seconds=NEVER,
    ) as held:
        for seconds in (20.0, 40.0, 60.0, 80.0):
            passed[0] = seconds
            held.beat()

    assert queue.hidden == [HIDDEN_SECONDS] * 3


def test_a_queue_that_fails_does_not_stop_the_loader(world: ImportWorld, chunk: Chunk) -> None:
    with hold(world, chunk, Visibilities(RuntimeError("SQS is busy."))):
        assert len(world.jobs.live_chunks(chunk.job_id)) == 1


def test_counts_move_while_a_chunk_is_loaded_and_are_exact_at_its_end(world: ImportWorld, chunk: Chunk) -> None:
    seen: list[int] = []
    loader = world.loader(batch_objects=1)
    show = ChunkHold.show

    def note(self: ChunkHold, *counts: int) -> None:
        show(self, *counts)
        self.beat()
        seen.append(control(world).get(chunk.job_id).counts.read)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ChunkHold, "show", note)
        outcome = loader.load(chunk, Delivery("receipt", 1), Deadline.after(60))

    assert seen == list(range(1, outcome.records_read + 1))
    assert control(world).get(chunk.job_id).counts.read == outcome.records_read
    assert world.jobs.live_chunks(chunk.job_id) == []


def test_counts_of_a_killed_loader_are_shown_no_longer_than_a_minute(world: ImportWorld, chunk: Chunk) -> None:
    world.jobs.hold(chunk, LiveChunk(7, 0, 0, until=NOW + HELD_FOR))

    def seen(after: timedelta) -> Sequence[LiveChunk]:
        return JobStore(world.dynamodb, TABLE, now=lambda: NOW + after).live_chunks(chunk.job_id)

    assert len(seen(timedelta(seconds=59))) == 1
    assert seen(timedelta(seconds=61)) == []


def test_a_beat_after_the_chunk_was_counted_shows_nothing(world: ImportWorld, chunk: Chunk) -> None:
    with hold(world, chunk, Visibilities()) as held:
        world.jobs.release(chunk)
        held.beat()

        assert world.jobs.live_chunks(chunk.job_id) == []


def test_a_loader_stops_when_its_job_is_cancelled_and_continues_when_resumed(world: ImportWorld, chunk: Chunk) -> None:
    loader = world.loader(batch_objects=1)
    show = ChunkHold.show

    def cancel_then_beat(self: ChunkHold, *counts: int) -> None:
        show(self, *counts)
        world.jobs.cancel(chunk.job_id)
        self.beat()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ChunkHold, "show", cancel_then_beat)
        stopped = loader.load(chunk, Delivery("receipt", 1), Deadline.after(60))

    assert (stopped.result, stopped.records_read) == ("handed_back", 1)
    control(world).resume(chunk.job_id)
    while world.continued:
        world.splitter(200).continue_job(world.continued.pop(), Deadline.after(60))
        for each in world.chunks():
            world.load(each)
        while rest := world.chunks():
            for each in rest:
                world.load(each)
    job = world.jobs.get(chunk.job_id)
    assert (job.state, job.loaded) == (JobState.COMPLETED, 30)


def test_dead_chunks_are_shown_with_their_place_and_their_last_problem(world: ImportWorld, chunk: Chunk) -> None:
    problem = Problem(chunk=chunk.chunk, attempts=10, code="model_throttled", message="Slow down.", time=NOW)
    world.jobs.note_problem(chunk.job_id, problem)
    world.splitter().give_up(chunk)

    [dead] = control(world).get(chunk.job_id).dead_chunks

    assert (dead.chunk, dead.start, dead.end, dead.problem) == (chunk.chunk, chunk.start, chunk.end, problem)
