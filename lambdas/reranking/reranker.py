"""Texts in another order, for everyone who needs it: the call, made again while that helps."""

import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from lambdas.aws.credentials import AwsCredentials
from lambdas.aws.http import HttpResponse
from lambdas.deadline import Deadline
from lambdas.embedding.model_target import Called, HttpCall
from lambdas.embedding.vendor_errors import CallFailedError, Remedy
from lambdas.errors import ModelUnavailableError
from lambdas.reranking.model import RerankModel
from lambdas.reranking.rerank_api import rerank_call, scores_of, unusable

# There is an answer without the model, so it is not waited for until the request's end: half of the time that is
# left, and at most so long. A hundred passages take Cohere's model about a second.
LONGEST_SECONDS = 10.0
MAX_ATTEMPTS = 4
_BACKOFF_SECONDS = 0.1
_SHORTEST_CALL_SECONDS = 0.05
_WORTH_A_RETRY = (Remedy.RETRY, Remedy.RECONNECT, Remedy.SLOW_DOWN)


class RerankCounts(NamedTuple):
    """What a job took, for the log."""

    texts: int
    calls: int
    failed: int


Report = Callable[[RerankModel, RerankCounts], None]


class Caller(Protocol):
    """Something that signs and sends; `AwsCaller` in production."""

    def send(
        self, called: Called, call: HttpCall, *, credentials: AwsCredentials | None, timeout_seconds: float
    ) -> HttpResponse:
        """The answer to a call that succeeded. Raises `CallFailedError`."""
        ...


class Reranker:
    """Scores texts by how well they answer a query. Safe to share between threads.

    Args:
        caller: makes single calls.
        report: is told of each job what it took; never of texts or keys.
        sleep, jitter: waiting in seconds and random numbers from 0 to 1, for tests to hold still.
    """

    def __init__(
        self,
        caller: Caller,
        *,
        report: Report | None = None,
        sleep: Callable[[float], None] = time.sleep,
        jitter: Callable[[], float] = random.random,
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
        job = _Job(self._caller, model, credentials, patience, self._sleep, self._jitter)
        try:
            return job.scores(query, texts)
        finally:
            if self._report:
                self._report(model, RerankCounts(len(texts), job.calls, job.failed))


@dataclass(slots=True)
class _Job:
    """One list of texts. Made for it and then thrown away."""

    caller: Caller
    model: RerankModel
    credentials: AwsCredentials | None
    patience: Deadline
    sleep: Callable[[float], None]
    jitter: Callable[[], float]
    calls: int = 0
    failed: int = 0

    def scores(self, query: str, texts: Sequence[str]) -> list[float]:
        """Raises `EmbeddingError`."""
        found: dict[int, float] = {}
        token: str | None = None
        while True:
            try:
                call = rerank_call(self.model, query, texts, token)
            except CallFailedError as failure:
                raise failure.error from None
            part, token = self._answered(call, len(texts))
            if not part and token:
                raise unusable(self.model, "has no end").error
            found |= part
            if token is None:
                break
        if len(found) < len(texts):
            raise unusable(self.model, f"scores {len(found)} of {len(texts)} texts").error
        return [found[place] for place in range(len(texts))]

    def _answered(self, call: HttpCall, count: int) -> tuple[dict[int, float], str | None]:
        """One part of the answer, asked for again while that may help and there is time."""
        attempt = 0
        while True:
            attempt += 1
            timeout = self.patience.remaining()
            if timeout < _SHORTEST_CALL_SECONDS:
                raise ModelUnavailableError(f"There was no time left to rerank by '{self.model.target}'.")
            self.calls += 1
            try:
                answer = self.caller.send(self.model, call, credentials=self.credentials, timeout_seconds=timeout)
                return scores_of(self.model, answer.body, count)
            except CallFailedError as failure:
                self.failed += 1
                wait = max(self.jitter() * _BACKOFF_SECONDS * 2**attempt, failure.retry_after_seconds or 0.0)
                is_over = attempt == MAX_ATTEMPTS or wait + _SHORTEST_CALL_SECONDS >= self.patience.remaining()
                if failure.remedy not in _WORTH_A_RETRY or is_over:
                    raise failure.error from None
            self.sleep(wait)
