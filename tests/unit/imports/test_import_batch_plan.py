"""Batches are so small that one is indexed while the next is embedded."""

from collections.abc import Sequence
from datetime import UTC, datetime
from threading import Barrier
from typing import Any

import pytest

from lambdas.collections.model import Collection
from lambdas.deadline import Deadline
from lambdas.embedding.embedder import CONCURRENCY, Embedder
from lambdas.embedding.model_client import Embedded
from lambdas.imports.loading.batch_plan import CALLS_IN_FLIGHT, BatchPlan, plan_batches

NOW = datetime(2026, 11, 29, tzinfo=UTC)
TITAN, COHERE = "amazon.titan-embed-text-v2:0", "cohere.embed-english-v3"


def collection(*models: str) -> Collection:
    vectors: dict[str, Any] = {
        f"v{place}": {"vectorizer": "text2vec-aws", "service": "bedrock", "region": "us-east-1", "model": model}
        if model
        else {"vectorizer": "none", "dimensions": 3}
        for place, model in enumerate(models)
    }
    return Collection.model_validate({"name": "Film", "vectors": vectors, "created": NOW, "updated": NOW})


@pytest.mark.parametrize(
    ("models", "plan"),
    [
        ([], BatchPlan(192, 12)),
        ([""], BatchPlan(192, 12)),
        ([COHERE], BatchPlan(192, 12)),
        ([TITAN], BatchPlan(64, 12)),
        ([COHERE, TITAN], BatchPlan(64, 12)),
    ],
)
def test_a_batch_has_no_more_calls_than_are_in_flight(models: list[str], plan: BatchPlan) -> None:
    assert plan_batches(collection(*models)) == plan


def test_the_plan_counts_the_calls_of_the_embedder() -> None:
    assert CALLS_IN_FLIGHT == CONCURRENCY


class Meeting:
    """Responds to the calls of a batch when all of them are in flight."""

    def __init__(self, calls: int) -> None:
        self._all = Barrier(calls, timeout=20)

    def embed(self, _: Any, texts: Sequence[str], *__: Any, **___: Any) -> Embedded:
        self._all.wait()
        return Embedded([[1.0] for _ in texts], tokens=1)


def test_all_calls_of_a_batch_are_in_flight_before_those_of_the_next_one() -> None:
    titan = collection(TITAN)
    texts = [f"text {place}" for place in range(plan_batches(titan).objects)]
    embedder = Embedder(Meeting(len(texts)))  # type: ignore[arg-type]

    vectors = embedder.embed_documents(titan.made_by_alto["v0"], texts, deadline=Deadline.after(60))

    assert vectors == [[1.0]] * len(texts)
