"""BM25: builds the OpenSearch query for the words of a query. Pure."""

import re
from itertools import pairwise
from typing import Any, NamedTuple

from lambdas.collections.analysis import (
    MAX_TITLE,
    TITLES,
    choose_analyzer,
    choose_names_analyzer,
    cuts_names,
    has_content_field,
)
from lambdas.collections.model import Collection, CollectionConfig
from lambdas.collections.properties import TOKENIZATIONS, Property
from lambdas.errors import InvalidRequestError
from lambdas.search.clauses.stop_words import (
    AROUND,
    has_dropped_word,
    list_content_words,
    list_stop_words,
    remove_stop_words,
)
from lambdas.search.modes import WordSettings

# Counting titles three times adds .005 to nDCG@10 (docs/decisions/0020). Only where properties are scored as one
# text: where a title has a score of its own, that is large already, and tripling it costs .035.
TITLE_BOOST = 3.0
# A long query has enough evidence in its words, and each pair costs reading the positions of both.
MAX_PAIRS = 32

# A title that is the query adds this for each of the query's words. A rare word scores about 20 in a large collection.
WHOLE_VALUE_BOOST = 20.0
MAX_NAMES = 8
# Signs before a name that are not part of it. A dot or slash may be.
BEFORE = AROUND.translate(dict.fromkeys(map(ord, "./\\")))
# Names that the index keeps as words in a row. A part number has three groups of letters and digits or more, one digit
# at least: rare in prose, unlike `IL-6`. Or an address, joined names, a path: `me@example.org`, `AT&T`, `/etc/passwd`.
CUT_NAME = re.compile(
    r"(?=.*\d)[^\W_]+(?:[-/._:][^\W_]+){2,}"
    r"|[^\W_][\w.-]*(?:[@&][\w.-]*[^\W_])+"
    r"|[/\\]?\w[\w.-]*(?:[/\\][\w.-]+){2,}|[/\\]\w[\w.-]*(?:[/\\][\w.-]+)+"
    r"|\w+::\w[\w:]*"
)
# Names that the index keeps as one word, and also in their parts: `get_by_id`, `os.path.join`, `iPhone`,
# `getTableColumns`, `C++`, `C#`, `.net`.
WHOLE_NAME = re.compile(
    r"\.?\w*(?:[^\W_]_+[^\W_]|[^\W\d_]{2}[.:][^\W\d_]{2}|[a-z][A-Z])(?:[\w.:])*|[^\W_]{1,20}(?:\+\+|#)\w*|\.[^\W\d_]{2,20}"
)
# Tokenizations that cut part numbers into words and keep their order.
_PHRASED = frozenset(TOKENIZATIONS) - {"field", "whitespace", "lowercase", "trigram", "cjk"}

Boosts = dict[str, float]


class Group(NamedTuple):
    """The settings that properties searched together share."""

    tokenization: str
    stop_words: frozenset[str]
    folding: bool = False


def build_bm25_query(
    collection: CollectionConfig, text: str, settings: WordSettings, *, marks: bool = False
) -> dict[str, Any]:
    """Build the BM25 query of a text.

    Properties with the same tokenization, stop words and folding are searched together; the scores of the
    groups are added up. With `marks` it is the query of the words to highlight, in the fields that have every word.
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
    version = 1 if marks else analysis_of(collection)
    queries = [_build_group_query(text, group, boosts, settings, version) for group, boosts in groups.items()]
    # A title without words, such as `!!!`, is found as well.
    found = [*queries, *_build_whole_value(collection, text, groups, settings)]
    words = found[0] if len(found) == 1 else {"bool": {"should": found, "minimum_should_match": 1}}
    evidence = [*_build_phrases(text, groups, settings.phrase_boost), *_build_names(collection, text, groups)]
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


def analysis_of(collection: CollectionConfig) -> int:
    """Return the version of a collection's analysis."""
    return collection.analysis if isinstance(collection, Collection) else 1


def _build_group_query(text: str, group: Group, boosts: Boosts, settings: WordSettings, version: int) -> dict[str, Any]:
    words = remove_stop_words(text, group.stop_words)
    query: dict[str, Any] = {"query": words}
    if has_content_field(group.tokenization, version) and not has_dropped_word(words):
        boosts = {f"{field}.content": boost for field, boost in boosts.items()}
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


def _build_names(collection: CollectionConfig, text: str, groups: dict[Group, Boosts]) -> list[dict[str, Any]]:
    """Build queries for names of several parts: those in a row as a phrase, those in one word as that word."""
    words = dict.fromkeys(word.rstrip(AROUND).lstrip(BEFORE) for word in text.split())
    names = [word for word in words if len(word) <= MAX_TITLE]
    cut = [name for name in names if CUT_NAME.fullmatch(name)][:MAX_NAMES]
    fields = [field for group, boosts in groups.items() if group.tokenization in _PHRASED for field in boosts]
    found = [{"multi_match": {"query": name, "type": "phrase", "fields": fields}} for name in cut if fields]
    whole = " ".join([name for name in names if name not in cut and WHOLE_NAME.fullmatch(name)][:MAX_NAMES])
    version = analysis_of(collection)
    if not whole or version == 1:
        return found
    for group, boosts in groups.items():
        if cuts_names(group.tokenization):
            analyzer = choose_analyzer(group.tokenization, folding=group.folding, version=version)
            query = {"query": whole, "analyzer": choose_names_analyzer(analyzer), "fields": list(boosts)}
            found.append({"multi_match": query})
    return found


def _build_whole_value(
    collection: CollectionConfig, text: str, groups: dict[Group, Boosts], settings: WordSettings
) -> list[dict[str, Any]]:
    """Build queries that put an object first whose title is the query, in either case and any form of its letters."""
    value, fields = text.strip(), {field: boost for boosts in groups.values() for field, boost in boosts.items()}
    if not value or len(value) > MAX_TITLE:
        return []
    # Above what the words of the query can add up to in another object.
    boost = WHOLE_VALUE_BOOST * max(1, len(value.split()))
    boost *= max(fields.values(), default=1.0) if _sums_scores(settings) else 1.0
    titles = [
        item for item in collection.properties if item.name.lower() in TITLES and f"properties.{item.name}" in fields
    ]
    if analysis_of(collection) > 1:
        wholes: list[dict[str, Any]] = [{f"properties.{item.name}.whole": value} for item in titles]
    else:
        term = {"value": value, "case_insensitive": True}
        wholes = [{f"properties.{item.name}.keyword": term} for item in titles if item.filterable]
    return [{"constant_score": {"filter": {"term": term}, "boost": boost}} for term in wholes]


def _render_fields(boosts: Boosts) -> list[str]:
    return [name if boost == 1 else f"{name}^{boost:g}" for name, boost in boosts.items()]
