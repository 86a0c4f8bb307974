"""Every failed record names its line, in whichever chunk, part or step of splitting it is read."""

import gzip
import json
from collections.abc import Iterator
from contextlib import suppress

import pytest
from moto import mock_aws

from lambdas.deadline import Deadline
from lambdas.errors import InvalidObjectError, ModelThrottledError
from lambdas.imports.loading.load_outcome import Delivery
from lambdas.jobs.job import Job, JobState
from lambdas.jobs.job_response import MAX_FIRST_ERRORS
from tests.import_builders import EagerQueue, ImportWorld

BAD = (2, 5, 6, 12)
COUNT = 12


@pytest.fixture
def world() -> Iterator[ImportWorld]:
    with mock_aws():
        yield ImportWorld.create()


def titles() -> list[str]:
    return [f"{'bad' if number in BAD else 'good'} {number} {'x' * (number % 5 * 9)}" for number in range(1, COUNT + 1)]


def json_lines() -> bytes:
    # Blank lines, and an end of line that is not at the end of the file.
    lines = [json.dumps({"title": title}) for title in titles()]
    return "\n".join(lines).replace('{"title": "good 4 ', '\r\n\n{"title": "good 4 ').encode()


def json_array() -> bytes:
    return b"[\n" + b",\n\n".join(json.dumps({"title": title}, indent=1).encode() for title in titles()) + b"\n]\n"


def csv() -> bytes:
    return b"title,note\n\n" + b"".join(f'{title},"a\nb"\n'.encode() for title in titles())


def true_lines(content: bytes) -> list[int]:
    """The line in which each bad record begins."""
    lines = content.decode().split("\n")
    found = [number for number, line in enumerate(lines, start=1) if "bad " in line]
    return [number - (1 if lines[number - 2].strip() == "{" else 0) for number in found]


def refuse(world: ImportWorld) -> None:
    world.types = {"title": "text", "note": "text"}
    world.writer.judge = lambda item: InvalidObjectError("No.") if "bad" in item.properties["title"] else None


def load_all(world: ImportWorld) -> None:
    while chunks := world.chunks():
        for chunk in reversed(chunks):
            world.load(chunk)


def shown(world: ImportWorld, job: Job) -> list[int]:
    lines = world.lines_of(str(job.error_file))
    assert not any("line_in_chunk" in line["location"] for line in lines)
    return [line["location"]["line"] for line in lines]


FILES = [
    ("jsonl", json_lines()),
    ("json", json_array()),
    ("csv", csv()),
    ("jsonl.gz", gzip.compress(json_lines())),
    ("csv.gz", gzip.compress(csv())),
]


@pytest.mark.parametrize(("ending", "content"), FILES, ids=[ending for ending, _ in FILES])
def test_a_failed_record_of_any_chunk_names_its_line(
    world: ImportWorld, ending: str, content: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lambdas.imports.splitting.chunk_sizes.MIN_STORED_CHUNK_BYTES", 1)
    refuse(world)
    source = world.upload(content, f"Film/films.{ending}")
    world.split(source, 90)

    load_all(world)

    job = world.job(source)
    expected = true_lines(gzip.decompress(content) if ending.endswith(".gz") else content)
    assert (job.state, job.failed, job.chunks_total > 2) == (JobState.COMPLETED, len(BAD), True)
    assert shown(world, job) == expected
    assert sorted(error.line or 0 for error in job.errors) == expected


@pytest.mark.parametrize(("ending", "content"), FILES, ids=[ending for ending, _ in FILES])
def test_records_of_a_part_that_was_handed_back_name_their_line(
    world: ImportWorld, ending: str, content: bytes
) -> None:
    refuse(world)
    source = world.upload(content, f"Film/films.{ending}")
    world.split(source, 300)
    judge = world.writer.judge
    # Every second batch has to wait for the model, as when time is short.
    world.writer.judge = lambda item: (
        ModelThrottledError("Wait.") if len(world.writer.batches) % 2 == 0 else judge(item)
    )

    loader = world.loader(batch_objects=2, queue=EagerQueue(world.sqs, world.queue_url))
    while received := world.receive():
        for chunk, receipt in received:
            with suppress(ModelThrottledError):
                loader.load(chunk, Delivery(receipt, 1), Deadline.after(60))
                world.sqs.delete_message(QueueUrl=world.queue_url, ReceiptHandle=receipt)

    job = world.job(source)
    parts = max(int(uri.rpartition("/")[2][9:13]) for uri in job.error_files)
    assert (job.state, job.failed, parts > 0) == (JobState.COMPLETED, len(BAD), True)
    assert shown(world, job) == true_lines(gzip.decompress(content) if ending.endswith(".gz") else content)


@pytest.mark.parametrize(("ending", "content"), FILES[:3], ids=[ending for ending, _ in FILES[:3]])
def test_splitting_in_several_steps_loses_no_line(world: ImportWorld, ending: str, content: bytes) -> None:
    refuse(world)
    source = world.upload(content, f"Film/films.{ending}")
    splitter = world.splitter(20)
    splitter.split(source, Deadline.after(0))
    while world.continued:
        splitter.continue_job(world.continued.pop(), Deadline.after(0))

    load_all(world)

    job = world.job(source)
    assert job.chunks_total >= 10
    assert shown(world, job) == true_lines(content)


def test_the_first_errors_of_many_name_their_lines(world: ImportWorld) -> None:
    source = world.upload(b'{"title": "good"}\n' * 9 + b"[]\n" * 50)
    world.split(source, 60)

    load_all(world)

    job = world.job(source)
    assert shown(world, job) == list(range(10, 60))
    places = [(error.line_start_byte, error.line) for error in job.errors]
    assert len(places) >= MAX_FIRST_ERRORS
    assert all(line == 10 + (start - 9 * 18) // 3 for start, line in places)
