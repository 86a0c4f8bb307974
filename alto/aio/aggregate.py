"""`collection.aggregate`: counts and statistics."""

from collections.abc import Sequence
from typing import Any, TypeAlias, overload
from uuid import UUID

from typing_extensions import Unpack

from alto.aio.schemas import AsyncSchemas
from alto.aio.transport import AsyncTransport
from alto.classes.aggregate import AggregateGroupByReturn, AggregateReturn
from alto.classes.search import Search
from alto.classes.search_settings import (
    AggregateSettings,
    HybridAggregateSettings,
    HybridSettings,
    NearAggregateSettings,
    NearSettings,
    NearTextAggregateSettings,
    NearTextSettings,
    check_keywords,
    choose,
    show_keywords,
)
from alto.classes.targets import NearVectorInput
from alto.operations import aggregates
from alto.operations.aggregates import GroupBy
from alto.unsupported import ALTERNATIVES, Unsupported

Either: TypeAlias = AggregateReturn | AggregateGroupByReturn


class AggregateAsync:
    """Aggregates the objects of one collection: all, those of a filter, or the results of a search.

    With `group_by` each method returns an `AggregateGroupByReturn`, without it an `AggregateReturn`. All have these
    keywords in common:

    Args:
        filters: Only objects that match.
        group_by: A property, or `GroupByAggregate(prop, limit)`: one result for each of its values.
        total_count: Whether to return the number of objects.
        return_metrics: What to compute: `Metrics("year").integer(mean=True)`, or several.
        object_limit: Of the aggregates over a search: how many of its best results count.
    """

    near_image = Unsupported("near_image", ALTERNATIVES["near_image"])

    def __init__(self, transport: AsyncTransport, collection: str) -> None:
        self._collection = collection
        self._schemas = AsyncSchemas(transport, collection)

    @overload
    async def over_all(self, *, group_by: None = None, **settings: Unpack[AggregateSettings]) -> AggregateReturn: ...

    @overload
    async def over_all(self, *, group_by: GroupBy, **settings: Unpack[AggregateSettings]) -> AggregateGroupByReturn: ...

    @show_keywords
    async def over_all(self, *, group_by: GroupBy | None = None, **settings: Unpack[AggregateSettings]) -> Either:
        """Aggregate all objects, or those of a filter.

        Args:
            group_by: As of all aggregates.
            **settings: Those of all aggregates.
        """
        check_keywords(AggregateSettings, settings, "over_all")
        return await self._aggregate(None, group_by, settings)

    @overload
    async def near_text(
        self, query: str | Sequence[str], *, group_by: None = None, **settings: Unpack[NearTextAggregateSettings]
    ) -> AggregateReturn: ...

    @overload
    async def near_text(
        self, query: str | Sequence[str], *, group_by: GroupBy, **settings: Unpack[NearTextAggregateSettings]
    ) -> AggregateGroupByReturn: ...

    @show_keywords
    async def near_text(
        self,
        query: str | Sequence[str],
        *,
        group_by: GroupBy | None = None,
        **settings: Unpack[NearTextAggregateSettings],
    ) -> Either:
        """Aggregate the objects nearest to a text: `object_limit` of them, or those within a threshold (1,000 at most).

        Args:
            query: The text, or several whose vectors are averaged.
            group_by: As of all aggregates.
            **settings: Those of `query.near_text` for the search, and those of all aggregates.
        """
        check_keywords(NearTextAggregateSettings, settings, "near_text")
        search = Search.near_text(query, **choose(NearTextSettings, settings))
        return await self._aggregate(search, group_by, settings)

    @overload
    async def near_vector(
        self, near_vector: NearVectorInput, *, group_by: None = None, **settings: Unpack[NearAggregateSettings]
    ) -> AggregateReturn: ...

    @overload
    async def near_vector(
        self, near_vector: NearVectorInput, *, group_by: GroupBy, **settings: Unpack[NearAggregateSettings]
    ) -> AggregateGroupByReturn: ...

    @show_keywords
    async def near_vector(
        self,
        near_vector: NearVectorInput,
        *,
        group_by: GroupBy | None = None,
        **settings: Unpack[NearAggregateSettings],
    ) -> Either:
        """Aggregate the objects nearest to a vector, as `near_text` counts them.

        Args:
            near_vector: A list or an array of numbers, or `{name: vector}`.
            group_by: As of all aggregates.
            **settings: Those of `query.near_vector` for the search, and those of all aggregates.
        """
        check_keywords(NearAggregateSettings, settings, "near_vector")
        search = Search.near_vector(near_vector, **choose(NearSettings, settings))
        return await self._aggregate(search, group_by, settings)

    @overload
    async def near_object(
        self, near_object: UUID | str, *, group_by: None = None, **settings: Unpack[NearAggregateSettings]
    ) -> AggregateReturn: ...

    @overload
    async def near_object(
        self, near_object: UUID | str, *, group_by: GroupBy, **settings: Unpack[NearAggregateSettings]
    ) -> AggregateGroupByReturn: ...

    @show_keywords
    async def near_object(
        self, near_object: UUID | str, *, group_by: GroupBy | None = None, **settings: Unpack[NearAggregateSettings]
    ) -> Either:
        """Aggregate the objects nearest to an object, itself included, as `near_text` counts them.

        Args:
            near_object: The object's id.
            group_by: As of all aggregates.
            **settings: Those of `query.near_object` for the search, and those of all aggregates.
        """
        check_keywords(NearAggregateSettings, settings, "near_object")
        search = Search.near_object(near_object, **choose(NearSettings, settings))
        return await self._aggregate(search, group_by, settings)

    @overload
    async def hybrid(
        self, query: str | None, *, group_by: None = None, **settings: Unpack[HybridAggregateSettings]
    ) -> AggregateReturn: ...

    @overload
    async def hybrid(
        self, query: str | None, *, group_by: GroupBy, **settings: Unpack[HybridAggregateSettings]
    ) -> AggregateGroupByReturn: ...

    @show_keywords
    async def hybrid(
        self, query: str | None, *, group_by: GroupBy | None = None, **settings: Unpack[HybridAggregateSettings]
    ) -> Either:
        """Aggregate the best `object_limit` results of a hybrid search: 500 if not given, which is also the most.

        Args:
            query: The text.
            group_by: As of all aggregates.
            **settings: Those of `query.hybrid` for the search, and those of all aggregates.
        """
        check_keywords(HybridAggregateSettings, settings, "hybrid")
        search = Search.hybrid(query, **choose(HybridSettings, settings))
        return await self._aggregate(search, group_by, settings)

    async def _aggregate(self, search: Search | None, group_by: GroupBy | None, settings: Any) -> Either:
        return await self._schemas.run(
            aggregates.aggregate(
                self._collection,
                filters=settings.get("filters"),
                search=None if search is None else aggregates.limit_search(search.mode, settings.get("object_limit")),
                group_by=group_by,
                metrics=settings.get("return_metrics"),
                total_count=settings.get("total_count", True),
            )
        )
