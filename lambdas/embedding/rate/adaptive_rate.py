"""How fast a model may be called.

A model's quota cannot be read from outside: AWS's documents contradict each other about its unit. So Alto finds it:
`ResponseWindow` counts the responses, `RateSearch` derives a rate from them, and `TokenBucket` keeps it.
"""

from collections.abc import Callable
from threading import Lock
from typing import Literal

from lambdas.embedding.rate.rate_search import RateSearch
from lambdas.embedding.rate.response_window import ResponseWindow

type Verdict = Literal["ok", "throttled", "failed"]

# After a pause this long, earlier calls do not show how many a second there are now.
_PAUSE_SECONDS = 0.5
# A throttled call has used nothing of the quota, and came a moment too early where the quota allows no burst: the next
# one need not wait for a whole turn. Only twice in a row: after that the rate is too high.
_GIVEN_BACK = 0.9
_GIVEN_BACK_IN_A_ROW = 2
# The rate is forgotten after a rest: the quota has been renewed, or another one applies at that hour.
_FORGET_SECONDS = 30.0


class TokenBucket:
    """Lets `rate` units a second through, and `burst` at once after a rest. `ModelLimiter` has the lock."""

    def __init__(self, rate: float, burst: float, clock: Callable[[], float]) -> None:
        self.rate = rate
        self._burst = burst
        self._level = burst
        self._clock = clock
        self._at = clock()

    def wait(self, amount: float) -> float:
        """Seconds until this amount may be taken; 0 for now. More than a full bucket holds waits for a full one."""
        now = self._clock()
        self._level = min(self._burst, self._level + (now - self._at) * self.rate)
        self._at = now
        lacking = min(amount, self._burst) - self._level
        # Rounding must not leave a wait too small to end.
        return 0.0 if lacking <= 1e-9 else lacking / self.rate

    def take(self, amount: float) -> None:
        """Take this amount, even if the bucket holds less: the next call waits longer. A negative amount gives back."""
        self._level -= amount


class AdaptiveRate:
    """The rate that a model keeps up with, learnt from its responses. `ModelLimiter` has the lock."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._window = ResponseWindow(clock())
        self._search = RateSearch()
        self._bucket: TokenBucket | None = None
        self._last_response = self._last_start = clock()
        self._throttled_in_a_row = 0

    @property
    def rate(self) -> float | None:
        """Calls a second, or None while there is no limit."""
        return self._search.rate

    def wait(self) -> float:
        """Seconds until the next call may start; 0 for now."""
        if self._bucket and self._clock() - self._last_response > _FORGET_SECONDS:
            self._bucket = self._search.rate = None
        return self._bucket.wait(1.0) if self._bucket else 0.0

    def take(self) -> None:
        """Record the start of a call."""
        now = self._clock()
        if now - self._last_start > _PAUSE_SECONDS + (2.0 / self._bucket.rate if self._bucket else 0.0):
            self._window.restart(now)
        self._last_start = now
        if self._bucket:
            self._bucket.take(1.0)

    def record(self, *, throttled: bool, started: float) -> None:
        """Record the response to a call that started at this time."""
        now = self._last_response = self._clock()
        self._throttled_in_a_row = self._throttled_in_a_row + 1 if throttled else 0
        if throttled and self._bucket and self._throttled_in_a_row <= _GIVEN_BACK_IN_A_ROW:
            self._bucket.take(-_GIVEN_BACK)
        self._window.record(throttled=throttled, started=started, now=now)
        sample = self._window.sample(started)
        if sample is None:
            return
        step = self._search.adapt(sample, now)
        self._keep_rate()
        if step == "pause" and self._bucket:
            self._bucket.take(1.0)
        if step != "continue":
            self._window.restart(now)

    def _keep_rate(self) -> None:
        rate = self._search.rate
        if rate is not None and self._bucket is None:
            self._bucket = TokenBucket(rate, burst=1.0, clock=self._clock)
        elif rate is not None and self._bucket:
            self._bucket.rate = rate


class ModelLimiter:
    """The limits of the calls to one model with one set of credentials. Safe to share between threads."""

    def __init__(
        self, requests_per_minute: int | None, tokens_per_minute: int | None, clock: Callable[[], float]
    ) -> None:
        self.clock = clock
        self._adaptive = AdaptiveRate(clock)
        self._requests = _per_minute(requests_per_minute, clock)
        self._tokens = _per_minute(tokens_per_minute, clock)
        self._lock = Lock()
        self._held_at = float("-inf")

    def is_held_back(self, seconds: float) -> bool:
        """Whether a call had to wait for the model's quota within the last seconds."""
        return self.clock() - self._held_at <= seconds

    @property
    def counts_tokens(self) -> bool:
        """Whether it matters how many tokens a call has."""
        return self._tokens is not None

    @property
    def rate(self) -> float | None:
        """Calls a second that the model keeps up with; None while it has not throttled."""
        return self._adaptive.rate

    def start(self, tokens: int) -> float:
        """Start a call of about this many tokens: 0 if it may start now, else the seconds after which to ask again."""
        with self._lock:
            wait = self._adaptive.wait()
            if wait > 0.0:
                self._held_at = self.clock()
            if self._requests:
                wait = max(wait, self._requests.wait(1.0))
            if self._tokens:
                wait = max(wait, self._tokens.wait(tokens))
            if wait > 0.0:
                return wait
            self._adaptive.take()
            if self._requests:
                self._requests.take(1.0)
            if self._tokens:
                self._tokens.take(tokens)
            return 0.0

    def finish(self, verdict: Verdict, started: float, expected_tokens: int, tokens: int | None) -> None:
        """Record the end of a call that started at this time, and correct its tokens by the model's own count."""
        with self._lock:
            if verdict != "failed":
                self._adaptive.record(throttled=verdict == "throttled", started=started)
            if self._tokens and tokens is not None:
                self._tokens.take(tokens - expected_tokens)


def _per_minute(amount: int | None, clock: Callable[[], float]) -> TokenBucket | None:
    """A bucket that holds one second's worth: a minute's worth at once would be throttled."""
    return TokenBucket(amount / 60, max(1.0, amount / 60), clock) if amount else None
