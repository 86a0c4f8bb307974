"""`collection.aggregate`: counts and statistics."""

from collections.abc import Sequence
from typing import NoReturn, overload
from uuid import UUID

from alto.aio.transport import AsyncTransport
from alto.classes.aggregate import AggregateGroupByReturn, AggregateReturn, ReturnMetrics
from alto.classes.filters import FilterExpression
from alto.classes.query import HybridVectorQuery, Move, Operator
from alto.operations import aggregates, searches
from alto.operations.aggregates import GroupBy
from alto.operations.searches import NearVector, TargetVector
from alto.unsupported import raise_unsupported


class AggregateAsync:
    """Aggregates the objects of one collection: all, those of a filter, or the results of a search.

    With `group_by` each method answers an `AggregateGroupByReturn`, without it an `AggregateReturn`.
    """

    def __init__(self, transport: AsyncTransport, collection: str) -> None:
        self._transport = transport
        self._collection = collection

    @overload
    async def over_all(
        self,
        *,
        filters: FilterExpression | None = None,
        group_by: None = None,
        total_count: bool = True,
        return_metrics: ReturnMetrics = None,
    ) -> AggregateReturn: ...

    @overload
    async def over_all(
        self,
        *,
        filters: FilterExpression | None = None,
        group_by: GroupBy,
        total_count: bool = True,
        return_metrics: ReturnMetrics = None,
    ) -> AggregateGroupByReturn: ...

    async def over_all(
        self,
        *,
        filters: FilterExpression | None = None,
        group_by: GroupBy | None = None,
        total_count: bool = True,
        return_metrics: ReturnMetrics = None,
    ) -> AggregateReturn | AggregateGroupByReturn:
        """All objects, or those of a filter."""
        return await self._transport.run(
            aggregates.aggregate(
                self._collection,
                filters=filters,
                group_by=group_by,
                metrics=return_metrics,
                total_count=total_count,
            )
        )

    @overload
    async def near_text(
        self,
        query: str | Sequence[str],
        *,
        certainty: float | None = None,
        distance: float | None = None,
        move_to: Move | None = None,
        move_away: Move | None = None,
        object_limit: int | None = None,
        target_vector: TargetVector = None,
        filters: FilterExpression | None = None,
        group_by: None = None,
        total_count: bool = True,
        return_metrics: ReturnMetrics = None,
    ) -> AggregateReturn: ...

    @overload
    async def near_text(
        self,
        query: str | Sequence[str],
        *,
        certainty: float | None = None,
        distance: float | None = None,
        move_to: Move | None = None,
        move_away: Move | None = None,
        object_limit: int | None = None,
        target_vector: TargetVector = None,
        filters: FilterExpression | None = None,
        group_by: GroupBy,
        total_count: bool = True,
        return_metrics: ReturnMetrics = None,
    ) -> AggregateGroupByReturn: ...

    async def near_text(
        self,
        query: str | Sequence[str],
        *,
        certainty: float | None = None,
        distance: float | None = None,
        move_to: Move | None = None,
        move_away: Move | None = None,
        object_limit: int | None = None,
        target_vector: TargetVector = None,
        filters: FilterExpression | None = None,
        group_by: GroupBy | None = None,
        total_count: bool = True,
        return_metrics: ReturnMetrics = None,
    ) -> AggregateReturn | AggregateGroupByReturn:
        """The objects nearest to a text: `object_limit` of them, or those within a threshold, 1,000 at most."""
        mode = searches.near_text(
            query,
            certainty=certainty,
            distance=distance,
            move_to=move_to,
            move_away=move_away,
            target_vector=target_vector,
        )
        search = aggregates.searched(mode, object_limit)
        return await self._transport.run(
            aggregates.aggregate(
                self._collection,
                filters=filters,
                search=search,
                group_by=group_by,
                metrics=return_metrics,
                total_count=total_count,
            )
        )

    @overload
    async def near_vector(
        self,
        near_vector: NearVector,
        *,
        certainty: float | None = None,
        distance: float | None = None,
        object_limit: int | None = None,
        target_vector: TargetVector = None,
        filters: FilterExpression | None = None,
        group_by: None = None,
        total_count: bool = True,
        return_metrics: ReturnMetrics = None,
    ) -> AggregateReturn: ...

    @overload
    async def near_vector(
        self,
        near_vector: NearVector,
        *,
        certainty: float | None = None,
        distance: float | None = None,
        object_limit: int | None = None,
        target_vector: TargetVector = None,
        filters: FilterExpression | None = None,
        group_by: GroupBy,
        total_count: bool = True,
        return_metrics: ReturnMetrics = None,
    ) -> AggregateGroupByReturn: ...

    async def near_vector(
        self,
        near_vector: NearVector,
        *,
        certainty: float | None = None,
        distance: float | None = None,
        object_limit: int | None = None,
        target_vector: TargetVector = None,
        filters: FilterExpression | None = None,
        group_by: GroupBy | None = None,
        total_count: bool = True,
        return_metrics: ReturnMetrics = None,
    ) -> AggregateReturn | AggregateGroupByReturn:
        """The objects nearest to a vector, as `near_text` counts them."""
        mode = searches.near_vector(near_vector, certainty=certainty, distance=distance, target_vector=target_vector)
        search = aggregates.searched(mode, object_limit)
        return await self._transport.run(
            aggregates.aggregate(
                self._collection,
                filters=filters,
                search=search,
                group_by=group_by,
                metrics=return_metrics,
                total_count=total_count,
            )
        )

    @overload
    async def near_object(
        self,
        near_object: UUID | str,
        *,
        certainty: float | None = None,
        distance: float | None = None,
        object_limit: int | None = None,
        target_vector: TargetVector = None,
        filters: FilterExpression | None = None,
        group_by: None = None,
        total_count: bool = True,
        return_metrics: ReturnMetrics = None,
    ) -> AggregateReturn: ...

    @overload
    async def near_object(
        self,
        near_object: UUID | str,
        *,
        certainty: float | None = None,
        distance: float | None = None,
        object_limit: int | None = None,
        target_vector: TargetVector = None,
        filters: FilterExpression | None = None,
        group_by: GroupBy,
        total_count: bool = True,
        return_metrics: ReturnMetrics = None,
    ) -> AggregateGroupByReturn: ...

    async def near_object(
        self,
        near_object: UUID | str,
        *,
        certainty: float | None = None,
        distance: float | None = None,
        object_limit: int | None = None,
        target_vector: TargetVector = None,
        filters: FilterExpression | None = None,
        group_by: GroupBy | None = None,
        total_count: bool = True,
        return_metrics: ReturnMetrics = None,
    ) -> AggregateReturn | AggregateGroupByReturn:
        """The objects nearest to an object, itself included, as `near_text` counts them."""
        mode = searches.near_object(near_object, certainty=certainty, distance=distance, target_vector=target_vector)
        search = aggregates.searched(mode, object_limit)
        return await self._transport.run(
            aggregates.aggregate(
                self._collection,
                filters=filters,
                search=search,
                group_by=group_by,
                metrics=return_metrics,
                total_count=total_count,
            )
        )

    @overload
    async def hybrid(
        self,
        query: str,
        *,
        alpha: float | None = None,
        vector: NearVector | HybridVectorQuery | None = None,
        query_properties: Sequence[str] | None = None,
        object_limit: int | None = None,
        bm25_operator: Operator | None = None,
        target_vector: TargetVector = None,
        max_vector_distance: float | None = None,
        filters: FilterExpression | None = None,
        group_by: None = None,
        total_count: bool = True,
        return_metrics: ReturnMetrics = None,
    ) -> AggregateReturn: ...

    @overload
    async def hybrid(
        self,
        query: str,
        *,
        alpha: float | None = None,
        vector: NearVector | HybridVectorQuery | None = None,
        query_properties: Sequence[str] | None = None,
        object_limit: int | None = None,
        bm25_operator: Operator | None = None,
        target_vector: TargetVector = None,
        max_vector_distance: float | None = None,
        filters: FilterExpression | None = None,
        group_by: GroupBy,
        total_count: bool = True,
        return_metrics: ReturnMetrics = None,
    ) -> AggregateGroupByReturn: ...

    async def hybrid(
        self,
        query: str,
        *,
        alpha: float | None = None,
        vector: NearVector | HybridVectorQuery | None = None,
        query_properties: Sequence[str] | None = None,
        object_limit: int | None = None,
        bm25_operator: Operator | None = None,
        target_vector: TargetVector = None,
        max_vector_distance: float | None = None,
        filters: FilterExpression | None = None,
        group_by: GroupBy | None = None,
        total_count: bool = True,
        return_metrics: ReturnMetrics = None,
    ) -> AggregateReturn | AggregateGroupByReturn:
        """The best `object_limit` results of a hybrid search, 500 if not given, which is also the most."""
        mode = searches.hybrid(
            query,
            alpha=alpha,
            vector=vector,
            query_properties=query_properties,
            max_vector_distance=max_vector_distance,
            bm25_operator=bm25_operator,
            target_vector=target_vector,
        )
        search = aggregates.searched(mode, object_limit)
        return await self._transport.run(
            aggregates.aggregate(
                self._collection,
                filters=filters,
                search=search,
                group_by=group_by,
                metrics=return_metrics,
                total_count=total_count,
            )
        )

    async def near_image(self, *_: object, **__: object) -> NoReturn:
        """Not supported; raises `AltoNotSupportedError`."""
        raise_unsupported("near_image")
