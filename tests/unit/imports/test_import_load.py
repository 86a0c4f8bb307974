import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from moto import mock_aws

from lambdas.deadline import Deadline
from lambdas.errors import (
    AltoError,
    EmbeddingTimeoutError,
    InvalidObjectError,
    ModelAccessDeniedError,
    ModelThrottledError,
    ModelUnavailableError,
    SearchEngineUnavailableError,
)
from lambdas.imports.loading import record_batches as batches_module
from lambdas.imports.loading.error_file import merge
from lambdas.imports.loading.load_outcome import Delivery
from lambdas.imports.loading.put_back import put_back_seconds
from lambdas.imports.loading.record_batches import NoTimeError
from lambdas.jobs.chunk import Chunk, Source
from lambdas.jobs.chunk_hold import HIDDEN_SECONDS
from lambdas.jobs.job import JobState
from lambdas.jobs.job_response import response_of
from lambdas.jobs.job_store import ErrorFilePart
from lambdas.objects.model import ObjectInput
from lambdas.records.byte_lines import MAX_LINE_BYTES
from lambdas.records.json_lines import derived_id
from tests.import_builders import BUCKET, ImportWorld, films


@pytest.fixture
def world() -> Iterator[ImportWorld]:
    with mock_aws():
        yield ImportWorld.create()


class KilledError(BaseException):
    """The end of a Lambda: nothing catches it."""


def started(world: ImportWorld, content: bytes, chunk_bytes: int = 64) -> tuple[Source, list[Chunk]]:
    source = world.upload(content)
    world.split(source, chunk_bytes)
    return source, world.chunks()


def counts(world: ImportWorld, source: Source) -> tuple[int, int, int]:
    shown = response_of(world.job(source)).counts
    return shown.read, shown.loaded, shown.failed


def titles(world: ImportWorld) -> list[str]:
    return sorted(item.properties["title"] for item in world.writer.stored.values())


def receipt_in_flight(world: ImportWorld, chunk: Chunk) -> str:
    world.queue.send([chunk])
    ((_, receipt),) = world.receive()
    return receipt


def test_every_record_is_loaded_and_the_last_chunk_completes_the_job(world: ImportWorld) -> None:
    source, chunks = started(world, films(30))

    outcomes = [world.load(chunk) for chunk in chunks]

    assert len(chunks) > 5
    assert len(world.writer.stored) == 30
    assert counts(world, source) == (30, 30, 0)
    assert [outcome.job_completed for outcome in outcomes] == [False] * (len(chunks) - 1) + [True]
    assert (world.job(source).state, world.refreshed) == (JobState.COMPLETED, ["Film"])


def test_chunks_may_come_in_any_order_and_many_times(world: ImportWorld) -> None:
    source, chunks = started(world, films(30))

    for chunk in [*reversed(chunks), *chunks, chunks[0]]:
        world.load(chunk)

    assert len(world.writer.stored) == 30
    assert counts(world, source) == (30, 30, 0)
    assert world.refreshed == ["Film"]


def test_a_chunk_that_was_counted_costs_no_write(world: ImportWorld) -> None:
    _, chunks = started(world, films(30))
    world.load(chunks[0])
    written = list(world.writer.batches)

    assert world.load(chunks[0]).result == "repeated"

    assert world.writer.batches == written


def test_objects_that_were_deleted_stay_deleted_when_a_counted_chunk_is_redelivered(world: ImportWorld) -> None:
    _, chunks = started(world, films(30))
    world.load(chunks[0])
    world.writer.stored.clear()

    world.load(chunks[0])

    assert world.writer.stored == {}


def test_objects_of_a_chunk_that_was_not_counted_are_stored_again(world: ImportWorld) -> None:
    source, chunks = started(world, films(30))

    def die() -> None:
        world.writer.after = lambda: None
        raise KilledError

    world.writer.after = die
    with pytest.raises(KilledError):
        world.load(chunks[0])
    assert counts(world, source) == (0, 0, 0)
    world.writer.stored.clear()

    world.load(chunks[0])

    assert len(world.writer.stored) == counts(world, source)[1] > 0


