"""BM25: builds the OpenSearch query for the words of a query. Pure."""

import re
from itertools import pairwise
from typing import Any, NamedTuple

from lambdas.collections.model import CollectionConfig
from lambdas.collections.properties import TOKENIZATIONS, Property
from lambdas.errors import InvalidRequestError
from lambdas.search.clauses.stop_words import list_content_words, list_stop_words, remove_stop_words
from lambdas.search.modes import WordSettings

# Counting titles three times adds .005 to nDCG@10 (docs/decisions/0020). Only where properties are scored as one
# text: where a title has a score of its own, that is large already, and tripling it costs .035.
TITLES = frozenset({"title", "name", "headline", "subject"})
TITLE_BOOST = 3.0
# A long query has enough evidence in its words, and each pair costs reading the positions of both.
MAX_PAIRS = 32

# A title that is the query adds this for each of the query's words. A rare word scores about 20 in a large collection.
WHOLE_VALUE_BOOST = 20.0
MAX_TITLE = 200
MAX_PART_NUMBERS = 8
# Three groups of letters and digits or more, one digit at least: rare in prose, unlike `IL-6`.
PART_NUMBER = re.compile(r"(?=.*\d)[^\W_]+(?:[-/._:][^\W_]+){2,}")
# Tokenizations that cut part numbers into words and keep their order.
_PHRASED = frozenset(TOKENIZATIONS) - {"field", "whitespace", "lowercase", "trigram", "cjk"}

Boosts = dict[str, float]


class Group(NamedTuple):
    """The settings that properties searched together share."""

    tokenization: str
    stop_words: frozenset[str]
    folding: bool = False


def build_bm25_query(collection: CollectionConfig, text: str, settings: WordSettings) -> dict[str, Any]:
    """Build the BM25 query of a text.

    Properties with the same tokenization, stop words and folding are searched together; the scores of the
    groups are added up.
    Raises `InvalidRequestError` for a property that cannot be searched, or groups that an operator cannot span.
    """
    groups = group_properties(collection, settings.properties, 1.0 if _sums_scores(settings) else TITLE_BOOST)
    if len(groups) > 1 and (settings.operator == "and_across" or settings.minimum_match is not None):
        setting = "operator" if settings.operator == "and_across" else "minimum_match"
        problem = (
            "counts words over properties that must share their tokenization and stop words, but these have "
            f"{', '.join(group.tokenization for group in groups)}: name the 'properties' to search"
        )
        raise InvalidRequestError.at(setting, problem)
    queries = [_build_group_query(text, group, boosts, settings) for group, boosts in groups.items()]
    words = queries[0] if len(queries) == 1 else {"bool": {"should": queries, "minimum_should_match": 1}}
    evidence = [
        *_build_phrases(text, groups, settings.phrase_boost),
        *_build_part_numbers(text, groups),
        *_build_whole_value(collection, text, groups),
    ]
    return {"bool": {"must": [words], "should": evidence}} if evidence else words


def group_properties(
    collection: CollectionConfig, properties: list[str] | None, title_boost: float
) -> dict[Group, Boosts]:
    """Return the fields to search with their boosts, by the settings that they share."""
    groups: dict[Group, Boosts] = {}
    for item, boost in choose_properties(collection, properties, title_boost):
        groups.setdefault(Group(item.tokenization, list_stop_words(item), item.folding), {})[
            f"properties.{item.name}"
        ] = boost
    return groups


