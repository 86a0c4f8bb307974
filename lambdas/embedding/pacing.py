"""How fast a model may be called.

Nobody knows a model's quota from outside: AWS's documents contradict each other about its unit. So Alto finds it out.
It starts unlimited. When more than a fifth of the calls are throttled, it sends as many a second as the model has just
let through, and a little more; from there it tries again and again to send more. A few throttled calls are the price
of using the whole quota, and cost nothing but a retry.
"""

from collections.abc import Callable
from threading import Lock
from typing import Literal

type Verdict = Literal["ok", "throttled", "failed"]

# What is judged: the answers since the last change, a handful at least, or chance would decide.
_STEP_SECONDS = 0.25
_FEWEST_ANSWERS = 12
# From this share of throttled calls on, the rate falls; else it grows: slowly while some are, or where it fell before.
_TOO_MANY = 0.2
_HARDLY_ANY = 0.05
_GROWTH_PER_SECOND = 1.5
_SLOW_GROWTH_PER_SECOND = 1.05
# When two cuts in a row leave the share of throttled calls as it was, it is not these calls that use up the quota.
# The rate goes back and is left alone for a while: giving way again and again would leave nothing.
_UNCHANGED = 0.7
_HOLD_SECONDS = 5.0
# How long a rate that is near to where it fell from is kept before more is tried.
_KEEP_SECONDS = 5.0
_SLOWEST = 0.5
# What was learnt is forgotten after a rest: the quota has been renewed, or belongs to another hour.
_FORGET_SECONDS = 30.0


class TokenBucket:
    """Lets `rate` units a second through, and `burst` at once after a rest. Not safe between threads by itself."""

    def __init__(self, rate: float, burst: float, clock: Callable[[], float]) -> None:
        self.rate = rate
        self._burst = burst
        self._level = burst
        self._clock = clock
        self._at = clock()

    def wait(self, amount: float) -> float:
        """Seconds until so much may be taken; 0 for now. What is more than a full bucket waits for a full one."""
        now = self._clock()
        self._level = min(self._burst, self._level + (now - self._at) * self.rate)
        self._at = now
        lacking = min(amount, self._burst) - self._level
        # Rounding must not leave a wait too small to end.
        return 0.0 if lacking <= 1e-9 else lacking / self.rate

    def take(self, amount: float) -> None:
        """Take so much, even more than there is: the next one waits the longer. Negative amounts give back."""
        self._level -= amount


