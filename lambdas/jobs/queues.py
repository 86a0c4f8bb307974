"""The queues in front of splitting and loading."""

import json
import math
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from lambdas.backoff import backoff
from lambdas.jobs.chunk import Chunk

if TYPE_CHECKING:
    from types_boto3_sqs import SQSClient

MESSAGES_PER_BATCH = 10
# The longest delay that SQS has. A step of splitting takes less.
WATCHDOG_SECONDS = 900
SEND_ATTEMPTS = 5
FIRST_PAUSE_SECONDS = 0.4
LONGEST_PAUSE_SECONDS = 5.0


class ChunksNotSentError(Exception):
    """SQS refused some messages in every attempt."""


class SplitQueue:
    """The queue in front of splitting, as its own consumers and the API use it."""

    def __init__(self, sqs: "SQSClient", url: str) -> None:
        self._sqs = sqs
        self._url = url

    def request_split(self, job_id: str) -> None:
        """Ask for a job to be split from where it stopped."""
        self._sqs.send_message(QueueUrl=self._url, MessageBody=json.dumps({"job_id": job_id}))

    def schedule_watchdog(self, job_id: str) -> None:
        """Ask for a job to be split some minutes later, unless its splitting has begun by then."""
        self._sqs.send_message(
            QueueUrl=self._url,
            MessageBody=json.dumps({"job_id": job_id, "unless_begun": True}),
            DelaySeconds=WATCHDOG_SECONDS,
        )


class ChunkQueue:
    """Sends chunks, and puts back those that cannot be loaded now."""

    def __init__(
        self,
        sqs: "SQSClient",
        url: str,
        sleep: Callable[[float], None] = time.sleep,
        *,
        extract_url: str | None = None,
    ) -> None:
        """`extract_url` is the queue of chunks whose documents are to be read first, for those who send such."""
        self._sqs = sqs
        self._url = url
        self._extract_url = extract_url
        self._sleep = sleep

    def send(self, chunks: Sequence[Chunk]) -> None:
        """Send at most ten chunks. Raises `ChunksNotSentError` when SQS refuses some of them in every attempt."""
        for url, stage in ((self._url, None), (self._extract_url, "extract")):
            some = [chunk for chunk in chunks if chunk.stage == stage]
            if some and url is None:
                raise ChunksNotSentError("This function has no queue for documents.")
            if some:
                self._send(some, str(url), delay_seconds=0)

    def send_later(self, chunk: Chunk, seconds: int) -> None:
        """Send a chunk that is to be delivered after some time, at most 900 s. Raises `ChunksNotSentError`."""
        self._send([chunk], self._url, delay_seconds=seconds)

    def put_back(self, receipt_handle: str, seconds: int) -> None:
        """Let the message be delivered again after these seconds."""
        self.hide(receipt_handle, seconds)

    def hide(self, receipt_handle: str, seconds: int) -> None:
        """Hide the message for these seconds from now on, instead of for the queue's visibility timeout."""
        self._sqs.change_message_visibility(QueueUrl=self._url, ReceiptHandle=receipt_handle, VisibilityTimeout=seconds)

    def _send(self, chunks: Sequence[Chunk], url: str, delay_seconds: int) -> None:
        pending = {f"{chunk.chunk}-{chunk.part}": chunk for chunk in chunks}
        pauses = backoff(FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS, remaining=lambda: math.inf, attempts=SEND_ATTEMPTS)
        while True:
            response = self._sqs.send_message_batch(
                QueueUrl=url,
                # The group makes the queue fair: a job with few chunks does not wait behind one with many.
                Entries=[
                    {
                        "Id": name,
                        "MessageBody": chunk.model_dump_json(exclude_none=True),
                        "MessageGroupId": chunk.job_id,
                        "DelaySeconds": delay_seconds,
                    }
                    for name, chunk in pending.items()
                ],
            )
            # The status of a batch is 200 even when single messages of it were refused.
            refused = response.get("Failed", [])
            if not refused:
                return
            pending = {entry["Id"]: pending[entry["Id"]] for entry in refused}
            pause = next(pauses, None)
            if pause is None:
                raise ChunksNotSentError(f"SQS refused {len(pending)} chunks: {refused[0]['Code']}.")
            self._sleep(pause)
