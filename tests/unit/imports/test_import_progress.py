from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from moto import mock_aws

from lambdas.errors import ImportNotFoundError
from lambdas.jobs.chunk import ChunkReport, Problem, RecordError
from lambdas.jobs.job import Job, JobState
from lambdas.jobs.job_response import response_of
from lambdas.jobs.job_store import CountedPart
from tests.import_builders import NOW, TABLE, ImportWorld


@pytest.fixture
def world() -> Iterator[ImportWorld]:
    with mock_aws():
        yield ImportWorld.create()


@pytest.fixture
def job(world: ImportWorld) -> Job:
    """Three chunks, all of them sent."""
    source = world.upload(b"x" * 25)
    job = Job.planned(source, "Film", size=25, chunk_bytes=10, now=NOW)
    assert world.jobs.create(job)
    assert world.jobs.start_loading(job, 3, None)
    return world.jobs.get(job.id)


def failure(number: int, chunk: int = 0) -> RecordError:
    return RecordError(chunk=chunk, line_start_byte=number, code="invalid_object", message="bad")


def test_a_job_comes_back_as_it_was_stored(world: ImportWorld) -> None:
    job = Job.planned(world.upload(b"x"), "Film", size=25, chunk_bytes=10, now=NOW)

    assert world.jobs.create(job)

    assert world.jobs.get(job.id) == job


def test_an_existing_job_is_never_created_again(world: ImportWorld, job: Job) -> None:
    assert not world.jobs.create(Job.planned(job.source, "Film", size=99, chunk_bytes=10, now=NOW))

    assert world.jobs.get(job.id) == job


def test_an_unknown_job_is_not_found(world: ImportWorld) -> None:
    with pytest.raises(ImportNotFoundError, match="No import has the id 'nothing'"):
        world.jobs.get("nothing")


def test_jobs_and_chunks_expire(world: ImportWorld, job: Job) -> None:
    world.jobs.count(job.chunk(0), ChunkReport(loaded=1))

    items = world.dynamodb.scan(TableName=TABLE)["Items"]

    assert {item["sk"]["S"] for item in items} == {"job", "chunk#00000000.0000", f"{NOW.isoformat()}#{job.id}"}
    days = {round((int(item["expires"]["N"]) - job.updated.timestamp()) / 86_400) for item in items}
    assert days == {90}


def test_a_chunk_is_counted_once_however_often_it_is_loaded(world: ImportWorld, job: Job) -> None:
    report = ChunkReport(loaded=3, failed=1, first_errors=(failure(7),), error_file="s3://b/e")

    assert [world.jobs.count(job.chunk(1), report) for _ in range(3)] == [True, False, False]

    counted = world.jobs.get(job.id)
    assert (counted.loaded, counted.failed, counted.chunks_done) == (3, 1, 1)
    assert (counted.errors, counted.error_files) == ([failure(7)], ["s3://b/e"])
    assert world.jobs.counted(job.chunk(1)) == CountedPart(rest=None)
    assert world.jobs.counted(job.chunk(0)) is None


def test_a_job_is_completed_once_and_only_when_every_chunk_is_counted(world: ImportWorld, job: Job) -> None:
    completed = []
    for number in range(3):
        completed.append(world.jobs.complete(job))
        world.jobs.count(job.chunk(number), ChunkReport(loaded=1))
    completed += [world.jobs.complete(job), world.jobs.complete(job)]

    assert completed == [False, False, False, True, False]
    assert world.jobs.get(job.id).state is JobState.COMPLETED


def test_a_job_that_has_ended_stays_ended(world: ImportWorld, job: Job) -> None:
    problem = Problem(chunk=0, attempts=1, code="model_throttled", message="Slow down.", time=NOW)

    assert world.jobs.fail(job.id, "The first reason.")

    assert not world.jobs.fail(job.id, "Another reason.")
    assert not world.jobs.note_problem(job.id, problem)
    assert not world.jobs.start_loading(job, 3, None)
    assert not world.jobs.complete(job)
    assert world.jobs.get(job.id).reason == "The first reason."


def test_a_problem_is_shown_until_the_job_ends(world: ImportWorld, job: Job) -> None:
    problem = Problem(chunk=2, attempts=4, code="model_throttled", message="Slow down.", time=NOW)

    assert world.jobs.note_problem(job.id, problem)

    assert response_of(world.jobs.get(job.id)).problem == problem
    world.jobs.fail(job.id, "No.")
    assert response_of(world.jobs.get(job.id)).problem is None


def test_the_job_keeps_its_first_errors_only(world: ImportWorld, job: Job) -> None:
    for chunk in range(3):
        errors = tuple(failure(number, chunk) for number in range(6))
        world.jobs.count(job.chunk(chunk), ChunkReport(failed=6, first_errors=errors, error_file=f"s3://b/{chunk}"))

    shown = response_of(world.jobs.get(job.id))

    assert (len(shown.errors), shown.counts.failed) == (10, 18)
    assert shown.error_files == ["s3://b/0", "s3://b/1", "s3://b/2"]


