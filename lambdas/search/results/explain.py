"""Explains the score of a hit. Pure.

The score of a hybrid hit is explained from both legs, which are searched with the hybrid query in the same round trip:
the engine's own explanation is wrong for hits that only one leg has among its candidates (OpenSearch 3.6).
"""

from typing import Any, Literal

from lambdas.search.modes import Bm25, Hybrid, Mode
from lambdas.search.request import HYBRID_DEPTH
from lambdas.search.response import BoostPart, Explanation, Leg
from lambdas.search.results.candidate import Candidate

RRF_RANK_CONSTANT = 60
# The engine's score of a leg's last candidate, above the 0 of objects that are not candidates (min-max normalization).
LEAST = 0.001


def build_leg_bodies(hybrid: dict[str, Any]) -> list[dict[str, Any]]:
    """Build a search of its own for each leg of a hybrid query, with the same candidates."""
    return [
        {"query": leg, "size": HYBRID_DEPTH, "_source": False, "track_total_hits": False} for leg in hybrid["queries"]
    ]


def add_explanations(found: list[Candidate], mode: Hybrid, responses: list[dict[str, Any]]) -> list[Candidate]:
    """Add the parts of its score to each hit. `responses` are those to `build_leg_bodies`, in its order."""
    names = [name for name, weight in (("bm25", 1 - mode.alpha), ("vector", mode.alpha)) if weight > 0]
    weights = {"bm25": 1 - mode.alpha, "vector": mode.alpha}
    legs = {}
    for name, response in zip(names, responses, strict=True):
        scores = {hit["_id"]: float(hit["_score"]) for hit in response["hits"]["hits"]}
        scaled = compute_reciprocal_ranks(scores) if mode.fusion == "ranked" else scale_min_max(scores)
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


def explain_boost(hit: Candidate, mode: Mode, scaled: float, value: float, weight: float) -> Candidate:
    """Add the parts of its score to a boosted hit: (1 - weight) * scaled + weight * value."""
    rest = 1 - weight
    assert hit.score is not None  # only listings have hits without
    if hit.explanation is None:
        name: Literal["bm25", "vector"] = "bm25" if isinstance(mode, Bm25) else "vector"
        legs = [Leg(leg=name, score=hit.score, normalized=scaled, weight=rest, contribution=rest * scaled)]
    else:
        factor = compute_full_score(mode)
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


def compute_full_score(mode: Mode) -> float:
    """Return the score of a hybrid hit that is the first of both legs."""
    return 1 / (RRF_RANK_CONSTANT + 1) if isinstance(mode, Hybrid) and mode.fusion == "ranked" else 1.0


def scale_min_max(scores: dict[str, float], last: float = LEAST) -> dict[str, float]:
    """Scale scores to 0..1 as the engine does; `last` is the result for the lowest."""
    least, most = min(scores.values(), default=0.0), max(scores.values(), default=0.0)
    if least == most:
        return dict.fromkeys(scores, 1.0)
    return {key: (score - least) / (most - least) or last for key, score in scores.items()}


def compute_reciprocal_ranks(scores: dict[str, float]) -> dict[str, float]:
    """Return 1 / (60 + rank) for scores in order, best first; the first rank is 1."""
    return {key: 1 / (RRF_RANK_CONSTANT + rank) for rank, key in enumerate(scores, 1)}
