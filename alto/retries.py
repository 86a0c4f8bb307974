"""When a request is sent again, and after how long. Pure."""

from dataclasses import dataclass

from alto.errors import code_of
from alto.requests import Request, Response

# A 429 of an exhausted quota: waiting a moment does not help.
_EXHAUSTED_CODES = frozenset({"model_quota_exceeded"})
# The request was not executed, so it is always safe to retry.
_NEVER_EXECUTED = frozenset({429})
# The request may have been executed.
_MAYBE_EXECUTED = frozenset({500, 502, 503, 504})
# A 502 of Alto itself is a response of a model or of OpenSearch that would be the same again.
_PERMANENT_CODES = frozenset(
    {
        "embedding_failed",
        "model_not_found",
        "endpoint_not_found",
        "model_answer_unusable",
        "model_response_unusable",
        "search_engine_error",
        "internal_error",
    }
)


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """How often and how long to retry. `attempts` counts the first one; waits are in seconds.

        AdditionalConfig(retries=RetryPolicy(attempts=6, longest=20))

    The wait is drawn evenly from 0 to min(longest, first * 2^n) ("full jitter", Brooker, "Exponential Backoff And
    Jitter", AWS Architecture Blog, 2015), and never less than the server's `Retry-After`.
    """

    attempts: int = 4
    first: float = 0.25
    longest: float = 8.0

    def wait_after_response(self, request: Request, response: Response, attempt: int, jitter: float) -> float | None:
        """Seconds to wait before the next attempt; None to give up. `attempt` counts from 1, `jitter` is 0 to 1."""
        if attempt >= self.attempts or not _is_retryable(request, response):
            return None
        return _retry_after(response, self.longest) + self._backoff(attempt, jitter)

    def wait_after_failure(self, request: Request, attempt: int, jitter: float, *, was_sent: bool) -> float | None:
        """The same, without a response. `was_sent` is False if not even a connection was made."""
        if attempt >= self.attempts or (was_sent and not request.repeatable):
            return None
        return self._backoff(attempt, jitter)

    def _backoff(self, attempt: int, jitter: float) -> float:
        return jitter * min(self.longest, self.first * 2.0 ** (attempt - 1))


def _is_retryable(request: Request, response: Response) -> bool:
    code = code_of(response.body)
    if code in _EXHAUSTED_CODES:
        return False
    if response.status in _NEVER_EXECUTED:
        return True
    return request.repeatable and response.status in _MAYBE_EXECUTED and code not in _PERMANENT_CODES


def _retry_after(response: Response, longest: float) -> float:
    """`Retry-After` in seconds; its other form, a date, is never sent by Alto or API Gateway."""
    try:
        return min(longest, max(0.0, float(response.headers.get("retry-after", "0"))))
    except ValueError:
        return 0.0