def choose_properties(
    collection: CollectionConfig, properties: list[str] | None, title_boost: float = TITLE_BOOST
) -> list[tuple[Property, float]]:
    """Return the properties of a BM25 search, each with its boost."""
    searchable = {item.name: item for item in collection.properties if item.is_text and item.searchable}
    if not searchable:
        raise InvalidRequestError(
            f"The collection '{collection.name}' has no searchable text property: "
            "search it by near_vector or near_text."
        )
    if properties is None:
        return [(item, title_boost if name.lower() in TITLES else 1.0) for name, item in searchable.items()]
    chosen: dict[str, float] = {}
    for asked in properties:
        name, _, boost = asked.partition("^")
        if name not in searchable:
            problem = f"'{asked}' is not a searchable text property. These are: {', '.join(searchable)}"
            raise InvalidRequestError.at("properties", problem)
        weight = float(boost or 1)
        if weight == 0 or name in chosen:
            problem = f"'{asked}' " + ("has the boost 0: leave it out" if weight == 0 else "is named twice: keep one")
            raise InvalidRequestError.at("properties", problem)
        chosen[name] = weight
    return [(searchable[name], weight) for name, weight in chosen.items()]


def _build_group_query(text: str, group: Group, boosts: Boosts, settings: WordSettings) -> dict[str, Any]:
    query: dict[str, Any] = {"query": remove_stop_words(text, group.stop_words)}
    if settings.minimum_match is not None:
        query["minimum_should_match"] = settings.minimum_match
    if settings.operator != "or":
        query["operator"] = "and"
    if settings.fuzziness is not None:
        query["fuzziness"] = str(settings.fuzziness).upper()
    if _sums_scores(settings):
        return {"multi_match": query | {"type": "most_fields", "fields": _render_fields(boosts)}}
    # `combined_fields` requires boosts of at least 1; only their ratios matter.
    smallest = min(*boosts.values(), 1.0)
    combined = {name: boost / smallest for name, boost in boosts.items()}
    return {"combined_fields": query | {"fields": _render_fields(combined)}}


def _sums_scores(settings: WordSettings) -> bool:
    """Whether each property has a score of its own."""
    return settings.scoring == "sum" or settings.operator == "and" or settings.fuzziness is not None


def _build_phrases(text: str, groups: dict[Group, Boosts], boost: float) -> list[dict[str, Any]]:
    """Build queries for neighbouring words that are also neighbours in an object: they add to the score only."""
    fields = [field for group, boosts in groups.items() if group.tokenization != "field" for field in boosts]
    if not boost or not fields:
        return []
    pairs = dict.fromkeys(pairwise(list_content_words(text)[: MAX_PAIRS + 1]))
    return [
        {"multi_match": {"query": f"{first} {second}", "type": "phrase", "fields": fields, "boost": boost}}
        for first, second in pairs
    ]


def _build_part_numbers(text: str, groups: dict[Group, Boosts]) -> list[dict[str, Any]]:
    """Build phrase queries for part numbers such as `AB-123/45`, which the index keeps as words in a row."""
    fields = [field for group, boosts in groups.items() if group.tokenization in _PHRASED for field in boosts]
    parts = [part for part in dict.fromkeys(text.split()) if PART_NUMBER.fullmatch(part)][:MAX_PART_NUMBERS]
    return [{"multi_match": {"query": part, "type": "phrase", "fields": fields}} for part in parts if fields]


def _build_whole_value(collection: CollectionConfig, text: str, groups: dict[Group, Boosts]) -> list[dict[str, Any]]:
    """Build queries that put an object first whose title is the query, in either case."""
    value, titles = text.strip(), [field for boosts in groups.values() for field in boosts]
    if not value or len(value) > MAX_TITLE:
        return []
    searched = {item.name: item for item in collection.properties if f"properties.{item.name}" in titles}
    # Above what the words of the query can add up to in another object.
    boost = WHOLE_VALUE_BOOST * max(1, len(value.split()))
    return [
        {"term": {f"properties.{name}.keyword": {"value": value, "case_insensitive": True, "boost": boost}}}
        for name, item in searched.items()
        if name.lower() in TITLES and item.filterable
    ]


def _render_fields(boosts: Boosts) -> list[str]:
    return [name if boost == 1 else f"{name}^{boost:g}" for name, boost in boosts.items()]
