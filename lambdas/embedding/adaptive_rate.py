"""How fast a model may be called.

A model's quota cannot be read from outside: AWS's documents contradict each other about its unit. So Alto finds it out.
It starts unlimited. When clearly too many calls are throttled, it sends as many a second as the model has just let
through. From there it goes half-way towards what was too much, and back to what was good when that is too much as
well, until the two meet; later it tries again and again to send more. A few throttled calls are the price of using the
whole quota, and cost nothing but a retry.
"""

from collections import deque
from collections.abc import Callable
from threading import Lock
from typing import Literal

type Verdict = Literal["ok", "throttled", "failed"]

# The judgement rests on the responses to calls that started since the last change, from a handful up to a window full.
_STEP_SECONDS = 0.25
_FEWEST_RESPONSES = 8
_PAUSE_SECONDS = 0.5
_WINDOW_RESPONSES = 200
# Above this share of throttled calls, by more than chance would explain, the rate falls; else it grows: fast while
# hardly any are throttled, slowly while some are, or where it fell before.
_TOO_MANY = 0.15
_DEVIATIONS = 4.0
_HARDLY_ANY = 0.05
_GROWTH_PER_SECOND = 1.5
_SLOW_GROWTH_PER_SECOND = 1.02
# From what was good towards what was too much: this far at once, until they are this near to each other. What is tried
# there is too much when so many calls are throttled, and at least three: less than chance needs, because hardly any
# were where it was good.
_LARGEST_STEP = 1.4
_MET = 1.06
_IN_VAIN = 0.3
# When two cuts in a row leave the share of throttled calls as it was, it is not these calls that use up the quota.
# The rate goes back and is left alone for a while: giving way again and again would leave nothing.
_UNCHANGED = 0.7
_HOLD_SECONDS = 5.0
# How long a rate that is near to where it fell from is kept before more is tried.
_KEEP_SECONDS = 5.0
_SLOWEST = 0.5
# A refused call has used nothing of the quota, and comes a moment too early where the quota allows no burst. The next
# one need not wait for a whole turn. Not again and again: then the rate is too high, and not the moment too early.
_GIVEN_BACK = 0.9
_GIVEN_BACK_IN_A_ROW = 2
# What was learnt is forgotten after a rest: the quota has been renewed, or belongs to another hour.
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
    """The rate that a model keeps up with, learnt from its responses. `ModelLimiter` has the lock."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._bucket: TokenBucket | None = None
        self._passed = 0
        self._throttled = 0
        self._refused: deque[float] = deque()
        self._latency = 0.5
        self._grown = 0.0
        self._first = self._changed = self._last = self._taken = clock()
        self._good_rate = 0.0
        self._ceiling = 0.0
        self._share_at_cut = 0.0
        self._useless_cuts = 0
        self._rate_before_cuts = 0.0
        self._hold_until = 0.0
        self._fell = 0.0
        self._refused_in_a_row = 0

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
        now = self._clock()
        if now - self._taken > _PAUSE_SECONDS + (2.0 / self._bucket.rate if self._bucket else 0.0):
            # No call was made for a while: calls from before say nothing of how many a second there are now.
            self._restart(now)
        self._taken = now
        if self._bucket:
            self._bucket.take(1.0)

    def record(self, *, throttled: bool, started: float) -> None:
        """Record the response to a call that started at this time."""
        now = self._last = self._clock()
        if throttled:
            self._refused.append(started)
            self._give_back()
        else:
            self._latency = now - started
            self._refused_in_a_row = 0
            self._count(started, throttled=False)
        # A refusal comes at once and a vector takes its time. To be counted alike, refusals are as old as vectors are.
        while self._refused and self._refused[0] <= now - 1.25 * self._latency:
            self._count(self._refused.popleft(), throttled=True)
        responses = self._passed + self._throttled
        elapsed = started - self._first
        if elapsed >= _STEP_SECONDS and responses >= _FEWEST_RESPONSES:
            self._adapt(responses, (responses - 1) / elapsed, now)

    def _give_back(self) -> None:
        """Let the next call go soon after one that was refused."""
        self._refused_in_a_row += 1
        if self._bucket and self._refused_in_a_row <= _GIVEN_BACK_IN_A_ROW:
            self._bucket.take(-_GIVEN_BACK)

    def _count(self, started: float, *, throttled: bool) -> None:
        if started < self._changed:
            return  # It says nothing of the rate as it is now.
        self._first = min(self._first, started) if self._passed + self._throttled else started
        self._passed += not throttled
        self._throttled += throttled

    def _adapt(self, responses: int, asked_rate: float, now: float) -> None:
        share = self._throttled / responses
        passing_rate = asked_rate * (1 - share)
        chance = _DEVIATIONS * (responses * _TOO_MANY * (1 - _TOO_MANY)) ** 0.5
        too_many = self._throttled > responses * _TOO_MANY + chance
        if too_many and now >= self._hold_until:
            self._judge_cut(share)
            self._fall(share, asked_rate, passing_rate, now)
            self._restart(now)
            return
        if self._bucket:
            if self._tried_in_vain(self._bucket, share):
                self._ceiling, self._fell = self._bucket.rate, now
                self._bucket.rate = self._good_rate
                self._restart(now)
                return
            self._grow(self._bucket, share, passing_rate, now)
        if responses >= _WINDOW_RESPONSES:
            self._judge_cut(share)
            self._restart(now)

    def _tried_in_vain(self, bucket: TokenBucket, share: float) -> bool:
        """Whether a step up from the rate that was good has met the quota."""
        is_a_step = 1.01 * self._good_rate < bucket.rate < 1.5 * self._good_rate
        return is_a_step and self._throttled >= 3 and share >= _IN_VAIN

    def _restart(self, now: float) -> None:
        self._passed = self._throttled = 0
        self._changed = now

    def _judge_cut(self, share: float) -> None:
        """See whether the last cut has helped."""
        if self._share_at_cut:
            self._useless_cuts = self._useless_cuts + 1 if share > _UNCHANGED * self._share_at_cut else 0
            self._share_at_cut = 0.0

    def _grow(self, bucket: TokenBucket, share: float, passing_rate: float, now: float) -> None:
        # One straggler from before the last change says nothing.
        if self._throttled <= 1 + _HARDLY_ANY * (self._passed + self._throttled):
            self._good_rate = max(self._good_rate, min(bucket.rate, passing_rate))
            if bucket.rate < self._ceiling > _MET * self._good_rate:
                half_way = (self._good_rate * self._ceiling) ** 0.5
                bucket.rate = max(bucket.rate, min(half_way, _LARGEST_STEP * self._good_rate))
                self._grown = now
                self._restart(now)
                return
        near_ceiling = 0.7 * self._ceiling < bucket.rate < 1.2 * self._ceiling
        if near_ceiling and now < self._fell + _KEEP_SECONDS:
            return
        growth = _SLOW_GROWTH_PER_SECOND if near_ceiling or share >= _HARDLY_ANY else _GROWTH_PER_SECOND
        # More than twice what is used says nothing about what the model would take.
        grown = bucket.rate * growth ** min(1.0, now - max(self._changed, self._grown))
        bucket.rate = max(bucket.rate, min(grown, 2 * passing_rate))
        self._grown = now

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
        # An eighth at most: in the first moments the responses that pass are still on their way. And a rate that was
        # good is tried once more; if it is good no longer, the next cut goes below it.
        cut = max(passing_rate, rate / 8, 0.97 * self._good_rate, _SLOWEST)
        self._bucket.rate = min(rate, cut)
        # The quota has nothing left at this moment.
        self._bucket.take(1.0)
        self._good_rate = 0.0
        self._ceiling = rate
        self._fell = now
        # A deep cut may well leave most calls throttled and be right nevertheless.
        self._share_at_cut = share if cut > rate / 2 else 0.0


class ModelLimiter:
    """Everything that calls to one model, with one set of credentials, share. Safe to share between threads."""

    def __init__(
        self, requests_per_minute: int | None, tokens_per_minute: int | None, clock: Callable[[], float]
    ) -> None:
        self.clock = clock
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
