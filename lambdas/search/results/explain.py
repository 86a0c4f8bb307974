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
    if hit.explanation is None:
        legs = [_make_only_leg(hit, mode, scaled)]
    else:
        factor = compute_full_score(mode)
        legs = [
            leg.model_copy(update={"normalized": leg.normalized / factor, "contribution": leg.contribution / factor})
            for leg in hit.explanation.legs
        ]
    part = BoostPart(value=value, weight=weight, contribution=weight * value)
    return hit._replace(explanation=Explanation(legs=[_lessen(leg, 1 - weight) for leg in legs], boost=part))


def explain_smoothing(hit: Candidate, mode: Mode, mean: float, weight: float) -> Candidate:
    """Add the parts of its score to a smoothed hit: (1 - weight) * what it was + weight * mean."""
    before = hit.explanation or Explanation(legs=[_make_only_leg(hit, mode, hit.score or 0.0)])
    explanation = Explanation(
        legs=[_lessen(leg, 1 - weight) for leg in before.legs],
        boost=before.boost and _lessen(before.boost, 1 - weight),
        smoothing=SmoothingPart(value=mean, weight=weight, contribution=weight * mean),
    )
    return hit._replace(explanation=explanation)


def _make_only_leg(hit: Candidate, mode: Mode, scaled: float) -> Leg:
    """Return the leg of a search that is not hybrid."""
    assert hit.score is not None  # only listings have hits without
    name: Literal["bm25", "vector"] = "bm25" if isinstance(mode, Bm25) else "vector"
    return Leg(leg=name, score=hit.score, normalized=scaled, weight=1.0, contribution=scaled)


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
