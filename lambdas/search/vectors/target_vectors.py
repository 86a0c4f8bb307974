"""Target vectors: the vectors of the objects that a query is compared with, and how their distances combine. Pure."""

import math
from collections.abc import Callable
from typing import Literal, NamedTuple

from lambdas.collections.model import CollectionConfig
from lambdas.errors import InvalidRequestError
from lambdas.search.modes import Hybrid, NearObject, NearText, NearVector, TargetVectors

# Distances and the engine's scores are functions of each other (k-NN plugin documentation, "Spaces").
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

VectorMode = NearText | NearVector | NearObject | Hybrid


class Targets(NamedTuple):
    """The targets of one search. The engine combines distances as their weighted mean or their minimum.

    Attributes:
        measure: the kind of distance, which all targets share.
        shares: the weight of each target's distance in the mean, by name; they add up to 1.
        combine: `minimum` does without shares. A single target is either.
        factor: how many times the mean the distance is that callers see: sums are not means.
    """

    measure: Literal["cosine", "dot", "l2_squared"]
    shares: dict[str, float]
    combine: Literal["mean", "minimum"] = "mean"
    factor: float = 1.0

    @property
    def names(self) -> list[str]:
        """The vectors of the objects."""
        return list(self.shares)

    @property
    def highest_score(self) -> float | None:
        """The engine's score of a perfect match; None for dot products, which have no bound."""
        return None if self.measure == "dot" else 1.0

    def distance(self, score: float) -> float:
        """Return the distance of a score of the engine."""
        return self.factor * DISTANCES[self.measure](score)

    def certainty(self, distance: float) -> float | None:
        """Return the certainty of a distance; None where that is not defined."""
        return 1 - distance / 2 if self.is_cosine else None

    @property
    def is_cosine(self) -> bool:
        """Whether the distance is 1 - the cosine, or a mean of several such."""
        return self.measure == "cosine" and math.isclose(self.factor, 1)

    def smallest_score(self, distance: float, field: str) -> float:
        """Return the engine's score at a distance, less the rounding error. Raises `InvalidRequestError`."""
        if distance < 0 and self.measure != "dot":
            problem = f"{distance} is below 0, but '{self.measure}' distances are never negative: send 0 or more"
            raise InvalidRequestError.at(field, problem)
        return SCORES[self.measure](distance / self.factor) - ROUNDING

    def threshold(self, distance: float | None, certainty: float | None) -> float | None:
        """Return the smallest score within the thresholds of a vector search; None without any.

        Raises `InvalidRequestError`.
        """
        if certainty is None:
            return None if distance is None else self.smallest_score(distance, "distance")
        if self.certainty(0) is None:
            reason = (
                "the distances are combined by a sum"
                if self.measure == "cosine"
                else f"this vector has '{self.measure}'"
            )
            problem = f"is defined for the distance 'cosine' only, but {reason}: send distance"
            raise InvalidRequestError.at("certainty", problem)
        return self.smallest_score(2 * (1 - certainty), "certainty")


def resolve_targets(collection: CollectionConfig, mode: VectorMode) -> Targets:
    """Return the targets of a search with a vector. Raises `InvalidRequestError`."""
    asked = mode.target_vector
    vectors = mode.vectors if isinstance(mode, NearVector | Hybrid) else None
    if asked is None and vectors is not None:
        asked = TargetVectors(vectors=list(vectors))
    names = asked.vectors if isinstance(asked, TargetVectors) else [resolve_target_vector(collection, asked)]
    measures = {name: collection.vectors[resolve_target_vector(collection, name)].index.distance for name in names}
    if len(set(measures.values())) > 1:
        found = ", ".join(f"'{name}' has '{measure}'" for name, measure in measures.items())
        problem = f"distances of several kinds cannot be combined, and {found}: search them one by one"
        raise InvalidRequestError.at("target_vector", problem)
    weights = (asked.weights if isinstance(asked, TargetVectors) else None) or dict.fromkeys(names, 1.0)
    total = sum(weights.values())
    combine = asked.combine if isinstance(asked, TargetVectors) else "average"
    return Targets(
        measure=measures[names[0]],
        shares={name: weights[name] / total for name in names},
        combine="minimum" if combine == "minimum" else "mean",
        factor=total if combine in ("sum", "manual_weights") else 1.0,
    )


def resolve_target_vector(collection: CollectionConfig, asked: str | None) -> str:
    """Return the name of the vector to search. Raises `InvalidRequestError` if it is unknown or ambiguous."""
    names = list(collection.vectors)
    if not names:
        raise InvalidRequestError(f"The collection '{collection.name}' has no vectors: search it by bm25.")
    target = asked or collection.vector_of_searches
    if target is None:
        problem = f"the collection '{collection.name}' has several vectors: choose one of {', '.join(names)}"
        raise InvalidRequestError.at("target_vector", problem)
    if target not in names:
        problem = f"'{target}' is not a vector of '{collection.name}'. It has these: {', '.join(names)}"
        raise InvalidRequestError.at("target_vector", problem)
    return target
