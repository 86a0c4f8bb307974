import gzip
import json
from collections.abc import Iterator
from typing import Any

import pytest
from moto import mock_aws

from lambdas.deadline import Deadline
from lambdas.imports.files.s3_source import S3Source
from lambdas.imports.splitting.chunk_planner import SAMPLE_BYTES, Planner
from lambdas.jobs.chunk import ChunkReport
from lambdas.jobs.import_options import CsvOptions, ImportOptions
from lambdas.jobs.job import JobState
from lambdas.jobs.job_response import response_of
from lambdas.jobs.queues import ChunksNotSentError, SplitQueue
from tests.import_builders import BUCKET, ImportWorld, films


@pytest.fixture
def world() -> Iterator[ImportWorld]:
    with mock_aws():
        yield ImportWorld.create()


class Forgetful:
    """An SQS that refuses the first message of every batch, for a while."""

    def __init__(self, client: Any, refusals: int) -> None:
        self._client = client
        self._refusals = refusals

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)

    def send_message_batch(self, **request: Any) -> Any:
        if self._refusals == 0:
            return self._client.send_message_batch(**request)
        self._refusals -= 1
        refused, *taken = request["Entries"]
        if taken:
            self._client.send_message_batch(**request | {"Entries": taken})
        return {"Failed": [{"Id": refused["Id"], "Code": "InternalError", "SenderFault": False}]}


