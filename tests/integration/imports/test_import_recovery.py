"""A function dies between two steps of an import: the import continues on its own, or when it is resumed."""

import gzip
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import pytest
from moto import mock_aws

from lambdas.deadline import Deadline
from lambdas.errors import AltoError, ConflictError, ModelThrottledError
from lambdas.imports.import_service import ImportControl, ImportRequest
from lambdas.imports.loading.load_outcome import Delivery
from lambdas.imports.splitting import splitter as splitter_module
from lambdas.jobs.chunk import Chunk, ChunkReport, Source
from lambdas.jobs.job import STALLED_AFTER, Job, JobState
from lambdas.jobs.job_response import response_of
from lambdas.jobs.queues import ChunkQueue
from lambdas.objects.model import ObjectInput
from tests.import_builders import BUCKET, ImportWorld, films

# What changes something that others see. A function that dies between two of these leaves one of so many states behind.
STEPS = frozenset({"put_object", "transact_write_items", "update_item"})
BAD = b'{"title": "cut off\n'
TWO_BAD_RECORDS = films(4) + BAD + films(1, start=4) + BAD


class KilledError(BaseException):
    """The end of a function: nothing catches it."""


@dataclass
class Fuse:
    """Kills the function that begins the step after this many; with None none dies."""

    left: int | None = None
    has_killed: bool = False

    def step(self) -> None:
        if self.left == 0:
            self.has_killed = True
            raise KilledError
        if self.left is not None:
            self.left -= 1


class Mortal:
    """An AWS client whose owner dies."""

    def __init__(self, client: Any, fuse: Fuse) -> None:
        self._client, self._fuse = client, fuse

    def __getattr__(self, name: str) -> Any:
        if name in STEPS:
            self._fuse.step()
        return getattr(self._client, name)


@dataclass
class Messages:
    """A queue whose senders die."""

    fuse: Fuse
    waiting: list[Any] = field(default_factory=list)

    def append(self, message: Any) -> None:
        self.fuse.step()
        self.waiting.append(message)


class Chunks(ChunkQueue):
    """The chunk queue, in memory."""

    def __init__(self, fuse: Fuse) -> None:
        self.messages = Messages(fuse)

    def send(self, chunks: Sequence[Chunk]) -> None:
        self.messages.append(list(chunks))

    def put_back(self, receipt_handle: str, seconds: int) -> None:
        """It is delivered again anyway."""