class Contended:
    """A DynamoDB whose first transactions meet other writers."""

    def __init__(self, client: Any, conflicts: int) -> None:
        self._client = client
        self.conflicts = conflicts

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)

    def transact_write_items(self, **request: Any) -> Any:
        self.conflicts -= 1
        if self.conflicts >= 0:
            response = {
                "Error": {"Code": "TransactionCanceledException"},
                "CancellationReasons": [{"Code": "None"}, {"Code": "TransactionConflict"}],
            }
            raise self._client.exceptions.TransactionCanceledException(response, "TransactWriteItems")
        return self._client.transact_write_items(**request)

    def update_item(self, **request: Any) -> Any:
        self.conflicts -= 1
        if self.conflicts >= 0:
            response = {"Error": {"Code": "TransactionConflictException"}}
            raise self._client.exceptions.TransactionConflictException(response, "UpdateItem")
        return self._client.update_item(**request)


def test_loaders_that_meet_at_the_job_wait_longer_each_time(world: ImportWorld, job: Job) -> None:
    world.dynamodb = Contended(world.dynamodb, conflicts=3)

    assert world.jobs.count(job.chunk(0), ChunkReport(loaded=1))

    assert len(world.pauses) == 3
    assert all(half / 2 <= pause <= half for pause, half in zip(world.pauses, [0.1, 0.2, 0.4], strict=True))
    world.dynamodb.conflicts = 1
    assert world.jobs.fail(job.id, "No.")
    assert world.jobs.get(job.id).loaded == 1


@pytest.mark.parametrize("call", ["count", "fail"])
def test_a_conflict_without_end_is_raised_and_counts_nothing(world: ImportWorld, job: Job, call: str) -> None:
    world.dynamodb = Contended(world.dynamodb, conflicts=1000)
    calls = {
        "count": lambda: world.jobs.count(job.chunk(0), ChunkReport(loaded=1)),
        "fail": lambda: world.jobs.fail(job.id, "No."),
    }

    with pytest.raises(world.dynamodb.exceptions.ClientError, match="TransactionC"):
        calls[call]()

    assert len(world.pauses) == 9
    assert world.jobs.get(job.id) == job


def test_what_was_handed_back_is_remembered_and_its_chunk_is_not_done(world: ImportWorld, job: Job) -> None:
    assert world.jobs.count(job.chunk(0), ChunkReport(loaded=2, rest_start=7))

    assert world.jobs.counted(job.chunk(0)) == CountedPart(rest=job.chunk(0).rest(7))
    assert (world.jobs.get(job.id).chunks_done, world.jobs.get(job.id).loaded) == (0, 2)
    assert world.jobs.count(job.chunk(0).rest(7), ChunkReport(loaded=1))
    assert world.jobs.get(job.id).chunks_done == 1


def test_a_dead_chunk_is_counted_once_and_revived_when_loaded(world: ImportWorld, job: Job) -> None:
    chunk = job.chunk(1)

    assert [world.jobs.mark_dead(chunk) for _ in range(2)] == [True, False]
    assert (world.jobs.get(job.id).chunks_dead, list(world.jobs.dead_chunks(job.id))) == (1, [chunk])

    assert world.jobs.count(chunk, ChunkReport(loaded=3))
    after = world.jobs.get(job.id)
    assert (after.chunks_dead, after.chunks_done, after.loaded, list(world.jobs.dead_chunks(job.id))) == (0, 1, 3, [])
    assert not world.jobs.mark_dead(chunk)


def test_a_job_with_dead_chunks_is_incomplete_until_it_is_resumed(world: ImportWorld, job: Job) -> None:
    for number in (0, 1):
        world.jobs.count(job.chunk(number), ChunkReport(loaded=1))
    assert not world.jobs.get(job.id).only_dead_chunks_left
    world.jobs.mark_dead(job.chunk(2))

    assert world.jobs.stop_incomplete(world.jobs.get(job.id))
    assert world.jobs.get(job.id).state is JobState.INCOMPLETE

    stopped = world.jobs.get(job.id)
    assert world.jobs.revive(stopped, job.chunk(2))
    assert not world.jobs.revive(stopped, job.chunk(2))
    assert world.jobs.resume(stopped)
    resumed = world.jobs.get(job.id)
    assert (resumed.state, resumed.chunks_dead, resumed.chunks_done) == (JobState.SPLITTING, 0, 2)


def test_jobs_are_listed_from_the_newest_in_pages(world: ImportWorld) -> None:
    made = []
    for number in range(5):
        source = world.upload(b"x" * 25, key=f"Film/{number}.jsonl")
        made.append(Job.planned(source, "Film", size=25, chunk_bytes=10, now=NOW + timedelta(seconds=number)))
        world.jobs.create(made[-1])

    first, mark = world.jobs.list(3)
    second, end = world.jobs.list(3, mark)

    assert [job.id for job in first + second] == [job.id for job in reversed(made)]
    assert end is None


def test_a_cancelled_job_stays_cancelled_until_it_is_resumed(world: ImportWorld, job: Job) -> None:
    assert world.jobs.cancel(job.id)
    assert not world.jobs.cancel(job.id)
    assert not world.jobs.fail(job.id, "No.")
    cancelled = world.jobs.get(job.id)
    assert world.jobs.resume(cancelled)
    assert not world.jobs.resume(cancelled)
