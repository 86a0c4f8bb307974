"""Distances and the engine's scores, which are functions of each other (k-NN plugin documentation, "Spaces"). Pure."""

from collections.abc import Callable

from lambdas.embedding.config import VectorConfig
from lambdas.errors import ErrorDetail, InvalidRequestError
from lambdas.search.modes import Near

DISTANCES: dict[str, Callable[[float], float]] = {
    "cosine": lambda score: 2 - 2 * score,
    "dot": lambda score: 1 - score if score >= 1 else 1 / score - 1,
    "l2_squared": lambda score: 1 / score - 1,
}
SCORES: dict[str, Callable[[float], float]] = {
    "cosine": lambda distance: 1 - distance / 2,
    "dot": lambda distance: 1 - distance if distance <= 0 else 1 / (1 + distance),
    "l2_squared": lambda distance: 1 / (1 + distance),
}
# Scores are single-precision numbers: a hit exactly at the threshold must not be lost to rounding.
ROUNDING = 1e-6


def smallest_score(near: Near, config: VectorConfig) -> float | None:
    """The engine's score at the search's threshold, None without one. Raises `InvalidRequestError`."""
    measure = config.index.distance
    distance = near.distance
    if near.certainty is not None:
        if measure != "cosine":
            problem = f"is defined for the distance 'cosine' only, but this vector has '{measure}': send distance"
            raise InvalidRequestError(f"certainty {problem}.", [ErrorDetail("certainty", problem)])
        distance = 2 * (1 - near.certainty)
    if distance is None:
        return None
    if distance < 0 and measure != "dot":
        problem = f"{distance} is below 0, which no '{measure}' distance is: send 0 or more"
        raise InvalidRequestError(f"distance {problem}.", [ErrorDetail("distance", problem)])
    return SCORES[measure](distance) - ROUNDING
