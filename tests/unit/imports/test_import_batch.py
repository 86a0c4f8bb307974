"""Batch inference of chunks: how large they are, what their messages say, and what is kept of them."""

import io
from collections.abc import Iterator
from gzip import compress
from uuid import UUID

import pyarrow as pa
import pytest
from moto import mock_aws
from pyarrow import parquet

from lambdas.batch_inference.coordinator import check_seconds
from lambdas.batch_inference.state_store import BatchInferenceState, BatchInferenceStore, VectorBatch
from lambdas.deadline import Deadline
from lambdas.errors import InvalidRequestError
from lambdas.imports.files.s3_source import S3Source
from lambdas.imports.import_service import ImportRequest
from lambdas.imports.loading.load_outcome import Delivery
from lambdas.imports.splitting import chunk_planner, chunk_sizes
from lambdas.imports.splitting.chunk_planner import Planner
from lambdas.jobs.chunk import AwaitedBatchInference, Chunk, ChunkReport, Source
from lambdas.jobs.import_options import ImportOptions
from lambdas.jobs.job import Job, JobState
from tests.import_builders import BUCKET, NOW, TABLE, ImportWorld, control, films

JOB_ID = str(UUID(int=7))
SOURCE = Source(bucket=BUCKET, key="Film/a.jsonl", etag="e")
ARN = "arn:aws:bedrock:us-east-1:123456789012:model-invocation-job/abcdefghij12"


@pytest.fixture
def world() -> Iterator[ImportWorld]:
    with mock_aws():
        yield ImportWorld.create()


def chunk(**changes: object) -> Chunk:
    fields = {"job_id": JOB_ID, "chunk": 3, "start": 0, "end": 900, "collection": "Film", "source": SOURCE, "size": 900}
    return Chunk.model_validate(fields | changes)


def batch(attempt: int = 0, arn: str | None = None, *, spent: bool = False) -> BatchInferenceState:
    job = VectorBatch(vector="default", input_key="in.jsonl", output_prefix="out/", records=120, arn=arn)
    return BatchInferenceState(chunk=chunk(), end=600, attempt=attempt, jobs=(job,), spent=spent)


def test_a_job_has_a_name_that_bedrock_takes_and_each_attempt_another() -> None:
    far = batch().model_copy(update={"chunk": chunk(chunk=19_999, part=9_999), "attempt": 99})

    assert batch().name(0) == f"alto-{JOB_ID}-3-0-0-0"
    assert batch(attempt=1).name(0) == f"alto-{JOB_ID}-3-0-0-1"
    assert len(far.name(9)) <= 63


def test_the_rest_of_a_chunk_waits_for_the_same_batch_as_far_as_that_goes() -> None:
    waiting = chunk(batch={"part": 0, "end": 600, "checks": 4})

    assert waiting.rest(400).batch == AwaitedBatchInference(part=0, end=600, checks=4)
    assert waiting.rest(600).batch is None
    assert (waiting.rest(600).part, waiting.rest(600).start) == (1, 600)


def test_an_older_message_passes_on_the_awaited_batch(world: ImportWorld) -> None:
    job = Job.planned(SOURCE, "Film", size=900, chunk_bytes=900, now=NOW, job_id=JOB_ID)
    world.jobs.create(job)
    world.jobs.count(chunk(batch={"part": 0, "end": 600}), ChunkReport(loaded=5, rest_start=400))

    counted = world.jobs.counted(chunk())

    assert counted is not None
    assert counted.rest == chunk(part=1, start=400, batch={"part": 0, "end": 600})


def test_of_two_who_prepare_the_same_part_one_is_kept(world: ImportWorld) -> None:
    store = BatchInferenceStore(world.dynamodb, TABLE)
    mine, theirs = batch(), batch().model_copy(update={"end": 500})

    assert store.add(mine) == mine
    assert store.add(theirs) == mine
    assert store.change(mine.started(0, ARN)).jobs[0].arn == ARN
    assert store.get(chunk()) == mine.started(0, ARN)
    assert store.get(chunk(part=1, batch={"part": 0, "end": 600})) == mine.started(0, ARN)
    assert list(world.jobs.waiting_chunks(JOB_ID)) == [chunk()]


def test_only_a_spent_batch_gives_way_to_the_next_attempt(world: ImportWorld) -> None:
    store = BatchInferenceStore(world.dynamodb, TABLE)
    store.add(batch())
    assert store.add(batch(attempt=1)) == batch()

    store.change(batch(spent=True))

    assert store.change(batch(arn=ARN)) == batch(spent=True)
    assert store.add(batch(attempt=1)) == batch(attempt=1)


def test_checks_become_rarer_up_to_every_fifteen_minutes() -> None:
    assert [check_seconds(checks) for checks in (0, 1, 2, 3, 4, 50)] == [60, 120, 240, 480, 900, 900]


