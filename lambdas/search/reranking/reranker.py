"""Texts in another order, for everyone who needs it: the call, made again while that helps."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from lambdas.aws.credentials import AwsCredentials
from lambdas.backoff import system_jitter
from lambdas.deadline import Deadline
from lambdas.embedding.model_target import HttpCall
from lambdas.embedding.retried_call import CallCounts, Caller, Patience, call_with_retries
from lambdas.embedding.vendor_errors import CallFailedError
from lambdas.errors import ModelUnavailableError
from lambdas.search.reranking.model import RerankModel
from lambdas.search.reranking.rerank_api import rerank_call, scores_of, unusable

# The search has an order without the model, so it does not wait for it until the request's end: at most half of the
# time that is left, and at most so long. A hundred passages take Cohere's model about a second.
LONGEST_SECONDS = 10.0
MAX_ATTEMPTS = 4


class RerankCounts(NamedTuple):
    """The work of a job, for the log."""

    texts: int
    calls: int
    failed: int


Report = Callable[[RerankModel, RerankCounts], None]


class Reranker:
    """Scores texts by how well they match a query. Safe to share between threads.

    Args:
        caller: makes single calls.
        report: receives what each job took; never texts or keys.
        sleep, jitter: waiting in seconds and random numbers from 0 to 1, for tests to hold still.
    """

    def __init__(
        self,
        caller: Caller,
        *,
        report: Report | None = None,
        sleep: Callable[[float], None] = time.sleep,
        jitter: Callable[[], float] = system_jitter,
    ) -> None:
        self._caller = caller
        self._report = report
        self._sleep = sleep
        self._jitter = jitter

    def scores(
        self,
        model: RerankModel,
        query: str,
        texts: Sequence[str],
        *,
        deadline: Deadline,
        credentials: AwsCredentials | None = None,
    ) -> list[float]:
        """The score of each text, in the order of the texts; more is better. Neither query nor texts may be empty.

        Raises `EmbeddingError`: what the model or its service said last.
        """
        patience = Deadline.after(min(LONGEST_SECONDS, deadline.remaining() / 2))
        counts = CallCounts()
        job = _Job(self._caller, model, credentials, patience, self._sleep, self._jitter, counts)
        try:
            return job.scores(query, texts)
        finally:
            if self._report:
                self._report(model, RerankCounts(len(texts), counts.calls, counts.failed))


@dataclass(slots=True)
class _Job:
    """One list of texts. Made for it and then thrown away."""

    caller: Caller
    model: RerankModel
    credentials: AwsCredentials | None
    patience: Deadline
    sleep: Callable[[float], None]
    jitter: Callable[[], float]
    counts: CallCounts

    def scores(self, query: str, texts: Sequence[str]) -> list[float]:
        """Raises `EmbeddingError`."""
        found: dict[int, float] = {}
        token: str | None = None
        while True:
            try:
                call = rerank_call(self.model, query, texts, token)
            except CallFailedError as failure:
                raise failure.error from None
            part, token = self._call_with_retries(call, len(texts))
            if not part and token:
                raise unusable(self.model, "has no end").error
            found |= part
            if token is None:
                break
        if len(found) < len(texts):
            raise unusable(self.model, f"scores {len(found)} of {len(texts)} texts").error
        return [found[place] for place in range(len(texts))]

    def _call_with_retries(self, call: HttpCall, count: int) -> tuple[dict[int, float], str | None]:
        """One part of the response, asked for again while that may help and there is time."""

        def make(timeout: float) -> tuple[dict[int, float], str | None]:
            response = self.caller.send(self.model, call, credentials=self.credentials, timeout_seconds=timeout)
            return scores_of(self.model, response.body, count)

        patience = Patience(self.patience, MAX_ATTEMPTS, MAX_ATTEMPTS, self.sleep, self.jitter)
        return call_with_retries(make, patience, self.counts, self._out_of_time)

    def _out_of_time(self) -> ModelUnavailableError:
        return ModelUnavailableError(f"No time was left to rerank by '{self.model.target}'.")
