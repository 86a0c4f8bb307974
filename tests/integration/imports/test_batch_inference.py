"""Imports that are embedded by Bedrock's batch inference: both handlers, both queues, a real OpenSearch, the emulator.

The messages that have a chunk looked at again come at once, not after minutes.
"""

import json
import random
import time
from collections.abc import Callable, Iterator
from typing import Any
from uuid import uuid4

import boto3
import pytest

from lambdas.batch_inference import coordinator, s3_files
from lambdas.batch_inference.state_store import BatchInferenceState, BatchInferenceStore
from lambdas.handlers import load, split
from lambdas.jobs.chunk import Chunk
from lambdas.jobs.job_store import JobStore
from lambdas.jobs.queues import ChunkQueue
from lambdas.wiring.load import loader
from local.emulator import Emulator
from tests.api import Api, Context
from tests.builders import TITAN

PATIENCE_SECONDS = 60.0
RECORDS = 130
QUEUES = ("alto-split", "alto-chunks")


class KilledError(BaseException):
    """The end of a Lambda: nothing catches it."""


def record(number: int, text: str = "a film about the sea") -> bytes:
    return json.dumps({"title": f"Film {number}, {text}"}).encode()


class Imports:
    """Plays the parts of S3, SQS and Lambda. `twice`: each message is delivered again, and in any order."""

    def __init__(self, api: Api, environment: dict[str, str], collection: str) -> None:
        region = environment["AWS_REGION"]
        self.s3 = boto3.client("s3", region_name=region)
        self._sqs = boto3.client("sqs", region_name=region)
        self._bucket = environment["ALTO_IMPORT_BUCKET"]
        self._urls = {name: self._sqs.create_queue(QueueName=name)["QueueUrl"] for name in QUEUES}
        self.api = api
        self.collection = collection
        self.dice = random.Random(7)
        self.killed = 0

    def start(self, lines: list[bytes], **options: Any) -> str:
        key = f"{self.collection}/{uuid4().hex}.jsonl"
        self.s3.put_object(Bucket=self._bucket, Key=key, Body=b"\n".join(lines))
        body = {
            "source": f"s3://{self._bucket}/{key}",
            "options": {"embedding": "batch"} | options,
        }
        response = self.api("POST", f"/v1/collections/{self.collection}/imports", body)
        assert response.status == 202, response.body
        started: str = response.body["id"]
        return started

    def job(self, job_id: str) -> dict[str, Any]:
        shown: dict[str, Any] = self.api("GET", f"/v1/collections/{self.collection}/imports/{job_id}").body
        return shown

    def post(self, job_id: str, verb: str) -> None:
        response = self.api("POST", f"/v1/collections/{self.collection}/imports/{job_id}/{verb}")
        assert response.status == 200, response.body

    def step(self, *, twice: bool = False) -> int:
        """Deliver what waits now, once; how many messages there were."""
        waiting = []
        for name, url in self._urls.items():
            while messages := self._sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
                for message in messages:
                    self._sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
                    waiting.append((name, message))
        deliveries = waiting * 2 if twice else waiting
        self.dice.shuffle(deliveries)
        for name, message in deliveries:
            self._deliver(name, message)
        return len(waiting)

    def run(self, job_id: str, *, twice: bool = False) -> dict[str, Any]:
        """Deliver until the job has ended and no message waits."""
        until = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < until:
            if not self.step(twice=twice) and self.job(job_id)["state"] not in ("splitting", "loading"):
                return self.job(job_id)
            time.sleep(0.02)
        pytest.fail(f"The import did not end: {self.job(job_id)}")

    def _deliver(self, name: str, message: Any) -> None:
        """A message that ends a function is delivered again, as SQS does."""
        handler: Callable[..., dict[str, Any]] = split.lambda_handler if name == "alto-split" else load.lambda_handler
        made = {
            "messageId": message["MessageId"],
            "receiptHandle": message["ReceiptHandle"],
            "body": message["Body"],
            "attributes": {"ApproximateReceiveCount": "1"},
            "messageAttributes": {},
            "eventSource": "aws:sqs",
            "awsRegion": "us-east-1",
        }
        while True:
            try:
                response = handler({"Records": [made]}, Context(seconds=300))
            except KilledError:
                self.killed += 1
                continue
            assert response == {"batchItemFailures": []}
            return

    def titles(self) -> list[str]:
        self.api("POST", f"/v1/collections/{self.collection}/search", {"limit": 1, "bm25": {"query": "film"}})
        body = {"bm25": {"query": "film"}, "limit": 1000}
        found = self.api("POST", f"/v1/collections/{self.collection}/search", body).body["objects"]
        return sorted(each["properties"]["title"] for each in found)

    def error_lines(self, uri: str) -> list[dict[str, Any]]:
        bucket, _, key = uri.removeprefix("s3://").partition("/")
        body = self.s3.get_object(Bucket=bucket, Key=key)["Body"].read()
        return [json.loads(line) for line in body.splitlines()]


