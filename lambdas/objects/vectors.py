"""Checks the vectors that a caller sends. Pure."""

import math
from collections.abc import Mapping

from lambdas.collections.model import Collection
from lambdas.errors import InvalidObjectError

# The length of a vector (its Euclidean norm), such that squares and their sums stay within 32-bit numbers.
LONGEST = 1e18
SHORTEST = 1e-18


def check_vectors(collection: Collection, vectors: Mapping[str, list[float]]) -> None:
    """Raise `InvalidObjectError` for a vector that is unknown, has other dimensions or is out of range."""
    for name, vector in vectors.items():
        config = collection.vectors.get(name)
        if config is None:
            known = ", ".join(collection.vectors) or "none"
            raise _error_at(name, f"is not a vector of the collection '{collection.name}'. It has these: {known}")
        if len(vector) != config.resolved_dimensions:
            raise _error_at(name, f"must have {config.resolved_dimensions} numbers, not {len(vector)}")
        length = math.sqrt(math.sumprod(vector, vector))
        if not length <= LONGEST:
            raise _error_at(
                name, f"is longer than {LONGEST:g} or not finite: OpenSearch computes with 32 bits, scale it down"
            )
        if config.index.distance == "cosine" and length < SHORTEST:
            raise _error_at(
                name, f"is shorter than {SHORTEST:g}, so no cosine distance can be measured to it: send another vector"
            )


def _error_at(name: str, problem: str) -> InvalidObjectError:
    return InvalidObjectError.at(f"vectors.{name}", problem)
