"""Target vectors: the vectors of the objects that a query is compared with, and how their distances combine. Pure."""

import math
from collections.abc import Callable, Sequence
from typing import Literal, NamedTuple

from lambdas.collections.model import CollectionConfig
from lambdas.errors import InvalidRequestError
from lambdas.search.modes import Hybrid, NearObject, NearText, NearVector, TargetVectors, count_vectors

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
        shares: for each vector of the query, the name of the objects' vector that it is compared with, and the weight
            of that distance in the mean; they add up to 1.
        combine: `minimum` does without shares. A single target is either.
        factor: how many times the mean the distance is that callers see: sums are not means.
        offset: subtracted from that; other than 0 for scaled distances only.
        is_relative: whether the shares are still to be divided by the ranges of the distances (`scale_targets`).
        has_passages: whether the passages of the single target are compared, too.
        compressed: the vectors of the objects whose graph holds a byte for each number.
    """

    measure: Literal["cosine", "dot", "l2_squared"]
    shares: Sequence[tuple[str, float]]
    combine: Literal["mean", "minimum"] = "mean"
    factor: float = 1.0
    offset: float = 0.0
    is_relative: bool = False
    has_passages: bool = False
    compressed: frozenset[str] = frozenset()

    @property
    def names(self) -> list[str]:
        """The vectors of the objects, each once."""
        return list(dict.fromkeys(name for name, _ in self.shares))

    @property
    def highest_score(self) -> float | None:
        """The engine's score of a perfect match; None for dot products, which have no bound."""
        return None if self.measure == "dot" else 1.0

    def distance(self, score: float) -> float:
        """Return the distance of a score of the engine."""
        return self.factor * DISTANCES[self.measure](score) - self.offset

    def certainty(self, distance: float) -> float | None:
        """Return the certainty of a distance; None where that is not defined."""
        return 1 - distance / 2 if self.is_cosine else None

    @property
    def is_cosine(self) -> bool:
        """Whether the distance is 1 - the cosine, or a mean of several such."""
        return self.measure == "cosine" and math.isclose(self.factor, 1) and not self.offset

    def smallest_score(self, distance: float, field: str) -> float:
        """Return the engine's score at a distance, less the rounding error. Raises `InvalidRequestError`."""
        if distance < 0 and self.measure != "dot" and not self.offset:
            problem = f"{distance} is below 0, but '{self.measure}' distances are never negative: send 0 or more"
            raise InvalidRequestError.at(field, problem)
        return SCORES[self.measure]((distance + self.offset) / self.factor) - ROUNDING

    def threshold(self, distance: float | None, certainty: float | None) -> float | None:
        """Return the smallest score within the thresholds of a vector search; None without any.

        Raises `InvalidRequestError`.
        """
        if certainty is None:
            return None if distance is None else self.smallest_score(distance, "distance")
        if self.certainty(0) is None:
            reason = (
                "the distances are combined by a sum, or scaled"
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
    given = asked.weights if isinstance(asked, TargetVectors) else None
    weights: list[tuple[str, float]] = []
    for name in names:
        count = count_vectors(vectors[name]) if vectors is not None and name in vectors else 1
        each = given[name] if given else 1.0
        weights += zip([name] * count, each if isinstance(each, list) else [each] * count, strict=True)
    combine = asked.combine if isinstance(asked, TargetVectors) else "minimum" if len(weights) > 1 else "average"
    return _share(
        Targets(
            measure=measures[names[0]],
            shares=weights,
            combine="minimum" if combine == "minimum" else "mean",
            is_relative=combine == "relative_score",
            has_passages=len(weights) == 1
            and combine != "relative_score"
            and names[0] in collection.vectors_with_passages,
            compressed=frozenset(name for name in names if collection.vectors[name].index.compression is not None),
        ),
        is_sum=combine in ("sum", "manual_weights", "relative_score"),
    )


def scale_targets(targets: Targets, ranges: Sequence[tuple[float, float]]) -> Targets:
    """Return relative targets with the smallest and the largest distance of each vector of the query.

    Each distance is scaled to 0..1 between these, so that the sum of weight times scaled distance is again a sum of
    weight times distance, less a constant. Distances that are all equal say nothing, and count nothing.
    """
    weights, offset = list[tuple[str, float]](), 0.0
    for (name, share), (least, most) in zip(targets.shares, ranges, strict=True):
        weight = share * targets.factor / (most - least) if most > least else 0.0
        weights.append((name, weight))
        offset += weight * least
    if not any(weight for _, weight in weights):
        return targets._replace(is_relative=False)
    scaled = _share(targets._replace(shares=weights), is_sum=True)
    return scaled._replace(offset=offset, is_relative=False)


def _share(targets: Targets, *, is_sum: bool) -> Targets:
    """Return the targets with weights that add up to 1, and the factor that makes up for it."""
    total = sum(weight for _, weight in targets.shares)
    shares = [(name, weight / total) for name, weight in targets.shares]
    return targets._replace(shares=shares, factor=total if is_sum else 1.0)


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
