"""Several vectors of an object in one search."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from alto.errors import AltoConfigurationError
from alto.unsupported import ALTERNATIVES, Unsupported
from alto.values import Vector


@dataclass(frozen=True, slots=True)
class TargetVectorJoin:
    """Which vectors are compared, and how their distances become one, as the API takes it."""

    settings: dict[str, Any]


class TargetVectors:
    """How the distances to several target vectors become one."""

    @staticmethod
    def sum(target_vectors: Sequence[str]) -> TargetVectorJoin:
        """Their sum.

        Args:
            target_vectors: The names of the vectors.
        """
        return _join(target_vectors, "sum")

    @staticmethod
    def average(target_vectors: Sequence[str]) -> TargetVectorJoin:
        """Their mean.

        Args:
            target_vectors: The names of the vectors.
        """
        return _join(target_vectors, "average")

    @staticmethod
    def minimum(target_vectors: Sequence[str]) -> TargetVectorJoin:
        """The smallest. This is what a list of names means.

        Args:
            target_vectors: The names of the vectors.
        """
        return _join(target_vectors, "minimum")

    @staticmethod
    def manual_weights(weights: Mapping[str, float]) -> TargetVectorJoin:
        """The sum of weight times distance.

        Args:
            weights: A weight for each vector, by name.
        """
        for name, weight in weights.items():
            if not isinstance(weight, int | float):
                raise AltoConfigurationError(f"weights: one number for '{name}' is wanted, not {weight!r:.80}")
        return TargetVectorJoin(
            {"vectors": list(weights), "combine": "manual_weights", "weights": dict(weights)},
        )

    relative_score = Unsupported("TargetVectors.relative_score", "TargetVectors.manual_weights, which weighs distances")


class NearVector:
    """Weaviate's name for several vectors of one query."""

    list_of_vectors = Unsupported("NearVector.list_of_vectors", ALTERNATIVES["vectors_per_target"])


NearVectorInput: TypeAlias = Vector | Mapping[str, Vector]
TargetVector: TypeAlias = str | Sequence[str] | TargetVectorJoin | None


def _join(names: Sequence[str], how: str) -> TargetVectorJoin:
    return TargetVectorJoin({"vectors": [names] if isinstance(names, str) else list(names), "combine": how})
