import heapq
import random

import pytest

from lambdas.embedding.rate.adaptive_rate import ModelLimiter, TokenBucket


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


class Quota:
    """A model that lets so many calls a second through, told call by call, in simulated time."""

    def __init__(
        self,
        per_second: float | None,
        *,
        burst: float = 5,
        latency: float = 0.08,
        refusal: float = 0.002,
        chance: float = 0.0,
    ) -> None:
        self.clock = Clock()
        self.limiter = ModelLimiter(None, None, self.clock)
        self.latency = latency
        self.refusal = refusal
        self.chance = chance
        self.throttled = 0
        self.peak = 0
        self._random = random.Random(1)
        self._allowance = TokenBucket(per_second, burst, self.clock) if per_second else None

    def embed(self, calls: int, in_flight: int = 64) -> float:
        """Make so many calls, each until it passes. Returns the seconds it took."""
        started = self.clock.now
        todo, flying = calls, list[tuple[float, float, bool]]()
        while todo or flying:
            wait = 0.0
            while todo and len(flying) < in_flight and (wait := self.limiter.start(1)) == 0.0:
                todo -= 1
                passes = self._passes()
                lands = self.clock.now + (self.latency if passes else self.refusal)
                heapq.heappush(flying, (lands, self.clock.now, passes))
            self.peak = max(self.peak, len(flying))
            landing = flying[0][0] if flying else float("inf")
            waiting = self.clock.now + wait if wait else float("inf")
            self.clock.now = min(landing, waiting)
            while flying and flying[0][0] <= self.clock.now:
                _, begun, passed = heapq.heappop(flying)
                self.limiter.finish("ok" if passed else "throttled", begun, 1, None)
                self.throttled += not passed
                todo += not passed
        return self.clock.now - started

    def _passes(self) -> bool:
        if self._random.random() < self.chance:
            return False
        if self._allowance is None:
            return True
        passes = self._allowance.wait(1.0) == 0.0
        if passes:
            self._allowance.take(1.0)
        return passes


def test_an_unthrottled_model_is_called_as_fast_as_the_calls_in_flight_allow() -> None:
    quota = Quota(None)

    assert quota.embed(6400) == pytest.approx(100 * 0.08, rel=0.01)
    assert quota.limiter.rate is None


@pytest.mark.parametrize("per_second", [2, 5, 20, 100, 300])
@pytest.mark.parametrize("latency", [0.005, 0.08, 0.3])
def test_a_quota_is_used_nearly_whole_whatever_it_is(per_second: int, latency: float) -> None:
    quota = Quota(per_second, latency=latency)

    seconds = quota.embed(15 * per_second)

    possible = max(15.0, 15 * per_second * latency / 64)
    assert seconds <= 1.25 * possible


@pytest.mark.parametrize("per_second", [20, 100, 300])
@pytest.mark.parametrize("burst", [1, 1.5, 2, 20])
def test_a_quota_that_allows_no_burst_or_a_large_one_is_used_nearly_whole(per_second: int, burst: float) -> None:
    quota = Quota(per_second, burst=burst)

    assert quota.embed(15 * per_second) <= 1.15 * (15.0 - burst / per_second)


@pytest.mark.parametrize("per_second", [20, 100])
@pytest.mark.parametrize("burst", [1, 5])
def test_a_quota_is_found_beneath_throttling_that_has_nothing_to_do_with_it(per_second: int, burst: float) -> None:
    quota = Quota(per_second, burst=burst, chance=0.1)

    assert quota.embed(15 * per_second) <= 1.3 * 15.0


def test_a_pause_before_the_job_is_not_taken_for_a_slow_model() -> None:
    quota = Quota(20, refusal=0.08)
    quota.embed(1)
    quota.clock.now += 3.0

    assert quota.embed(300) <= 1.15 * 15.0


def test_the_call_after_a_refused_one_goes_at_once_but_not_again_and_again() -> None:
    quota = Quota(20)
    quota.embed(100)
    rate, clock, limiter = quota.limiter.rate or 0.0, quota.clock, quota.limiter
    clock.now += 1.0
    waits = []
    for _ in range(4):
        assert limiter.start(1) == 0.0
        limiter.finish("throttled", clock.now, 1, None)
        waits.append(limiter.start(1) * rate)
        clock.now += waits[-1] / rate

    assert waits == pytest.approx([0.1, 0.1, 1.0, 1.0])


def test_throttling_lowers_the_calls_in_flight() -> None:
    quota = Quota(20)
    quota.embed(100)
    quota.peak = 0

    quota.embed(100)

    assert quota.peak <= 4


def test_most_calls_pass_at_the_first_attempt_once_the_rate_is_known() -> None:
    quota = Quota(20)
    quota.embed(100)
    quota.throttled = 0

    quota.embed(400)

    assert quota.throttled < 400 / 2


def test_the_rate_grows_back_when_the_quota_does() -> None:
    quota = Quota(20)
    quota.embed(100)
    quota._allowance = None

    quota.embed(2000)

    assert quota.limiter.rate is not None
    assert quota.limiter.rate > 200


@pytest.mark.parametrize("chance", [0.02, 0.1, 0.2, 0.3])
@pytest.mark.parametrize("latency", [0.005, 0.08, 0.3])
@pytest.mark.parametrize("refusal", [0.002, 0.3])
def test_unrelenting_throttling_does_not_starve_the_calls(chance: float, latency: float, refusal: float) -> None:
    quota = Quota(None, chance=chance, latency=latency, refusal=min(refusal, latency))

    assert quota.embed(5000) < 6 * 5000 / 64 * latency


def test_what_was_learnt_is_forgotten_after_a_rest() -> None:
    quota = Quota(20)
    quota.embed(100)

    quota.clock.now += 60

    assert quota.limiter.start(1) == 0.0
    assert quota.limiter.rate is None


def test_a_cap_on_requests_is_kept_from_the_first_second_on() -> None:
    clock = Clock()
    limiter = ModelLimiter(120, None, clock)
    started = 0
    while clock.now < 110.0:
        wait = limiter.start(0)
        started += wait == 0.0
        clock.now += wait

    assert started == pytest.approx(20, abs=2)


def test_a_cap_on_tokens_counts_what_the_model_counted() -> None:
    clock = Clock()
    limiter = ModelLimiter(None, 600, clock)

    assert limiter.start(10) == 0.0
    limiter.finish("ok", clock.now, 10, 30)

    assert limiter.start(10) == pytest.approx(3.0)


def test_a_call_larger_than_the_cap_waits_its_time_and_goes() -> None:
    clock = Clock()
    limiter = ModelLimiter(None, 60, clock)

    assert limiter.start(100) == 0.0
    wait = limiter.start(1)
    clock.now += wait

    assert wait == pytest.approx(100.0)
    assert limiter.start(1) == 0.0


def test_failures_that_are_not_about_quota_leave_the_rate_alone() -> None:
    clock = Clock()
    limiter = ModelLimiter(None, None, clock)
    for _ in range(100):
        limiter.start(1)
        clock.now += 0.1
        limiter.finish("failed", clock.now - 0.1, 1, 0)

    assert limiter.rate is None