@pytest.mark.parametrize(
    ("content", "options", "expected"),
    [
        (b"x" * 99 + b"\n", {"format": "jsonl", "gzip": False}, 100 * 40_000),
        (b"x\n", {"format": "csv", "gzip": False}, chunk_sizes.LEAST_BATCH_CHUNK_BYTES),
        (b"x" * 29_999 + b"\n", {"format": "jsonl", "gzip": False}, chunk_sizes.MOST_BATCH_CHUNK_BYTES),
        (b"not read", {"format": "parquet", "gzip": False}, chunk_sizes.MOST_BATCH_CHUNK_BYTES),
    ],
)
def test_a_batch_inference_chunk_has_about_one_jobs_records(
    world: ImportWorld, content: bytes, options: dict[str, object], expected: int
) -> None:
    source = world.upload(content * 100)
    planner = Planner(S3Source(world.s3), BUCKET)
    resolved = ImportOptions.model_validate(options | {"embedding": "batch"})

    assert planner.least_chunk_bytes(source, resolved, 100 * len(content), 1024) == expected


@pytest.mark.parametrize(
    ("record_bytes", "count", "expected"),
    [
        (128, 9_000, 1_024),
        (2_048, 200, 1_024),
        (8_192, 100, 8_192 * 2_500),
        (32_768, 100, 33_554_432),
        (8_192, 1, 20_000),
    ],
)
@pytest.mark.parametrize("gzip", [False, True])
def test_a_chunk_has_as_many_long_records_as_short_ones(
    world: ImportWorld, record_bytes: int, count: int, expected: int, gzip: bool
) -> None:
    content = (b"x" * (record_bytes - 1) + b"\n") * count
    source = world.upload(compress(content) if gzip else content)
    options = ImportOptions.model_validate({"format": "jsonl", "gzip": gzip})
    least = 20_000 if count == 1 else 1_024

    assert Planner(S3Source(world.s3), BUCKET).least_chunk_bytes(source, options, len(content), least) == expected


def test_parquet_is_cut_by_rows_within_its_row_groups(world: ImportWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chunk_planner, "BATCH_CHUNK_RECORDS", 40)
    file = io.BytesIO()
    parquet.write_table(pa.table({"title": [f"Film {number}" for number in range(100)]}), file)
    world.upload(file.getvalue(), key="Film/films.parquet")
    body = {"collection": "Film", "source": f"s3://{BUCKET}/Film/films.parquet", "options": {"embedding": "batch"}}
    started = control(world).start(ImportRequest.model_validate(body))

    world.splitter().continue_job(started.id, Deadline.after(60))

    assert [(each.start, each.end) for each in world.chunks()] == [(0, 40), (40, 80), (80, 100)]


def test_a_collection_without_batch_inference_is_rejected_by_field(world: ImportWorld) -> None:
    world.upload(films(3))
    body = {"collection": "Film", "source": f"s3://{BUCKET}/Film/films.jsonl"}

    with pytest.raises(InvalidRequestError, match="it cannot") as refused:
        control(world).start(ImportRequest.model_validate(body | {"options": {"embedding": "batch"}}), "it cannot")

    assert [detail.field for detail in refused.value.details] == ["options.embedding"]
    assert control(world).start(ImportRequest.model_validate(body), "it cannot").job is not None


def test_an_empty_file_has_nothing_to_embed(world: ImportWorld) -> None:
    world.upload(b"")
    body = {"collection": "Film", "source": f"s3://{BUCKET}/Film/films.jsonl", "options": {"embedding": "batch"}}

    started = control(world).start(ImportRequest.model_validate(body))

    assert started.job is not None
    assert started.job.state is JobState.COMPLETED


def test_without_a_role_for_it_an_import_by_batch_inference_says_so(world: ImportWorld) -> None:
    world.upload(films(3))
    body = {"collection": "Film", "source": f"s3://{BUCKET}/Film/films.jsonl", "options": {"embedding": "batch"}}
    started = control(world).start(ImportRequest.model_validate(body))
    world.splitter().continue_job(started.id, Deadline.after(60))

    [only] = world.chunks()
    outcome = world.loader().load(only, Delivery("receipt", 1), Deadline.after(60))

    assert outcome.result == "failed"
    assert "no role for batch inference" in str(world.jobs.get(started.id).reason)


def test_cancelling_has_every_waiting_chunk_looked_at_at_once(world: ImportWorld) -> None:
    world.upload(films(3))
    body = {"collection": "Film", "source": f"s3://{BUCKET}/Film/films.jsonl", "options": {"embedding": "batch"}}
    started = control(world).start(ImportRequest.model_validate(body))
    world.splitter().continue_job(world.continued.pop(), Deadline.after(60))
    [only] = world.chunks()
    BatchInferenceStore(world.dynamodb, TABLE).add(batch().model_copy(update={"chunk": only}))

    control(world).cancel(started.id)
    world.splitter().continue_job(world.continued.pop(), Deadline.after(60))

    assert world.chunks() == [only]
