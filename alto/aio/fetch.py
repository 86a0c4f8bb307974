"""The part of `collection.query` that finds objects without a search."""

from collections.abc import Sequence
from uuid import UUID

from alto.aio.transport import AsyncTransport
from alto.classes.filters import Filter, FilterExpression
from alto.classes.query import IncludeVector, ReturnMetadata, ReturnProperties
from alto.classes.results import Object, QueryReturn
from alto.classes.sorting import Sort, Sorting
from alto.errors import AltoConfigurationError
from alto.operations import objects, searches
from alto.operations.searches import Page
from alto.unsupported import reject_given

DEFAULT_LIMIT = 10
# What one request answers.
MOST_IDS = MOST_OF_A_PAGE = 1000


class FetchAsync:
    """Reads the objects of one collection."""

    def __init__(self, transport: AsyncTransport, collection: str) -> None:
        self._transport = transport
        self._collection = collection

    async def fetch_objects(
        self,
        *,
        limit: int | None = None,
        offset: int | None = None,
        after: UUID | str | None = None,
        filters: FilterExpression | None = None,
        sort: Sorting | None = None,
        include_vector: IncludeVector = False,
        return_metadata: ReturnMetadata = None,
        return_properties: ReturnProperties = None,
        return_references: object = None,
    ) -> QueryReturn:
        """Objects by id, or as `sort` says; 10 if `limit` is not given.

        `after` is the id of the last object of the page before: it goes as deep as there are objects, `offset` to
        10,000. Raises `AltoConfigurationError` for `after` with `offset` or `sort`.
        """
        reject_given(return_references=return_references)
        if offset or sort is not None:
            if after:
                raise AltoConfigurationError("after: it follows the order of ids: leave out offset and sort")
            page = Page(limit, offset, None, filters, include_vector, return_metadata, return_properties)
            mode = searches.listing(sort or Sort.by_id())
            return await self._transport.run(searches.search(self._collection, mode, page))
        found: list[Object] = []
        wanted = DEFAULT_LIMIT if limit is None else limit
        following: UUID | str | None = after
        while True:
            operation = objects.page(
                self._collection,
                after=following,
                limit=min(MOST_OF_A_PAGE, wanted - len(found)),
                filters=filters,
                include_vector=include_vector,
                return_properties=return_properties,
            )
            chosen, following = await self._transport.run(operation)
            found += chosen
            if following is None or len(found) >= wanted:
                return QueryReturn(found, total=len(found))

    async def fetch_objects_by_ids(
        self,
        ids: Sequence[UUID | str],
        *,
        limit: int | None = None,
        offset: int | None = None,
        after: UUID | str | None = None,
        sort: Sorting | None = None,
        include_vector: IncludeVector = False,
        return_metadata: ReturnMetadata = None,
        return_properties: ReturnProperties = None,
        return_references: object = None,
    ) -> QueryReturn:
        """The objects of these ids that there are, all if `limit` is not given, in the order of `ids` or of `sort`.

        Sees writes at once, but with `sort` or `after` only when searches do.
        """
        reject_given(return_references=return_references)
        if not ids:
            return QueryReturn([])
        if sort is not None or after:
            return await self.fetch_objects(
                limit=limit or min(len(ids), MOST_IDS),
                offset=offset,
                after=after,
                filters=Filter.by_id().contains_any([str(each) for each in ids]),
                sort=sort,
                include_vector=include_vector,
                return_metadata=return_metadata,
                return_properties=return_properties,
            )
        found: list[Object] = []
        for start in range(0, len(ids), MOST_IDS):
            operation = objects.get_many(
                self._collection,
                ids[start : start + MOST_IDS],
                include_vector=include_vector,
                return_properties=return_properties,
            )
            found += await self._transport.run(operation)
        begin = offset or 0
        return QueryReturn(found[begin : None if limit is None else begin + limit], total=len(found))

    async def fetch_object_by_id(
        self,
        uuid: UUID | str,
        include_vector: IncludeVector = False,
        *,
        return_properties: ReturnProperties = None,
        return_references: object = None,
    ) -> Object | None:
        """One object, or None. Sees a write at once."""
        reject_given(return_references=return_references)
        return await self._transport.run(
            objects.get(self._collection, uuid, include_vector=include_vector, return_properties=return_properties)
        )
