"""Vectors that a caller gives. Pure."""

import math
from collections.abc import Mapping

from lambdas.collections.model import Collection
from lambdas.errors import ErrorDetail, InvalidObjectError

# The length of a vector (its Euclidean norm), such that squares and their sums stay within 32-bit numbers.
LONGEST = 1e18
SHORTEST = 1e-18


def check_vectors(collection: Collection, vectors: Mapping[str, list[float]]) -> None:
    """Raise `InvalidObjectError` for a vector that is unknown, has other dimensions or is out of range."""
    for name, vector in vectors.items():
        config = collection.vectors.get(name)
        if config is None:
            known = ", ".join(collection.vectors) or "none"
            raise _wrong(name, f"is not a vector of the collection '{collection.name}'. It has these: {known}")
        if len(vector) != config.resolved_dimensions:
            raise _wrong(name, f"must have {config.resolved_dimensions} numbers, not {len(vector)}")
        length = math.sqrt(math.sumprod(vector, vector))
        if not length <= LONGEST:
            raise _wrong(
                name, f"is longer than {LONGEST:g} or not finite: OpenSearch computes with 32 bits, scale it down"
            )
        if config.index.distance == "cosine" and length < SHORTEST:
            raise _wrong(
                name, f"is shorter than {SHORTEST:g}, so no cosine distance can be measured to it: send another vector"
            )


def _wrong(name: str, problem: str) -> InvalidObjectError:
    field = f"vectors.{name}"
    return InvalidObjectError(f"'{field}' {problem}.", [ErrorDetail(field, problem)])
