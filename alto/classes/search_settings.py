"""The keywords of searches, written once: each method takes `**settings: Unpack[...]` of its kind."""

import difflib
import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal, TypeAlias, TypedDict, TypeVar

from alto.classes.aggregate import ReturnMetrics
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
from alto.classes.ranking import MMR, BoostReturn, GroupBy, Rerank, Smoothing
from alto.classes.sorting import Sorting
from alto.classes.targets import NearVectorInput, TargetVector

F = TypeVar("F", bound=Callable[..., Any])

Scoring: TypeAlias = Literal["combined", "sum"]
Fuzziness: TypeAlias = Literal["auto", 0, 1, 2]
# Passages around a hit: so many before and after it, or all of its section.
PassageContext: TypeAlias = int | Literal["section"]


class ReturnSettings(TypedDict, total=False):
    """The parts of each object to return."""

    include_vector: IncludeVector
    return_metadata: ReturnMetadata
    return_properties: ReturnProperties
    return_references: object


class FetchSettings(ReturnSettings, total=False):
    """A listing: its page, its filter and its order."""

    limit: int | None
    offset: int | None
    filters: FilterExpression | None
    sort: Sorting | None


class SearchSettings(ReturnSettings, total=False):
    """The settings that all searches share."""

    limit: int | None
    offset: int | None
    auto_limit: int | None
    filters: FilterExpression | None
    group_by: GroupBy | None
    rerank: Rerank | None
    boost: BoostReturn | None
    smoothing: Smoothing | None
    diversity_selection: MMR | None
    context: PassageContext | None
    include_passage: bool


class NearSettings(TypedDict, total=False):
    """The settings that the searches by a vector share."""

    certainty: float | None
    distance: float | None
    target_vector: TargetVector


class NearTextSettings(NearSettings, total=False):
    """The settings of near_text."""

    move_to: Move | None
    move_away: Move | None


class WordSettings(TypedDict, total=False):
    """How the words of a query are searched for."""

    query_properties: Sequence[str] | None
    scoring: Scoring | None
    fuzziness: Fuzziness | None
    phrase_boost: float | None


class Bm25Settings(WordSettings, total=False):
    """The settings of bm25."""

    operator: Operator | None


class HybridSettings(WordSettings, total=False):
    """The settings of hybrid. Aggregates have no `fusion_type`: they have no order."""

    alpha: float | None
    vector: NearVectorInput | HybridVectorQuery | None
    max_vector_distance: float | None
    bm25_operator: Operator | None
    target_vector: TargetVector


class WordSearchSettings(SearchSettings, total=False):
    """The settings that the searches for words share."""

    highlight: bool
    min_score: float | None


class NearSearchSettings(SearchSettings, NearSettings, total=False):
    """Every keyword of `query.near_vector` and `query.near_object`."""


class NearTextSearchSettings(SearchSettings, NearTextSettings, total=False):
    """Every keyword of `query.near_text`."""


class Bm25SearchSettings(WordSearchSettings, Bm25Settings, total=False):
    """Every keyword of `query.bm25`."""


class HybridSearchSettings(WordSearchSettings, HybridSettings, total=False):
    """Every keyword of `query.hybrid`."""

    fusion_type: HybridFusion | None


class AggregateSettings(TypedDict, total=False):
    """The settings that all aggregates share."""

    filters: FilterExpression | None
    total_count: bool
    return_metrics: ReturnMetrics


class AggregateSearchSettings(AggregateSettings, total=False):
    """The settings that the aggregates over a search share."""

    object_limit: int | None


class NearAggregateSettings(AggregateSearchSettings, NearSettings, total=False):
    """Every keyword of `aggregate.near_vector` and `aggregate.near_object`, except `group_by`."""


class NearTextAggregateSettings(AggregateSearchSettings, NearTextSettings, total=False):
    """Every keyword of `aggregate.near_text`, except `group_by`."""


class HybridAggregateSettings(AggregateSearchSettings, HybridSettings, total=False):
    """Every keyword of `aggregate.hybrid`, except `group_by`."""


def keywords_of(kind: type) -> frozenset[str]:
    """The keywords that a kind of settings has."""
    optional: frozenset[str] = vars(kind)["__optional_keys__"]
    return optional


def check_keywords(kind: type, given: Mapping[str, Any], method: str) -> None:
    """Raise `TypeError` for a keyword that the method does not have, as Python does for parameters."""
    known = keywords_of(kind)
    for name in given:
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            hint = f". Did you mean '{near[0]}'?" if near else f"; it has {', '.join(sorted(known))}"
            raise TypeError(f"{method}() got an unexpected keyword argument '{name}'{hint}")


def choose(kind: type, given: Mapping[str, Any]) -> dict[str, Any]:
    """The settings that belong to this kind and have a value."""
    known = keywords_of(kind)
    return {name: value for name, value in given.items() if name in known and value is not None}


def show_keywords(function: F) -> F:
    """Let `help()` and notebooks show the keywords of `**settings` one by one. Type checkers read them themselves."""
    signature = inspect.signature(function)
    *shown, settings = signature.parameters.values()
    kind = settings.annotation.__args__[0]
    named = {each.name for each in shown}
    expanded = [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=annotation)
        for name, annotation in kind.__annotations__.items()
        if name not in named
    ]
    function.__signature__ = signature.replace(parameters=[*shown, *expanded])  # type: ignore[attr-defined]
    return function
