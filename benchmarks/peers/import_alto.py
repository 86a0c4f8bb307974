"""Alto: the handlers of the functions `split` and `load`, as one Lambda each, with S3, SQS and DynamoDB played by moto.

One loader loads one chunk after the other, which is what one instance of the load function does. In Alto's environment.
"""

import copy
import json
import math
import os
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import boto3
from importing import DIMENSIONS, Prepare, Record, measure

EVENTS = Path(__file__).parents[2] / "events"
NOTIFICATION = json.loads((EVENTS / "s3_object_created.json").read_text())
MESSAGE = json.loads((EVENTS / "sqs_load.json").read_text())["Records"][0]
PROPERTIES = [{"name": "text", "type": "text"}, {"name": "number", "type": "int"}]


class Context:
    """The context of an invocation, as Lambda passes it."""

    function_name = "alto"
    memory_limit_in_mb = 1769
    invoked_function_arn = "arn:aws:lambda:us-east-1:123456789012:function:alto"
    aws_request_id = "5f0c7b1e-9a57-4c89-8b34-2f6c1d0e7a3f"

    @staticmethod
    def get_remaining_time_in_millis() -> int:
        """As at the start of an invocation."""
        return 300_000


class Queue:
    """One of the two queues."""

    def __init__(self, sqs: Any, url: str) -> None:
        self._sqs, self._url = sqs, url

    def drain(self, handler: Callable[[dict[str, Any], Any], dict[str, Any]]) -> None:
        """Invoke the function with one message after the other until none is left."""
        while messages := self._sqs.receive_message(QueueUrl=self._url, MaxNumberOfMessages=10).get("Messages"):
            for message in messages:
                record = MESSAGE | {"body": message["Body"], "receiptHandle": message["ReceiptHandle"]}
                response = handler({"Records": [record]}, Context())
                if response != {"batchItemFailures": []}:
                    raise RuntimeError(f"The function failed: {response}")
                self._sqs.delete_message(QueueUrl=self._url, ReceiptHandle=message["ReceiptHandle"])


def alto(job: dict[str, Any]) -> Prepare:
    """A file in S3, its notification, both functions, until the job is completed."""
    os.environ |= job["environment"]
    from benchmarks.in_process import Alto  # noqa: PLC0415 - wired by the environment that was just set
    from lambdas.handlers import load, split  # noqa: PLC0415
    from lambdas.jobs.job import Source  # noqa: PLC0415

    s3, sqs = (boto3.client(name, region_name="us-east-1") for name in ("s3", "sqs"))
    bucket, name = os.environ["ALTO_IMPORT_BUCKET"], job["index"]
    api = Alto(job["engine_url"])
    api.request("POST", "/v1/collections", collection(name, job["model"]))
    chunks = Queue(sqs, os.environ["ALTO_CHUNK_QUEUE_URL"])

    def prepare(file: str, records: list[Record]) -> Callable[[], None]:
        lines = (json.dumps(record if job["model"] else with_vector(record)) for record in records)
        key = f"{name}/{file}.jsonl"
        put = s3.put_object(Bucket=bucket, Key=key, Body="\n".join(lines).encode())
        source = Source(bucket=bucket, key=key, etag=put["ETag"].strip('"'))
        notification = copy.deepcopy(NOTIFICATION)
        notification["Records"][0]["s3"]["bucket"]["name"] = bucket
        notification["Records"][0]["s3"]["object"] = {"key": key, "size": 1, "eTag": source.etag}
        event = {"Records": [MESSAGE | {"body": json.dumps(notification)}]}

        def run() -> None:
            split.lambda_handler(event, Context())  # type: ignore[arg-type]
            chunks.drain(load.lambda_handler)  # type: ignore[arg-type]
            shown = api.request("GET", f"/v1/imports/{source.job_id}")
            if (shown["state"], shown["counts"]["loaded"]) != ("completed", len(records)):
                raise RuntimeError(f"The import is not complete: {shown}")

        return run

    return prepare


def collection(name: str, model: str) -> dict[str, Any]:
    """The request for Alto's collection. Without a model the objects contain their vectors."""
    made = {"vectorizer": "text2vec-aws", "region": "us-east-1", "model": model, "source_properties": ["text"]}
    brought = {"vectorizer": "none", "dimensions": DIMENSIONS}
    return {"name": name, "properties": PROPERTIES, "vectors": {"default": made if model else brought}}


def with_vector(record: Record) -> Record:
    """The record with a vector like those of the stub: one that says nothing, and is another for each record."""
    dice = Random(record["number"])
    vector = [dice.gauss() for _ in range(DIMENSIONS)]
    length = math.sqrt(math.sumprod(vector, vector))
    # With the digits that a model's response has.
    return {"properties": record, "vectors": {"default": [round(value / length, 9) for value in vector]}}


if __name__ == "__main__":
    measure({"alto": alto})
