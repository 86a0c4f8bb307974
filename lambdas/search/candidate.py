"""What the steps after a search look at: hits that may yet be scored, ordered, grouped or dropped. Pure."""

from typing import Any, NamedTuple

from lambdas.search.response import Explanation


class Candidate(NamedTuple):
    """A hit before it is shown. A search has up to 1,000 and shows ten: only they become `Hit`s, which take longer."""

    id: str
    properties: dict[str, Any]
    score: float | None = None
    distance: float | None = None
    rerank_score: float | None = None
    explanation: Explanation | None = None
    # As OpenSearch answered it.
    found: dict[str, Any] = {}  # noqa: RUF012 - never written to

    @property
    def vectors(self) -> dict[str, list[float]]:
        """The vectors that were asked for, by name."""
        vectors: dict[str, list[float]] = self.found.get("_source", {}).get("vectors") or {}
        return vectors
