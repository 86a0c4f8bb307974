"""Several vectors of an object in one search."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn, TypeAlias

from alto.errors import AltoConfigurationError
from alto.unsupported import raise_unsupported
from alto.values import Vector


@dataclass(frozen=True, slots=True)
class TargetVectorJoin:
    """Which vectors are compared, and how their distances become one, as the API takes it."""

    settings: dict[str, Any]


class TargetVectors:
    """How the distances to several target vectors become one."""

    @staticmethod
    def sum(target_vectors: Sequence[str]) -> TargetVectorJoin:
        """Their sum."""
        return _join(target_vectors, "sum")

    @staticmethod
    def average(target_vectors: Sequence[str]) -> TargetVectorJoin:
        """Their mean."""
        return _join(target_vectors, "average")

    @staticmethod
    def minimum(target_vectors: Sequence[str]) -> TargetVectorJoin:
        """The smallest. This is what a list of names means."""
        return _join(target_vectors, "minimum")

    @staticmethod
    def manual_weights(weights: Mapping[str, float]) -> TargetVectorJoin:
        """The sum of weight times distance."""
        for name, weight in weights.items():
            if not isinstance(weight, int | float):
                raise AltoConfigurationError(f"weights: one number for '{name}' is wanted, not {weight!r:.80}")
        return TargetVectorJoin(
            {"vectors": list(weights), "combine": "manual_weights", "weights": dict(weights)},
        )

    @staticmethod
    def relative_score(weights: Mapping[str, float]) -> NoReturn:  # noqa: ARG004 (Weaviate's)
        """Not supported; raises `AltoNotSupportedError`."""
        raise_unsupported("TargetVectors.relative_score", "TargetVectors.manual_weights, which weighs distances")


class NearVector:
    """Weaviate's name for several vectors of one query."""

    @staticmethod
    def list_of_vectors(*_: object) -> NoReturn:
        """Not supported; raises `AltoNotSupportedError`."""
        raise_unsupported(
            "NearVector.list_of_vectors", "one vector for each target, {name: vector}, or one search for each vector"
        )


NearVectorInput: TypeAlias = Vector | Mapping[str, Vector]
TargetVector: TypeAlias = str | Sequence[str] | TargetVectorJoin | None


def _join(names: Sequence[str], how: str) -> TargetVectorJoin:
    return TargetVectorJoin({"vectors": [names] if isinstance(names, str) else list(names), "combine": how})
