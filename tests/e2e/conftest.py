"""Alto, deployed once for the whole suite into a local account of its own."""

import gc
import json
import os
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from rich.console import Console

from local.account import aws_client
from local.demo import import_id
from local.running import RunningStack
from local.stack import Stack

SECONDS_FOR_AN_IMPORT = 120
EVENTS = Path(__file__).parents[2] / "events"


@dataclass(frozen=True)
class Alto:
    """A deployed Alto, as its users see it: an HTTP API and a bucket."""

    machinery: Stack
    stack: RunningStack
    api: httpx.Client
    s3: Any
    sqs: Any

    def restart(self) -> None:
        """Stops everything and starts it again on the same state, and so on the same ports."""
        self.machinery.down()
        self.machinery.up()

    def search(self, collection: str, **request: object) -> list[dict[str, Any]]:
        response = self.api.post(f"/v1/collections/{collection}/search", json=request)
        assert response.status_code == 200, response.text
        objects: list[dict[str, Any]] = response.json()["objects"]
        return objects

    def upload(self, key: str, body: bytes) -> str:
        """Puts the file into the import bucket and returns the id of the job that this starts."""
        version = self.s3.put_object(Bucket=self.stack.bucket, Key=key, Body=body)["VersionId"]
        return import_id(self.stack.bucket, key, version)

    def finished_import(self, job_id: str) -> dict[str, Any]:
        """The job, once it is completed or failed."""
        deadline = time.monotonic() + SECONDS_FOR_AN_IMPORT
        while time.monotonic() < deadline:
            job: dict[str, Any] = self.api.get(f"/v1/imports/{job_id}").json()
            if job.get("state") in ("completed", "failed"):
                return job
            time.sleep(0.2)
        raise AssertionError(f"import {job_id} is not finished after {SECONDS_FOR_AN_IMPORT} s: {job}")

    def read(self, uri: str) -> str:
        """The text of an object, by its s3:// address."""
        bucket, _, key = uri.removeprefix("s3://").partition("/")
        text: str = self.s3.get_object(Bucket=bucket, Key=key)["Body"].read().decode()
        return text

    def tell_again(self, key: str) -> None:
        """Sends S3's event for the newest version of an object once more, and waits until nothing is left to do."""
        head = self.s3.head_object(Bucket=self.stack.bucket, Key=key)
        event = json.loads((EVENTS / "s3_object_created.json").read_text())
        record = event["Records"][0]["s3"]
        record["bucket"]["name"] = self.stack.bucket
        record["object"] |= {"key": key, "versionId": head["VersionId"], "eTag": head["ETag"].strip('"')}
        queues = self.sqs.list_queues()["QueueUrls"]
        [split] = [url for url in queues if "SplitQueue" in url]
        self.sqs.send_message(QueueUrl=split, MessageBody=json.dumps(event))
        deadline = time.monotonic() + SECONDS_FOR_AN_IMPORT
        while any(self._waiting(url) for url in queues):
            assert time.monotonic() < deadline, "the queues do not become empty"
            time.sleep(0.1)

    def model_calls(self) -> int:
        """How often a model was called since the stack was started."""
        calls: int = httpx.get(f"{self.stack.emulator_url}/_emulator/counters", trust_env=False, timeout=60).json()[
            "calls"
        ]
        return calls

    def _waiting(self, queue: str) -> int:
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        attributes = self.sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=names)["Attributes"]
        return sum(int(attributes[name]) for name in names)


@pytest.fixture(scope="session", autouse=True)
def _no_aws_environment() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as environment:
        for name in [name for name in os.environ if name.startswith("AWS_")]:
            environment.delenv(name)
        yield


@pytest.fixture(scope="session")
def alto(tmp_path_factory: pytest.TempPathFactory, _no_aws_environment: None) -> Iterator[Alto]:
    with Stack(tmp_path_factory.mktemp("alto"), console=Console(file=sys.stderr), longest_delay=0) as stack:
        assert stack.running
        s3, sqs = (aws_client(name, stack.running.endpoint, stack.running.region) for name in ("s3", "sqs"))
        with httpx.Client(base_url=stack.running.url, timeout=40, trust_env=False) as api:
            yield Alto(stack, stack.running, api, s3, sqs)


@pytest.fixture(scope="module", autouse=True)
def _collected() -> Iterator[None]:
    """Collects garbage after each module, so that connections left open fail the module that left them."""
    yield
    gc.collect()


def jsonl(records: list[dict[str, Any]]) -> bytes:
    return "".join(json.dumps(record) + "\n" for record in records).encode()
