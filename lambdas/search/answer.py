"""The answer to a search."""

from datetime import datetime
from typing import Any, Literal

from pydantic import Field

from lambdas.models import StrictModel


class Leg(StrictModel):
    """What one leg of a hybrid search gives to a hit's score."""

    leg: Literal["bm25", "vector"]
    score: float = Field(description="As the leg counts by itself.")
    normalized: float = Field(description="Scaled to 0..1 over the leg's candidates, or the reciprocal rank.")
    weight: float = Field(description="alpha for the vector, 1 - alpha for the words.")
    contribution: float = Field(description="normalized times weight.")


class Explanation(StrictModel):
    """The parts of a hybrid score: the contributions add up to it. A leg that did not find the object is absent."""

    legs: list[Leg]


class Hit(StrictModel):
    """One object that was found. `distance` and `certainty` come with vector searches; a listing has no scores."""

    id: str
    properties: dict[str, Any]
    score: float | None = None
    distance: float | None = None
    certainty: float | None = None
    vectors: dict[str, list[float]] | None = None
    created: datetime | None = Field(default=None, description="With `include_times`, as `updated`.")
    updated: datetime | None = None
    highlights: dict[str, list[str]] | None = Field(
        default=None, description="Passages of each property, the words of the query within `<em>`."
    )
    explanation: Explanation | None = Field(default=None, description="How the score of a hybrid hit comes about.")


class Profile(StrictModel):
    """Where the time went, in milliseconds."""

    embedding_ms: float = Field(description="Waiting for the model: 0 when the vector was known.")
    engine_ms: float = Field(description="Waiting for OpenSearch, network included.")
    engine_took_ms: float = Field(description="What OpenSearch itself says that it took.")
    rest_ms: float = Field(description="Everything else that Alto did.")


class SearchResponse(StrictModel):
    """The objects found, best first."""

    objects: list[Hit]
    total: int = Field(
        description="How many objects match, counted up to 10,000. A vector search counts its candidates; a hybrid "
        "search those that have a word of the query or are among its 500 nearest."
    )
    truncated: bool = Field(description="More objects match than pages can reach: narrow the search with a filter.")
    took_ms: int
    profile: Profile | None = None
