import itertools
import math
import random

import pytest

from lambdas.backoff import backoff, system_jitter


def test_pauses_double_up_to_the_longest() -> None:
    pauses = backoff(0.5, 3.0, remaining=lambda: math.inf, jitter=lambda: 1.0)

    assert list(itertools.islice(pauses, 5)) == [0.5, 1.0, 2.0, 3.0, 3.0]


def test_copies_of_one_snapshot_draw_different_jitter() -> None:
    state = random.getstate()
    first = [system_jitter() for _ in range(4)]
    random.setstate(state)

    assert [system_jitter() for _ in range(4)] != first


def test_jitter_draws_from_the_upper_half() -> None:
    pauses = backoff(1.0, 8.0, remaining=lambda: math.inf, jitter=lambda: 0.0)

    assert list(itertools.islice(pauses, 3)) == [0.5, 1.0, 2.0]


@pytest.mark.parametrize(("attempts", "pauses"), [(1, 0), (2, 1), (4, 3)])
def test_n_attempts_have_n_minus_one_pauses(attempts: int, pauses: int) -> None:
    assert len(list(backoff(0.1, 1.0, remaining=lambda: math.inf, attempts=attempts))) == pauses


def test_no_pause_reaches_the_deadline() -> None:
    left = iter([10.0, 2.0, 0.9])

    assert list(backoff(1.0, 1.0, remaining=lambda: next(left), jitter=lambda: 1.0)) == [1.0, 1.0]


def test_pauses_stay_finite_after_many_retries() -> None:
    pauses = backoff(0.1, 2.0, remaining=lambda: math.inf, jitter=lambda: 1.0)

    assert next(itertools.islice(pauses, 5_000, None)) == 2.0
