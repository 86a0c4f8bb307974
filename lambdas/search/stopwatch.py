"""Where the time of a search goes."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Literal

from lambdas.search.answer import Profile

Step = Literal["embedding", "engine"]


class Stopwatch:
    """Adds up the milliseconds of each step, and of all. `clock` tells seconds."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._started = clock()
        self._steps: dict[Step, float] = {"embedding": 0.0, "engine": 0.0}

    @contextmanager
    def measure(self, step: Step) -> Iterator[None]:
        """What happens inside is counted for this step."""
        begun = self._clock()
        try:
            yield
        finally:
            self._steps[step] += 1000 * (self._clock() - begun)

    def stop(self, engine_took_ms: float) -> tuple[int, Profile]:
        """The milliseconds of everything, and where they went. OpenSearch's own count comes with its answer."""
        took = 1000 * (self._clock() - self._started)
        embedding, engine = self._steps["embedding"], self._steps["engine"]
        profile = Profile(
            embedding_ms=round(embedding, 3),
            engine_ms=round(engine, 3),
            engine_took_ms=engine_took_ms,
            rest_ms=round(took - embedding - engine, 3),
        )
        return round(took), profile