def test_two_loaders_of_one_chunk_at_the_same_time_count_it_once(world: ImportWorld) -> None:
    source, chunks = started(world, films(30))
    others: list[Any] = []

    def another_delivery() -> None:
        world.writer.after = lambda: None
        others.append(world.load(chunks[0]))

    world.writer.after = another_delivery
    mine = world.load(chunks[0])

    assert (mine.result, others[0].result) == ("repeated", "loaded")
    assert counts(world, source)[0] == others[0].records_read
    assert world.job(source).chunks_done == 1


def test_a_loader_killed_between_write_and_count_leaves_no_half(world: ImportWorld) -> None:
    source, chunks = started(world, films(10), chunk_bytes=10_000)

    def kill() -> None:
        raise KilledError

    world.writer.after = kill
    with pytest.raises(KilledError):
        world.load(chunks[0])
    assert len(world.writer.stored) == 10
    assert counts(world, source) == (0, 0, 0)
    world.writer.after = lambda: None

    world.load(chunks[0], attempt=2)

    assert len(world.writer.stored) == 10
    assert counts(world, source) == (10, 10, 0)


def test_a_loader_killed_between_count_and_end_is_completed_later(world: ImportWorld) -> None:
    source, chunks = started(world, films(10), chunk_bytes=10_000)
    loader = world.loader()

    def kill(_: str) -> None:
        raise KilledError

    loader._refresh = kill
    with pytest.raises(KilledError):
        loader.load(chunks[0], Delivery("receipt", 1), Deadline.after(60))
    assert counts(world, source) == (10, 10, 0)
    assert world.job(source).state is JobState.LOADING

    outcome = world.load(chunks[0], attempt=2)

    assert (outcome.result, outcome.job_completed) == ("repeated", True)
    assert counts(world, source) == (10, 10, 0)


def test_bad_records_go_to_the_error_file_and_never_stop_the_job(world: ImportWorld) -> None:
    content = b'{"title":"A"}\n{"title":\n\n{"title":"refused"}\n["x"]\n{"title":"B"}'
    source, chunks = started(world, content, chunk_bytes=20)
    world.writer.judge = lambda item: InvalidObjectError("No.") if item.properties["title"] == "refused" else None

    for chunk in chunks:
        world.load(chunk)

    job = world.job(source)
    assert (job.state, counts(world, source)) == (JobState.COMPLETED, (5, 2, 3))
    assert titles(world) == ["A", "B"]
    lines = world.error_lines(source)
    assert [line["record"] for line in lines] == ['{"title":', '{"title":"refused"}', '["x"]']
    assert all(content[line["location"]["line_start_byte"] :].startswith(line["record"].encode()) for line in lines)
    assert lines[1] == {
        "location": {"key": source.key, "chunk": 1, "line_start_byte": 25, "line_in_chunk": 2},
        "id": derived_id(job.id_seed, 25),
        "code": "invalid_object",
        "message": "No.",
        "details": [],
        "record": '{"title":"refused"}',
        "record_is_cut": False,
    }
    assert job.error_files[0].startswith(f"s3://{BUCKET}/.alto/imports/{job.id}/errors/00000000-0000-")
    assert [(error.line_start_byte, error.code) for error in job.errors] == [
        (line["location"]["line_start_byte"], line["code"]) for line in lines
    ]


def test_a_chunk_loaded_again_names_its_bad_records_once(world: ImportWorld) -> None:
    source, chunks = started(world, b"bad\n" * 3 + films(2), chunk_bytes=10_000)
    count = world.dynamodb.transact_write_items
    killed: list[bool] = []

    def kill_once(**request: Any) -> Any:
        if not killed:
            killed.append(True)
            raise KilledError
        return count(**request)

    world.dynamodb.transact_write_items = kill_once
    with pytest.raises(KilledError):
        world.load(chunks[0])

    world.load(chunks[0], attempt=2)

    assert counts(world, source) == (5, 2, 3)
    assert len(world.error_lines(source)) == 3


