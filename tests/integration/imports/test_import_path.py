"""The import path: S3, both handlers and both queues, a real OpenSearch and the model emulator."""

import copy
import json
from pathlib import Path
from typing import Any
from uuid import uuid4

import boto3
import pytest

from lambdas.handlers import load, split
from lambdas.jobs.chunk import Source
from local.emulator import Emulator
from tests.api import Api, Context
from tests.builders import FILM_PROPERTIES, FILMS, TITAN

EVENTS = Path(__file__).parents[3] / "events"
NOTIFICATION = json.loads((EVENTS / "s3_object_created.json").read_text())
MESSAGE = json.loads((EVENTS / "sqs_split.json").read_text())["Records"][0]


class Imports:
    """Drops files into the bucket and plays the part of S3 and SQS for the functions."""

    def __init__(self, environment: dict[str, str]) -> None:
        region = environment["AWS_REGION"]
        self._s3 = boto3.client("s3", region_name=region)
        self._sqs = boto3.client("sqs", region_name=region)
        self._bucket = environment["ALTO_IMPORT_BUCKET"]
        self._queue_url = environment["ALTO_CHUNK_QUEUE_URL"]
        self._s3.create_bucket(Bucket=self._bucket)
        self._sqs.create_queue(QueueName="alto-chunks")

    def upload(self, key: str, lines: list[bytes]) -> Source:
        response = self._s3.put_object(Bucket=self._bucket, Key=key, Body=b"\n".join(lines))
        return Source(bucket=self._bucket, key=key, etag=response["ETag"].strip('"'))

    def notify(self, source: Source) -> None:
        notification = copy.deepcopy(NOTIFICATION)
        notification["Records"][0]["s3"]["bucket"]["name"] = source.bucket
        notification["Records"][0]["s3"]["object"] = {"key": source.key, "size": 1, "eTag": source.etag}
        event = {"Records": [MESSAGE | {"body": json.dumps(notification)}]}
        assert split.lambda_handler(event, Context(seconds=300)) == {"batchItemFailures": []}  # type: ignore[arg-type]

    def work(self) -> int:
        """Load every chunk that waits; how many there were."""
        done = 0
        while messages := self._sqs.receive_message(QueueUrl=self._queue_url).get("Messages"):
            for message in messages:
                record = MESSAGE | {"body": message["Body"], "receiptHandle": message["ReceiptHandle"]}
                response = load.lambda_handler({"Records": [record]}, Context(seconds=300))  # type: ignore[arg-type]
                assert response == {"batchItemFailures": []}
                self._sqs.delete_message(QueueUrl=self._queue_url, ReceiptHandle=message["ReceiptHandle"])
                done += 1
        return done

    def error_lines(self, uri: str) -> list[dict[str, Any]]:
        bucket, _, key = uri.removeprefix("s3://").partition("/")
        body = self._s3.get_object(Bucket=bucket, Key=key)["Body"].read()
        return [json.loads(line) for line in body.splitlines()]


@pytest.fixture(scope="module")
def imports(api: Api, environment: dict[str, str]) -> Imports:
    return Imports(environment)


@pytest.fixture
def collection(api: Api) -> str:
    name = f"Import{uuid4().hex[:8]}"
    made = api("POST", "/v1/collections", {"name": name, "properties": FILM_PROPERTIES, "vectors": {"default": TITAN}})
    assert made.status == 201
    return name


def count(api: Api, name: str) -> int:
    total: int = api("POST", f"/v1/collections/{name}/search", {"near_text": {"query": "x"}}).body["total"]
    return total


def test_a_file_becomes_objects_that_are_found(api: Api, imports: Imports, collection: str) -> None:
    source = imports.upload(f"{collection}/films.jsonl", [json.dumps(film).encode() for film in FILMS])

    imports.notify(source)
    imports.work()

    job = api("GET", f"/v1/imports/{source.job_id}").body
    assert (job["state"], job["counts"]) == ("completed", {"read": 5, "loaded": 5, "unchanged": 0, "failed": 0})
    found = api(
        "POST", f"/v1/collections/{collection}/search", {"near_text": {"query": "A holiday film"}, "limit": 2}
    ).body["objects"]
    assert {hit["properties"]["title"] for hit in found} == {"Jingle All the Way", "A Christmas Carol"}


def test_the_same_event_twice_is_one_job_and_no_second_model_call(
    api: Api, imports: Imports, collection: str, emulator: Emulator
) -> None:
    source = imports.upload(f"{collection}/films.jsonl", [json.dumps(film).encode() for film in FILMS])
    imports.notify(source)
    imports.work()
    before = api("GET", f"/v1/imports/{source.job_id}").body
    emulator.reset()

    imports.notify(source)
    imports.work()

    assert api("GET", f"/v1/imports/{source.job_id}").body == before
    assert emulator.counters()["calls"] == 0
    assert count(api, collection) == 5


def test_bad_lines_are_in_the_error_file_and_the_counts_add_up(api: Api, imports: Imports, collection: str) -> None:
    lines = [
        json.dumps(FILMS[0]).encode(),
        b"{not json",
        json.dumps({"title": "Up", "year": "2009"}).encode(),
        json.dumps({"id": str(uuid4()), "properties": FILMS[1]}).encode(),
    ]
    source = imports.upload(f"{collection}/bad.jsonl", lines)

    imports.notify(source)
    imports.work()

    job = api("GET", f"/v1/imports/{source.job_id}").body
    assert (job["state"], job["counts"]) == ("completed", {"read": 4, "loaded": 2, "unchanged": 0, "failed": 2})
    errors = [line for uri in job["error_files"] for line in imports.error_lines(uri)]
    assert [error["location"]["line_start_byte"] for error in errors] == [
        len(lines[0]) + 1,
        len(b"\n".join(lines[:2])) + 1,
    ]
    assert "'properties.year' must be a whole number" in errors[1]["message"]
    assert count(api, collection) == 2


def test_a_file_for_no_collection_ends_with_a_reason(api: Api, imports: Imports) -> None:
    source = imports.upload("Nowhere/films.jsonl", [json.dumps(film).encode() for film in FILMS])

    imports.notify(source)
    imports.work()

    job = api("GET", f"/v1/imports/{source.job_id}").body
    assert job["state"] == "failed"
    assert "no collection 'Nowhere'" in job["reason"]
