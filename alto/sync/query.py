"""`collection.query`: searches."""

from collections.abc import Sequence
from typing import NoReturn
from uuid import UUID

from alto.sync.fetch import Fetch
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
from alto.classes.results import QueryReturn
from alto.classes.search import Search
from alto.errors import AltoError
from alto.operations import searches
from alto.operations.searches import MOST_SEARCHES, NearVector, Page, Steps, TargetVector, multi
from alto.unsupported import raise_unsupported, reject_given


class Query(Fetch):
    """Searches one collection. All searches share filters, limit (10), offset, what to return, and what else happens.

    That is in this order: boost, rerank, diversity, then auto_limit, and group_by or the page (docs/search.md).
    """

    def near_text(
        self,
        query: str | Sequence[str],
        *,
        certainty: float | None = None,
        distance: float | None = None,
        move_to: Move | None = None,
        move_away: Move | None = None,
        limit: int | None = None,
        offset: int | None = None,
        auto_limit: int | None = None,
        filters: FilterExpression | None = None,
        group_by: GroupBy | None = None,
        rerank: Rerank | None = None,
        boost: BoostReturn | None = None,
        diversity_selection: MMR | None = None,
        target_vector: TargetVector = None,
        include_vector: IncludeVector = False,
        return_metadata: ReturnMetadata = None,
        return_properties: ReturnProperties = None,
        return_references: object = None,
    ) -> QueryReturn:
        """Objects that mean something near to the text, whatever their words."""
        reject_given(return_references=return_references)
        mode = searches.near_text(
            query,
            certainty=certainty,
            distance=distance,
            move_to=move_to,
            move_away=move_away,
            target_vector=target_vector,
        )
        page = Page(
            limit,
            offset,
            auto_limit,
            filters,
            include_vector,
            return_metadata,
            return_properties,
            Steps(group_by, rerank, boost, diversity_selection),
        )
        return self._transport.run(searches.search(self._collection, mode, page))

    def near_vector(
        self,
        near_vector: NearVector,
        *,
        certainty: float | None = None,
        distance: float | None = None,
        limit: int | None = None,
        offset: int | None = None,
        auto_limit: int | None = None,
        filters: FilterExpression | None = None,
        group_by: GroupBy | None = None,
        rerank: Rerank | None = None,
        boost: BoostReturn | None = None,
        diversity_selection: MMR | None = None,
        target_vector: TargetVector = None,
        include_vector: IncludeVector = False,
        return_metadata: ReturnMetadata = None,
        return_properties: ReturnProperties = None,
        return_references: object = None,
    ) -> QueryReturn:
        """Objects whose vector is near to this one: a list, an array, or `{name: vector}`."""
        reject_given(return_references=return_references)
        mode = searches.near_vector(near_vector, certainty=certainty, distance=distance, target_vector=target_vector)
        page = Page(
            limit,
            offset,
            auto_limit,
            filters,
            include_vector,
            return_metadata,
            return_properties,
            Steps(group_by, rerank, boost, diversity_selection),
        )
        return self._transport.run(searches.search(self._collection, mode, page))

    def near_object(
        self,
        near_object: UUID | str,
        *,
        certainty: float | None = None,
        distance: float | None = None,
        limit: int | None = None,
        offset: int | None = None,
        auto_limit: int | None = None,
        filters: FilterExpression | None = None,
        group_by: GroupBy | None = None,
        rerank: Rerank | None = None,
        boost: BoostReturn | None = None,
        diversity_selection: MMR | None = None,
        target_vector: TargetVector = None,
        include_vector: IncludeVector = False,
        return_metadata: ReturnMetadata = None,
        return_properties: ReturnProperties = None,
        return_references: object = None,
    ) -> QueryReturn:
        """Objects whose vector is near to that of an object, which is the first hit."""
        reject_given(return_references=return_references)
        mode = searches.near_object(near_object, certainty=certainty, distance=distance, target_vector=target_vector)
        page = Page(
            limit,
            offset,
            auto_limit,
            filters,
            include_vector,
            return_metadata,
            return_properties,
            Steps(group_by, rerank, boost, diversity_selection),
        )
        return self._transport.run(searches.search(self._collection, mode, page))

    def bm25(
        self,
        query: str,
        *,
        query_properties: Sequence[str] | None = None,
        operator: Operator | None = None,
        limit: int | None = None,
        offset: int | None = None,
        auto_limit: int | None = None,
        filters: FilterExpression | None = None,
        group_by: GroupBy | None = None,
        rerank: Rerank | None = None,
        boost: BoostReturn | None = None,
        include_vector: IncludeVector = False,
        return_metadata: ReturnMetadata = None,
        return_properties: ReturnProperties = None,
        return_references: object = None,
    ) -> QueryReturn:
        """Objects that have the words. `query_properties` may carry boosts: `["title^2", "body"]`."""
        reject_given(return_references=return_references)
        mode = searches.bm25(query, query_properties=query_properties, operator=operator)
        page = Page(
            limit,
            offset,
            auto_limit,
            filters,
            include_vector,
            return_metadata,
            return_properties,
            Steps(group_by, rerank, boost, None),
        )
        return self._transport.run(searches.search(self._collection, mode, page))

    def hybrid(
        self,
        query: str | None,
        *,
        alpha: float | None = None,
        vector: NearVector | HybridVectorQuery | None = None,
        query_properties: Sequence[str] | None = None,
        fusion_type: HybridFusion | None = None,
        max_vector_distance: float | None = None,
        bm25_operator: Operator | None = None,
        limit: int | None = None,
        offset: int | None = None,
        auto_limit: int | None = None,
        filters: FilterExpression | None = None,
        group_by: GroupBy | None = None,
        rerank: Rerank | None = None,
        boost: BoostReturn | None = None,
        diversity_selection: MMR | None = None,
        target_vector: TargetVector = None,
        include_vector: IncludeVector = False,
        return_metadata: ReturnMetadata = None,
        return_properties: ReturnProperties = None,
        return_references: object = None,
    ) -> QueryReturn:
        """Words and meaning in one. `alpha` is the weight of the meaning: 0 is bm25, 1 near_text."""
        reject_given(return_references=return_references)
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
        page = Page(
            limit,
            offset,
            auto_limit,
            filters,
            include_vector,
            return_metadata,
            return_properties,
            Steps(group_by, rerank, boost, diversity_selection),
        )
        return self._transport.run(searches.search(self._collection, mode, page))

    def multi(self, searches: Sequence[Search]) -> list[QueryReturn | AltoError]:
        """Several searches, twenty in a request: their texts are embedded together. Alto's own.

        In the place of a search that is wrong or fails is the error that it would have raised; the others are answered.
        """
        found: list[QueryReturn | AltoError] = []
        for start in range(0, len(searches), MOST_SEARCHES):
            chosen = [(each.mode, each.page) for each in searches[start : start + MOST_SEARCHES]]
            found += self._transport.run(multi(self._collection, chosen))
        return found

    def near_image(self, *_: object, **__: object) -> NoReturn:
        """Not supported; raises `AltoNotSupportedError`."""
        raise_unsupported("near_image")

    def near_media(self, *_: object, **__: object) -> NoReturn:
        """Not supported; raises `AltoNotSupportedError`."""
        raise_unsupported("near_image")
