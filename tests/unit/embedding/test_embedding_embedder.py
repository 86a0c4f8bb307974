import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

import lambdas.wiring.embedding as wiring
from lambdas.aws.credentials import AwsCredentials
from lambdas.deadline import Deadline
from lambdas.embedding.config import Text2VecAws
from lambdas.embedding.embedder import Embedder
from lambdas.embedding.embedding_run import EmbeddingCounts
from lambdas.embedding.families import InputType
from lambdas.embedding.model_client import Embedded
from lambdas.embedding.vendor_errors import CallFailedError, Remedy
from lambdas.errors import ModelAccessDeniedError, ModelThrottledError, NoTextError
from lambdas.invocation import current
from lambdas.observability import logger

TITAN = Text2VecAws(vectorizer="text2vec-aws", region="us-east-1", model="amazon.titan-embed-text-v2:0")
ENDPOINT = Text2VecAws(vectorizer="text2vec-aws", service="sagemaker", region="us-east-1", endpoint="e")
ALICE = AwsCredentials("AKIAALICE", "alice-secret")
MALLORY = AwsCredentials("AKIAALICE", "a guess")


class Model:
    """Returns 384 numbers to every caller but Mallory. Counts how many calls run at once."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, AwsCredentials | None]] = []
        self.running = 0
        self.peak = 0
        self.lock = threading.Lock()
        self.together = threading.Barrier(1)

    def embed(
        self,
        config: Text2VecAws,
        texts: Sequence[str],
        input_type: InputType,
        *,
        credentials: AwsCredentials | None,
        timeout_seconds: float,
    ) -> Embedded:
        with self.lock:
            self.calls.append((texts[0], credentials))
            self.running += 1
            self.peak = max(self.peak, self.running)
        self.together.wait(timeout=10)
        with self.lock:
            self.running -= 1
        if credentials == MALLORY:
            raise CallFailedError(ModelAccessDeniedError("no"), Remedy.STOP)
        return Embedded([[float(len(text))] * 384 for text in texts])


@pytest.fixture
def model() -> Model:
    return Model()


def query(embedder: Embedder, text: str = "a", config: Text2VecAws = TITAN, **given: Any) -> list[float]:
    return embedder.embed_query(config, text, deadline=Deadline.after(10), **given)


def test_a_query_is_embedded_once(model: Model) -> None:
    embedder = Embedder(model)

    assert query(embedder) == query(embedder) == [1.0] * 384
    assert len(model.calls) == 1


def test_other_texts_models_and_settings_are_other_queries(model: Model) -> None:
    embedder = Embedder(model)
    variants: list[dict[str, Any]] = [
        {},
        {"dimensions": 256},
        {"normalize": False},
        {"model": "cohere.embed-english-v3"},
        {"region": "eu-west-1"},
        {"role_arn": "arn:aws:iam::123456789012:role/other"},
    ]
    for settings in variants:
        query(embedder, config=Text2VecAws.model_validate(TITAN.model_dump() | settings))
    query(embedder, "b")

    assert len(model.calls) == len(variants) + 1


def test_nobody_is_served_from_memory_with_what_the_keys_of_another_fetched(model: Model) -> None:
    embedder = Embedder(model)
    query(embedder, credentials=ALICE)

    with pytest.raises(ModelAccessDeniedError):
        query(embedder, credentials=MALLORY)
    query(embedder)
    query(embedder, credentials=ALICE)

    assert [credentials for _, credentials in model.calls] == [ALICE, MALLORY, None]


def test_a_remembered_vector_is_a_copy(model: Model) -> None:
    embedder = Embedder(model)
    query(embedder).clear()

    assert len(query(embedder)) == 384


def test_memory_ends_after_ten_minutes(model: Model) -> None:
    now = [0.0]
    embedder = Embedder(model, clock=lambda: now[0])
    query(embedder)

    now[0] = 601.0
    query(embedder)

    assert len(model.calls) == 2


def test_memory_is_bounded_and_forgets_the_oldest(model: Model) -> None:
    embedder = Embedder(model)
    for number in range(513):
        query(embedder, str(number))

    query(embedder, "512")
    query(embedder, "0")

    assert [text for text, _ in model.calls].count("512") == 1
    assert [text for text, _ in model.calls].count("0") == 2


def test_a_failure_is_not_remembered(model: Model) -> None:
    embedder = Embedder(model)
    for _ in range(2):
        with pytest.raises(ModelAccessDeniedError):
            query(embedder, credentials=MALLORY)

    assert len(model.calls) == 2


def test_a_blank_query_is_an_error(model: Model) -> None:
    with pytest.raises(NoTextError):
        query(Embedder(model), " ")


def test_a_query_that_is_throttled_until_the_deadline_is_an_error(model: Model) -> None:
    class Throttled(Model):
        def embed(self, *_: Any, **__: Any) -> Embedded:
            raise CallFailedError(ModelThrottledError("throttled"), Remedy.SLOW_DOWN, retry_after_seconds=99)

    with pytest.raises(ModelThrottledError):
        query(Embedder(Throttled()))


def test_dimensions_are_found_out_by_asking(model: Model) -> None:
    assert Embedder(model).probe_dimensions(ENDPOINT, deadline=Deadline.after(10)) == 384


def test_many_calls_are_in_flight_at_once(model: Model) -> None:
    model.together = threading.Barrier(64)

    results = Embedder(model).embed_documents(TITAN, ["a"] * 64, deadline=Deadline.after(10))

    assert len(results) == model.peak == 64


def test_jobs_of_several_threads_share_the_calls_in_flight(model: Model) -> None:
    model.together = threading.Barrier(8)
    embedder = Embedder(model, concurrency=8)

    def job(number: int) -> list[Any]:
        return embedder.embed_documents(TITAN, ["x" * number] * 40, deadline=Deadline.after(10))

    with ThreadPoolExecutor(4) as threads:
        results = list(threads.map(job, range(1, 5)))

    assert [[vector[0] for vector in vectors] for vectors in results] == [
        [float(number)] * 40 for number in range(1, 5)
    ]
    assert model.peak == 8


def test_each_job_that_asks_a_model_reports_what_it_took(model: Model) -> None:
    reports: list[tuple[str, str, EmbeddingCounts]] = []
    embedder = Embedder(model, report=lambda config, kind, taken: reports.append((config.target, kind, taken)))
    counts = EmbeddingCounts(texts=1, calls=1)

    embedder.embed_documents(TITAN, ["a", "b", ""], deadline=Deadline.after(10), counts=counts)
    query(embedder)
    query(embedder)
    embedder.embed_documents(TITAN, [""], deadline=Deadline.after(10))

    assert reports == [
        (TITAN.target, "document", EmbeddingCounts(texts=3, calls=2)),
        (TITAN.target, "query", EmbeddingCounts(texts=1, calls=1)),
    ]
    assert counts == EmbeddingCounts(texts=4, calls=3)


def test_a_job_is_told_in_the_log_and_the_metrics_without_its_texts(monkeypatch: pytest.MonkeyPatch) -> None:
    lines: list[tuple[str, dict[str, Any]]] = []
    monkeypatch.setattr(logger, "info", lambda message, extra: lines.append((message, extra)))
    current.begin(10)

    wiring._report(
        TITAN,
        "document",
        EmbeddingCounts(texts=2, calls=3, tokens=4, retries=1, throttled=1, truncated=1, seconds=0.25),
    )

    assert lines == [
        (
            "embedded",
            {
                "model": TITAN.target,
                "model_region": "us-east-1",
                "input_type": "document",
                "texts": 2,
                "calls": 3,
                "tokens": 4,
                "retries": 1,
                "throttled": 1,
                "truncated": 1,
                "seconds": 0.25,
            },
        )
    ]
    del (totals := current.totals())["ColdStart"]
    assert totals == {
        "EmbeddingTime": 250.0,
        "EmbeddedTexts": 2,
        "EmbeddingCalls": 3,
        "EmbeddingRetries": 1,
        "EmbeddingThrottles": 1,
    }