def make_collection(api: Api, **changes: Any) -> str:
    name = f"BatchInferenceState{uuid4().hex[:8]}"
    body = {"name": name, "properties": [{"name": "title", "type": "text"}], "vectors": {"default": TITAN | changes}}
    response = api("POST", "/v1/collections", body)
    assert response.status == 201, response.body
    return name


@pytest.fixture
def imports(
    api: Api, environment: dict[str, str], emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Imports]:
    monkeypatch.setattr(coordinator, "FIRST_CHECK_SECONDS", 0)
    s3 = boto3.client("s3", region_name=environment["AWS_REGION"])
    if environment["ALTO_IMPORT_BUCKET"] not in {each["Name"] for each in s3.list_buckets()["Buckets"]}:
        s3.create_bucket(Bucket=environment["ALTO_IMPORT_BUCKET"])
    collection = make_collection(api)
    emulator.reset()
    yield Imports(api, environment, collection)
    emulator.reset()


def batch_jobs(emulator: Emulator) -> list[dict[str, Any]]:
    jobs: list[dict[str, Any]] = emulator.counters()["batch_jobs"]
    return jobs


def test_records_are_embedded_by_one_batch_job_and_found(imports: Imports, emulator: Emulator) -> None:
    emulator.faults(batch={"seconds": 0.3})
    lines = [record(number) for number in range(RECORDS)]

    job = imports.run(imports.start([*lines, record(RECORDS, "a ghost on Christmas Eve"), b"{not json"]))

    assert job["state"] == "completed", job
    assert job["counts"] == {"read": RECORDS + 2, "loaded": RECORDS + 1, "unchanged": 0, "failed": 1}
    [made] = batch_jobs(emulator)
    assert (made["status"], made["counts"]["successRecordCount"]) == ("Completed", RECORDS + 1)
    assert emulator.counters()["calls"] == 0
    found = imports.api(
        "POST",
        f"/v1/collections/{imports.collection}/search",
        {"near_text": {"query": "a holiday story with spirits"}, "limit": 1},
    ).body["objects"]
    assert "ghost" in found[0]["properties"]["title"]


def test_records_bedrock_rejects_fail_and_lost_ones_go_on_demand(imports: Imports, emulator: Emulator) -> None:
    emulator.faults(batch={"texts": {"poison": "400", "unlucky": "503"}})
    lines = [
        record(number, "poison" if number == 3 else "unlucky" if number == 5 else "x") for number in range(RECORDS)
    ]

    job = imports.run(imports.start(lines))

    assert job["counts"] == {"read": RECORDS, "loaded": RECORDS - 1, "unchanged": 0, "failed": 1}
    [error] = imports.error_lines(job["error_file"])
    assert (error["code"], error["record"]) == ("model_refused_input", lines[3].decode())
    assert emulator.counters()["calls"] == 1


