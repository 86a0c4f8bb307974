"""How many objects go into a request, and when it may leave. Pure but for the clock that it is handed."""

import threading
import time
from collections.abc import Callable
from typing import Protocol

from alto.operations.objects import MAX_BATCH_OBJECTS


class Pace(Protocol):
    """The pace of a batch: called before and after each request. Safe to share between threads."""

    @property
    def size(self) -> int:
        """Objects in the next request."""

    def before(self, objects: int) -> None:
        """Wait until so many objects may leave."""

    def after(self, objects: int, seconds: float) -> None:
        """So many objects took so long."""


class FixedSize:
    """Always the same size."""

    def __init__(self, size: int) -> None:
        self.size = size

    def before(self, objects: int) -> None:
        """Never waits."""

    def after(self, objects: int, seconds: float) -> None:
        """Learns nothing."""


class Dynamic:
    """Requests of about ten seconds, as in Weaviate: large ones for a fast server, small ones for a slow one."""

    TARGET_SECONDS = 10.0
    FIRST = 48

    def __init__(self) -> None:
        self.size = self.FIRST
        self._lock = threading.Lock()

    def before(self, objects: int) -> None:
        """Never waits."""

    def after(self, objects: int, seconds: float) -> None:
        """The size that would have taken the target time, at most twice the previous one."""
        ideal = objects * self.TARGET_SECONDS / max(seconds, 0.001)
        with self._lock:
            self.size = max(1, min(MAX_BATCH_OBJECTS, 2 * self.size, int(ideal)))


class RateLimit:
    """At most so many objects a minute, evenly spread: each costs a call of the model, or a part of one."""

    def __init__(
        self,
        per_minute: int,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        # Six requests a minute, so that the first result arrives soon.
        self.size = max(1, min(MAX_BATCH_OBJECTS, per_minute // 6))
        self._seconds_each = 60 / per_minute
        self._clock = clock
        self._sleep = sleep
        self._free_at = clock()
        self._lock = threading.Lock()

    def before(self, objects: int) -> None:
        """Wait for what left before to be worked off."""
        with self._lock:
            now = self._clock()
            start = max(now, self._free_at)
            self._free_at = start + objects * self._seconds_each
        if start > now:
            self._sleep(start - now)

    def after(self, objects: int, seconds: float) -> None:
        """Learns nothing."""
