"""The answer to a search."""

from typing import Any

from pydantic import Field

from lambdas.models import StrictModel


class Hit(StrictModel):
    """One object that was found. `distance` and `certainty` come with vector searches; a listing has no scores."""

    id: str
    properties: dict[str, Any]
    score: float | None = None
    distance: float | None = None
    certainty: float | None = None
    vectors: dict[str, list[float]] | None = None
    highlights: dict[str, list[str]] | None = Field(
        default=None, description="Passages of each property, the words of the query within `<em>`."
    )


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
