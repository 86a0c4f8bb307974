"""Searches as values, for `collection.query.multi`, which sends several in one request."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypedDict
from uuid import UUID

from typing_extensions import Unpack

from alto.classes.filters import FilterExpression
from alto.classes.query import (
    HybridFusion,
    HybridVectorQuery,
    IncludeVector,
    Move,
    Operator,
    ReturnMetadata,
    ReturnProperties,
)
from alto.classes.ranking import MMR, BoostReturn, GroupBy, Rerank
from alto.operations import searches
from alto.operations.searches import NearVector, Page, Steps, TargetVector

__all__ = ["Search", "SearchSettings"]


class SearchSettings(TypedDict, total=False):
    """What all searches share, as in `collection.query`."""

    limit: int | None
    offset: int | None
    auto_limit: int | None
    filters: FilterExpression | None
    include_vector: IncludeVector
    return_metadata: ReturnMetadata
    return_properties: ReturnProperties
    group_by: GroupBy | None
    rerank: Rerank | None
    boost: BoostReturn | None
    diversity_selection: MMR | None


def _page(settings: SearchSettings) -> Page:
    steps = Steps(
        settings.get("group_by"), settings.get("rerank"), settings.get("boost"), settings.get("diversity_selection")
    )
    return Page(
        settings.get("limit"),
        settings.get("offset"),
        settings.get("auto_limit"),
        settings.get("filters"),
        settings.get("include_vector", False),
        settings.get("return_metadata"),
        settings.get("return_properties"),
        steps,
    )


@dataclass(frozen=True, slots=True)
class Search:
    """One search: `Search.hybrid("a film", limit=5)`. The parameters are those of the methods of `collection.query`."""

    mode: dict[str, Any]
    page: Page

    @classmethod
    def near_text(
        cls,
        query: str | Sequence[str],
        *,
        certainty: float | None = None,
        distance: float | None = None,
        move_to: Move | None = None,
        move_away: Move | None = None,
        target_vector: TargetVector = None,
        **settings: Unpack[SearchSettings],
    ) -> "Search":
        """Near to texts."""
        mode = searches.near_text(
            query,
            certainty=certainty,
            distance=distance,
            move_to=move_to,
            move_away=move_away,
            target_vector=target_vector,
        )
        return cls(mode, _page(settings))

    @classmethod
    def near_vector(
        cls,
        near_vector: NearVector,
        *,
        certainty: float | None = None,
        distance: float | None = None,
        target_vector: TargetVector = None,
        **settings: Unpack[SearchSettings],
    ) -> "Search":
        """Near to a vector, or to one for each target."""
        mode = searches.near_vector(near_vector, certainty=certainty, distance=distance, target_vector=target_vector)
        return cls(mode, _page(settings))

    @classmethod
    def near_object(
        cls,
        near_object: UUID | str,
        *,
        certainty: float | None = None,
        distance: float | None = None,
        target_vector: TargetVector = None,
        **settings: Unpack[SearchSettings],
    ) -> "Search":
        """Near to an object."""
        mode = searches.near_object(near_object, certainty=certainty, distance=distance, target_vector=target_vector)
        return cls(mode, _page(settings))

    @classmethod
    def bm25(
        cls,
        query: str,
        *,
        query_properties: Sequence[str] | None = None,
        operator: Operator | None = None,
        **settings: Unpack[SearchSettings],
    ) -> "Search":
        """For words."""
        mode = searches.bm25(query, query_properties=query_properties, operator=operator)
        return cls(mode, _page(settings))

    @classmethod
    def hybrid(
        cls,
        query: str,
        *,
        alpha: float | None = None,
        vector: NearVector | HybridVectorQuery | None = None,
        query_properties: Sequence[str] | None = None,
        fusion_type: HybridFusion | None = None,
        max_vector_distance: float | None = None,
        bm25_operator: Operator | None = None,
        target_vector: TargetVector = None,
        **settings: Unpack[SearchSettings],
    ) -> "Search":
        """For words and meaning."""
        mode = searches.hybrid(
            query,
            alpha=alpha,
            vector=vector,
            query_properties=query_properties,
            fusion_type=fusion_type,
            max_vector_distance=max_vector_distance,
            bm25_operator=bm25_operator,
            target_vector=target_vector,
        )
        return cls(mode, _page(settings))
