"""Diversity: prefers hits that differ from those before them (maximal marginal relevance). Pure."""

import heapq
import math
from collections.abc import Sequence
from typing import Annotated, NamedTuple, Self

from pydantic import Field

from lambdas.collections.model import VectorName
from lambdas.models import StrictModel

Vector = Sequence[float]
ComparedVector = Annotated[
    VectorName | None,
    Field(description="The vector by which hits are compared; the one that is searched, if not given."),
]


class Diversity(StrictModel):
    """Each hit is chosen by its likeness to the query, less its likeness to the hits before it."""

    balance: float = Field(
        default=0.5, ge=0, le=1, description="1 looks at relevance alone, 0 at difference alone (MMR's lambda)."
    )
    # Choosing n of m usually takes a little more than m comparisons of two vectors, of 10 to 50 microseconds each.
    candidates: int = Field(
        default=100,
        ge=1,
        le=200,
        description="How many of the best hits are chosen from. Pages end there. "
        "The queries of one request compare at most 24,000,000 bytes of vectors, 12 for each number.",
    )
    skip: int = Field(
        default=0,
        ge=0,
        le=10_000,
        description="How many of the best hits to leave out before: the candidates are a window of the ranking, which "
        "is diversified alone. For pages of windows, each as `candidates` wide as the next.",
    )
    target_vector: ComparedVector = None


class Direction(NamedTuple):
    """A vector and its norm; (None, 0.0) if it is missing or zero."""

    vector: Vector | None
    length: float

    @classmethod
    def of(cls, vector: Vector | None) -> Self:
        """Return the direction of a vector."""
        length = math.hypot(*vector) if vector else 0.0
        return cls(vector if length else None, length)

    def cosine(self, other: "Direction") -> float:
        """Return the cosine of two directions, from -1 to 1; 0 if either vector is missing or zero."""
        if self.vector is None or other.vector is None:
            return 0.0
        return math.sumprod(self.vector, other.vector) / (self.length * other.length)


def choose_diverse(
    relevance: Sequence[float], directions: Sequence[Direction], balance: float, count: int
) -> list[int]:
    """Return the places of `count` candidates, in the order in which they are chosen.

    Always the one with the largest balance * relevance - (1 - balance) * likeness, where likeness is the largest
    cosine to those chosen before (Carbonell and Goldstein, 1998); the first of several that are equal. A candidate
    without a vector is like no other.
    """

    def value(place: int, likeness: float) -> float:
        return balance * relevance[place] - (1 - balance) * likeness

    def likeness(place: int, others: Sequence[int]) -> float:
        return max(directions[place].cosine(directions[other]) for other in others)

    order = [max(range(len(relevance)), key=lambda place: value(place, 0.0))] if relevance and count else []
    # Likeness only grows as more are chosen, so an old value is never too small: a candidate is compared with the
    # newest only when it may be next. Entries: negative value, place, likeness, how many chosen ones it counts.
    waiting = []
    for place in range(len(relevance)):
        if place not in order:
            alike = likeness(place, order)
            waiting.append((-value(place, alike), place, alike, 1))
    heapq.heapify(waiting)
    while waiting and len(order) < count:
        _, place, alike, compared = heapq.heappop(waiting)
        if compared == len(order):
            order.append(place)
            continue
        alike = max(alike, likeness(place, order[compared:]))
        heapq.heappush(waiting, (-value(place, alike), place, alike, len(order)))
    return order


def compute_cosines(vector: Vector, directions: Sequence[Direction]) -> list[float]:
    """Return the cosine of a vector to each direction; 0 for a missing or zero vector."""
    query = Direction.of(vector)
    return [query.cosine(each) for each in directions]