def test_what_a_batch_job_had_no_time_for_is_embedded_on_demand(imports: Imports, emulator: Emulator) -> None:
    emulator.faults(batch={"end": "PartiallyCompleted", "done": 125})

    job = imports.run(imports.start([record(number) for number in range(RECORDS)]))

    assert job["counts"] == {"read": RECORDS, "loaded": RECORDS, "unchanged": 0, "failed": 0}
    assert emulator.counters()["texts_embedded"] == RECORDS - 125


def test_a_failed_batch_job_fails_the_import_and_resume_starts_another(imports: Imports, emulator: Emulator) -> None:
    emulator.faults(batch={"end": "Failed", "message": "The role may not read the bucket."})
    job_id = imports.start([record(number) for number in range(RECORDS)])

    failed = imports.run(job_id)
    emulator.faults()
    imports.post(job_id, "resume")
    job = imports.run(job_id)

    assert failed["state"] == "failed"
    assert "ended as Failed. The role may not read the bucket." in failed["reason"]
    assert job["state"] == "completed"
    assert job["counts"] == {"read": RECORDS, "loaded": RECORDS, "unchanged": 0, "failed": 0}
    assert [each["status"] for each in batch_jobs(emulator)] == ["Failed", "Completed"]
    assert emulator.counters()["calls"] == 0


def test_cancelling_stops_the_batch_job_at_once_and_resuming_starts_another(
    imports: Imports, emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    # As in the account: the next look is minutes away.
    monkeypatch.setattr(coordinator, "FIRST_CHECK_SECONDS", 600)
    emulator.faults(batch={"seconds": 600})
    job_id = imports.start([record(number) for number in range(RECORDS)])
    while not batch_jobs(emulator):
        imports.step()

    imports.post(job_id, "cancel")
    cancelled = imports.run(job_id)
    stopped = [each["status"] for each in batch_jobs(emulator)]
    monkeypatch.setattr(coordinator, "FIRST_CHECK_SECONDS", 0)
    emulator.faults()
    imports.post(job_id, "resume")
    job = imports.run(job_id)

    assert (cancelled["state"], cancelled["counts"]["read"], stopped) == ("cancelled", 0, ["Stopped"])
    assert job["counts"] == {"read": RECORDS, "loaded": RECORDS, "unchanged": 0, "failed": 0}
    assert [each["status"] for each in batch_jobs(emulator)] == ["Stopped", "Completed"]


def test_too_few_records_for_a_batch_job_are_embedded_on_demand(imports: Imports, emulator: Emulator) -> None:
    job = imports.run(imports.start([record(number) for number in range(20)]))

    assert job["counts"] == {"read": 20, "loaded": 20, "unchanged": 0, "failed": 0}
    assert (batch_jobs(emulator), emulator.counters()["calls"]) == ([], 20)


def test_unchanged_objects_are_not_sent_to_bedrock_again(imports: Imports, emulator: Emulator) -> None:
    lines = [record(number) for number in range(RECORDS)]
    imports.run(imports.start(lines, ids="any"))
    emulator.reset()
    again = [json.dumps({"id": str(number)} | json.loads(line)).encode() for number, line in enumerate(lines)]
    first = imports.run(imports.start(again, ids="any"))
    emulator.reset()

    second = imports.run(imports.start([*again, record(RECORDS)], ids="any"))

    assert first["counts"]["loaded"] == RECORDS
    assert second["counts"] == {"read": RECORDS + 1, "loaded": 1, "unchanged": RECORDS, "failed": 0}
    assert (batch_jobs(emulator), emulator.counters()["calls"]) == ([], 1)


def test_a_chunk_with_more_records_than_a_job_takes_is_embedded_by_several(
    imports: Imports, emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(s3_files, "most_records", lambda _: 110)
    lines = [record(number) for number in range(225)]

    job = imports.run(imports.start(lines))

    assert job["counts"] == {"read": 225, "loaded": 225, "unchanged": 0, "failed": 0}
    assert [each["counts"]["totalRecordCount"] for each in batch_jobs(emulator)] == [110, 110]
    assert emulator.counters()["calls"] == 5
    assert imports.titles() == sorted(json.loads(line)["title"] for line in lines)


def test_a_chunk_waits_while_the_account_has_as_many_batch_jobs_as_it_may(imports: Imports, emulator: Emulator) -> None:
    emulator.faults(batch={"refused": "ServiceQuotaExceededException"})
    job_id = imports.start([record(number) for number in range(RECORDS)])
    for _ in range(5):
        imports.step()
    waiting = imports.job(job_id)
    emulator.faults()

    job = imports.run(job_id)

    assert (waiting["state"], waiting["problem"]["code"]) == ("loading", "batch_inference_waits")
    assert job["counts"]["loaded"] == RECORDS
    assert len(batch_jobs(emulator)) == 1


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"model": "cohere.embed-english-v3", "dimensions": 1024}, "'cohere.embed-english-v3' takes no batch jobs"),
        ({"region": "eu-west-1"}, "its model is in eu-west-1"),
    ],
)
def test_a_collection_that_batch_inference_cannot_embed_is_refused(
    imports: Imports, change: dict[str, Any], reason: str
) -> None:
    collection = make_collection(imports.api, **change)

    body = {"source": "s3://alto-imports/Film/a.jsonl", "options": {"embedding": "batch"}}
    response = imports.api("POST", f"/v1/collections/{collection}/imports", body)

    assert response.status == 400
    assert reason in response.error["message"]