def test_an_object_becomes_a_job_and_its_chunks(world: ImportWorld) -> None:
    content = films(40)
    source = world.upload(content)

    outcome = world.split(source, chunk_bytes=50)

    job, chunks = world.job(source), world.chunks()
    assert (outcome.result, outcome.job_id, outcome.chunks) == ("started", source.job_id, len(chunks))
    assert (job.state, job.collection, job.size) == (JobState.LOADING, "Film", len(content))
    assert chunks == [job.chunk(number) for number in range(job.chunks_total)]
    assert response_of(job).chunks.model_dump() == {"total": -(-len(content) // 50), "done": 0, "dead": 0}


def test_the_exact_version_is_imported(world: ImportWorld) -> None:
    world.version_the_bucket()
    source = world.upload(films(2))
    world.split(source)
    world.upload(films(50))

    assert world.job(source).size == len(films(2))
    assert {chunk.source.version_id for chunk in world.chunks()} == {source.version_id}


def test_the_same_event_twice_sends_at_most_the_last_chunk_again(world: ImportWorld) -> None:
    source = world.upload(films(20))
    world.split(source)
    sent = world.chunks()
    before = world.job(source)

    assert world.split(source).result == "repeated"

    assert world.chunks() == sent[-1:]
    assert world.job(source) == before
    world.load(sent[-1])
    world.split(source)
    assert world.chunks() == []


def test_an_empty_object_is_completed_at_once_with_nothing_counted(world: ImportWorld) -> None:
    source = world.upload(b"")

    assert world.split(source).result == "completed"

    shown = response_of(world.job(source))
    assert (shown.state, shown.counts.read, shown.chunks.total) == ("completed", 0, 0)
    assert world.chunks() == []
    assert world.split(source).result == "repeated"


def test_an_unsupported_format_fails_the_job_with_a_reason(world: ImportWorld) -> None:
    source = world.upload(b"a,b", key="Film/films.xlsx")

    assert world.split(source).result == "failed"

    job = world.job(source)
    assert job.state is JobState.FAILED
    assert job.reason is not None
    assert "one of .jsonl" in job.reason
    assert world.chunks() == []


def test_an_object_that_was_overwritten_before_it_was_split_fails_the_job(world: ImportWorld) -> None:
    source = world.upload(films(2))
    world.upload(films(3))

    assert world.split(source).result == "failed"

    assert "was overwritten" in str(world.job(source).reason)


def test_an_object_that_was_deleted_before_it_was_split_fails_the_job(world: ImportWorld) -> None:
    source = world.upload(films(2))
    world.s3.delete_object(Bucket=BUCKET, Key=source.key)

    world.split(source)

    assert "is gone" in str(world.job(source).reason)


def test_messages_that_sqs_refuses_are_sent_again(world: ImportWorld) -> None:
    source = world.upload(films(30))
    world.sqs = Forgetful(world.sqs, refusals=3)

    world.split(source)

    assert [chunk.chunk for chunk in world.chunks()] == list(range(world.job(source).chunks_total))
    assert len(world.pauses) == 3
    assert all(most / 2 <= pause <= most for pause, most in zip(world.pauses, [0.4, 0.8, 1.6], strict=True))


def test_a_job_whose_chunks_could_not_be_sent_goes_on_with_the_next_delivery(world: ImportWorld) -> None:
    source = world.upload(films(60))
    sqs, world.sqs = world.sqs, Forgetful(world.sqs, refusals=1000)
    with pytest.raises(ChunksNotSentError, match="InternalError"):
        world.split(source)
    world.sqs = sqs
    assert world.job(source).state is JobState.SPLITTING

    assert world.split(source).result == "started"

    job = world.job(source)
    assert job.state is JobState.LOADING
    assert {chunk.chunk for chunk in world.chunks()} == set(range(job.chunks_total))


def test_splitting_that_runs_out_of_time_goes_on_where_it_stopped(world: ImportWorld) -> None:
    source = world.upload(films(60))
    ticks = iter([0.0, 99.0, 99.0])

    outcome = world.splitter(chunk_bytes=32).split(source, Deadline(10.0, clock=lambda: next(ticks)))

    assert (outcome.result, world.continued, len(world.chunks())) == ("continued", [source.job_id], 20)
    # The ranges stay those of the job, even if the setting has changed since.
    message = json.dumps({"job_id": source.job_id})
    world.splitter(chunk_bytes=1000).split_all(message, Deadline.after(60))
    job = world.job(source)
    assert [chunk.chunk for chunk in world.chunks()] == list(range(20, job.chunks_total))
    assert (job.state, job.chunk_bytes) == (JobState.LOADING, 32)


def test_a_job_is_looked_after_later_and_then_only_if_nobody_has_begun(world: ImportWorld) -> None:
    SplitQueue(world.sqs, world.queue_url).schedule_watchdog("some-job")
    attributes = world.sqs.get_queue_attributes(QueueUrl=world.queue_url, AttributeNames=["All"])["Attributes"]
    assert attributes["ApproximateNumberOfMessagesDelayed"] == "1"
    source = world.upload(films(5))
    world.split(source)
    waiting = world.chunks()

    message = json.dumps({"job_id": source.job_id, "unless_begun": True})
    (outcome,) = world.splitter().split_all(message, Deadline.after(60))

    assert (outcome.result, world.chunks()) == ("repeated", [])
    assert waiting


def test_a_job_may_be_completed_at_the_moment_its_last_chunk_is_sent(world: ImportWorld) -> None:
    source = world.upload(b'{"title":"A"}\n')
    send = world.sqs.send_message_batch

    def send_and_load(**request: Any) -> Any:
        response = send(**request)
        job = world.job(source)
        world.jobs.count(job.chunk(0), ChunkReport(loaded=1))
        assert world.jobs.complete(job)
        return response

    world.sqs.send_message_batch = send_and_load

    world.split(source)

    assert world.job(source).state is JobState.COMPLETED


def test_each_job_is_a_message_group_so_that_small_jobs_do_not_wait(
    world: ImportWorld,
) -> None:
    sources = [world.upload(films(count), key=f"Film/{count}.jsonl") for count in (30, 2)]
    for source in sources:
        world.split(source)

    sent = []
    while messages := world.sqs.receive_message(
        QueueUrl=world.queue_url, MaxNumberOfMessages=10, MessageSystemAttributeNames=["MessageGroupId"]
    ).get("Messages", []):
        sent += messages

    groups = [(json.loads(each["Body"])["job_id"], each["Attributes"]["MessageGroupId"]) for each in sent]
    assert {group for _, group in groups} == {source.job_id for source in sources}
    assert all(job == group for job, group in groups)


@pytest.mark.parametrize(
    ("key", "problem"),
    [
        ("films.jsonl", "names no collection"),
        ("/films.jsonl", "names no collection"),
        ("Film/notes.xlsx", "no ending that names its format"),
        ("Film/films", "no ending that names its format"),
        ("Film/films.xlsx", "no ending that names its format"),
    ],
)
def test_a_file_that_cannot_be_imported_is_a_failed_job_that_says_why(
    world: ImportWorld, key: str, problem: str
) -> None:
    source = world.upload(films(3), key=key)

    assert world.split(source).result == "failed"

    [job], _ = world.jobs.list(10)
    assert (job.state, job.source.key) == (JobState.FAILED, key)
    assert problem in str(job.reason)


@pytest.mark.parametrize("key", ["Film/films.JSONL", "Film/films.Jsonl"])
def test_the_case_of_an_ending_does_not_matter(world: ImportWorld, key: str) -> None:
    assert world.split(world.upload(films(3), key=key)).result == "started"


@pytest.mark.parametrize("key", ["Film/", ".alto/imports/1/errors/00000000.ndjson", ".alto/x.jsonl"])
def test_folders_and_altos_own_files_are_no_jobs(world: ImportWorld, key: str) -> None:
    assert world.split(world.upload(films(3), key=key)).result == "ignored"
    assert world.jobs.list(10) == ([], None)


@pytest.mark.parametrize(
    ("header", "problem"),
    [
        (",".join(f"c{number}" for number in range(2001)), "has 2001 columns"),
        ("a," + "x" * 201, "name of column 2 is longer than 200 characters"),
        (",".join(f"c{number:x>198}" for number in range(1000)), "at most 100000"),
    ],
)
def test_columns_that_a_jobs_item_has_no_room_for_are_a_failed_job(
    world: ImportWorld, header: str, problem: str
) -> None:
    source = world.upload(f"{header}\n1,2\n".encode(), key="Film/wide.csv")

    assert world.split(source).result == "failed"

    assert problem in str(world.job(source).reason)


def test_a_reason_of_any_length_fits_the_jobs_item(world: ImportWorld) -> None:
    source = world.upload(films(3))
    world.split(source)

    world.jobs.fail(source.job_id, "x" * 500_000)

    assert len(str(world.job(source).reason)) == 2000


def test_an_unsplittable_message_is_a_failed_job_that_can_be_resumed(world: ImportWorld) -> None:
    source = world.upload(films(3))
    record = {"eventName": "ObjectCreated:Put", "s3": {"bucket": {"name": source.bucket}}}
    record["s3"]["object"] = {"key": source.key, "eTag": source.etag}  # type: ignore[index]

    world.splitter().give_up_split(json.dumps({"Records": [record]}), 9)

    assert world.job(source).state is JobState.FAILED
    assert "could not be split in 9 attempts" in str(world.job(source).reason)
    assert world.jobs.resume(world.job(source))
    world.splitter().continue_job(source.job_id, Deadline.after(60))
    for chunk in world.chunks():
        world.load(chunk)
    assert (world.job(source).state, world.job(source).loaded) == (JobState.COMPLETED, 3)


def test_a_file_that_cannot_be_imported_fails_again_when_it_is_resumed(world: ImportWorld) -> None:
    source = world.upload(films(3), key="Film/notes.xlsx")
    world.split(source)
    assert world.jobs.resume(world.job(source))

    outcome = world.splitter().continue_job(source.job_id, Deadline.after(60))

    assert (outcome.result, world.job(source).state) == ("failed", JobState.FAILED)
    assert "no ending that names its format" in str(world.job(source).reason)


def test_a_job_whose_splitting_was_given_up_says_so(world: ImportWorld) -> None:
    source = world.upload(films(3))
    world.split(source)

    world.splitter().give_up_split(json.dumps({"job_id": source.job_id}), 9)

    assert "could not be split" in str(world.job(source).reason)


@pytest.mark.parametrize(
    ("key", "content"),
    [
        ("Film/a.jsonl", b'{"title": "A"}\n' * 30_000),
        ("Film/a.csv", b"title,year\n" + b"A,1999\n" * 60_000),
        ("Film/short.csv", b"title,year\nA,1999\n"),
        ("Film/a.jsonl.gz", gzip.compress(b'{"title": "A"}\n' * 30_000)),
        ("Film/a.csv.gz", gzip.compress(b"title,year\n" + b"A,1999\n" * 60_000)),
    ],
)
def test_the_beginning_of_a_file_is_read_once(world: ImportWorld, key: str, content: bytes) -> None:
    reads: list[Any] = []
    world.s3.meta.events.register("before-call.s3.GetObject", lambda **call: reads.append(call))
    source = world.upload(content, key)

    job = world.splitter(chunk_bytes=100_000)._planning.plan(source)

    assert (job.state, len(reads)) == (JobState.SPLITTING, 1)


@pytest.mark.parametrize("length", [300_000, SAMPLE_BYTES - 8], ids=["behind the beginning", "at its end"])
def test_a_header_that_the_beginning_has_not_all_of_is_read(world: ImportWorld, length: int) -> None:
    source = world.upload(b"x" * length + b"\ntitle,year\nA,1999\n", "Film/notes.csv")
    options = ImportOptions(csv=CsvOptions(skip_lines=1, delimiter=",")).resolved(source.key)
    assert options is not None

    assert Planner(S3Source(world.s3), BUCKET).plan(source, options, length + 20, 1_000).columns == ("title", "year")
