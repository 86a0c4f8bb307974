"""Vectors in two dimensions: the two directions in which they differ most (PCA), by NumPy if it is installed."""

from collections.abc import Sequence
from importlib.util import find_spec
from typing import Any

# Objects of a map, and the bytes of vectors that one response may have (docs/limits.md).
MOST_OBJECTS = 2_000
VECTOR_BYTES = 6_000_000
NUMBER_BYTES = 12


def has_numpy() -> bool:
    """Whether maps can be computed."""
    return find_spec("numpy") is not None


def nearest_limit(dimensions: int) -> int:
    """How many hits with their vectors fit into one response."""
    return max(1, min(1_000, VECTOR_BYTES // (NUMBER_BYTES * dimensions)))


class Projection:
    """The plane of a sample of vectors, normalised to length 1."""

    def __init__(self, vectors: Sequence[Sequence[float]]) -> None:
        import numpy as np

        rows = _unit(np.asarray(vectors, dtype=np.float64))
        self._mean = rows.mean(axis=0)
        centred = rows - self._mean
        # The eigenvectors of the covariance: of 384 to 1,024 dimensions faster than the decomposition of all rows.
        values, directions = np.linalg.eigh(centred.T @ centred)
        self._axes = directions[:, ::-1][:, :2]
        total = float(values.clip(min=0).sum()) or 1.0
        self.explained = [max(0.0, float(value)) / total for value in values[::-1][:2]]

    def places(self, vectors: Sequence[Sequence[float]]) -> list[list[float]]:
        """The two coordinates of each vector."""
        import numpy as np

        if not len(vectors):
            return []
        rows = _unit(np.asarray(vectors, dtype=np.float64)) - self._mean
        found: list[list[float]] = np.round(rows @ self._axes, 5).tolist()
        return found


def query_vector(vectors: Sequence[Sequence[float]], distances: Sequence[float]) -> list[float]:
    """The vector of a query, from its cosine distances to the vectors of its nearest objects (least squares).

    The API does not return the vector of a text. With as many objects as dimensions the solution is exact; with fewer
    it is the part of the vector that these objects span.
    """
    import numpy as np

    rows = _unit(np.asarray(vectors, dtype=np.float64))
    found, *_ = np.linalg.lstsq(rows, 1 - np.asarray(distances, dtype=np.float64), rcond=1e-6)
    solution: list[float] = found.tolist()
    return solution


def _unit(rows: Any) -> Any:
    import numpy as np

    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    return rows / np.where(lengths == 0, 1, lengths)
