"""Several vectors of an object in one search."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from alto.errors import AltoConfigurationError
from alto.values import Vector, is_several, numbers

Weights: TypeAlias = Mapping[str, float | Sequence[float]]


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
    def manual_weights(weights: Weights) -> TargetVectorJoin:
        """The sum of weight times distance.

        Args:
            weights: A weight for each vector, by name; a list of weights for several vectors of the query.
        """
        return _weighted(weights, "manual_weights")

    @staticmethod
    def relative_score(weights: Weights) -> TargetVectorJoin:
        """The sum of weight times distance, each distance scaled to 0..1 over the nearest objects of its vector.

        Args:
            weights: A weight for each vector, by name; a list of weights for several vectors of the query.
        """
        return _weighted(weights, "relative_score")


@dataclass(frozen=True, slots=True)
class ListOfVectors:
    """Several vectors of a query that are compared with one vector of the objects."""

    vectors: list[list[float]]


class NearVector:
    """Several vectors of one query: `near_vector={"title": NearVector.list_of_vectors(a, b)}`."""

    @staticmethod
    def list_of_vectors(*vectors: Vector) -> ListOfVectors:
        """Several vectors for one target, as a plain list of them is.

        Args:
            *vectors: The vectors.
        """
        return ListOfVectors([numbers(each) for each in vectors])


TargetInput: TypeAlias = Vector | Sequence[Vector] | ListOfVectors
NearVectorInput: TypeAlias = Vector | Mapping[str, TargetInput]
TargetVector: TypeAlias = str | Sequence[str] | TargetVectorJoin | None


def _join(names: Sequence[str], how: str) -> TargetVectorJoin:
    return TargetVectorJoin({"vectors": [names] if isinstance(names, str) else list(names), "combine": how})


def numbers_of(name: str, given: TargetInput) -> list[Any]:
    """The vector for a target, or a list of several. Raises `AltoConfigurationError`."""
    if isinstance(given, ListOfVectors):
        if not given.vectors:
            raise AltoConfigurationError(f"near_vector: the list of vectors for '{name}' is empty")
        return given.vectors
    items: Any = given
    if isinstance(items, Sequence) and not isinstance(items, str | bytes) and is_several(items):
        return [numbers(each) for each in items]
    return numbers(items)


def _weighted(weights: Weights, how: str) -> TargetVectorJoin:
    given: dict[str, Any] = {}
    for name, weight in weights.items():
        each = list(weight) if isinstance(weight, Sequence) and not isinstance(weight, str | bytes) else [weight]
        if not each or not all(isinstance(number, int | float) for number in each):
            raise AltoConfigurationError(f"weights: expected a number, or several, for '{name}', got {weight!r:.80}")
        given[name] = each[0] if len(each) == 1 else each
    return TargetVectorJoin({"vectors": list(weights), "combine": how, "weights": given})
