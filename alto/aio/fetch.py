"""The part of `collection.query` that finds objects without a search."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Generic, cast
from uuid import UUID

from typing_extensions import Unpack

from alto.aio.schemas import AsyncSchemas
from alto.aio.transport import AsyncTransport
from alto.classes.filters import Filter
from alto.classes.query import IncludeVector, ReturnProperties
from alto.classes.results import Object, P, QueryReturn
from alto.classes.search import Search
from alto.classes.search_settings import FetchSettings, check_keywords, show_keywords
from alto.classes.sorting import Sort
from alto.errors import AltoConfigurationError
from alto.operations import objects, searches
from alto.unsupported import reject_given

DEFAULT_LIMIT = 10
# As many as one response has.
MOST_IDS = MOST_OF_A_PAGE = 1000


class FetchAsync(Generic[P]):
    """Reads the objects of one collection."""

    def __init__(self, transport: AsyncTransport, collection: str) -> None:
        self._transport = transport
        self._collection = collection
        self._schemas = AsyncSchemas(transport, collection)

    @show_keywords
    async def fetch_objects(
        self, *, after: UUID | str | None = None, **settings: Unpack[FetchSettings]
    ) -> QueryReturn[P]:
        """List objects by id, or in the order of `sort`.

        Args:
            after: The id of the last object of the page before: it goes as deep as there are objects, `offset` to
                10,000.
            **settings: `limit`, 10 if not given; `offset`; `filters`; `sort` (`Sort.by_property("year")`);
                `include_vector`; `return_metadata`; `return_properties`.

        Raises `AltoConfigurationError` for `after` together with `offset` or `sort`.
        """
        check_keywords(FetchSettings, settings, "fetch_objects")
        reject_given(return_references=settings.get("return_references"))
        if settings.get("offset") or settings.get("sort") is not None:
            if after:
                raise AltoConfigurationError("after: it follows the order of ids: leave out offset and sort")
            listing = Search.listing(**(settings | {"sort": settings.get("sort") or Sort.by_id()}))
            return await self._search(listing)
        found: list[Any] = []
        limit = settings.get("limit")
        wanted = limit or DEFAULT_LIMIT
        following: UUID | str | None = after
        while True:
            operation = objects.page(
                self._collection,
                after=following,
                limit=min(MOST_OF_A_PAGE, wanted - len(found)),
                filters=settings.get("filters"),
                include_vector=settings.get("include_vector", False),
                return_properties=settings.get("return_properties"),
            )
            chosen, following = await self._schemas.run(operation)
            found += chosen
            if following is None or len(found) >= wanted:
                await self._schemas.type(found)
                return QueryReturn(found, total=len(found))

    @show_keywords
    async def fetch_objects_by_ids(
        self, ids: Sequence[UUID | str], *, after: UUID | str | None = None, **settings: Unpack[FetchSettings]
    ) -> QueryReturn[P]:
        """Get the objects of these ids in the order of `ids`, or of `sort`; ids without an object are left out.

        Reads the latest writes; with `sort` or `after` only those that searches see.

        Args:
            ids: The ids or keys.
            after: With the order of ids: the id of the last object of the page before.
            **settings: `limit`, all if not given; `offset`; `sort`; `include_vector`; `return_metadata`;
                `return_properties`.
        """
        check_keywords(FetchSettings, settings, "fetch_objects_by_ids")
        reject_given(return_references=settings.get("return_references"))
        if not ids:
            return QueryReturn([])
        if settings.get("sort") is not None or after:
            asked = settings | {
                "limit": settings.get("limit") or min(len(ids), MOST_IDS),
                "filters": Filter.by_id().contains_any([str(each) for each in ids]),
            }
            return await self.fetch_objects(after=after, **asked)
        found: list[Any] = []
        for start in range(0, len(ids), MOST_IDS):
            operation = objects.get_many(
                self._collection,
                ids[start : start + MOST_IDS],
                include_vector=settings.get("include_vector", False),
                return_properties=settings.get("return_properties"),
            )
            found += await self._transport.run(operation)
        await self._schemas.type(found)
        begin, limit = settings.get("offset") or 0, settings.get("limit")
        return QueryReturn(found[begin : None if limit is None else begin + limit], total=len(found))

    async def fetch_object_by_id(
        self,
        uuid: UUID | str,
        include_vector: IncludeVector = False,
        *,
        return_properties: ReturnProperties = None,
        return_references: object = None,
    ) -> Object[P] | None:
        """Get one object, or None. Reads the latest write.

        Args:
            uuid: The object's id, or its key.
            include_vector: Return the vectors: True for all, or their names.
            return_properties: The properties to return; all if not given.
            return_references: Not supported.
        """
        reject_given(return_references=return_references)
        found: Any = await self._transport.run(
            objects.get(self._collection, uuid, include_vector=include_vector, return_properties=return_properties)
        )
        await self._schemas.type([] if found is None else [found])
        return cast("Object[P] | None", found)

    async def _search(self, asked: Search) -> QueryReturn[P]:
        """Run a search, in as many requests as its limit needs."""
        first, *rest = searches.pages(asked)
        found: Any = await self._schemas.run(searches.search(self._collection, first))
        for page in rest:
            if len(found.objects) % searches.MOST_OF_A_PAGE:
                break
            more = await self._schemas.run(searches.search(self._collection, page))
            took = found.took_ms + more.took_ms
            found = replace(found, objects=found.objects + more.objects, took_ms=took, truncated=more.truncated)
        await self._schemas.type(found.objects)
        return cast("QueryReturn[P]", found)