@pytest.mark.parametrize("seed", [1, 2])
def test_counts_are_exact_under_redeliveries_and_crashes(
    imports: Imports, emulator: Emulator, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    """Each message at least twice and in any order; functions die before and after every step that leaves a trace."""
    dice = random.Random(seed)
    emulator.faults(batch={"seconds": 0.2})
    monkeypatch.setattr(s3_files, "most_records", lambda _: 110)

    def mortal(owner: type, name: str) -> None:
        original = getattr(owner, name)

        def dying(*arguments: Any, **options: Any) -> Any:
            if dice.random() < 0.15:
                raise KilledError(f"before {name}")
            response = original(*arguments, **options)
            if dice.random() < 0.15:
                raise KilledError(f"after {name}")
            return response

        monkeypatch.setattr(owner, name, dying)

    for owner, name in (
        (BatchInferenceStore, "_put"),
        (type(loader()._batch._jobs), "start"),  # type: ignore[union-attr]
        (ChunkQueue, "_send"),
        (JobStore, "count"),
        (JobStore, "complete"),
    ):
        mortal(owner, name)
    bad = {17, 140}
    lines = [b'{"title": "cut off %d' % n if n in bad else record(n, f"seed {seed}") for n in range(225)]

    job = imports.run(imports.start(lines), twice=True)

    assert job["state"] == "completed"
    assert job["counts"] == {"read": 225, "loaded": 223, "unchanged": 0, "failed": 2}
    assert len(imports.titles()) == 223
    named = [line["record"] for line in imports.error_lines(job["error_file"])]
    assert named == [f'{{"title": "cut off {number}' for number in sorted(bad)]
    assert [each["counts"]["totalRecordCount"] for each in batch_jobs(emulator)] == [109, 109]
    assert imports.killed > 3


def test_a_job_that_was_started_but_not_noted_is_found_again(imports: Imports, emulator: Emulator) -> None:
    steps = loader()._batch
    store = steps._store  # type: ignore[union-attr]
    noted: list[BatchInferenceState] = []
    original = store.change

    def forgets_once(batch: BatchInferenceState) -> BatchInferenceState:
        noted.append(batch)
        return batch if len(noted) == 1 else original(batch)

    store.change = forgets_once
    try:
        job = imports.run(imports.start([record(number) for number in range(RECORDS)]))
    finally:
        del store.change

    assert job["counts"]["loaded"] == RECORDS
    assert len(noted) == 2
    assert noted[0].jobs[0].arn == noted[1].jobs[0].arn
    assert len(batch_jobs(emulator)) == 1
    assert isinstance(noted[0].chunk, Chunk)
