"""Diversity: hits that say something else than those before them (maximal marginal relevance). Pure."""

import math
from collections.abc import Sequence

from pydantic import Field

from lambdas.collections.model import VectorName
from lambdas.models import StrictModel

Vector = Sequence[float]


class Diversity(StrictModel):
    """Each hit is chosen for what it is like the query, less what it is like the hits before it."""

    balance: float = Field(
        default=0.5, ge=0, le=1, description="1 looks at relevance alone, 0 at difference alone (MMR's lambda)."
    )
    # To choose n of m takes up to n * m comparisons of two vectors, some 10 to 20 microseconds each.
    candidates: int = Field(
        default=100, ge=1, le=200, description="How many of the best hits are chosen from. Pages end there."
    )
    target_vector: VectorName | None = Field(
        default=None, description="The vector by which hits are alike; the one that is searched, if not given."
    )


def chosen(relevance: Sequence[float], vectors: Sequence[Vector | None], balance: float, count: int) -> list[int]:
    """The places of `count` candidates, in the order in which they are chosen.

    Always the one with the largest balance * relevance - (1 - balance) * likeness, where likeness is the largest
    cosine to those chosen before (Carbonell and Goldstein, 1998); the first of several that are equal. A candidate
    without a vector is like no other.
    """
    scaled = [unit(vector) for vector in vectors]
    likeness: list[float | None] = [None] * len(relevance)
    left = list(range(len(relevance)))
    order: list[int] = []
    while left and len(order) < count:
        best = max(left, key=lambda place: balance * relevance[place] - (1 - balance) * (likeness[place] or 0.0))
        left.remove(best)
        order.append(best)
        newest = scaled[best]
        for place in left:
            vector = scaled[place]
            alike = math.sumprod(newest, vector) if newest and vector else 0.0
            before = likeness[place]
            likeness[place] = alike if before is None else max(before, alike)
    return order


def cosines(vector: Vector, vectors: Sequence[Vector | None]) -> list[float]:
    """How like a vector each of the others is; 0 for one that is missing."""
    query = unit(vector)
    return [math.sumprod(query, each) if query and each else 0.0 for each in map(unit, vectors)]


def unit(vector: Vector | None) -> list[float] | None:
    """The vector at length 1; None for one that is missing or has no direction."""
    if vector is None:
        return None
    length = math.hypot(*vector)
    return [number / length for number in vector] if length else None