class AdaptiveRate:
    """The rate that a model keeps up with, learnt from its answers. Not safe between threads by itself."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._bucket: TokenBucket | None = None
        self._passed = 0
        self._throttled = 0
        self._since = self._last = clock()
        self._good_rate = 0.0
        self._ceiling = 0.0
        self._share_at_cut = 0.0
        self._useless_cuts = 0
        self._rate_before_cuts = 0.0
        self._hold_until = 0.0
        self._fell = 0.0

    @property
    def rate(self) -> float | None:
        """Calls a second, or None while there is no limit."""
        return self._bucket.rate if self._bucket else None

    def wait(self) -> float:
        """Seconds until the next call may start; 0 for now."""
        if self._bucket and self._clock() - self._last > _FORGET_SECONDS:
            self._bucket = None
        return self._bucket.wait(1.0) if self._bucket else 0.0

    def take(self) -> None:
        """A call starts."""
        if self._bucket:
            self._bucket.take(1.0)

    def record(self, *, throttled: bool) -> None:
        """A call was answered."""
        now = self._last = self._clock()
        if self._passed + self._throttled == 0 and self._bucket is None:
            self._since = now
        self._passed += not throttled
        self._throttled += throttled
        elapsed = now - self._since
        if elapsed >= _STEP_SECONDS and self._passed + self._throttled >= _FEWEST_ANSWERS:
            self._adapt(elapsed, now)
            self._passed = self._throttled = 0
            self._since = now

    def _adapt(self, elapsed: float, now: float) -> None:
        asked_rate = (self._passed + self._throttled) / elapsed
        passing_rate = self._passed / elapsed
        share = self._throttled / (self._passed + self._throttled)
        if self._share_at_cut:
            self._useless_cuts = self._useless_cuts + 1 if share > _UNCHANGED * self._share_at_cut else 0
            self._share_at_cut = 0.0
        if share > _TOO_MANY and now >= self._hold_until:
            self._fall(share, asked_rate, passing_rate, now)
        elif self._bucket:
            self._grow(self._bucket, share, passing_rate, now)

    def _grow(self, bucket: TokenBucket, share: float, passing_rate: float, now: float) -> None:
        if share < _HARDLY_ANY:
            self._good_rate = bucket.rate
        near_ceiling = 0.7 * self._ceiling < bucket.rate < 1.2 * self._ceiling
        if near_ceiling and now < self._fell + _KEEP_SECONDS:
            return
        growth = _SLOW_GROWTH_PER_SECOND if near_ceiling or share >= _HARDLY_ANY else _GROWTH_PER_SECOND
        # More than twice what is used says nothing about what the model would take.
        bucket.rate = max(bucket.rate, min(bucket.rate * growth ** min(1.0, now - self._since), 2 * passing_rate))

    def _fall(self, share: float, asked_rate: float, passing_rate: float, now: float) -> None:
        if self._bucket is None:
            self._bucket = TokenBucket(asked_rate, burst=1.0, clock=self._clock)
        rate = self._bucket.rate
        if self._useless_cuts == 2:
            self._bucket.rate = self._rate_before_cuts
            self._hold_until = now + _HOLD_SECONDS
            self._useless_cuts = 0
            return
        if self._useless_cuts == 0:
            self._rate_before_cuts = rate
        # An eighth at most: in the first moments the answers that pass are still on their way. And a rate that was
        # good is tried once more; if it is good no longer, the next cut goes below it.
        cut = max(1.05 * passing_rate, rate / 8, 0.97 * self._good_rate, _SLOWEST)
        self._bucket.rate = min(rate, cut)
        self._good_rate = 0.0
        self._ceiling = rate
        self._fell = now
        # A deep cut may well leave most calls throttled and be right nevertheless.
        self._share_at_cut = share if cut > rate / 2 else 0.0


class Lane:
    """Everything that calls to one model, with one set of credentials, share. Safe to share between threads."""

    def __init__(
        self, requests_per_minute: int | None, tokens_per_minute: int | None, clock: Callable[[], float]
    ) -> None:
        self._adaptive = AdaptiveRate(clock)
        self._requests = _per_minute(requests_per_minute, clock)
        self._tokens = _per_minute(tokens_per_minute, clock)
        self._lock = Lock()

    @property
    def counts_tokens(self) -> bool:
        """Whether it matters how many tokens a call has."""
        return self._tokens is not None

    @property
    def rate(self) -> float | None:
        """Calls a second that the model keeps up with; None while it has not been asked for too many."""
        return self._adaptive.rate

    def start(self, tokens: int) -> float:
        """Start a call of about so many tokens: 0 if it may go now, else the seconds after which to ask again."""
        with self._lock:
            wait = self._adaptive.wait()
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

    def finish(self, verdict: Verdict, expected_tokens: int, tokens: int | None) -> None:
        """A call is answered. What it took in tokens is corrected by what the model counted."""
        with self._lock:
            if verdict != "failed":
                self._adaptive.record(throttled=verdict == "throttled")
            if self._tokens and tokens is not None:
                self._tokens.take(tokens - expected_tokens)


def _per_minute(amount: int | None, clock: Callable[[], float]) -> TokenBucket | None:
    """A bucket that holds one second's worth: a minute's worth at once would be throttled."""
    return TokenBucket(amount / 60, max(1.0, amount / 60), clock) if amount else None
