"""Drives the functions of an older release in a process of its own: `PYTHONPATH=<its folder> python <this file>`.

Steps come in as a JSON list, and the responses go out as one. A step is `["request", method, path, body, query]`,
`["upload", key, text]`, or `["deliver", queue]`, which gives the function behind a queue its messages.
"""

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

import boto3


class OlderFunctions:
    """Imports the release's modules when it is made: where they are depends on PYTHONPATH."""

    def __init__(self) -> None:
        from lambdas.handlers import load, query, split, write
        from tests.api import Api, Context

        assert not Path(write.__file__).is_relative_to(Path(__file__).parents[2]), "these are not older functions"
        self._api = Api(query.lambda_handler, write.lambda_handler)
        self._context = Context
        self._handlers: dict[str, Callable[..., dict[str, Any]]] = {
            os.environ["ALTO_SPLIT_QUEUE_URL"]: split.lambda_handler,
            os.environ["ALTO_CHUNK_QUEUE_URL"]: load.lambda_handler,
        }
        self._queues = dict(zip(("split", "load"), self._handlers, strict=True))
        self._bucket = os.environ["ALTO_IMPORT_BUCKET"]
        region = os.environ["AWS_REGION"]
        self._s3, self._sqs = boto3.client("s3", region_name=region), boto3.client("sqs", region_name=region)

    def request(self, method: str, path: str, body: Any = None, query: dict[str, str] | None = None) -> dict[str, Any]:
        response = self._api(method, path, body, query=query)
        return {"status": response.status, "body": response.body}

    def empty_queues(self) -> None:
        """Remove messages that newer tests left in the account. This release cannot read their jobs."""
        for url in self._queues.values():
            while messages := self._sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
                for message in messages:
                    self._sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])

    def upload(self, key: str, text: str) -> None:
        put = self._s3.put_object(Bucket=self._bucket, Key=key, Body=text.encode())
        entry = {"key": quote(key), "eTag": put["ETag"].strip('"'), "size": len(text.encode())}
        record = {"eventName": "ObjectCreated:Put", "s3": {"bucket": {"name": self._bucket}, "object": entry}}
        self._sqs.send_message(QueueUrl=self._queues["split"], MessageBody=json.dumps({"Records": [record]}))

    def deliver(self, queue: str) -> int:
        url = self._queues[queue]
        messages = self._sqs.receive_message(
            QueueUrl=url, MaxNumberOfMessages=10, MessageSystemAttributeNames=["All"]
        ).get("Messages", [])
        for message in messages:
            record = {
                "messageId": message["MessageId"],
                "receiptHandle": message["ReceiptHandle"],
                "body": message["Body"],
                "attributes": {"ApproximateReceiveCount": "1"} | message.get("Attributes", {}),
                "messageAttributes": {},
                "eventSource": "aws:sqs",
                "eventSourceARN": "arn:aws:sqs:us-east-1:123456789012:alto",
                "awsRegion": "us-east-1",
            }
            done = self._handlers[url]({"Records": [record]}, self._context(seconds=120.0))
            assert done == {"batchItemFailures": []}, "the log says why"
            self._sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        return len(messages)


def main() -> None:
    functions = OlderFunctions()
    functions.empty_queues()
    responses = [getattr(functions, step)(*arguments) for step, *arguments in json.load(sys.stdin)]
    # Logs go to the standard output as well; this is its last line.
    sys.stdout.write(json.dumps(responses) + "\n")


if __name__ == "__main__":
    main()
