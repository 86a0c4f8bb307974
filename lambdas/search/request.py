"""The one request that all searches share, and its answer."""

from typing import Annotated, Any, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from lambdas.collections.model import VectorName
from lambdas.models import StrictModel
from lambdas.search.filters import Filter

# The default weight of the vector: the best single value over eleven test collections (docs/decisions/0005).
DEFAULT_ALPHA = 0.6
MAX_RESULTS = 10_000
MAX_LIMIT = 1_000

QueryText = Annotated[str, StringConstraints(min_length=1, max_length=10_000)]
BoostedProperty = Annotated[
    str,
    StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9_]{0,99}(\^[0-9]+(\.[0-9]+)?)?$"),
    Field(description="A property's name, with a boost if wanted: `title^2`."),
]
TargetVector = Annotated[
    VectorName | None,
    Field(description="Which vector to search. Needed only if there are several and none is `default`."),
]


class NearText(StrictModel):
    """Objects whose vector is near to that of a text."""

    query: QueryText
    target_vector: TargetVector = None


class NearVector(StrictModel):
    """Objects whose vector is near to the given one."""

    vector: list[float] = Field(min_length=1, max_length=16_000)
    target_vector: TargetVector = None


class Bm25(StrictModel):
    """Objects that contain the words of a text, by BM25."""

    query: QueryText
    properties: list[BoostedProperty] | None = Field(
        default=None, min_length=1, description="Properties to search. All searchable ones, if not given."
    )


class Hybrid(StrictModel):
    """Vector search and BM25 in one, their scores fused by the engine."""

    query: QueryText
    alpha: float = Field(
        default=DEFAULT_ALPHA, ge=0, le=1, description="The weight of the vector: 0 is BM25 alone, 1 the vector alone."
    )
    fusion: Literal["relative_score", "ranked"] = Field(
        default="relative_score",
        description="`relative_score` adds up the scores, each scaled to 0..1; `ranked` adds up reciprocal ranks.",
    )
    vector: list[float] | None = Field(
        default=None, min_length=1, max_length=16_000, description="Instead of a vector made from the query."
    )
    properties: list[BoostedProperty] | None = Field(default=None, min_length=1)
    target_vector: TargetVector = None


class SearchRequest(StrictModel):
    """One search: exactly one of near_text, near_vector, bm25 and hybrid."""

    near_text: NearText | None = None
    near_vector: NearVector | None = None
    bm25: Bm25 | None = None
    hybrid: Hybrid | None = None
    filter: Filter | None = None
    limit: int = Field(default=10, ge=1, le=MAX_LIMIT)
    offset: int = Field(default=0, ge=0, le=MAX_RESULTS)
    return_properties: list[str] | None = Field(default=None, description="All properties, if not given.")
    include_vectors: bool = False

    @model_validator(mode="after")
    def _is_one_search(self) -> Self:
        modes = ("near_text", "near_vector", "bm25", "hybrid")
        given = [mode for mode in modes if getattr(self, mode) is not None]
        if len(given) != 1:
            raise ValueError(
                f"a search has exactly one of {', '.join(modes)}; this one has {' and '.join(given) or 'none'}"
            )
        return self

    @model_validator(mode="after")
    def _page_is_reachable(self) -> Self:
        if self.offset + self.limit > MAX_RESULTS:
            raise ValueError(
                f"offset {self.offset} + limit {self.limit} is beyond the {MAX_RESULTS} best results: narrow the "
                "search with a filter instead of paging deeper"
            )
        return self

    @property
    def mode(self) -> NearText | NearVector | Bm25 | Hybrid:
        """The one search that was asked for."""
        mode = self.near_text or self.near_vector or self.bm25 or self.hybrid
        assert mode is not None  # checked by the validator
        return mode


class Hit(StrictModel):
    """One object that was found. `distance` and `certainty` come with near_text and near_vector."""

    id: str
    properties: dict[str, Any]
    score: float
    distance: float | None = None
    certainty: float | None = None
    vectors: dict[str, list[float]] | None = None


class SearchResponse(StrictModel):
    """The objects found, best first."""

    objects: list[Hit]
    total: int = Field(
        description="How many objects match, counted up to 10,000. A vector search counts its candidates."
    )
    took_ms: int
