"""The response to a search."""

from datetime import datetime
from typing import Any, Literal

from pydantic import Field

from lambdas.models import StrictModel


class Leg(StrictModel):
    """The contribution of one leg of a search to a hit's score."""

    leg: Literal["bm25", "vector"]
    score: float = Field(description="The leg's own score.")
    normalized: float = Field(description="Scaled to 0..1 over the leg's candidates, or the reciprocal rank.")
    weight: float = Field(
        description="In a hybrid search alpha for the vector, 1 - alpha for the words. With a boost, times 1 - "
        "its weight; with smoothing as well."
    )
    contribution: float = Field(description="normalized times weight.")


class BoostPart(StrictModel):
    """The contribution of a boost's conditions to a hit's score."""

    value: float = Field(description="The weighted mean of the conditions, 0 to 1.")
    weight: float
    contribution: float = Field(description="value times weight.")


class SmoothingPart(StrictModel):
    """The contribution of the hits that are most like a hit to its score."""

    value: float = Field(description="The mean score of these hits.")
    weight: float
    contribution: float = Field(description="value times weight.")


class Explanation(StrictModel):
    """The parts of a score: the contributions add up to it. A leg that did not find the object is absent."""

    legs: list[Leg]
    boost: BoostPart | None = None
    smoothing: SmoothingPart | None = None


class Neighbour(StrictModel):
    """A passage next to one that was found."""

    id: str
    ordinal: int = Field(description="Its place in the document, from 0.")
    properties: dict[str, Any]


class Hit(StrictModel):
    """One object that was found. `distance` and `certainty` come with vector searches; a listing has no scores."""

    id: str
    key: str | None = Field(default=None, description="The id of your own that the object was sent with.")
    properties: dict[str, Any]
    score: float | None = None
    distance: float | None = None
    certainty: float | None = None
    rerank_score: float | None = Field(
        default=None, description="The reranking model's score. Absent for a hit without text to read."
    )
    vectors: dict[str, list[float]] | None = None
    created: datetime | None = Field(default=None, description="With `include_times`, as `updated`.")
    updated: datetime | None = None
    highlights: dict[str, list[str]] | None = Field(
        default=None, description="Passages of each property, the words of the query within `<em>`."
    )
    passage: str | None = Field(
        default=None,
        description="With `include_passage`: the passage nearest to the query. Absent where the text is one passage.",
    )
    explanation: Explanation | None = Field(default=None, description="How the score comes about.")
    context: list[Neighbour] | None = Field(
        default=None,
        description="With `context`: the passages before and after it in its document, or the others of its section, "
        "in their order.",
    )


class HitGroup(StrictModel):
    """Hits that share a value."""

    value: str | int | float | bool
    count: int = Field(description="How many of the candidates have the value.")
    min_distance: float | None = Field(default=None, description="The smallest distance of the objects shown.")
    max_distance: float | None = Field(default=None, description="The largest distance of the objects shown.")
    objects: list[Hit] = Field(description="The best of them, best first.")


class RerankOutcome(StrictModel):
    """Whether the hits are in the order of the model. If not: in the search's own order, with the reason."""

    applied: bool
    model: str
    candidates: int = Field(description="How many hits there were to rerank.")
    code: str | None = Field(default=None, description="As of an error: `model_throttled`, `model_unavailable`, ...")
    message: str | None = None


class Profile(StrictModel):
    """The time of each step, in milliseconds."""

    embedding_ms: float = Field(description="Waiting for the model: 0 when the vector was known.")
    engine_ms: float = Field(description="Waiting for OpenSearch, network included.")
    engine_took_ms: float = Field(description="OpenSearch's own measure.")
    rerank_ms: float = Field(default=0, description="Waiting for the reranking model.")
    rest_ms: float = Field(description="Everything else that Alto did.")


class SearchResponse(StrictModel):
    """The objects found, best first."""

    objects: list[Hit] = Field(description="With `group_by` empty: the objects are in their groups.")
    groups: list[HitGroup] | None = None
    total: int = Field(
        description="How many objects match, counted up to 10,000. A vector search counts its candidates; a hybrid "
        "search those that have a word of the query or are among its 500 nearest."
    )
    truncated: bool = Field(description="More objects match than pages can reach: narrow the search with a filter.")
    rerank: RerankOutcome | None = None
    alpha: float | None = Field(default=None, description="The weight of the vector in a hybrid search.")
    filled: dict[str, float] | None = Field(
        default=None,
        description="For vectors of this search that were added and are still being filled: the share of objects that "
        "have them, 0 to 1. Objects without the vector are not found by it.",
    )
    took_ms: int
    profile: Profile | None = None
