"""How much time is left, in one place, so that nested retries never add up to more than the Lambda has."""

import time
from collections.abc import Callable
from typing import Self


class Deadline:
    """A moment by which the work must be done. Seconds, on a clock that never jumps."""

    def __init__(self, at: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._at = at
        self._clock = clock

    @classmethod
    def after(cls, seconds: float, clock: Callable[[], float] = time.monotonic) -> Self:
        """A deadline this many seconds from now."""
        return cls(clock() + seconds, clock)

    def remaining(self) -> float:
        """Seconds left, never negative."""
        return max(0.0, self._at - self._clock())

    def bring_forward(self, seconds: float) -> None:
        """End the time in so many seconds, if it does not end sooner."""
        self._at = min(self._at, self._clock() + seconds)

    @property
    def passed(self) -> bool:
        """Whether no time is left."""
        return self.remaining() <= 0.0