def test_only_a_record_longer_than_what_is_imported_is_cut_in_the_error_file(world: ImportWorld) -> None:
    source, chunks = started(world, b"x" * 50_000 + b"\n" + b"y" * (MAX_LINE_BYTES + 1), chunk_bytes=100_000)

    for chunk in chunks:
        world.load(chunk)

    whole, cut = world.error_lines(source)
    assert (len(whole["record"]), whole["record_is_cut"]) == (50_000, False)
    assert (len(cut["record"]), cut["record_is_cut"]) == (4000, True)


def test_records_without_an_id_keep_the_one_they_got_first(world: ImportWorld) -> None:
    _, chunks = started(world, films(5), chunk_bytes=10_000)
    world.load(chunks[0])
    first = set(world.writer.stored)
    world.writer.stored.clear()
    for item in world.dynamodb.scan(TableName="alto-jobs")["Items"]:
        if item["sk"]["S"].startswith("chunk"):
            world.dynamodb.delete_item(TableName="alto-jobs", Key={"pk": item["pk"], "sk": item["sk"]})
    world.dynamodb.update_item(
        TableName="alto-jobs",
        Key={"pk": {"S": f"job#{chunks[0].job_id}"}, "sk": {"S": "job"}},
        UpdateExpression="SET #s = :loading",
        ExpressionAttributeNames={"#s": "state"},
        ExpressionAttributeValues={":loading": {"S": "loading"}},
    )

    world.load(chunks[0])

    assert set(world.writer.stored) == first


@pytest.mark.parametrize(
    "error",
    [ModelThrottledError, ModelUnavailableError, EmbeddingTimeoutError, SearchEngineUnavailableError],
)
def test_what_may_pass_is_never_counted_and_puts_the_chunk_back(world: ImportWorld, error: type[AltoError]) -> None:
    source, chunks = started(world, films(5) + b"bad\n", chunk_bytes=10_000)
    receipt = receipt_in_flight(world, chunks[0])
    world.writer.judge = lambda item: error("Slow down.") if item.properties["title"].startswith("Film 0") else None

    with pytest.raises(error):
        world.loader().load(chunks[0], Delivery(receipt, 3), Deadline.after(60))

    assert counts(world, source) == (0, 0, 0)
    problem = response_of(world.job(source)).problem
    assert problem is not None
    assert (problem.chunk, problem.attempts, problem.code, problem.message) == (0, 3, error.code, "Slow down.")

    world.writer.judge = lambda _: None
    world.load(chunks[0], attempt=4)
    assert counts(world, source) == (6, 5, 1)
    assert response_of(world.job(source)).problem is None
    assert len(world.writer.stored) == 5


def test_the_rest_of_a_chunk_is_handed_back_and_each_record_is_counted_once(world: ImportWorld) -> None:
    source, chunks = started(world, b"bad\n" + films(5) + b"worse\n", chunk_bytes=10_000)
    waits = ["Film 3", "Film 4"]
    world.writer.judge = lambda item: (
        ModelThrottledError("Slow down.") if waits and item.properties["title"].startswith(waits[0]) else None
    )

    first = world.load(chunks[0])
    (rest,) = world.chunks()
    waits.pop(0)
    second = world.load(rest)
    (last,) = world.chunks()
    waits.clear()
    third = world.load(last)

    assert [outcome.result for outcome in (first, second, third)] == ["handed_back", "handed_back", "loaded"]
    assert [outcome.records_read for outcome in (first, second, third)] == [4, 1, 2]
    assert (rest.part, last.part, rest.start < last.start) == (1, 2, True)
    assert counts(world, source) == (7, 5, 2)
    assert (world.job(source).chunks_done, third.job_completed) == (1, True)
    assert [line["record"] for line in world.error_lines(source)] == ["bad", "worse"]


