"""BM25: from the words of a query to the query that OpenSearch gets. Pure."""

from itertools import pairwise
from typing import Any, NamedTuple

from lambdas.collections.model import CollectionConfig
from lambdas.collections.properties import Property
from lambdas.errors import ErrorDetail, InvalidRequestError
from lambdas.search.modes import WordSettings
from lambdas.search.stop_words import content_words, stop_words_of, without_stop_words

# A title says what an object is about: counted three times it is worth .005 of nDCG@10 (docs/decisions/0020). Only
# where properties are scored as one text: a title's score of its own is large already, and tripled costs .035.
TITLES = frozenset({"title", "name", "headline", "subject"})
TITLE_BOOST = 3.0
# A long query has enough evidence in its words; each pair costs a look at the positions of both.
MAX_PAIRS = 32

Boosts = dict[str, float]


class Group(NamedTuple):
    """Properties that read a query alike."""

    tokenization: str
    stop_words: frozenset[str]


def words_query(collection: CollectionConfig, text: str, settings: WordSettings) -> dict[str, Any]:
    """The objects that have the words of a text, by BM25.

    Properties that are cut into words alike are searched together; the scores of such groups are added up.
    Raises `InvalidRequestError` for a property that cannot be searched, or groups that an operator cannot span.
    """
    groups = searched_groups(collection, settings.properties, 1.0 if _adds_up(settings) else TITLE_BOOST)
    if len(groups) > 1 and (settings.operator == "and_across" or settings.minimum_match is not None):
        setting = "operator" if settings.operator == "and_across" else "minimum_match"
        problem = (
            "counts words over properties that must share their tokenization and stop words, but these have "
            f"{', '.join(group.tokenization for group in groups)}: name the 'properties' to search"
        )
        raise InvalidRequestError(f"{setting} {problem}.", [ErrorDetail(setting, problem)])
    queries = [_group_query(text, group, boosts, settings) for group, boosts in groups.items()]
    words = queries[0] if len(queries) == 1 else {"bool": {"should": queries, "minimum_should_match": 1}}
    phrases = _phrases(text, groups, settings.phrase_boost)
    return {"bool": {"must": [words], "should": phrases}} if phrases else words


def searched_groups(
    collection: CollectionConfig, properties: list[str] | None, title_boost: float
) -> dict[Group, Boosts]:
    """The fields to search with their boosts, by how they read a query."""
    groups: dict[Group, Boosts] = {}
    for item, boost in searched_properties(collection, properties, title_boost):
        groups.setdefault(Group(item.tokenization, stop_words_of(item)), {})[f"properties.{item.name}"] = boost
    return groups


def searched_properties(
    collection: CollectionConfig, properties: list[str] | None, title_boost: float = TITLE_BOOST
) -> list[tuple[Property, float]]:
    """The properties of a BM25 search, each with its boost."""
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
            raise InvalidRequestError(f"The search's property {problem}.", [ErrorDetail("properties", problem)])
        weight = float(boost or 1)
        if weight == 0 or name in chosen:
            problem = f"'{asked}' " + ("has the boost 0: leave it out" if weight == 0 else "is named twice: keep one")
            raise InvalidRequestError(f"The search's property {problem}.", [ErrorDetail("properties", problem)])
        chosen[name] = weight
    return [(searchable[name], weight) for name, weight in chosen.items()]


def _group_query(text: str, group: Group, boosts: Boosts, settings: WordSettings) -> dict[str, Any]:
    query: dict[str, Any] = {"query": without_stop_words(text, group.stop_words)}
    if settings.minimum_match is not None:
        query["minimum_should_match"] = settings.minimum_match
    if settings.operator != "or":
        query["operator"] = "and"
    if settings.fuzziness is not None:
        query["fuzziness"] = str(settings.fuzziness).upper()
    if _adds_up(settings):
        return {"multi_match": query | {"type": "most_fields", "fields": _fields(boosts)}}
    # `combined_fields` takes boosts from 1 on; what counts is how they compare.
    smallest = min(*boosts.values(), 1.0)
    combined = {name: boost / smallest for name, boost in boosts.items()}
    return {"combined_fields": query | {"fields": _fields(combined)}}


def _adds_up(settings: WordSettings) -> bool:
    """Whether each property has a score of its own."""
    return settings.scoring == "sum" or settings.operator == "and" or settings.fuzziness is not None


def _phrases(text: str, groups: dict[Group, Boosts], boost: float) -> list[dict[str, Any]]:
    """Neighbouring words of the query that also stand side by side in an object: evidence, not a condition."""
    fields = [field for group, boosts in groups.items() if group.tokenization != "field" for field in boosts]
    if not boost or not fields:
        return []
    pairs = dict.fromkeys(pairwise(content_words(text)[: MAX_PAIRS + 1]))
    return [
        {"multi_match": {"query": f"{first} {second}", "type": "phrase", "fields": fields, "boost": boost}}
        for first, second in pairs
    ]


def _fields(boosts: Boosts) -> list[str]:
    return [name if boost == 1 else f"{name}^{boost:g}" for name, boost in boosts.items()]
