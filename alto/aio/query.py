"""`collection.query`: searches."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from typing_extensions import Unpack

from alto.aio.fetch import FetchAsync
from alto.classes.results import P, QueryReturn
from alto.classes.search import Search
from alto.classes.search_settings import (
    Bm25SearchSettings,
    HybridSearchSettings,
    NearSearchSettings,
    NearTextSearchSettings,
    show_keywords,
)
from alto.classes.targets import NearVectorInput
from alto.errors import AltoError
from alto.operations.searches import MOST_SEARCHES, multi
from alto.unsupported import ALTERNATIVES, Unsupported


class QueryAsync(FetchAsync[P]):
    """Searches one collection.

    All searches have these keywords in common:

    Args:
        limit: The largest number of objects; 10 if not given. More than 1,000, to 10,000, are several requests.
        offset: How many objects to skip.
        auto_limit: Cut the hits at this many jumps of the score or the distance.
        filters: Only objects that match: `Filter.by_property("year").greater_than(1990)`.
        group_by: Put hits with the same value of a property together.
        rerank: Put the hits into the order of a reranking model.
        boost: Raise the scores of objects that match a condition.
        smoothing: Score hits also by those that are most like them: `Smoothing()`.
        diversity_selection: Choose hits that differ: `Diversity.mmr(limit=5)`.
        context: Of documents: also return so many passages before and after each, or its "section" (docs/documents.md).
        include_passage: Of a vector with `passages`: return the one nearest to the query (docs/embedding.md).
        include_vector: Return the vectors: True for all, or their names.
        return_metadata: What else to return: `MetadataQuery(explain_score=True)`, or a list of names.
        return_properties: The properties to return; all if not given.

    They happen in this order: boost, smoothing, rerank, diversity, auto_limit, then group_by or the page
    (docs/search.md).
    Each search raises `AltoConfigurationError` for an argument that cannot be right, and otherwise the `AltoError`
    that the response is.
    """

    near_image = Unsupported("near_image", ALTERNATIVES["near_image"])
    near_media = Unsupported("near_media", ALTERNATIVES["near_image"])

    @show_keywords
    async def near_text(self, query: str | Sequence[str], **settings: Unpack[NearTextSearchSettings]) -> QueryReturn[P]:
        """Find objects whose meaning is near to a text, in any words.

        Args:
            query: The text, or several whose vectors are averaged.
            **settings: `certainty` or `distance`, the threshold; `move_to` and `move_away` (`Move(...)`);
                `target_vector`, which vector to compare; and those that all searches have.
        """
        return await self._search(Search.near_text(query, **settings))

    @show_keywords
    async def near_vector(self, near_vector: NearVectorInput, **settings: Unpack[NearSearchSettings]) -> QueryReturn[P]:
        """Find objects whose vector is near to this one.

        Args:
            near_vector: A list or an array of numbers, or `{name: vector}`, or several for a name.
            **settings: `certainty` or `distance`, the threshold; `target_vector`, which vector to compare; and those
                that all searches have.
        """
        return await self._search(Search.near_vector(near_vector, **settings))

    @show_keywords
    async def near_object(self, near_object: UUID | str, **settings: Unpack[NearSearchSettings]) -> QueryReturn[P]:
        """Find objects whose vector is near to that of an object, which is the first hit.

        Args:
            near_object: The object's id.
            **settings: As of `near_vector`.
        """
        return await self._search(Search.near_object(near_object, **settings))

    @show_keywords
    async def bm25(self, query: str, **settings: Unpack[Bm25SearchSettings]) -> QueryReturn[P]:
        """Find objects that contain the words of a text.

        Args:
            query: The words.
            **settings: `query_properties`, where to look, with boosts: `["title^2", "body"]`; `operator`, how many of
                the words are required (`BM25Operator.and_()`); `fuzziness`, how many letters of a word may differ
                ("auto", 0, 1 or 2); `phrase_boost`, the weight of words that are adjacent as in the query (0.2 is a
                good start); `scoring`, "combined" or "sum" over the properties; `min_score`, the smallest score of a
                hit; `highlight`, return the passages with the words (`.highlights` of each object); and those that
                all searches have.
        """
        return await self._search(Search.bm25(query, **settings))

    @show_keywords
    async def hybrid(self, query: str | None, **settings: Unpack[HybridSearchSettings]) -> QueryReturn[P]:
        """Find objects by their words and by their meaning.

        Args:
            query: The text; None or "" with a `vector` searches by that alone.
            **settings: `alpha`, the weight of the meaning, 0 to 1; `vector`, a vector to use instead of the text's;
                `fusion_type`, how two scores become one; `max_vector_distance`; `bm25_operator`; `target_vector`;
                those of `bm25` from `query_properties` to `highlight`; and those that all searches have.
        """
        return await self._search(Search.hybrid(query, **settings))

    async def multi(self, searches: Sequence[Search]) -> list[QueryReturn[P] | AltoError]:
        """Run several searches, twenty in a request: their texts are embedded together. Alto's own.

        Args:
            searches: `Search.hybrid("a film", limit=5)` and the like.

        Returns:
            The results in the order of the searches; for one that is wrong or fails, its error.
        """
        found: list[Any] = []
        for start in range(0, len(searches), MOST_SEARCHES):
            found += await self._schemas.run(multi(self._collection, searches[start : start + MOST_SEARCHES]))
        for each in found:
            if isinstance(each, QueryReturn):
                await self._schemas.type(each.objects)
        return found
