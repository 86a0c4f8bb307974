"""When a request is sent again, and after how long. Pure."""

from dataclasses import dataclass

from alto.errors import code_of
from alto.requests import Answer, Request

# 429 of a quota that is used up: waiting a moment does not help.
_HOPELESS_CODES = frozenset({"model_quota_exceeded"})
# These say that nothing was carried out, so that any request may be sent again.
_NOT_CARRIED_OUT = frozenset({429})
# After these it may have been.
_PERHAPS_CARRIED_OUT = frozenset({500, 502, 503, 504})
# 502 of Alto itself is an answer of a model or of OpenSearch that would come again.
_LASTING_CODES = frozenset(
    {
        "embedding_failed",
        "model_not_found",
        "endpoint_not_found",
        "model_answer_unusable",
        "search_engine_error",
        "internal_error",
    }
)


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """How often and how long. `attempts` counts the first one; waits are in seconds.

    The wait is drawn evenly from 0 to min(longest, first * 2^n) ("full jitter", Brooker, "Exponential Backoff And
    Jitter", AWS Architecture Blog, 2015), and never less than what the server asks for in `Retry-After`.
    """

    attempts: int = 4
    first: float = 0.25
    longest: float = 8.0

    def wait_after_answer(self, request: Request, answer: Answer, attempt: int, jitter: float) -> float | None:
        """Seconds to wait before the next attempt; None to give up. `attempt` counts from 1, `jitter` is 0 to 1."""
        if attempt >= self.attempts or not _is_worth_it(request, answer):
            return None
        return _asked_for(answer, self.longest) + self._drawn(attempt, jitter)

    def wait_after_break(self, request: Request, attempt: int, jitter: float, *, was_sent: bool) -> float | None:
        """The same, when no answer came. `was_sent` is False when there was not even a connection."""
        if attempt >= self.attempts or (was_sent and not request.repeatable):
            return None
        return self._drawn(attempt, jitter)

    def _drawn(self, attempt: int, jitter: float) -> float:
        return jitter * min(self.longest, self.first * 2.0 ** (attempt - 1))


def _is_worth_it(request: Request, answer: Answer) -> bool:
    code = code_of(answer.body)
    if code in _HOPELESS_CODES:
        return False
    if answer.status in _NOT_CARRIED_OUT:
        return True
    return request.repeatable and answer.status in _PERHAPS_CARRIED_OUT and code not in _LASTING_CODES


def _asked_for(answer: Answer, longest: float) -> float:
    """`Retry-After` in seconds; its other form, a date, is never sent by Alto or API Gateway."""
    try:
        return min(longest, max(0.0, float(answer.headers.get("retry-after", "0"))))
    except ValueError:
        return 0.0
