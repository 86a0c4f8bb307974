"""Pauses between attempts: exponential, with jitter, and never past the deadline."""

import random
from collections.abc import Callable, Iterator

# Not `random.random`: copies of one SnapStart snapshot share its state and would retry in step.
system_jitter = random.SystemRandom().random


def backoff(
    first: float,
    longest: float,
    *,
    remaining: Callable[[], float],
    attempts: int | None = None,
    jitter: Callable[[], float] = system_jitter,
) -> Iterator[float]:
    """Yield the seconds to sleep before each retry; the iterator ends when no retry is left.

    Args:
        first: upper bound of the first pause, in seconds.
        longest: upper bound of any pause, in seconds.
        remaining: returns the seconds until the deadline. A pause that would not end before it is not yielded.
        attempts: number of attempts in all, the first included; None for as many as the deadline allows.
        jitter: returns a number in [0, 1); for tests.
    """
    retries = 0
    while attempts is None or retries < attempts - 1:
        pause = pause_before(retries, first, longest, jitter)
        if pause >= remaining():
            return
        yield pause
        retries += 1


def pause_before(retry: int, first: float, longest: float, jitter: Callable[[], float] = system_jitter) -> float:
    """Return the seconds to sleep before a retry; 0 is the first.

    The n-th pause is drawn evenly from the upper half of `min(longest, first * 2**n)`, so that callers that failed
    together do not retry together ("equal jitter", AWS Architecture Blog, "Exponential Backoff And Jitter").
    """
    # The exponent is bounded: the pause no longer grows there, and 2**n would.
    return min(longest, first * 2.0 ** min(retry, 30)) * (1 + jitter()) / 2
