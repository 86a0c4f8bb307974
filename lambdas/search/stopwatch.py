"""Measures the time of each step of a search."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Literal, get_args

from lambdas.search.response import Profile

Step = Literal["embedding", "engine", "rerank"]


class Stopwatch:
    """Adds up the milliseconds of each step, and of all. `clock` returns seconds."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._started = clock()
        self._steps: dict[Step, float] = dict.fromkeys(get_args(Step), 0.0)

    @contextmanager
    def measure(self, step: Step) -> Iterator[None]:
        """Count the time of the `with` block for this step."""
        begun = self._clock()
        try:
            yield
        finally:
            self._steps[step] += 1000 * (self._clock() - begun)

    def stop(self, engine_took_ms: float) -> tuple[int, Profile]:
        """Return the milliseconds in all and by step. `engine_took_ms` is OpenSearch's own count, from its response."""
        took = 1000 * (self._clock() - self._started)
        profile = Profile(
            embedding_ms=round(self._steps["embedding"], 3),
            engine_ms=round(self._steps["engine"], 3),
            engine_took_ms=engine_took_ms,
            rerank_ms=round(self._steps["rerank"], 3),
            rest_ms=round(took - sum(self._steps.values()), 3),
        )
        return round(took), profile
