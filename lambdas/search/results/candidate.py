"""Candidates: hits that the steps after a search may still score, sort, group or drop. Pure."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from lambdas.search.response import Explanation
from lambdas.search.results.packed_vectors import unpack_vector


class Candidate(NamedTuple):
    """A hit before it is rendered. A search has up to 1,000 and returns ten: only those become `Hit`s."""

    id: str
    properties: dict[str, Any]
    score: float | None = None
    distance: float | None = None
    rerank_score: float | None = None
    explanation: Explanation | None = None
    # The hit of OpenSearch's response.
    found: dict[str, Any] = {}  # noqa: RUF012 - never written to

    def read_vector(self, name: str) -> Sequence[float] | None:
        """Return a vector that was fetched, packed or as a part of the document; None if the object has none."""
        [packed] = self.found.get("fields", {}).get(f"vectors.{name}", [None])
        if packed is not None:
            return unpack_vector(packed)
        vectors: dict[str, list[float]] = self.found.get("_source", {}).get("vectors") or {}
        return vectors.get(name)
