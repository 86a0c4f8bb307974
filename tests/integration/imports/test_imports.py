"""Imports over HTTP: S3 tells a queue, messages come twice, and several loaders run at once."""

import json
import random
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import batched
from threading import Lock

import pytest
from moto.server import ThreadedMotoServer

from lambdas.deadline import Deadline
from lambdas.errors import AltoError, ModelThrottledError
from lambdas.imports.loading.load_outcome import Delivery
from lambdas.jobs.chunk import Chunk, ChunkReport, Source
from lambdas.jobs.job import Job, JobState
from lambdas.jobs.job_response import response_of
from lambdas.objects.model import ObjectInput
from tests.import_builders import BUCKET, NOW, EagerQueue, ImportWorld, films

LOADERS = 4
BAD_RECORD = b'{"title": "a line that ends too early\n'


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def world(endpoint: str) -> ImportWorld:
    """An empty account, in which new objects below Film/ are announced in a queue."""
    import httpx

    httpx.post(f"{endpoint}/moto-api/reset", timeout=60).raise_for_status()
    return ImportWorld.create(endpoint)


def announce_uploads(world: ImportWorld) -> str:
    """Let S3 tell a queue of every new `.jsonl` object; returns the queue's URL."""
    url = str(world.sqs.create_queue(QueueName="alto-split")["QueueUrl"])
    arn = world.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    rule = {
        "QueueArn": arn,
        "Events": ["s3:ObjectCreated:*"],
        "Filter": {"Key": {"FilterRules": [{"Name": "suffix", "Value": ".jsonl"}]}},
    }
    world.s3.put_bucket_notification_configuration(
        Bucket=BUCKET, NotificationConfiguration={"QueueConfigurations": [rule]}
    )
    return url


def notifications(world: ImportWorld, url: str) -> list[str]:
    """The messages of S3 that wait in its queue."""
    return [message["Body"] for message in world.sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10)["Messages"]]


def waiting(world: ImportWorld) -> int:
    """Chunks that are in the queue or in the hands of a loader."""
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    response = world.sqs.get_queue_attributes(QueueUrl=world.queue_url, AttributeNames=names)
    return sum(int(response["Attributes"][name]) for name in names)


def load_all(world: ImportWorld) -> int:
    """Load with several loaders at once until the queue is empty; returns how often a job was completed."""

    def work(_: int) -> int:
        loader = world.loader(batch_objects=7, queue=EagerQueue(world.sqs, world.queue_url))
        completed = 0
        while waiting(world):
            for chunk, receipt in world.receive():
                try:
                    outcome = loader.load(chunk, Delivery(receipt, 1), Deadline.after(60))
                except ModelThrottledError:
                    continue
                world.sqs.delete_message(QueueUrl=world.queue_url, ReceiptHandle=receipt)
                completed += outcome.job_completed
        return completed

    with ThreadPoolExecutor(LOADERS) as loaders:
        return sum(loaders.map(work, range(LOADERS)))


def send(world: ImportWorld, chunks: Sequence[Chunk]) -> None:
    """Put chunks into the queue as they are."""
    for batch in batched(chunks, 10, strict=False):
        world.queue.send(batch)


def test_an_upload_is_announced_split_and_loaded(world: ImportWorld) -> None:
    split_queue = announce_uploads(world)
    world.s3.put_object(Bucket=BUCKET, Key="Film/a café & more.jsonl", Body=films(50))
    (body,) = [body for body in notifications(world, split_queue) if "Records" in json.loads(body)]

    outcomes = [world.splitter(200).split_all(body, Deadline.after(60)) for _ in range(2)]
    (job_id,) = {outcome.job_id for (outcome,) in outcomes}
    completed = load_all(world)

    assert [outcome.result for (outcome,) in outcomes] == ["started", "repeated"]
    shown = response_of(world.jobs.get(str(job_id)))
    assert (shown.key, shown.state, completed) == ("Film/a café & more.jsonl", JobState.COMPLETED, 1)
    assert (shown.counts.read, shown.counts.loaded, shown.counts.failed) == (50, 50, 0)
    assert len(world.writer.stored) == 50


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_counts_are_exact_under_throttling_and_redeliveries(world: ImportWorld, seed: int) -> None:
    chance = random.Random(seed)
    lock = Lock()
    throttled: list[int] = []

    def throttle(_: ObjectInput) -> AltoError | None:
        with lock:
            if chance.random() >= 0.02:
                return None
            throttled.append(seed)
            return ModelThrottledError("Slow down.")

    content = b"".join(films(1, number) + (BAD_RECORD if number % 20 == 0 else b"") for number in range(120))
    source = world.upload(content)
    world.split(source, chunk_bytes=300)
    chunks = world.chunks()
    for _ in range(2):
        send(world, chance.sample(chunks, len(chunks)))
    world.writer.judge = throttle

    completed = load_all(world)

    assert throttled
    job = world.job(source)
    shown = response_of(job)
    assert (shown.state, completed) == (JobState.COMPLETED, 1)
    assert (shown.counts.read, shown.counts.loaded, shown.counts.failed) == (126, 120, 6)
    assert len(world.writer.stored) == 120
    starts = [line["location"]["line_start_byte"] for line in world.error_lines(source)]
    assert len(set(starts)) == len(starts) == 6
    assert all(content[start:].startswith(BAD_RECORD.rstrip()) for start in starts)


def test_of_many_loaders_that_count_one_chunk_at_once_one_succeeds(world: ImportWorld) -> None:
    source = Source(bucket=BUCKET, key="Film/a.jsonl", etag="e")
    job = Job.planned(source, "Film", size=10, chunk_bytes=10, now=NOW)
    world.jobs.create(job)
    world.jobs.start_loading(job, 1, job.chunk(0))

    with ThreadPoolExecutor(8) as loaders:
        counted = list(loaders.map(lambda _: world.jobs.count(job.chunk(0), ChunkReport(loaded=5)), range(16)))
        completed = list(loaders.map(lambda _: world.jobs.complete(job), range(16)))

    assert (sum(counted), sum(completed)) == (1, 1)
    assert (world.jobs.get(job.id).loaded, world.jobs.get(job.id).chunks_done) == (5, 1)


def test_a_chunk_that_is_put_back_is_delivered_again(world: ImportWorld) -> None:
    source = world.upload(films(3))
    world.split(source, chunk_bytes=1000)
    ((chunk, receipt),) = world.receive()
    assert world.receive() == []

    world.queue.put_back(receipt, 0)

    assert [again for again, _ in world.receive()] == [chunk]
