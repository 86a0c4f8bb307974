"""The functions behind the queues, driven in process: messages of the split and chunk queues until both are empty."""

import json
from types import TracebackType
from typing import Any, Self
from urllib.parse import quote

import boto3
import pytest

from lambdas.migrating.rebuild_steps import RebuildSteps
from tests.api import Context

SPLIT, CHUNKS = "alto-split", "alto-chunks"
BUCKET = "alto-imports"
TURNS = 400


class Functions:
    """Runs the split and load functions as SQS and S3 do."""

    def __init__(self, region: str) -> None:
        self._sqs = boto3.client("sqs", region_name=region)
        self._s3 = boto3.client("s3", region_name=region)
        self._urls = {name: self._sqs.create_queue(QueueName=name)["QueueUrl"] for name in (SPLIT, CHUNKS)}
        self._announced: set[str] = set()

    def __enter__(self) -> Self:
        self._purge()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._purge()

    def _purge(self) -> None:
        for url in self._urls.values():
            while found := self._sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", []):
                for message in found:
                    self._sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])

    def split(self) -> None:
        """Deliver what the split function is to do once; its chunks stay in their queue."""
        self._turn(SPLIT)

    def list_objects(self) -> None:
        """Work until the objects of a fill are listed."""
        self.split()
        self._turn(CHUNKS)

    def copy_only(self) -> None:
        """Work on a rebuild for as long as one invocation lasts that has no time to replace the index."""
        self._turn(SPLIT)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(RebuildSteps, "_replace", _give_up)
            patch.setattr("lambdas.migrating.rebuild_steps.MOST_PASSES", 1)
            self._turn(CHUNKS, seconds=45.0)

    def work(self) -> None:
        """Deliver messages, delayed ones too, until nothing is left to do."""
        for _ in range(TURNS):
            self._announce()
            if not (self._turn(SPLIT) or self._turn(CHUNKS)) and not self._announce():
                return
        raise AssertionError("the functions do not come to an end")

    def _announce(self) -> bool:
        """Announce the lists of objects that were written, as S3 does."""
        found = self._s3.list_objects_v2(Bucket=BUCKET, Prefix=".alto/fills/").get("Contents", [])
        new = [each for each in found if each["Key"] not in self._announced]
        for each in new:
            self._announced.add(each["Key"])
            self._announce_file(each["Key"], each["ETag"], each["Size"])
        return bool(new)

    def upload(self, key: str, content: bytes) -> None:
        """Put a file into the bucket of imports; S3 announces it."""
        self._s3.put_object(Bucket=BUCKET, Key=key, Body=content)
        self.announce(key)

    def announce(self, key: str) -> None:
        """Announce a file of the bucket of imports, as S3 does."""
        found = self._s3.head_object(Bucket=BUCKET, Key=key)
        self._announce_file(key, found["ETag"], found["ContentLength"])

    def _announce_file(self, key: str, etag: str, size: int) -> None:
        entry = {"key": quote(key), "eTag": etag.strip('"'), "size": size}
        record = {"eventName": "ObjectCreated:Put", "s3": {"bucket": {"name": BUCKET}, "object": entry}}
        self._sqs.send_message(QueueUrl=self._urls[SPLIT], MessageBody=json.dumps({"Records": [record]}))

    def _turn(self, queue: str, seconds: float = 120.0) -> bool:
        """Deliver the messages of a queue once."""
        from lambdas.handlers import load, split

        handler = split.lambda_handler if queue == SPLIT else load.lambda_handler
        response = self._sqs.receive_message(
            QueueUrl=self._urls[queue], MaxNumberOfMessages=10, MessageSystemAttributeNames=["All"]
        )
        messages = response.get("Messages", [])
        for message in messages:
            try:
                done = handler({"Records": [_record(message)]}, Context(seconds=seconds))  # type: ignore[arg-type]
                assert done == {"batchItemFailures": []}, "the log says why"
            except StoppedError:
                self._sqs.change_message_visibility(
                    QueueUrl=self._urls[queue], ReceiptHandle=message["ReceiptHandle"], VisibilityTimeout=0
                )
                return True
            self._sqs.delete_message(QueueUrl=self._urls[queue], ReceiptHandle=message["ReceiptHandle"])
        return bool(messages)


def _give_up(steps: RebuildSteps, *_: Any) -> int:
    raise StoppedError


class StoppedError(BaseException):
    """The function was killed."""


def _record(message: Any) -> dict[str, Any]:
    attributes = {"ApproximateReceiveCount": "1"} | message.get("Attributes", {})
    return {
        "messageId": message["MessageId"],
        "receiptHandle": message["ReceiptHandle"],
        "body": message["Body"],
        "attributes": attributes,
        "messageAttributes": {},
        "eventSource": "aws:sqs",
        "eventSourceARN": "arn:aws:sqs:us-east-1:123456789012:alto",
        "awsRegion": "us-east-1",
    }
