"""Explains the score of a boosted or smoothed hit, and scales scores. Pure."""

from typing import Literal

from lambdas.search.modes import Bm25, Hybrid, Mode
from lambdas.search.response import BoostPart, Explanation, Leg, SmoothingPart
from lambdas.search.results.candidate import Candidate

RRF_RANK_CONSTANT = 60
# The scaled score of a leg's last candidate, above the 0 of objects that are not candidates.
LEAST = 0.001


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


def explain_smoothing(hit: Candidate, mode: Mode, mean: float, weight: float) -> Candidate:
    """Add the parts of its score to a smoothed hit: (1 - weight) * what it was + weight * mean."""
    rest = 1 - weight
    assert hit.score is not None  # only listings have hits without
    if hit.explanation is None:
        name: Literal["bm25", "vector"] = "bm25" if isinstance(mode, Bm25) else "vector"
        legs = [Leg(leg=name, score=hit.score, normalized=hit.score, weight=rest, contribution=rest * hit.score)]
        boost = None
    else:
        legs = [_lessen(leg, rest) for leg in hit.explanation.legs]
        boost = hit.explanation.boost and _lessen(hit.explanation.boost, rest)
    part = SmoothingPart(value=mean, weight=weight, contribution=weight * mean)
    return hit._replace(explanation=Explanation(legs=legs, boost=boost, smoothing=part))


def _lessen[Part: (Leg, BoostPart)](part: Part, share: float) -> Part:
    return part.model_copy(update={"weight": part.weight * share, "contribution": part.contribution * share})


def compute_full_score(mode: Mode) -> float:
    """Return the score of a hybrid hit that is the first of both legs."""
    return 1 / (RRF_RANK_CONSTANT + 1) if isinstance(mode, Hybrid) and mode.fusion == "ranked" else 1.0


def scale_min_max(scores: dict[str, float], last: float = LEAST, top: float | None = None) -> dict[str, float]:
    """Scale scores to 0..1; `last` is the result for the lowest, `top` has the result 1."""
    least, most = min(scores.values(), default=0.0), max(scores.values(), default=0.0)
    if least == most:
        return dict.fromkeys(scores, 1.0)
    highest = most if top is None else top
    return {key: (score - least) / (highest - least) or last for key, score in scores.items()}


def compute_reciprocal_ranks(scores: dict[str, float]) -> dict[str, float]:
    """Return 1 / (60 + rank) for scores in order, best first; the first rank is 1."""
    return {key: 1 / (RRF_RANK_CONSTANT + rank) for rank, key in enumerate(scores, 1)}
