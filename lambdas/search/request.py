"""The request model of all searches. The kinds of search are in `modes.py`, the response in `response.py`. Pure."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from lambdas.collections.properties import PropertyName
from lambdas.models import StrictModel
from lambdas.search.clauses.boost import Boost
from lambdas.search.clauses.filter_model import Filter
from lambdas.search.modes import Bm25, Hybrid, Mode, NearObject, NearText, NearVector
from lambdas.search.reranking.rerank import Rerank, query_text
from lambdas.search.results.diversity import Diversity
from lambdas.search.results.grouping import GroupHits
from lambdas.search.results.smoothing import Smoothing

MAX_RESULTS = 10_000
MAX_LIMIT = 1_000
# Candidates of each leg of a hybrid search, and how deep its pages go. The same on every page: scaled scores and
# ranks depend on it, so with another rule objects could appear twice or never (docs/decisions/0021).
HYBRID_DEPTH = 500
# The steps after a search, in this order: each reads its candidates and passes them to the next.
STEPS = ("boost", "smoothing", "rerank", "diversity", "group_by")
MODES = ("near_text", "near_vector", "near_object", "bm25", "hybrid")


class Sort(StrictModel):
    """A property to sort a listing by; objects that lack it come last."""

    property: str = Field(description="The name of a property, or `_id`, `_created`, `_updated`.")
    order: Literal["ascending", "descending"] = "ascending"


class SearchRequest(StrictModel):
    """One search: exactly one of near_text, near_vector, near_object, bm25 and hybrid, or `sort` for a listing."""

    near_text: NearText | None = None
    near_vector: NearVector | None = None
    near_object: NearObject | None = None
    bm25: Bm25 | None = None
    hybrid: Hybrid | None = None
    sort: list[Sort] | None = Field(
        default=None, min_length=1, max_length=10, description="List objects by their properties, without a search."
    )
    filter: Filter | None = None
    limit: int = Field(
        default=10,
        ge=1,
        le=MAX_LIMIT,
        description="Of all queries of a request together: 5,000 objects, 20,000 candidates, and 20,000,000 "
        "characters of the objects that are read.",
    )
    offset: int = Field(
        default=0,
        ge=0,
        le=MAX_RESULTS,
        description=f"offset + limit goes to {MAX_RESULTS:,}; in a hybrid search to {HYBRID_DEPTH}.",
    )
    min_score: float | None = Field(default=None, description="The smallest score of a hit of bm25 or hybrid.")
    boost: Boost | None = None
    smoothing: Smoothing | None = None
    rerank: Rerank | None = None
    diversity: Diversity | None = None
    group_by: GroupHits | None = None
    autocut: int | None = Field(
        default=None, ge=1, le=100, description="Cut the page at this many jumps of the score or the distance."
    )
    context: Annotated[int, Field(ge=1, le=10)] | Literal["section"] | None = Field(
        default=None,
        description="For passages of documents: return so many passages of the document before and after each hit, "
        "or with `section` those that have the same heading, up to 10 before and 10 after it.",
    )
    highlight: bool = Field(
        default=False,
        description="Mark the words of the query with `<em>`, in bm25 and hybrid: of a request 20,000 texts at most, "
        "counted as objects x properties.",
    )
    return_properties: list[PropertyName] | None = Field(
        default=None, max_length=500, description="All properties, if not given."
    )
    include_vectors: bool = Field(
        default=False, description="Return the vectors: at most 6,000,000 bytes in one request, 12 for each number."
    )
    include_passage: bool = Field(
        default=False,
        description="Return the passage of each hit that is nearest to the query: for a vector with `passages`.",
    )
    include_times: bool = Field(default=False, description="Return when each object was first and last stored.")
    explain: bool = Field(default=False, description="Return the parts of the score of a hybrid or boosted hit.")
    profile: bool = Field(default=False, description="Return the time of each step.")

    @model_validator(mode="after")
    def _is_one_search(self) -> Self:
        given = [mode for mode in MODES if getattr(self, mode) is not None]
        if self.sort and given:
            raise ValueError(f"a search is sorted by its scores: remove sort, or list objects without {given[0]}")
        if len(given) != 1 and not self.sort:
            raise ValueError(
                f"a search has exactly one of {', '.join(MODES)}; this one has {' and '.join(given) or 'none'} "
                "(a plain listing has sort instead)"
            )
        return self

    @model_validator(mode="after")
    def _steps_fit_the_search(self) -> Self:
        for name in self.steps:
            if self.mode is None:
                raise ValueError(f"{name} changes the hits of a search, but a listing is ordered by sort: remove it")
            if self.hybrid and self.count_read(name) > HYBRID_DEPTH:
                lower = f"{name}.candidates" + (" or skip" if name == "diversity" else "")
                raise ValueError(f"a hybrid search has {HYBRID_DEPTH} candidates: lower {lower}")
            if self.count_read(name) > MAX_RESULTS:
                raise ValueError(
                    f"diversity.skip + candidates is {self.count_read(name):,}, and a search has {MAX_RESULTS:,} "
                    "results at most: lower diversity.skip"
                )
        if self.rerank and self.rerank.query is None and query_text(self.mode) is None:
            raise ValueError("a search by a vector has no text to compare its hits with: add rerank.query")
        if self.diversity and self.autocut is not None:
            raise ValueError("autocut needs hits in the order of their scores, which diversity changes: remove one")
        before = [name for name in self.steps if name in ("boost", "smoothing", "rerank")]
        if self.diversity and self.diversity.skip and before:
            fewest = min(before, key=lambda name: int(getattr(self, name).candidates))
            least = int(getattr(self, fewest).candidates)
            if self.count_read("diversity") > least:
                raise ValueError(
                    f"diversity.skip + candidates is {self.count_read('diversity')}, beyond the {least} candidates of "
                    f"{fewest}: raise {fewest}.candidates, or lower diversity.skip"
                )
        if self.group_by and "limit" in self.model_fields_set:
            raise ValueError("group_by sets the number of groups and objects: replace limit with group_by.groups")
        return self

    @model_validator(mode="after")
    def _page_is_reachable(self) -> Self:
        reach = self.reach
        if self.steps:
            name = min(self.steps, key=lambda step: int(getattr(self, step).candidates))
            if not self.group_by and self.offset + self.limit > reach:
                raise ValueError(
                    f"offset {self.offset} + limit {self.limit} is beyond the {reach} candidates of {name}: "
                    f"raise {name}.candidates"
                )
        elif self.offset + self.limit > reach:
            kind = "of a hybrid search" if self.hybrid else "results"
            raise ValueError(
                f"offset {self.offset} + limit {self.limit} is beyond the {reach} best {kind}: narrow the "
                "search with a filter instead of paging deeper"
            )
        return self

    @model_validator(mode="after")
    def _settings_fit_the_search(self) -> Self:
        mode = self.mode
        if self.min_score is not None and not isinstance(mode, Bm25 | Hybrid):
            raise ValueError("min_score is for bm25 and hybrid: a vector search takes distance or certainty instead")
        if self.highlight and not isinstance(mode, Bm25 | Hybrid):
            raise ValueError("highlight marks the words of a query, which only bm25 and hybrid have: remove it")
        if self.autocut is not None and mode is None:
            raise ValueError("autocut looks for jumps of the score, which a listing does not have: remove it")
        if self.autocut is not None and isinstance(mode, Hybrid) and mode.fusion == "ranked":
            raise ValueError(
                "autocut needs scores that measure distance, but ranked fusion only counts ranks: remove it"
            )
        return self

    @model_validator(mode="after")
    def _explains_a_fusion(self) -> Self:
        if self.explain and not self.hybrid and not self.boost and not self.smoothing:
            raise ValueError(
                "explain splits the score of a hybrid, boosted or smoothed search; other scores have one part: "
                "remove it"
            )
        return self

    @property
    def mode(self) -> Mode | None:
        """The kind of search that is requested; None for a listing."""
        return self.near_text or self.near_vector or self.near_object or self.bm25 or self.hybrid

    @property
    def steps(self) -> list[str]:
        """The steps that are requested, in order."""
        return [name for name in STEPS if getattr(self, name) is not None]

    @property
    def candidates(self) -> int | None:
        """How many of the best hits the first step after the search reads; None without steps."""
        return next((self.count_read(name) for name in self.steps), None)

    def count_read(self, step: str) -> int:
        """Return how many of the best hits a step reads."""
        candidates = int(getattr(self, step).candidates)
        return candidates + (self.diversity.skip if step == "diversity" and self.diversity else 0)

    @property
    def reach(self) -> int:
        """How many of the best results pages can show."""
        depth = HYBRID_DEPTH if self.hybrid else MAX_RESULTS
        return min([depth, *(int(getattr(self, name).candidates) for name in self.steps)])
