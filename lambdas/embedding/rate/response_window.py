"""The responses on which a rate is judged: those to calls that started since the rate last changed. Pure."""

from collections import deque
from dataclasses import dataclass

# A judgement needs a handful of responses, to calls whose starts are this far apart.
STEP_SECONDS = 0.25
FEWEST_RESPONSES = 8


@dataclass(frozen=True, slots=True)
class Sample:
    """Enough responses to judge a rate by.

    Args:
        responses: number of responses, throttled ones included.
        throttled: number of throttled ones.
        seconds: from the start of the first call to the start of the last one.
        since: when the window was opened.
    """

    responses: int
    throttled: int
    seconds: float
    since: float

    @property
    def throttled_share(self) -> float:
        """The share of throttled calls, from 0 to 1."""
        return self.throttled / self.responses

    @property
    def asked_rate(self) -> float:
        """Calls a second that were made."""
        return (self.responses - 1) / self.seconds

    @property
    def passing_rate(self) -> float:
        """Calls a second that were not throttled."""
        return self.asked_rate * (1 - self.throttled_share)


class ResponseWindow:
    """Counts responses by the time at which their calls started."""

    def __init__(self, now: float) -> None:
        self._since = now
        self._first = now
        self._passed = 0
        self._throttled = 0
        self._latency = 0.5
        self._pending: deque[float] = deque()

    def restart(self, now: float) -> None:
        """Forget the responses. Those to calls that started earlier are no longer counted when they arrive."""
        self._passed = self._throttled = 0
        self._since = now

    def record(self, *, throttled: bool, started: float, now: float) -> None:
        """Count the response, received now, to a call that started at this time."""
        if throttled:
            self._pending.append(started)
        else:
            self._latency = now - started
            self._count(started, throttled=False)
        # A throttled call returns at once and a vector takes its time. To be counted alike, throttled calls wait here
        # until they are as old as vectors are.
        while self._pending and self._pending[0] <= now - 1.25 * self._latency:
            self._count(self._pending.popleft(), throttled=True)

    def sample(self, started: float) -> Sample | None:
        """Return the responses up to the call that started at this time; None if they are too few to judge."""
        responses = self._passed + self._throttled
        seconds = started - self._first
        if seconds < STEP_SECONDS or responses < FEWEST_RESPONSES:
            return None
        return Sample(responses, self._throttled, seconds, self._since)

    def _count(self, started: float, *, throttled: bool) -> None:
        if started < self._since:
            return
        self._first = min(self._first, started) if self._passed + self._throttled else started
        self._passed += not throttled
        self._throttled += throttled
