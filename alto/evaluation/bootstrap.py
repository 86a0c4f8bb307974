"""How sure a mean or a difference is: the paired bootstrap, with a seed. Pure.

The queries are drawn again, with replacement; the share of draws shows how much a result depends on the queries that
happened to be there. All settings are computed on the same draws, so that a hard query counts against none of them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from statistics import fmean

SAMPLES = 5_000
SEED = 20_261_128
# A difference is significant if it would be seen by chance less often than this.
LEVEL = 0.05


@dataclass(frozen=True, slots=True)
class Interval:
    """A mean, and the range that holds it in 95 of 100 draws."""

    mean: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Difference:
    """The mean of paired differences. `p`: how often chance alone would show one as large (two-sided)."""

    interval: Interval
    p: float
    better: int
    worse: int


class Draws:
    """The places of the queries of each draw: the same for all settings."""

    def __init__(self, queries: int, *, samples: int = SAMPLES, seed: int = SEED) -> None:
        random = Random(seed)
        places = range(queries)
        self._draws = [random.choices(places, k=queries) for _ in range(samples)]

    def means(self, values: Sequence[float]) -> list[float]:
        """The mean of each draw, sorted."""
        take, count = values.__getitem__, len(values)
        return sorted(sum(map(take, draw)) / count for draw in self._draws)


def interval(values: Sequence[float], draws: Draws) -> Interval:
    """The mean of the values with its 95 % interval (percentiles of the draws)."""
    return _interval(values, draws.means(values))


def difference(values: Sequence[float], base: Sequence[float], draws: Draws) -> Difference:
    """How much better than the base: values of the same queries, in the same order."""
    pairs = [mine - other for mine, other in zip(values, base, strict=True)]
    means = draws.means(pairs)
    found = _interval(pairs, means)
    below, above = sum(mean <= 0 for mean in means), sum(mean >= 0 for mean in means)
    # The draws themselves count as one more: a share of 0 would claim too much.
    p = min(1.0, 2 * (min(below, above) + 1) / (len(means) + 1))
    return Difference(found, p, better=sum(each > 0 for each in pairs), worse=sum(each < 0 for each in pairs))


def holm(chances: Sequence[float]) -> list[float]:
    """The p of each of several comparisons, raised for their number (Holm, 1979): the best of many is often luck."""
    order = sorted(range(len(chances)), key=chances.__getitem__)
    adjusted = [0.0] * len(chances)
    highest = 0.0
    for done, place in enumerate(order):
        highest = max(highest, min(1.0, chances[place] * (len(chances) - done)))
        adjusted[place] = highest
    return adjusted


def _interval(values: Sequence[float], means: Sequence[float]) -> Interval:
    tail = (1 - 0.95) / 2
    low, high = (means[round(share * (len(means) - 1))] for share in (tail, 1 - tail))
    return Interval(fmean(values), low, high)
