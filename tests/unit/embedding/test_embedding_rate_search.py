"""The rate search and the window of responses that it judges by, without a clock."""

import pytest

from lambdas.embedding.rate.rate_search import WINDOW_RESPONSES, RateSearch
from lambdas.embedding.rate.response_window import FEWEST_RESPONSES, ResponseWindow, Sample


def sample(responses: int, throttled: int = 0, seconds: float = 1.0) -> Sample:
    return Sample(responses, throttled, seconds, since=0.0)


def throttled_search() -> RateSearch:
    """A search that has fallen from 100 to 50 calls a second, and found them good."""
    search = RateSearch()
    search.adapt(sample(101, 50), 1.0)
    return search


def test_a_sample_measures_from_start_to_start() -> None:
    judged = Sample(responses=11, throttled=5, seconds=2.0, since=0.0)

    assert (judged.asked_rate, judged.throttled_share, judged.passing_rate) == pytest.approx((5.0, 5 / 11, 30 / 11))


def test_a_window_needs_a_handful_of_responses_to_be_judged() -> None:
    window = ResponseWindow(0.0)
    samples = []
    for place in range(FEWEST_RESPONSES):
        window.record(throttled=False, started=place / 8, now=place / 8 + 0.05)
        samples.append(window.sample(place / 8))

    assert samples == [None] * (FEWEST_RESPONSES - 1) + [Sample(FEWEST_RESPONSES, 0, seconds=7 / 8, since=0.0)]


def test_a_window_needs_a_stretch_of_time_to_be_judged() -> None:
    window = ResponseWindow(0.0)
    for place in range(100):
        window.record(throttled=False, started=place * 0.001, now=1.0)

    assert window.sample(0.1) is None


def test_responses_to_calls_from_before_a_restart_are_not_counted() -> None:
    window = ResponseWindow(0.0)
    window.restart(5.0)
    for place in range(16):
        window.record(throttled=False, started=4.0 + place / 8, now=7.0)

    assert window.sample(5.875) == Sample(8, 0, seconds=0.875, since=5.0)


def test_throttled_calls_are_counted_once_they_are_as_old_as_vectors() -> None:
    window = ResponseWindow(0.0)
    for place in range(10):
        window.record(throttled=False, started=place / 8, now=place / 8 + 0.4)
    window.record(throttled=True, started=1.25, now=1.26)
    before = window.sample(1.25)
    window.record(throttled=False, started=1.5, now=1.9)

    assert before == Sample(10, 0, seconds=1.25, since=0.0)
    assert window.sample(1.5) == Sample(12, 1, seconds=1.5, since=0.0)


def test_without_throttling_there_is_no_limit() -> None:
    search = RateSearch()

    assert search.adapt(sample(50), 1.0) == "continue"
    assert search.rate is None


def test_a_few_throttled_calls_may_be_chance() -> None:
    search = RateSearch()

    assert search.adapt(sample(8, 4), 1.0) == "continue"
    assert search.rate is None


def test_the_rate_falls_to_what_passed() -> None:
    search = RateSearch()

    assert search.adapt(sample(101, 50), 1.0) == "pause"
    assert search.rate == pytest.approx(100 * 51 / 101)


def test_one_cut_is_to_an_eighth_at_most() -> None:
    search = RateSearch()

    search.adapt(sample(101, 101), 1.0)

    assert search.rate == pytest.approx(100 / 8)


def test_a_good_rate_steps_half_way_to_the_bad_one() -> None:
    search = RateSearch()
    search.adapt(sample(101, 40), 1.0)

    assert search.adapt(sample(61), 2.0) == "restart"
    assert search.rate == pytest.approx((60 * 100) ** 0.5)


def test_a_step_is_bounded() -> None:
    search = RateSearch()
    search.adapt(sample(101, 90), 1.0)
    good = search.rate or 0.0

    search.adapt(Sample(20, 0, 19 / good, since=1.0), 2.0)

    assert search.rate == pytest.approx(1.4 * good)


def test_a_step_too_far_returns_to_the_good_rate() -> None:
    search = throttled_search()
    search.adapt(sample(51), 2.0)

    assert search.adapt(sample(10, 3), 3.0) == "restart"
    assert search.rate == pytest.approx(50)


def test_a_rate_that_fell_is_kept_before_a_higher_one_is_tried() -> None:
    search = RateSearch()
    search.adapt(sample(101, 30), 1.0)
    fallen = search.rate

    search.adapt(sample(60, 6), 3.0)

    assert search.rate == fallen


def test_the_rate_does_not_grow_beyond_twice_what_passes() -> None:
    search = throttled_search()
    rate = search.rate

    for now in range(10, 60, 5):
        search.adapt(sample(6), float(now))

    assert search.rate == rate


def test_two_cuts_in_vain_restore_the_rate_for_a_while() -> None:
    search = RateSearch()
    for now in (1.0, 2.0, 3.0):
        # Half of the calls are throttled at any rate: other callers use the quota.
        rate = search.rate or 100.0
        search.adapt(Sample(101, 50, 100 / rate, since=now - 1), now)

    assert search.rate == pytest.approx(100)
    assert search.adapt(Sample(101, 50, 1.0, since=3.0), 4.0) == "continue"
    assert search.adapt(Sample(101, 50, 1.0, since=3.0), 9.0) == "pause"


def test_a_full_window_is_closed() -> None:
    assert RateSearch().adapt(sample(WINDOW_RESPONSES), 1.0) == "restart"
