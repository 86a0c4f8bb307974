"""Measures of one ranking, computed as trec_eval computes them: linear gains, relevant is a grade above 0. Pure."""

import math
from collections.abc import Callable, Mapping, Sequence

# Hits that a search is asked for: Recall@100 needs them.
DEPTH = 100


def ndcg(grades: Sequence[int], judged: Sequence[int], depth: int = 10) -> float:
    """Normalised discounted cumulative gain with linear gains. `grades` of the hits in order, `judged` of all."""

    def gain(of: Sequence[int]) -> float:
        return sum(max(grade, 0) / math.log2(place + 2) for place, grade in enumerate(of[:depth]))

    best = gain(sorted(judged, reverse=True))
    return gain(grades) / best if best else 0.0


def recall(grades: Sequence[int], judged: Sequence[int], depth: int = DEPTH) -> float:
    """The share of the relevant documents that is among the first hits."""
    relevant = sum(grade > 0 for grade in judged)
    return sum(grade > 0 for grade in grades[:depth]) / relevant if relevant else 0.0


def precision(grades: Sequence[int], _: Sequence[int], depth: int = 10) -> float:
    """The share of relevant documents among the first hits. Hits that are missing count as not relevant."""
    return sum(grade > 0 for grade in grades[:depth]) / depth


def reciprocal_rank(grades: Sequence[int], _: Sequence[int]) -> float:
    """1 / the place of the first relevant hit; 0 without one."""
    return next((1 / place for place, grade in enumerate(grades, 1) if grade > 0), 0.0)


MEASURES: dict[str, Callable[[Sequence[int], Sequence[int]], float]] = {
    "nDCG@10": ndcg,
    "Recall@100": recall,
    "MRR": reciprocal_rank,
    "P@10": precision,
}
# The measure that a recommendation goes by.
MAIN = "nDCG@10"


def measure(ranking: Sequence[str], judgements: Mapping[str, int]) -> dict[str, float]:
    """All measures of a ranking of document ids, by the judgements of its query."""
    grades = [judgements.get(each, 0) for each in ranking]
    judged = list(judgements.values())
    return {name: compute(grades, judged) for name, compute in MEASURES.items()}


def is_relevant(judgements: Mapping[str, int]) -> bool:
    """Whether a query has a relevant document: without one it has no measures."""
    return any(grade > 0 for grade in judgements.values())