def test_a_loader_killed_before_sending_the_rest_is_completed_later(world: ImportWorld) -> None:
    source, chunks = started(world, films(5), chunk_bytes=10_000)
    waits = [True]
    world.writer.judge = lambda item: (
        ModelThrottledError("Slow down.") if waits and item.properties["title"].startswith("Film 3") else None
    )
    loader = world.loader()

    def kill(_: object) -> None:
        raise KilledError

    loader._queue.send = kill  # type: ignore[method-assign, assignment]
    with pytest.raises(KilledError):
        loader.load(chunks[0], Delivery("receipt", 1), Deadline.after(60))
    assert (counts(world, source), world.chunks()) == ((3, 3, 0), [])

    assert world.load(chunks[0], attempt=2).result == "repeated"

    waits.clear()
    (rest,) = world.chunks()
    world.load(rest)
    assert (counts(world, source), world.job(source).state) == ((5, 5, 0), JobState.COMPLETED)


def test_a_busy_engine_slows_a_batch_and_keeps_its_chunk(world: ImportWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batches_module, "FIRST_PAUSE_SECONDS", 0.001)
    source, chunks = started(world, films(5), chunk_bytes=10_000)
    refusals = [SearchEngineUnavailableError("Busy."), SearchEngineUnavailableError("Busy.")]

    def refuse() -> None:
        if refusals:
            raise refusals.pop()

    world.writer.after = refuse

    assert world.load(chunks[0]).result == "loaded"
    assert (len(world.writer.batches), counts(world, source)) == (3, (5, 5, 0))


def test_earlier_objects_count_unchanged_and_lost_attempts_loaded(
    world: ImportWorld,
) -> None:
    source, chunks = started(world, films(5), chunk_bytes=10_000)
    began = world.job(source).started_at
    before, after = began - timedelta(milliseconds=1), began
    world.writer.unchanged_since = lambda item: before if item.properties["title"].startswith("Film 1") else after

    world.load(chunks[0])

    shown = response_of(world.job(source)).counts
    assert (shown.read, shown.loaded, shown.unchanged, shown.failed) == (5, 4, 1, 0)


def test_an_uncounted_attempt_keeps_the_errors_of_the_counted_one(world: ImportWorld) -> None:
    source, chunks = started(world, films(2) + b"bad\n" + films(1, 2) + b"worse\n", chunk_bytes=10_000)

    def a_faster_delivery() -> None:
        world.writer.after = lambda: None
        world.writer.judge = lambda _: None
        world.load(chunks[0])

    # The slower one sees less: its last record has to wait.
    world.writer.judge = lambda item: ModelThrottledError("No.") if item.properties["title"] >= "Film 2" else None
    world.writer.after = a_faster_delivery
    assert world.load(chunks[0]).result == "repeated"

    assert counts(world, source) == (5, 3, 2)
    assert [line["record"] for line in world.error_lines(source)] == ["bad", "worse"]


