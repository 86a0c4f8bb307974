"""One limiter for each model and caller, so that what one request learns of a quota serves the next."""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock

from lambdas.embedding.rate.adaptive_rate import ModelLimiter

_REMEMBERED = 256


class ModelLimiters:
    """The limiters of the models called last. Safe to share between threads."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._limiters: OrderedDict[Hashable, ModelLimiter] = OrderedDict()
        self._lock = Lock()

    def get(
        self, key: Hashable, *, requests_per_minute: int | None = None, tokens_per_minute: int | None = None
    ) -> ModelLimiter:
        """Return the limiter of a key, new if the key is unknown or was not used for long. The key names the caps."""
        with self._lock:
            limiter = self._limiters.pop(key, None) or ModelLimiter(requests_per_minute, tokens_per_minute, self._clock)
            self._limiters[key] = limiter
            while len(self._limiters) > _REMEMBERED:
                self._limiters.popitem(last=False)
            return limiter

    def is_held_back(self, seconds: float) -> bool:
        """Whether a call to any of the models had to wait for its quota within the last seconds."""
        with self._lock:
            return any(limiter.is_held_back(seconds) for limiter in self._limiters.values())