class MortalWorld:
    """The functions of an import, the queues between them, and a fuse that runs through all."""

    def __init__(self, world: ImportWorld) -> None:
        self.fuse = Fuse()
        self.world = world
        world.s3, world.dynamodb = Mortal(world.s3, self.fuse), Mortal(world.dynamodb, self.fuse)
        self.chunks, self.split_queue, self.later = Chunks(self.fuse), Messages(self.fuse), Messages(self.fuse)
        self.split_seconds = 60.0

    def control(self, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> ImportControl:
        return ImportControl(
            s3=self.world.s3,
            jobs=self.world.jobs,
            request_split=self.split_queue.append,
            schedule_watchdog=self.later.append,
            bucket=BUCKET,
            chunk_bytes=64,
            now=now,
        )

    def run(self, *sources: Source) -> None:
        """Let the functions work until no message is left. What was not finished is delivered again."""
        events: list[Any] = [*sources]
        while events or self.split_queue.waiting or self.chunks.messages.waiting:
            for queue in (events, self.split_queue.waiting, self.chunks.messages.waiting):
                if queue:
                    message = queue.pop(0)
                    try:
                        self._work(message)
                    except (KilledError, AltoError):
                        self.fuse.left = None
                        queue.append(message)
                    break

    def wait(self) -> None:
        """The time passes after which a stalled job may be resumed."""
        self.fuse.left = None
        for job_id in self.later.waiting:
            self._splitter().split_all(json.dumps({"job_id": job_id, "unless_begun": True}), Deadline.after(60))
        self.later.waiting.clear()
        self.run()

    def _splitter(self) -> splitter_module.Splitter:
        splitter = self.world.splitter()
        splitter._queue, splitter._request_split = self.chunks, self.split_queue.append
        return splitter

    def _work(self, message: Any) -> None:
        match message:
            case Source():
                self._splitter().split(message, Deadline.after(self.split_seconds))
            case str():
                self._splitter().continue_job(message, Deadline.after(self.split_seconds))
            case _:
                loader = self.world.loader(queue=self.chunks, batch_objects=2)
                while message:
                    loader.load(message[0], Delivery("receipt", 1), Deadline.after(60))
                    message.pop(0)

    def each_death(self, *, forget: bool = True) -> Iterator[int]:
        """Yields the number of steps before the death, until a function lives to the end."""
        for done in count():
            if forget:
                self.world.forget_jobs()
            self.fuse.left, self.fuse.has_killed = done, False
            yield done
            if not self.fuse.has_killed:
                return


@pytest.fixture
def mortal(monkeypatch: pytest.MonkeyPatch) -> Iterator[MortalWorld]:
    # moto in this process, not the account of the HTTP tests.
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with mock_aws():
        yield MortalWorld(ImportWorld.create())


@pytest.fixture
def small_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    """Splitting stores its way after every two chunks."""
    monkeypatch.setattr(splitter_module, "MESSAGES_PER_BATCH", 2)
    monkeypatch.setattr(splitter_module, "BATCHES_PER_MARK", 1)


def assert_completed(job: Job, loaded: int, failed: int = 0) -> None:
    shown = response_of(job)
    assert (shown.state, shown.counts.read, shown.counts.loaded, shown.counts.failed) == (
        JobState.COMPLETED,
        loaded + failed,
        loaded,
        failed,
    ), shown
    assert (shown.chunks.done, shown.chunks.dead) == (shown.chunks.total, 0)


def upload(mortal: MortalWorld, content: bytes, key: str) -> Source:
    """No function dies because of an upload."""
    left, mortal.fuse.left = mortal.fuse.left, None
    source = mortal.world.upload(content, key)
    mortal.fuse.left = left
    return source


def throttled_once() -> Callable[[ObjectInput], AltoError | None]:
    """The model is busy when the third film comes for the first time: its chunk is handed back from there."""
    seen: list[str] = []

    def judge(item: ObjectInput) -> AltoError | None:
        if "Film 2" in str(item.properties["title"]) and item.id not in seen:
            seen.append(item.id)
            return ModelThrottledError("Slow down.")
        return None

    return judge


@pytest.mark.usefixtures("small_steps")
@pytest.mark.parametrize(("name", "seconds"), [("films.jsonl", 60.0), ("films.jsonl", -1.0), ("films.jsonl.gz", 60.0)])
def test_an_upload_is_loaded_wherever_a_function_dies(mortal: MortalWorld, name: str, seconds: float) -> None:
    content = gzip.compress(TWO_BAD_RECORDS, mtime=0) if name.endswith("gz") else TWO_BAD_RECORDS
    mortal.split_seconds = seconds
    for done in mortal.each_death():
        mortal.world.writer.judge = throttled_once()
        source = upload(mortal, content, f"Film/{done}-{name}")

        mortal.run(source)

        job = mortal.world.job(source)
        assert_completed(job, loaded=5, failed=2)
        assert len(mortal.world.lines_of(str(job.error_file))) == 2
    assert done >= 10


def test_a_file_without_records_is_completed_wherever_a_function_dies(mortal: MortalWorld) -> None:
    for done in mortal.each_death():
        source = upload(mortal, b"title,year\n", f"Film/{done}.csv")

        mortal.run(source)

        assert_completed(mortal.world.job(source), loaded=0)


def test_a_job_started_over_http_continues_without_another_request(mortal: MortalWorld) -> None:
    for done in mortal.each_death():
        upload(mortal, films(2), f"anywhere/{done}.jsonl")
        asked = {"collection": "Film", "source": f"s3://{BUCKET}/anywhere/{done}.jsonl", "repeat": True}
        try:
            mortal.control().start(ImportRequest.model_validate(asked))
        except KilledError:
            mortal.fuse.left = None

        mortal.run()
        mortal.wait()

        mine = [job for job in mortal.world.jobs.list(100)[0] if job.source.key == f"anywhere/{done}.jsonl"]
        assert len(mine) == (done >= 2)
        for job in mine:
            assert_completed(job, loaded=2)


@pytest.mark.parametrize("asks_again", [False, True])
def test_a_job_that_was_cancelled_goes_on_wherever_its_resumption_dies(mortal: MortalWorld, asks_again: bool) -> None:
    def cancelled(key: str) -> str:
        source = upload(mortal, films(6), key)
        mortal.world.split(source)
        first, *others = mortal.world.chunks()
        mortal.world.load(first)
        mortal.control().cancel(source.job_id)
        assert {mortal.world.load(chunk).result for chunk in others} == {"ignored"}
        return source.job_id

    resumed = {job.state for job in resumed_with_deaths(mortal, cancelled, loaded=6, asks_again=asks_again)}
    assert resumed == ({JobState.COMPLETED} if asks_again else {JobState.CANCELLED, JobState.COMPLETED})


@pytest.mark.parametrize("asks_again", [False, True])
def test_a_job_with_dead_chunks_goes_on_wherever_its_resumption_dies(mortal: MortalWorld, asks_again: bool) -> None:
    def incomplete(key: str) -> str:
        source = upload(mortal, films(6), key)
        mortal.world.split(source)
        first, second, *others = mortal.world.chunks()
        for chunk in others:
            mortal.world.load(chunk)
        for dead in (first, second):
            mortal.world.splitter().give_up(dead)
        assert mortal.world.job(source).state is JobState.INCOMPLETE
        return source.job_id

    resumed = {job.state for job in resumed_with_deaths(mortal, incomplete, loaded=6, asks_again=asks_again)}
    assert resumed == ({JobState.COMPLETED} if asks_again else {JobState.INCOMPLETE, JobState.COMPLETED})


def resumed_with_deaths(
    mortal: MortalWorld, stopped: Callable[[str], str], *, loaded: int, asks_again: bool
) -> Iterator[Job]:
    """Jobs whose resumption died after each of its steps, when all automatic steps have ended."""
    for done in mortal.each_death():
        mortal.fuse.left = None
        job_id = stopped(f"Film/{done}.jsonl")
        mortal.fuse.left = done
        try:
            mortal.control().resume(job_id)
        except KilledError:
            mortal.fuse.left = None
            if asks_again:
                mortal.control().resume(job_id)
        mortal.run()
        mortal.wait()
        job = mortal.world.jobs.get(job_id)
        if job.state is JobState.COMPLETED:
            assert_completed(job, loaded=loaded)
        yield job


def test_failed_records_are_tried_again_though_whoever_asked_for_it_died(mortal: MortalWorld) -> None:
    source = upload(mortal, BAD, "Film/bad.jsonl")
    mortal.run(source)
    for done in mortal.each_death(forget=False):
        try:
            mortal.control().retry_failed(source.job_id)
        except KilledError:
            mortal.fuse.left = None

        mortal.run()
        mortal.wait()

        retries = [job for job in mortal.world.jobs.list(100)[0] if job.retry_of == source.job_id]
        assert len(retries) == max(0, done - 1)
        for job in retries:
            assert_completed(job, loaded=0, failed=1)


def test_a_splitter_of_an_earlier_run_does_not_say_how_far_this_one_is(
    mortal: MortalWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(splitter_module, "BATCHES_PER_MARK", 2)
    source = upload(mortal, films(60), "Film/films.jsonl")
    sent: list[int] = []

    class Interrupted(Chunks):
        """After its second batch the job is cancelled and resumed."""

        def send(self, chunks: Sequence[Chunk]) -> None:
            super().send(chunks)
            sent.append(len(chunks))
            if len(sent) == 2:
                mortal.control().cancel(source.job_id)
                mortal.chunks.messages.waiting.clear()  # loaders have ignored them
                mortal.control().resume(source.job_id)

    splitter = mortal._splitter()
    splitter._queue = Interrupted(mortal.fuse)

    splitter.split(source, Deadline.after(60))

    assert (mortal.world.job(source).state, mortal.world.job(source).chunks_sent) == (JobState.SPLITTING, 0)
    mortal.run()
    assert_completed(mortal.world.job(source), loaded=60)


def test_splitting_stops_when_its_job_is_cancelled(mortal: MortalWorld) -> None:
    source = upload(mortal, films(300), "Film/films.jsonl")
    mortal.world.jobs.create(Job.planned(source, "Film", size=9000, chunk_bytes=1, now=datetime.now(UTC)))
    send = mortal.chunks.send

    def send_and_cancel(chunks: Sequence[Chunk]) -> None:
        send(chunks)
        mortal.world.jobs.cancel(source.job_id)

    mortal.chunks.send = send_and_cancel  # type: ignore[method-assign]

    mortal._splitter().continue_job(source.job_id, Deadline.after(60))

    assert len(mortal.chunks.messages.waiting) == splitter_module.BATCHES_PER_MARK
    assert mortal.world.job(source).state is JobState.CANCELLED


def test_a_dead_chunk_stays_dead_until_the_job_can_be_resumed(mortal: MortalWorld) -> None:
    source = upload(mortal, films(12), "Film/films.jsonl")
    mortal.world.split(source)
    dead, *others = mortal.world.chunks()
    mortal.world.splitter().give_up(dead)

    with pytest.raises(ConflictError, match="The import is loading"):
        mortal.control().resume(source.job_id)

    assert mortal.world.job(source).chunks_dead == 1
    for chunk in others:
        mortal.world.load(chunk)
    mortal.control().resume(source.job_id)
    mortal.run()
    assert_completed(mortal.world.job(source), loaded=12)


def test_a_silent_job_whose_messages_were_lost_can_be_resumed(mortal: MortalWorld) -> None:
    source = upload(mortal, films(12), "Film/films.jsonl")
    mortal.world.split(source)
    mortal.world.load(mortal.world.chunks()[0])
    with pytest.raises(ConflictError, match="without progress for 60 minutes"):
        mortal.control().resume(source.job_id)

    mortal.control(now=lambda: datetime.now(UTC) + STALLED_AFTER + timedelta(minutes=1)).resume(source.job_id)

    mortal.run()
    assert_completed(mortal.world.job(source), loaded=12)


def test_a_job_that_only_has_to_be_ended_is_ended_when_it_is_resumed(mortal: MortalWorld) -> None:
    source = upload(mortal, films(2), "Film/films.jsonl")
    mortal.world.split(source)
    for chunk in mortal.world.chunks():
        mortal.world.jobs.count(chunk, ChunkReport(loaded=1))

    mortal.control().resume(source.job_id)

    mortal.run()
    assert mortal.world.job(source).state is JobState.COMPLETED
