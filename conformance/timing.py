"""Measures how long a call takes."""

import time
from collections.abc import Callable


def timed[T](call: Callable[[], T]) -> tuple[T, float]:
    """The result, and the milliseconds that it took."""
    began = time.monotonic()
    result = call()
    return result, 1000 * (time.monotonic() - began)
