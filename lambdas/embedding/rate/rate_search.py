"""Finds the rate of calls that a model keeps up with: a bisection between the last good rate and the first bad one.

The search starts without a limit. When clearly too many calls are throttled, the rate falls to what the model has just
let through. From there it grows half-way towards the rate that was too high, and returns to the good one when that is
too high as well, until the two meet; later it tries a higher one again. A few throttled calls are the price of using
the whole quota, and cost only a retry. Pure: times and responses are arguments.
"""

from typing import Literal

from lambdas.embedding.rate.response_window import Sample

# A window this full is closed, whether it has led to a change or not.
WINDOW_RESPONSES = 200
# Above this share of throttled calls, by more than chance would explain, the rate falls; else it grows: fast while
# hardly any are throttled, slowly while some are, or near the rate that was too high.
_TOO_MANY = 0.15
_DEVIATIONS = 4.0
_HARDLY_ANY = 0.05
_GROWTH_PER_SECOND = 1.5
_SLOW_GROWTH_PER_SECOND = 1.02
# The largest step from the good rate towards the bad one, and the ratio at which the two have met.
_LARGEST_STEP = 1.4
_MET = 1.06
# A step is too far when this share of its calls is throttled, and at least three are: a weaker test than the
# statistical one above, because hardly any were throttled at the good rate.
_STEP_TOO_FAR = 0.3
_STEP_THROTTLED = 3
# When two cuts in a row leave the share of throttled calls unchanged, other callers use up the quota. The rate returns
# to what it was and is kept for a while: with more cuts nothing would be left of it.
_UNCHANGED = 0.7
_HOLD_SECONDS = 5.0
# How long a rate near the one that was too high is kept before a higher one is tried.
_KEEP_SECONDS = 5.0
_SLOWEST = 0.5

# What the owner of the rate does next: keep counting, count from now on, or pause as well because the quota is empty.
type Step = Literal["continue", "restart", "pause"]


class RateSearch:
    """The state of the search. `rate` is None while calls are not limited."""

    def __init__(self) -> None:
        self.rate: float | None = None
        self._good_rate = 0.0
        self._bad_rate = 0.0
        self._fell_at = 0.0
        self._grew_at = 0.0
        self._hold_until = 0.0
        # For judging whether cuts help.
        self._share_at_cut = 0.0
        self._useless_cuts = 0
        self._rate_before_cuts = 0.0

    def adapt(self, sample: Sample, now: float) -> Step:
        """Set the rate according to the responses since its last change."""
        chance = _DEVIATIONS * (sample.responses * _TOO_MANY * (1 - _TOO_MANY)) ** 0.5
        if sample.throttled > sample.responses * _TOO_MANY + chance and now >= self._hold_until:
            self._judge_cut(sample)
            return self._fall(sample, now)
        changed = False
        if self.rate is not None:
            if self._is_step_too_far(self.rate, sample):
                self._bad_rate, self._fell_at = self.rate, now
                self.rate = self._good_rate
                return "restart"
            changed = self._grow(self.rate, sample, now)
        if sample.responses >= WINDOW_RESPONSES:
            self._judge_cut(sample)
            changed = True
        return "restart" if changed else "continue"

    def _is_step_too_far(self, rate: float, sample: Sample) -> bool:
        is_step = 1.01 * self._good_rate < rate < 1.5 * self._good_rate
        return is_step and sample.throttled >= _STEP_THROTTLED and sample.throttled_share >= _STEP_TOO_FAR

    def _grow(self, rate: float, sample: Sample, now: float) -> bool:
        """Raise the rate. Returns whether it took a step, whose responses are to be judged on their own."""
        # One straggler from before the last change proves nothing.
        if sample.throttled <= 1 + _HARDLY_ANY * sample.responses:
            self._good_rate = max(self._good_rate, min(rate, sample.passing_rate))
            if rate < self._bad_rate > _MET * self._good_rate:
                half_way = (self._good_rate * self._bad_rate) ** 0.5
                self.rate = max(rate, min(half_way, _LARGEST_STEP * self._good_rate))
                self._grew_at = now
                return True
        is_near_bad_rate = 0.7 * self._bad_rate < rate < 1.2 * self._bad_rate
        if is_near_bad_rate and now < self._fell_at + _KEEP_SECONDS:
            return False
        is_slow = is_near_bad_rate or sample.throttled_share >= _HARDLY_ANY
        growth = _SLOW_GROWTH_PER_SECOND if is_slow else _GROWTH_PER_SECOND
        grown = rate * growth ** min(1.0, now - max(sample.since, self._grew_at))
        # A limit above twice the rate in use would not be tested by these calls.
        self.rate = max(rate, min(grown, 2 * sample.passing_rate))
        self._grew_at = now
        return False

    def _fall(self, sample: Sample, now: float) -> Step:
        rate = sample.asked_rate if self.rate is None else self.rate
        if self._useless_cuts == 2:
            self.rate = self._rate_before_cuts
            self._hold_until = now + _HOLD_SECONDS
            self._useless_cuts = 0
            return "restart"
        if self._useless_cuts == 0:
            self._rate_before_cuts = rate
        # To an eighth at the lowest: in the first moments the responses that pass are still on their way. And a rate
        # that was good is tried once more; if it is too high now, the next cut goes below it.
        cut = max(sample.passing_rate, rate / 8, 0.97 * self._good_rate, _SLOWEST)
        self.rate = min(rate, cut)
        self._good_rate = 0.0
        self._bad_rate = rate
        self._fell_at = now
        # A deep cut may leave most calls throttled and be right nevertheless.
        self._share_at_cut = sample.throttled_share if cut > rate / 2 else 0.0
        return "pause"

    def _judge_cut(self, sample: Sample) -> None:
        """Count the cuts in a row that have not helped."""
        if self._share_at_cut:
            is_useless = sample.throttled_share > _UNCHANGED * self._share_at_cut
            self._useless_cuts = self._useless_cuts + 1 if is_useless else 0
            self._share_at_cut = 0.0
