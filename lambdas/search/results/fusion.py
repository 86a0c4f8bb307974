"""Fuses the legs of a hybrid search. Pure. See docs/decisions/0084."""

from collections.abc import Mapping, Sequence
from operator import itemgetter
from typing import Any, Literal, NamedTuple

from lambdas.search.modes import Hybrid
from lambdas.search.response import Explanation, Leg
from lambdas.search.results.candidate import Candidate
from lambdas.search.results.explain import compute_reciprocal_ranks, scale_min_max
from lambdas.search.results.hits import read_id

# The name of the aggregation that counts the candidates of the vector that have words of the query.
WITH_WORDS = "with_words"
# OpenSearch counts hits up to here.
COUNTED = 10_000


class Total(NamedTuple):
    """How many objects match; at least so many, if not all were counted."""

    value: int
    is_exact: bool = True

    def is_beyond(self, reach: int) -> bool:
        """Whether more objects match than pages can reach."""
        return self.value > reach or not self.is_exact


class ScaledLeg(NamedTuple):
    """The candidates of a leg: their scores, and those scaled to what they add to the fused score."""

    name: Literal["bm25", "vector"]
    weight: float
    scores: dict[str, float]
    scaled: dict[str, float]


class Fusion(NamedTuple):
    """The candidates of both legs: their ids and fused scores, best first, and their hits by id.

    Of an object that both legs found, the hit is that of the words.
    """

    legs: list[ScaledLeg]
    ranking: list[tuple[str, float]]
    hits: dict[str, dict[str, Any]]

    def drop_below(self, score: float) -> "Fusion":
        """Leave out candidates with a smaller score."""
        return self._replace(ranking=[each for each in self.ranking if each[1] >= score])

    def list_candidates(self, count: int | None = None, *, explain: bool = False) -> list[Candidate]:
        """Return so many of the best, or all."""
        return [
            Candidate(key, {}, score, explanation=_explain(key, self.legs) if explain else None, found=self.hits[key])
            for key, score in self.ranking[:count]
        ]


def fuse(mode: Hybrid, responses: Sequence[Mapping[str, Any]], highest: float | None) -> Fusion:
    """Rank the candidates of both legs by the weighted sum of their scaled scores, best first.

    `highest` is the score of a perfect match of the vector, if there is one. Of equal scores, those of the words'
    leg come first, in its order.
    """
    hits = [{read_id(hit): hit for hit in response["hits"]["hits"]} for response in responses]
    legs = [
        _scale(name, weight, leg, mode, highest if name == "vector" else None)
        for (name, weight), leg in zip(_list_legs(mode), hits, strict=True)
    ]
    fused: dict[str, float] = {}
    for leg in legs:
        weight = leg.weight
        for key, value in leg.scaled.items():
            fused[key] = fused.get(key, 0.0) + weight * value
    return Fusion(legs, sorted(fused.items(), key=itemgetter(1), reverse=True), hits[-1] | hits[0])


def count_matches(responses: Sequence[Mapping[str, Any]]) -> Total:
    """Return how many objects at least one leg matches."""
    totals = [read_total(response) for response in responses]
    both = responses[-1].get("aggregations", {}).get(WITH_WORDS, {}).get("doc_count", 0)
    value = sum(total.value for total in totals) - both
    return Total(min(value, COUNTED), all(total.is_exact for total in totals) and value <= COUNTED)


def read_total(response: Mapping[str, Any]) -> Total:
    """Return how many objects a search matches. OpenSearch counts to 10,000 and then reports `gte`."""
    total = response["hits"]["total"]
    return Total(total["value"], total["relation"] != "gte")


def _list_legs(mode: Hybrid) -> list[tuple[Literal["bm25", "vector"], float]]:
    """Return the legs that have a weight, in the order of their searches."""
    legs: list[tuple[Literal["bm25", "vector"], float]] = [("bm25", 1 - mode.alpha), ("vector", mode.alpha)]
    return [(name, weight) for name, weight in legs if weight > 0]


def _scale(
    name: Literal["bm25", "vector"], weight: float, hits: Mapping[str, Any], mode: Hybrid, highest: float | None
) -> ScaledLeg:
    scores: dict[str, float] = {key: hit["_score"] for key, hit in hits.items()}
    scaled = compute_reciprocal_ranks(scores) if mode.fusion == "ranked" else scale_min_max(scores, top=highest)
    return ScaledLeg(name, weight, scores, scaled)


def _explain(key: str, legs: Sequence[ScaledLeg]) -> Explanation:
    """Return the parts of a fused score. A leg that did not find the object is left out."""
    return Explanation(
        legs=[
            Leg(
                leg=leg.name,
                score=leg.scores[key],
                normalized=leg.scaled[key],
                weight=leg.weight,
                contribution=leg.scaled[key] * leg.weight,
            )
            for leg in legs
            if key in leg.scores
        ]
    )
