"""From OpenSearch's answer to hits. Pure."""

from collections.abc import Callable
from typing import Any

from lambdas.embedding.config import VectorConfig
from lambdas.search.request import Hit

# The inverse of the engine's formulas from distance to score (k-NN plugin documentation, "Spaces").
DISTANCES: dict[str, Callable[[float], float]] = {
    "cosine": lambda score: 2 - 2 * score,
    "dot": lambda score: 1 - score if score >= 1 else 1 / score - 1,
    "l2_squared": lambda score: 1 / score - 1,
}


def hits(answer: dict[str, Any], nearness_of: VectorConfig | None) -> list[Hit]:
    """The hits of an answer, best first.

    `nearness_of` is the vector that was searched: its distance is added. None for BM25 and hybrid, whose scores are no
    function of a distance.
    """
    return [_hit(found, nearness_of) for found in answer["hits"]["hits"]]


def _hit(found: dict[str, Any], nearness_of: VectorConfig | None) -> Hit:
    source = found.get("_source", {})
    score = found["_score"]
    distance = certainty = None
    if nearness_of is not None:
        distance = DISTANCES[nearness_of.index.distance](score)
        certainty = 1 - distance / 2 if nearness_of.index.distance == "cosine" else None
    return Hit(
        id=found["_id"],
        properties=source.get("properties", {}),
        score=score,
        distance=distance,
        certainty=certainty,
        vectors=source.get("vectors"),
    )
