"""Distances and the engine's scores, which are functions of each other (k-NN plugin documentation, "Spaces"). Pure."""

from collections.abc import Callable

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
# The same in Painless: the distance of a vector from a field, and the score of a distance.
PAINLESS_DISTANCES = {
    "cosine": "1 - cosineSimilarity(params.vectors[i], field)",
    "dot": "-innerProduct(params.vectors[i], field)",
    "l2_squared": "l2Squared(params.vectors[i], field)",
}
PAINLESS_SCORES = {
    "cosine": "1 - distance / 2",
    "dot": "distance <= 0 ? 1 - distance : 1 / (1 + distance)",
    "l2_squared": "1 / (1 + distance)",
}
# Scores are single-precision numbers: a hit exactly at the threshold must not be lost to rounding.
ROUNDING = 1e-6
