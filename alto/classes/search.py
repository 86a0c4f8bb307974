"""Searches as values: `collection.query` makes one and sends it; `collection.query.multi` sends several at once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from typing_extensions import Unpack

from alto.classes.filters import FilterExpression
from alto.classes.query import HybridFusion, HybridVectorQuery, IncludeVector, vectors_of, wants
from alto.classes.ranking import MMR, BoostReturn, GroupBy, Rerank, Smoothing
from alto.classes.search_settings import (
    Bm25SearchSettings,
    Bm25Settings,
    FetchSettings,
    HybridSearchSettings,
    HybridSettings,
    NearSearchSettings,
    NearSettings,
    NearTextSearchSettings,
    NearTextSettings,
    SearchSettings,
    WordSettings,
    check_keywords,
    choose,
    show_keywords,
)
from alto.classes.sorting import Sorting
from alto.classes.targets import NearVectorInput, TargetVector, TargetVectorJoin
from alto.errors import AltoConfigurationError
from alto.unsupported import reject_given
from alto.values import expect, names_of, parse_reference

__all__ = ["Search", "SearchSettings"]


@dataclass(frozen=True, slots=True)
class Search:
    """One search: `Search.hybrid("a film", limit=5)`. The parameters are those of the methods of `collection.query`.

    `mode` is the kind of search with its settings, as the API takes it; `settings` are those of the request around it.
    """

    mode: dict[str, Any]
    settings: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    @show_keywords
    def near_text(cls, query: str | Sequence[str], **settings: Unpack[NearTextSearchSettings]) -> "Search":
        """Near to texts.

        Args:
            query: The text.
        """
        check_keywords(NearTextSearchSettings, settings, "near_text")
        words = query if isinstance(query, str) else list(query)
        return cls({"near_text": {"query": words} | _near(choose(NearTextSettings, settings))}, settings)

    @classmethod
    @show_keywords
    def near_vector(cls, near_vector: NearVectorInput, **settings: Unpack[NearSearchSettings]) -> "Search":
        """Near to a vector, or to one for each target.

        Args:
            near_vector: The vector, or `{name: vector}`, or `{name: [vector, vector]}`.
        """
        check_keywords(NearSearchSettings, settings, "near_vector")
        near = _near(choose(NearSettings, settings))
        return cls({"near_vector": near | vectors_of(near_vector)}, settings)

    @classmethod
    @show_keywords
    def near_object(cls, near_object: UUID | str, **settings: Unpack[NearSearchSettings]) -> "Search":
        """Near to an object.

        Args:
            near_object: The object's id or key.
        """
        check_keywords(NearSearchSettings, settings, "near_object")
        near = _near(choose(NearSettings, settings))
        return cls({"near_object": {"id": parse_reference(near_object)} | near}, settings)

    @classmethod
    @show_keywords
    def bm25(cls, query: str, **settings: Unpack[Bm25SearchSettings]) -> "Search":
        """For words.

        Args:
            query: The text.
        """
        check_keywords(Bm25SearchSettings, settings, "bm25")
        return cls({"bm25": {"query": query} | _words(choose(Bm25Settings, settings))}, settings)

    @classmethod
    @show_keywords
    def hybrid(cls, query: str | None, **settings: Unpack[HybridSearchSettings]) -> "Search":
        """For words and meaning.

        Args:
            query: The text.
        """
        check_keywords(HybridSearchSettings, settings, "hybrid")
        fusion = settings.get("fusion_type")
        if not query:
            return cls({"near_vector": _only_vector(choose(HybridSettings, settings))}, settings)
        body = _hybrid(query, choose(HybridSettings, settings))
        return cls({"hybrid": body | _given(fusion=fusion and HybridFusion(fusion).value)}, settings)

    @classmethod
    def listing(cls, **settings: Unpack[FetchSettings]) -> "Search":
        """Objects in an order, without a search."""
        sort = expect("sort", settings.get("sort"), Sorting, "Sort.by_property('year')")
        return cls({} if sort is None else {"sort": sort.to_api()}, settings)

    @property
    def include_vector(self) -> IncludeVector:
        """Which vectors are returned."""
        return self.settings.get("include_vector") or False

    def to_api(self) -> dict[str, Any]:
        """As the API takes it: only what was given."""
        given = self.settings
        reject_given(return_references=given.get("return_references"))
        filters = expect("filters", given.get("filters"), FilterExpression, "Filter.by_property('year').equal(1994)")
        metadata = given.get("return_metadata")
        has_parts = "hybrid" in self.mode or any(given.get(name) is not None for name in ("boost", "smoothing"))
        explains = has_parts and wants(metadata, "explain_score")
        return (
            self.mode
            | self._steps(expect("limit", given.get("limit"), int, "10"))
            | _given(
                offset=None if self._is_window else expect("offset", given.get("offset"), int, "10"),
                autocut=given.get("auto_limit"),
                filter=None if filters is None else filters.body,
                return_properties=names_of(given.get("return_properties")),
                include_vectors=True if self.include_vector else None,
                profile=True if wants(metadata, "query_profile") else None,
                include_times=True if wants(metadata, "creation_time", "last_update_time") else None,
                highlight=True if given.get("highlight") else None,
                min_score=given.get("min_score"),
                context=given.get("context"),
                include_passage=True if given.get("include_passage") else None,
                explain=True if explains else None,
            )
        )

    @property
    def _is_window(self) -> bool:
        """Whether the offset is that of the hits from which diverse ones are chosen."""
        diversity = self.settings.get("diversity_selection")
        return isinstance(diversity, MMR) and diversity.limit is not None

    def _steps(self, limit: int | None) -> dict[str, Any]:
        """The limit, and what happens to the hits.

        As in Weaviate, the search's limit is the number of hits from which groups are made and diverse hits chosen, and
        its offset the first of these.
        """
        given = self.settings
        boost = expect("boost", given.get("boost"), BoostReturn, "Boost.filter(...)")
        rerank = expect("rerank", given.get("rerank"), Rerank, "Rerank(prop='title', model='cohere.rerank-v3-5:0')")
        diversity = expect("diversity_selection", given.get("diversity_selection"), MMR, "Diversity.mmr(limit=5)")
        example = "GroupBy(prop='year', objects_per_group=2, number_of_groups=5)"
        group_by = expect("group_by", given.get("group_by"), GroupBy, example)
        smoothing = expect("smoothing", given.get("smoothing"), Smoothing, "Smoothing(weight=0.2)")
        body = _given(
            boost=boost and boost.to_api(),
            smoothing=None if smoothing is None else smoothing.to_api(),
            rerank=rerank and rerank.to_api(),
        )
        if diversity is not None:
            chosen = diversity.limit
            body["diversity"] = _given(
                balance=diversity.balance,
                candidates=None if chosen is None else limit,
                skip=expect("offset", given.get("offset"), int, "10") if self._is_window else None,
            )
            limit = limit if chosen is None else chosen
        if group_by is not None:
            return body | {"group_by": group_by.to_api(limit)}
        return body | _given(limit=limit)


def _near(settings: dict[str, Any]) -> dict[str, Any]:
    """The settings of a search by a vector; moves become what the API takes."""
    moves = {name: settings[name].to_api() for name in ("move_to", "move_away") if name in settings}
    return settings | moves | _given(target_vector=_target(settings.get("target_vector")))


def _words(settings: dict[str, Any]) -> dict[str, Any]:
    """The settings of a search for words."""
    operator = settings.get("operator") or settings.get("bm25_operator")
    plain = {name: settings[name] for name in choose(WordSettings, settings) if name != "query_properties"}
    return (
        _given(properties=names_of(settings.get("query_properties"))) | plain | (operator.settings if operator else {})
    )


def _only_vector(settings: dict[str, Any]) -> dict[str, Any]:
    """A hybrid search without a text has only a vector's leg, as in Weaviate."""
    vector = settings.get("vector")
    leg = vector.settings if isinstance(vector, HybridVectorQuery) else {} if vector is None else vectors_of(vector)
    if not {"vector", "vectors"} & set(leg) or settings.get("alpha") == 0:
        raise AltoConfigurationError("query: a hybrid search needs a text, or a vector and an alpha above 0")
    distance = leg.get("max_vector_distance", settings.get("max_vector_distance"))
    vectors = {name: value for name, value in leg.items() if name != "max_vector_distance"}
    return vectors | _given(distance=distance, target_vector=_target(settings.get("target_vector")))


def _hybrid(query: str, settings: dict[str, Any]) -> dict[str, Any]:
    # With alpha 0 nothing is compared with a vector.
    vector = None if settings.get("alpha") == 0 else settings.get("vector")
    if isinstance(vector, HybridVectorQuery):
        other = None if vector.text in (None, query, [query]) else vector.text
        leg = vector.settings | _given(near_text=other if other is None or isinstance(other, str) else list(other))
    else:
        leg = {} if vector is None else vectors_of(vector)
    given = _given(
        query=query,
        alpha=settings.get("alpha"),
        target_vector=_target(settings.get("target_vector")),
        max_vector_distance=settings.get("max_vector_distance"),
    )
    return given | leg | _words(settings)


def _target(target: TargetVector) -> str | dict[str, Any] | None:
    if isinstance(target, TargetVectorJoin):
        return target.settings
    names = names_of(target) or []
    return {"vectors": names} if len(names) > 1 else names[0] if names else None


def _given(**values: Any) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}