def test_a_completed_job_has_one_file_with_all_its_errors(world: ImportWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    content = b"".join(films(1, number) + b"bad %d\n" % number for number in range(20))
    source, chunks = started(world, content, chunk_bytes=100)

    for chunk in reversed(chunks):
        world.load(chunk)

    job = world.job(source)
    assert job.error_file == f"s3://{BUCKET}/.alto/imports/{job.id}/errors.ndjson"
    assert [line["record"] for line in world.lines_of(job.error_file)] == [f"bad {number}" for number in range(20)]


def test_a_large_error_file_is_put_together_in_parts(world: ImportWorld) -> None:
    files = []
    for number in range(4):
        key = f".alto/imports/job/errors/{number:08}.ndjson"
        world.s3.put_object(Bucket=BUCKET, Key=key, Body=b"%d" % number * 5_000_000 + b"\n")
        files.append(ErrorFilePart(f"s3://{BUCKET}/{key}", None))

    uri = merge(world.s3, BUCKET, "job", files, []).uri

    body = world.s3.get_object(Bucket=BUCKET, Key=str(uri).removeprefix(f"s3://{BUCKET}/"))["Body"].read()
    assert body == b"".join(b"%d" % number * 5_000_000 + b"\n" for number in range(4))
    assert merge(world.s3, BUCKET, "job", [], []).uri is None


def test_a_chunk_that_is_put_back_is_not_hidden_for_the_queues_long_timeout(world: ImportWorld) -> None:
    _, chunks = started(world, films(5), chunk_bytes=10_000)
    timeouts = []
    world.sqs.change_message_visibility = lambda **request: timeouts.append(request["VisibilityTimeout"])
    world.writer.judge = lambda _: ModelThrottledError("Slow down.")

    for attempt in (1, 2, 3):
        with pytest.raises(ModelThrottledError):
            world.load(chunks[0], attempt=attempt)

    assert [seconds for seconds in timeouts if seconds != HIDDEN_SECONDS] == [15, 30, 60]
    assert put_back_seconds(50) == 900


def test_a_chunk_without_time_left_is_put_back_before_anything_is_written(world: ImportWorld) -> None:
    source, chunks = started(world, films(5), chunk_bytes=10_000)
    receipt = receipt_in_flight(world, chunks[0])

    with pytest.raises(NoTimeError):
        world.loader().load(chunks[0], Delivery(receipt, 1), Deadline.after(0))

    assert (world.writer.batches, counts(world, source)) == ([], (0, 0, 0))


def test_an_unexpected_error_is_shown_without_its_text(world: ImportWorld) -> None:
    source, chunks = started(world, films(5), chunk_bytes=10_000)
    receipt = receipt_in_flight(world, chunks[0])

    def fail() -> None:
        raise RuntimeError("secret")

    world.writer.after = fail
    with pytest.raises(RuntimeError):
        world.loader().load(chunks[0], Delivery(receipt, 1), Deadline.after(60))

    problem = world.job(source).problem
    assert problem is not None
    assert "RuntimeError" in problem.message
    assert "secret" not in problem.message


def test_a_missing_collection_fails_the_job_and_skips_its_chunks(world: ImportWorld) -> None:
    source = world.upload(films(30), key="Book/books.jsonl")
    world.split(source)

    results = [world.load(chunk).result for chunk in world.chunks()]

    assert results == ["failed"] + ["ignored"] * (len(results) - 1)
    job = world.job(source)
    assert (job.state, job.reason) == (
        JobState.FAILED,
        "There is no collection 'Book'. Create it with POST /v1/collections.",
    )
    assert world.writer.batches == []


def test_an_unusable_model_fails_the_job_instead_of_every_record(world: ImportWorld) -> None:
    source, chunks = started(world, films(30))
    world.writer.judge = lambda _: ModelAccessDeniedError("The role may not call the model.")

    results = {world.load(chunk).result for chunk in chunks}

    assert results == {"failed", "ignored"}
    assert counts(world, source) == (0, 0, 0)
    assert world.job(source).reason == "The role may not call the model."


def test_an_object_overwritten_while_it_loads_fails_the_job_and_is_not_mixed(world: ImportWorld) -> None:
    source, chunks = started(world, films(30))
    world.load(chunks[0])
    before = set(titles(world))
    world.upload(films(30, start=100))

    assert world.load(chunks[1]).result == "failed"

    assert "was overwritten" in str(world.job(source).reason)
    assert set(titles(world)) == before


def test_a_version_deleted_while_it_loads_fails_the_job(world: ImportWorld) -> None:
    world.version_the_bucket()
    source, chunks = started(world, films(30))
    world.s3.delete_object(Bucket=BUCKET, Key=source.key, VersionId=source.version_id)

    assert world.load(chunks[0]).result == "failed"

    assert "is gone" in str(world.job(source).reason)


def test_a_version_is_loaded_even_when_a_newer_one_exists(world: ImportWorld) -> None:
    world.version_the_bucket()
    source, chunks = started(world, films(5), chunk_bytes=10_000)
    world.upload(films(5, start=100))

    world.load(chunks[0])

    assert titles(world)[0].startswith("Film 0")
    assert world.job(source).state is JobState.COMPLETED


def test_chunks_of_a_forgotten_job_are_ignored(world: ImportWorld) -> None:
    _, chunks = started(world, films(5), chunk_bytes=10_000)
    orphan = chunks[0].model_copy(update={"job_id": "00000000-0000-5000-8000-000000000000"})

    assert world.load(orphan).result == "ignored"


def test_batches_are_limited_by_count_and_by_size(world: ImportWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    _, chunks = started(world, films(50), chunk_bytes=100_000)
    world.load(chunks[0], batch_objects=20)
    assert world.writer.batches == [20, 20, 10]

    monkeypatch.setattr(batches_module, "BATCH_BYTES", 1000)
    world.writer.batches.clear()
    source = world.upload(b"".join(json.dumps({"title": "x" * 490}).encode() + b"\n" for _ in range(5)))
    world.split(source, chunk_bytes=100_000)
    world.load(world.chunks()[0])
    assert world.writer.batches == [2, 2, 1]


def test_of_two_records_with_one_id_both_are_counted(world: ImportWorld) -> None:
    line = b'{"id":"2b6a1b2e-9b6f-4a3c-8f61-5f0c8f2a7d11","title":"A"}\n'
    source, chunks = started(world, line * 2, chunk_bytes=10_000)

    world.load(chunks[0])

    assert counts(world, source) == (2, 2, 0)
    assert [type(item) for item in world.writer.stored.values()] == [ObjectInput]


def test_a_file_below_an_alias_is_loaded_into_its_collection(world: ImportWorld) -> None:
    world.aliases["Films"] = "Film"
    source = world.upload(films(9), "Films/films.jsonl")
    world.split(source)

    for chunk in world.chunks():
        world.load(chunk)

    job = world.job(source)
    assert (job.collection, job.alias, job.state) == ("Film", "alto-film-1", JobState.COMPLETED)
    assert [each.id for each in world.jobs.list(5, None, "Film")[0]] == [job.id]
    assert world.jobs.list(5, None, "Films")[0] == []
    assert world.refreshed == ["Film"]


def test_a_job_stays_with_its_collection_when_the_alias_moves(world: ImportWorld) -> None:
    world.aliases["Films"] = "Film"
    source = world.upload(films(9), "Films/films.jsonl")
    world.split(source)
    first, *others = world.chunks()
    world.load(first)
    world.aliases["Films"] = "Play"

    for chunk in others:
        world.load(chunk)

    assert (world.job(source).state, world.refreshed) == (JobState.COMPLETED, ["Film"])


def test_two_loaders_settle_one_collection_behind_an_alias(world: ImportWorld) -> None:
    source = world.upload(films(9), "Films/films.jsonl")
    world.split(source)
    before = world.job(source)

    assert world.jobs.move_behind_alias(before, "Play", "alto-play-1")
    assert not world.jobs.move_behind_alias(before, "Film", "alto-film-1")

    assert world.jobs.list(5, None, "Film")[0] == []
    for chunk in world.chunks():
        world.load(chunk)
    assert (world.job(source).state, world.refreshed) == (JobState.COMPLETED, ["Play"])


def test_a_file_below_a_name_that_nothing_has_fails_its_job(world: ImportWorld) -> None:
    source = world.upload(films(9), "Films/films.jsonl")
    world.split(source)

    assert world.load(world.chunks()[0]).result == "failed"
    assert "no collection 'Films'" in str(world.job(source).reason)
