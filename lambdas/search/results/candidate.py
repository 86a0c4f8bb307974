"""Candidates: hits that the steps after a search may still score, sort, group or drop. Pure."""

from typing import Any, NamedTuple

from lambdas.search.response import Explanation


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

    @property
    def vectors(self) -> dict[str, list[float]]:
        """The vectors that were fetched, by name."""
        vectors: dict[str, list[float]] = self.found.get("_source", {}).get("vectors") or {}
        return vectors
