"""One call to a model, made again while that helps and there is time: for reranking and for writing texts.

Embeddings have a loop of their own, because they repack the texts of a failed call (`embedding_run.py`).
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from lambdas.aws.credentials import AwsCredentials
from lambdas.aws.http import HttpResponse
from lambdas.backoff import backoff, system_jitter
from lambdas.deadline import Deadline
from lambdas.embedding.model_target import HttpCall, ModelTarget
from lambdas.embedding.rate.adaptive_rate import ModelLimiter
from lambdas.embedding.vendor_errors import CallFailedError, Remedy
from lambdas.errors import EmbeddingError

_FIRST_PAUSE_SECONDS = 0.2
# A throttled call waits less: its limiter already sends fewer calls.
_LONGEST_PAUSE_SECONDS = 2.0
_LONGEST_THROTTLED_PAUSE_SECONDS = 1.0
# A response takes at least this long; a call with less time left is not worth its price.
SHORTEST_CALL_SECONDS = 0.05
_WORTH_A_RETRY = (Remedy.RETRY, Remedy.RECONNECT, Remedy.SLOW_DOWN)


class Caller(Protocol):
    """Something that signs and sends; `AwsCaller` in production."""

    def send(
        self, target: ModelTarget, call: HttpCall, *, credentials: AwsCredentials | None, timeout_seconds: float
    ) -> HttpResponse:
        """Return the response to a call that succeeded. Raises `CallFailedError`."""
        ...


@dataclass(slots=True)
class CallCounts:
    """How often a model was called, and how many of these calls failed or were throttled."""

    calls: int = 0
    failed: int = 0
    throttled: int = 0


class Patience(NamedTuple):
    """How long and how often a call is made: `attempts` in all, and `throttled_attempts` while it is throttled."""

    deadline: Deadline
    attempts: int
    # None for as many as the deadline allows.
    throttled_attempts: int | None
    sleep: Callable[[float], None] = time.sleep
    jitter: Callable[[], float] = system_jitter
    limiter: ModelLimiter | None = None


def call_with_retries[T](
    make: Callable[[float], T], patience: Patience, counts: CallCounts, out_of_time: Callable[[], EmbeddingError]
) -> T:
    """Return what `make` returns, within the seconds that it is given.

    `make` raises `CallFailedError`. Raises its `EmbeddingError`, or `out_of_time` if there was no time for any call.
    """

    def remaining() -> float:
        return patience.deadline.remaining() - SHORTEST_CALL_SECONDS

    pauses = {
        is_throttled: backoff(
            _FIRST_PAUSE_SECONDS,
            _LONGEST_THROTTLED_PAUSE_SECONDS if is_throttled else _LONGEST_PAUSE_SECONDS,
            remaining=remaining,
            attempts=patience.throttled_attempts if is_throttled else patience.attempts,
            jitter=patience.jitter,
        )
        for is_throttled in (True, False)
    }
    last: EmbeddingError | None = None
    while True:
        started = _wait_for_turn(patience)
        timeout = patience.deadline.remaining()
        if started is None or timeout < SHORTEST_CALL_SECONDS:
            raise last or out_of_time() from None
        counts.calls += 1
        try:
            result = make(timeout)
        except CallFailedError as failure:
            is_throttled = failure.remedy is Remedy.SLOW_DOWN
            _finish(patience, started, failure)
            counts.failed += 1
            counts.throttled += is_throttled
            last = failure.error
            pause = next(pauses[is_throttled], None) if failure.remedy in _WORTH_A_RETRY else None
            pause = None if pause is None else max(pause, failure.retry_after_seconds or 0.0)
            if pause is None or pause >= remaining():
                raise failure.error from None
            patience.sleep(pause)
        else:
            _finish(patience, started, None)
            return result


def _wait_for_turn(patience: Patience) -> float | None:
    """Wait until the limiter lets a call start. Returns when it did, or None if that is after the deadline."""
    limiter = patience.limiter
    if limiter is None:
        return 0.0
    while (wait := limiter.start(0)) > 0.0:
        if wait >= patience.deadline.remaining():
            return None
        patience.sleep(wait)
    return limiter.clock()


def _finish(patience: Patience, started: float, failure: CallFailedError | None) -> None:
    if patience.limiter is None:
        return
    if failure is None:
        patience.limiter.finish("ok", started, 0, None)
    else:
        is_throttled = failure.remedy is Remedy.SLOW_DOWN
        patience.limiter.finish("throttled" if is_throttled else "failed", started, 0, None)
