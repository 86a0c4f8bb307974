"""The current invocation of this process: how much time is left for it, and where the time went.

There is one of it, because Lambda gives a process one invocation at a time. Only handlers and wiring know it; everyone
else is handed what they need.
"""

import math
import time
from collections import Counter
from collections.abc import Callable

from lambdas.deadline import Deadline


class Invocation:
    """Begun by each entry point. Amounts may be added from any thread."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._deadline: Deadline | None = None
        self._amounts: list[tuple[str, float]] = []

    def begin(self, seconds: float) -> None:
        """Start an invocation, with this much time."""
        is_first = self._deadline is None
        self._deadline = Deadline.after(seconds, self._clock)
        self._amounts = [("ColdStart", float(is_first))]

    def remaining(self) -> float:
        """Seconds left; without end where nothing has begun, as in a script."""
        return math.inf if self._deadline is None else self._deadline.remaining()

    def add(self, measure: str, amount: float) -> None:
        """Add to one of the measures of `observability.UNITS`."""
        self._amounts.append((measure, amount))

    def totals(self) -> dict[str, float]:
        """Each measure's sum, over all threads: waits at the same time count twice."""
        sums: Counter[str] = Counter()
        for measure, amount in list(self._amounts):
            sums[measure] += amount  # type: ignore[assignment]  # a Counter adds up anything
        return dict(sums)


current = Invocation()
