"""How the score of a hit comes about. Pure.

That of a hybrid hit is computed from both legs, which are searched beside the hybrid query in the same round trip: the
engine's own explanation names wrong parts for hits that only one leg has among its candidates (OpenSearch 3.6).
"""

from typing import Any, Literal

from lambdas.search.candidate import Candidate
from lambdas.search.modes import Bm25, Hybrid, Mode
from lambdas.search.request import HYBRID_DEPTH
from lambdas.search.response import BoostPart, Explanation, Leg

RRF_RANK_CONSTANT = 60
# What the engine gives the last candidate of a leg, to tell it from an object that is none (min-max normalization).
LEAST = 0.001


def leg_bodies(hybrid: dict[str, Any]) -> list[dict[str, Any]]:
    """Each leg of a hybrid query as a search of its own, of the same candidates."""
    return [
        {"query": leg, "size": HYBRID_DEPTH, "_source": False, "track_total_hits": False} for leg in hybrid["queries"]
    ]


def explained(found: list[Candidate], mode: Hybrid, answers: list[dict[str, Any]]) -> list[Candidate]:
    """The hits, each with the parts of its score. `answers` are those to `leg_bodies`, in its order."""
    names = [name for name, weight in (("bm25", 1 - mode.alpha), ("vector", mode.alpha)) if weight > 0]
    weights = {"bm25": 1 - mode.alpha, "vector": mode.alpha}
    legs = {}
    for name, answer in zip(names, answers, strict=True):
        scores = {hit["_id"]: float(hit["_score"]) for hit in answer["hits"]["hits"]}
        scaled = reciprocal_ranks(scores) if mode.fusion == "ranked" else min_max(scores)
        legs[name] = {
            key: Leg(
                leg=name,
                score=scores[key],
                normalized=scaled[key],
                weight=weights[name],
                contribution=scaled[key] * weights[name],
            )
            for key in scores
        }
    return [
        hit._replace(explanation=Explanation(legs=[leg[hit.id] for leg in legs.values() if hit.id in leg]))
        for hit in found
    ]


def explained_boost(hit: Candidate, mode: Mode, scaled: float, value: float, weight: float) -> Candidate:
    """The hit of a boosted search with the parts of its score, which is (1 - weight) * scaled + weight * value."""
    rest = 1 - weight
    assert hit.score is not None  # only listings have hits without
    if hit.explanation is None:
        name: Literal["bm25", "vector"] = "bm25" if isinstance(mode, Bm25) else "vector"
        legs = [Leg(leg=name, score=hit.score, normalized=scaled, weight=rest, contribution=rest * scaled)]
    else:
        factor = full_score(mode)
        legs = [
            leg.model_copy(
                update={
                    "normalized": leg.normalized / factor,
                    "weight": leg.weight * rest,
                    "contribution": leg.contribution / factor * rest,
                }
            )
            for leg in hit.explanation.legs
        ]
    part = BoostPart(value=value, weight=weight, contribution=weight * value)
    return hit._replace(explanation=Explanation(legs=legs, boost=part))


def full_score(mode: Mode) -> float:
    """The score of a hybrid hit that is the first of both legs."""
    return 1 / (RRF_RANK_CONSTANT + 1) if isinstance(mode, Hybrid) and mode.fusion == "ranked" else 1.0


def min_max(scores: dict[str, float], last: float = LEAST) -> dict[str, float]:
    """Scores scaled to 0..1 as the engine does; `last` is what the last of them gets."""
    least, most = min(scores.values(), default=0.0), max(scores.values(), default=0.0)
    if least == most:
        return dict.fromkeys(scores, 1.0)
    return {key: (score - least) / (most - least) or last for key, score in scores.items()}


def reciprocal_ranks(scores: dict[str, float]) -> dict[str, float]:
    """1 / (60 + rank) of scores that are in order, best first; the first rank is 1."""
    return {key: 1 / (RRF_RANK_CONSTANT + rank) for rank, key in enumerate(scores, 1)}
