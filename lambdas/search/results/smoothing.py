"""Smoothing: hits that are alike get similar scores. Pure."""

import heapq
from collections.abc import Sequence
from itertools import combinations

from pydantic import Field

from lambdas.models import StrictModel
from lambdas.search.results.diversity import ComparedVector, Direction


class Smoothing(StrictModel):
    """Each hit's score becomes (1 - weight) * its score + weight * the mean score of the hits that are most like it."""

    weight: float = Field(default=0.2, ge=0, le=1, description="The share of the neighbours' mean score.")
    neighbours: int = Field(
        default=5, ge=1, le=20, description="How many of the other candidates, the nearest ones, make up the mean."
    )
    # Every pair is compared: 4,950 cosines for 100, of 5 to 20 microseconds each.
    candidates: int = Field(
        default=100,
        ge=2,
        le=100,
        description="How many of the best hits are scored again. Pages end there. Its vectors count as those of "
        "`diversity` do.",
    )
    target_vector: ComparedVector = None


def compute_neighbour_means(scores: Sequence[float], directions: Sequence[Direction], count: int) -> list[float]:
    """Return for each candidate the mean score of the `count` others with the largest cosine to it.

    Score regularization by nearest neighbours (Diaz, 2005). A candidate without a vector, or without any other to
    compare with, has its own score as the mean. Of equal cosines, the first candidates count.
    """
    near: list[list[tuple[float, int]]] = [[] for _ in scores]
    known = [place for place, direction in enumerate(directions) if direction.vector is not None]
    for one, other in combinations(known, 2):
        likeness = directions[one].cosine(directions[other])
        near[one].append((likeness, -other))
        near[other].append((likeness, -one))
    means = []
    for score, others in zip(scores, near, strict=True):
        nearest = [scores[-place] for _, place in heapq.nlargest(count, others)]
        means.append(sum(nearest) / len(nearest) if nearest else score)
    return means
