import io
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from lambdas.deadline import Deadline
from lambdas.errors import ModelThrottledError
from lambdas.handlers import load, split
from lambdas.imports.loading.load_outcome import Delivery, LoadOutcome
from lambdas.imports.splitting.split_outcome import SplitOutcome
from lambdas.jobs.chunk import Chunk
from lambdas.jobs.queues import ChunksNotSentError
from lambdas.observability import logger

EVENTS = Path(__file__).parents[3] / "events"


def event(name: str) -> dict[str, Any]:
    return json.loads((EVENTS / name).read_text())  # type: ignore[no-any-return]


@dataclass
class Context:
    """The parts of the Lambda context that a handler reads."""

    function_name: str = "load"
    memory_limit_in_mb: int = 1769
    invoked_function_arn: str = "arn:aws:lambda:eu-west-1:123456789012:function:load"
    aws_request_id: str = "52fdfc07-2182-454f-963f-5f0f9a621d72"
    seconds_left: float = 300.0

    def get_remaining_time_in_millis(self) -> int:
        return int(self.seconds_left * 1000)


@dataclass
class FakeLoader:
    error: Exception | None = None
    seen: list[tuple[Chunk, Delivery, float]] = field(default_factory=list)

    def load(self, chunk: Chunk, delivery: Delivery, deadline: Deadline) -> LoadOutcome:
        self.seen.append((chunk, delivery, deadline.remaining()))
        if self.error and chunk.chunk == 1:
            raise self.error
        return LoadOutcome("loaded", records_read=2, records_loaded=2)


@dataclass
class FakeSplitter:
    error: Exception | None = None
    seen: list[str] = field(default_factory=list)

    given_up: list[int] = field(default_factory=list)

    def give_up_split(self, message: str, attempts: int) -> list[SplitOutcome]:
        self.given_up.append(attempts)
        return [SplitOutcome("given_up", "Film/films.jsonl", "the-job", "Film")]

    def split_all(self, notification: str, deadline: Deadline) -> list[SplitOutcome]:
        self.seen.append(notification)
        if self.error:
            raise self.error
        return [SplitOutcome("started", "Film/films.jsonl", "the-job", "Film", chunks=2)]


@pytest.fixture
def loader(monkeypatch: pytest.MonkeyPatch) -> FakeLoader:
    fake = FakeLoader()
    monkeypatch.setattr(load, "loader", lambda: fake)
    return fake


@pytest.fixture
def splitter(monkeypatch: pytest.MonkeyPatch) -> FakeSplitter:
    fake = FakeSplitter()
    monkeypatch.setattr(split, "splitter", lambda: fake)
    return fake


@pytest.fixture
def logs(monkeypatch: pytest.MonkeyPatch) -> Callable[[], list[dict[str, Any]]]:
    """The log so far."""
    stream = io.StringIO()
    monkeypatch.setattr(logger.registered_handler, "stream", stream)
    return lambda: [json.loads(line) for line in stream.getvalue().splitlines()]


def test_each_message_is_one_chunk_with_its_delivery_and_the_time_left(loader: FakeLoader) -> None:
    reply = load.lambda_handler(event("sqs_load.json"), Context())  # type: ignore[arg-type]

    assert reply == {"batchItemFailures": []}
    (first, delivery, seconds), (second, again, _) = loader.seen
    assert (first.chunk, first.start, first.end, second.chunk) == (0, 0, 256, 1)
    assert (delivery.attempt, again.attempt) == (1, 2)
    assert delivery.receipt_handle == event("sqs_load.json")["Records"][0]["receiptHandle"]
    assert 285 < seconds <= 300 - load.MARGIN_SECONDS


def test_only_the_chunk_that_failed_is_delivered_again_and_logged(
    loader: FakeLoader, logs: Callable[[], list[dict[str, Any]]]
) -> None:
    loader.error = ModelThrottledError("Slow down.")
    sent = event("sqs_load.json")

    reply = load.lambda_handler(sent, Context())  # type: ignore[arg-type]

    assert reply == {"batchItemFailures": [{"itemIdentifier": sent["Records"][1]["messageId"]}]}
    assert (logs()[-1]["exception_name"], logs()[-1]["chunk"]) == ("ModelThrottledError", 1)


def test_a_batch_whose_only_message_fails_is_answered_and_not_raised(loader: FakeLoader) -> None:
    loader.error = ModelThrottledError("Slow down.")
    sent = event("sqs_load.json")
    sent["Records"] = sent["Records"][1:]

    reply = load.lambda_handler(sent, Context())  # type: ignore[arg-type]

    assert len(reply["batchItemFailures"]) == 1


def test_logs_of_a_chunk_name_its_job_and_counts(loader: FakeLoader, logs: Callable[[], list[dict[str, Any]]]) -> None:
    load.lambda_handler(event("sqs_load.json"), Context())  # type: ignore[arg-type]

    line = logs()[0]
    assert {key: line[key] for key in ("job_id", "collection", "chunk", "result", "records_read")} == {
        "job_id": loader.seen[0][0].job_id,
        "collection": "Film",
        "chunk": 0,
        "result": "loaded",
        "records_read": 2,
    }


def test_a_notification_is_split(splitter: FakeSplitter, logs: Callable[[], list[dict[str, Any]]]) -> None:
    reply = split.lambda_handler(event("sqs_split.json"), Context())  # type: ignore[arg-type]

    assert reply == {"batchItemFailures": []}
    assert json.loads(splitter.seen[0])["Records"] == event("s3_object_created.json")["Records"]
    assert logs()[0]["job_id"] == "the-job"


def test_a_notification_that_could_not_be_split_is_delivered_again(splitter: FakeSplitter) -> None:
    splitter.error = ChunksNotSentError("SQS refused 3 chunks.")
    sent = event("sqs_split.json")

    reply = split.lambda_handler(sent, Context())  # type: ignore[arg-type]

    assert reply == {"batchItemFailures": [{"itemIdentifier": sent["Records"][0]["messageId"]}]}


def test_a_message_whose_time_others_took_goes_back_untouched(splitter: FakeSplitter) -> None:
    sent = event("sqs_split.json")

    response = split.lambda_handler(sent, Context(seconds_left=20))  # type: ignore[arg-type]

    assert response == {"batchItemFailures": [{"itemIdentifier": sent["Records"][0]["messageId"]}]}
    assert splitter.seen == []


def test_the_last_delivery_is_shown_in_the_job_and_becomes_a_dead_letter(splitter: FakeSplitter) -> None:
    sent = event("sqs_split.json")
    sent["Records"][0]["attributes"]["ApproximateReceiveCount"] = str(split.MAX_DELIVERIES)

    response = split.lambda_handler(sent, Context())  # type: ignore[arg-type]

    assert len(response["batchItemFailures"]) == 1
    assert (splitter.seen, splitter.given_up) == ([], [split.MAX_DELIVERIES - 1])


def test_every_import_event_is_used_by_a_test() -> None:
    tests = "".join(path.read_text() for path in Path(__file__).parent.glob("test_import_*.py"))

    for path in [*EVENTS.glob("s3_*.json"), *EVENTS.glob("sqs_*.json")]:
        assert f'"{path.name}"' in tests, path.name
