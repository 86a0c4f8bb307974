"""`collection.generate`: searches whose hits become texts, with their sources."""

from collections.abc import Sequence
from typing import Any, Generic, cast
from uuid import UUID

from typing_extensions import Unpack

from alto.aio.schemas import AsyncSchemas
from alto.aio.transport import AsyncTransport
from alto.classes.filters import Filter
from alto.classes.generative_results import GenerativeReturn
from alto.classes.generative_tasks import (
    Bm25GenerateSettings,
    FetchGenerateSettings,
    HybridGenerateSettings,
    NearGenerateSettings,
    NearTextGenerateSettings,
    tasks_to_api,
    without_tasks,
)
from alto.classes.results import P
from alto.classes.search import Search
from alto.classes.search_settings import check_keywords, show_keywords
from alto.classes.sorting import Sort
from alto.classes.targets import NearVectorInput
from alto.operations import generations
from alto.unsupported import ALTERNATIVES, Unsupported, raise_unsupported


class GenerateAsync(Generic[P]):
    """Searches one collection and lets a model write from the objects found.

    All methods have the keywords of the same search in `collection.query`, and these:

    Args:
        single_prompt: A prompt for each object, one call each: "Translate into French: {title}". The text is
            `.objects[i].generative.text`.
        grouped_task: A task over all objects, one call: "How do I rotate a key?". The text is `.generative.text`,
            its sources `.generative.citations`.
        grouped_properties: The properties that the model reads; all texts if not given.
        generative_provider: The model of this request: `GenerativeConfig.aws_bedrock(...)`; the collection's if not
            given.
        citations: Whether the model names its sources; True if not given.

    A text that cannot be generated is None, its `.error` says why, and a warning says how many there are. Each method
    raises `AltoConfigurationError` for an argument that cannot be right, and otherwise the `AltoError` that the
    response is.
    """

    near_image = Unsupported("near_image", ALTERNATIVES["near_image"])
    near_media = Unsupported("near_media", ALTERNATIVES["near_image"])

    def __init__(self, transport: AsyncTransport, collection: str) -> None:
        self._collection = collection
        self._schemas = AsyncSchemas(transport, collection)

    @show_keywords
    async def near_text(
        self, query: str | Sequence[str], **settings: Unpack[NearTextGenerateSettings]
    ) -> GenerativeReturn[P]:
        """From objects whose meaning is near to a text.

        Args:
            query: As of `query.near_text`.
            **settings: Those of `query.near_text`, and those of all methods here.
        """
        check_keywords(NearTextGenerateSettings, settings, "near_text")
        return await self._generate(Search.near_text(query, **without_tasks(settings)), settings)

    @show_keywords
    async def near_vector(
        self, near_vector: NearVectorInput, **settings: Unpack[NearGenerateSettings]
    ) -> GenerativeReturn[P]:
        """From objects whose vector is near to this one.

        Args:
            near_vector: As of `query.near_vector`.
            **settings: Those of `query.near_vector`, and those of all methods here.
        """
        check_keywords(NearGenerateSettings, settings, "near_vector")
        return await self._generate(Search.near_vector(near_vector, **without_tasks(settings)), settings)

    @show_keywords
    async def near_object(
        self, near_object: UUID | str, **settings: Unpack[NearGenerateSettings]
    ) -> GenerativeReturn[P]:
        """From objects whose vector is near to that of an object.

        Args:
            near_object: The object's id.
            **settings: Those of `query.near_object`, and those of all methods here.
        """
        check_keywords(NearGenerateSettings, settings, "near_object")
        return await self._generate(Search.near_object(near_object, **without_tasks(settings)), settings)

    @show_keywords
    async def bm25(self, query: str, **settings: Unpack[Bm25GenerateSettings]) -> GenerativeReturn[P]:
        """From objects that contain the words of a text.

        Args:
            query: The words.
            **settings: Those of `query.bm25`, and those of all methods here.
        """
        check_keywords(Bm25GenerateSettings, settings, "bm25")
        return await self._generate(Search.bm25(query, **without_tasks(settings)), settings)

    @show_keywords
    async def hybrid(self, query: str | None, **settings: Unpack[HybridGenerateSettings]) -> GenerativeReturn[P]:
        """From objects found by their words and by their meaning.

        Args:
            query: The text.
            **settings: Those of `query.hybrid`, and those of all methods here.
        """
        check_keywords(HybridGenerateSettings, settings, "hybrid")
        return await self._generate(Search.hybrid(query, **without_tasks(settings)), settings)

    @show_keywords
    async def fetch_objects(
        self, *, after: UUID | str | None = None, **settings: Unpack[FetchGenerateSettings]
    ) -> GenerativeReturn[P]:
        """From objects as they are listed, without a search.

        Args:
            after: Not supported here; use `offset`.
            **settings: `limit`, `offset`, `filters`, `sort` and the others of `query.fetch_objects`, and those of all
                methods here.
        """
        if after is not None:
            raise_unsupported("after in generate.fetch_objects", "offset, or sort and a filter on the last value")
        check_keywords(FetchGenerateSettings, settings, "fetch_objects")
        return await self._list({}, settings)

    @show_keywords
    async def fetch_objects_by_ids(
        self, ids: Sequence[UUID | str], **settings: Unpack[FetchGenerateSettings]
    ) -> GenerativeReturn[P]:
        """From objects with these ids.

        Args:
            ids: Their ids.
            **settings: Those of `fetch_objects`; `limit` is their number if not given.
        """
        check_keywords(FetchGenerateSettings, settings, "fetch_objects_by_ids")
        chosen = Filter.by_id().contains_any([str(each) for each in ids])
        filters = settings.get("filters")
        of_ids = {"filters": chosen if filters is None else chosen & filters, "limit": settings.get("limit", len(ids))}
        return await self._list(of_ids, settings)

    async def _list(self, changes: dict[str, Any], settings: Any) -> GenerativeReturn[P]:
        """A listing; the API has none without an order."""
        listing = without_tasks(settings) | changes
        order = listing.get("sort") or Sort.by_id()
        return await self._generate(Search.listing(**(listing | {"sort": order})), settings)

    async def _generate(self, search: Search, settings: Any) -> GenerativeReturn[P]:
        tasks = tasks_to_api(settings)
        found: Any = await self._schemas.run(generations.generate(self._collection, search, tasks))
        await self._schemas.type(found.objects)
        return cast("GenerativeReturn[P]", found)
