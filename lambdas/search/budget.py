"""The cost of a request, computed before anything is sent, and its limits. Pure. Described in docs/limits.md.

The costs of the queries of a multi-search add up. A request above a limit is rejected with the number, the limit and a
remedy: one request must not take the search engine, or the function's memory, from all others.
"""

import math
import re
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from typing import NamedTuple

from lambdas.collections.model import CollectionConfig
from lambdas.errors import InvalidRequestError, ResponseTooLargeError, attempt
from lambdas.search.clauses.bm25_leg import MAX_PAIRS, choose_properties
from lambdas.search.clauses.boost import Preferred
from lambdas.search.clauses.filter_model import AllOf, AnyOf, Condition, Filter, Negation, count_clauses
from lambdas.search.clauses.patterns import begins_with_wildcard
from lambdas.search.modes import Bm25, Hybrid, Near, TargetVectors, WordSettings
from lambdas.search.request import HYBRID_DEPTH, SearchRequest
from lambdas.settings import RequestLimits

# A number of a vector as JSON, in bytes.
NUMBER_BYTES = 12
# OpenSearch rejects queries above this number of clauses, so that more do not cost more.
ENGINE_CLAUSES = 1_024
WORD = re.compile(r"[^\W_]+")
# From here on Unicode has scripts without blanks, in which analyzers take each character or pair.
FIRST_IDEOGRAPH = "\u2e80"


class Rule(NamedTuple):
    """How a limit is explained: the field to look at, the name of the cost, and the remedy."""

    field: str
    cost: str
    remedy: str


RULES: dict[str, Rule] = {
    "like_patterns": Rule("filter", "conditions with 'like'", "write fewer, or use bm25"),
    "leading_wildcards": Rule("filter", "'like' patterns that begin with a wildcard", "begin them with a letter"),
    "fuzzy_words": Rule("fuzziness", "words searched with fuzziness", "shorten the query, or remove fuzziness"),
    "fuzzy_fields": Rule(
        "fuzziness", "fuzzy words, counted in each property", "shorten the query, or name fewer 'properties'"
    ),
    "clauses": Rule(
        "queries",
        "conditions, words and pairs of words, each word counted in each property",
        "send fewer queries, shorter ones, or name fewer 'properties'",
    ),
    "candidates": Rule(
        "queries", "candidates", "lower limit, offset or candidates, or send fewer queries with one request"
    ),
    "objects": Rule(
        "queries",
        "objects in the response",
        "lower limit or context, or send fewer queries with one request",
    ),
    "vector_bytes": Rule(
        "include_vectors", "bytes of vectors in the response", "lower limit, or leave out include_vectors"
    ),
    "compared_vector_bytes": Rule(
        "diversity",
        "bytes of vectors that diversity and smoothing compare",
        "lower their candidates, or send fewer queries",
    ),
    "highlighted_texts": Rule(
        "highlight",
        "texts to highlight (objects x properties)",
        "lower limit, name fewer 'properties', or send fewer queries",
    ),
    "rerank_texts": Rule("rerank", "texts to rerank", "lower rerank.candidates, or send fewer queries"),
    "embedded_characters": Rule(
        "queries",
        "characters to embed, counted for each target vector",
        "send fewer or shorter texts, or fewer targets",
    ),
    "grouped_medians": Rule(
        "properties", "medians (groups x properties)", "lower group_by.limit, or ask for fewer medians"
    ),
    "buckets": Rule(
        "properties",
        "buckets (groups x values)",
        "lower group_by.limit or the limit of top_occurrences, or ask for fewer properties",
    ),
}


def check_searches(collection: CollectionConfig, requests: Iterable[SearchRequest], limits: RequestLimits) -> None:
    """Raise `InvalidRequestError` if the searches together are above a limit."""
    total: Counter[str] = Counter()
    for request in requests:
        costs = attempt(estimate_search, collection, request)
        # A search of a wrong property is rejected where it is planned: in a multi-search, without the others.
        total += costs if isinstance(costs, Counter) else Counter()
    _check(total, limits)


def check_aggregate(
    collection: CollectionConfig,
    condition: Filter | None,
    search: SearchRequest | None,
    buckets: Counter[str],
    limits: RequestLimits,
) -> None:
    """Raise `InvalidRequestError` if an aggregation is above a limit. `buckets` is from `estimate_buckets`."""
    total = _estimate_filters([condition] if condition else []) + buckets
    if search is not None:
        total += estimate_search(collection, search)
    _check(total, limits)


def check_filter(condition: Filter | None, limits: RequestLimits) -> None:
    """Raise `InvalidRequestError` if a filter is above a limit."""
    _check(_estimate_filters([condition] if condition else []), limits)


def check_read_characters(count: int, limits: RequestLimits) -> None:
    """Raise `ResponseTooLargeError` if the objects that a request reads have more characters than the limit.

    Unlike the costs, it is known only after the search, and before the objects are read.
    """
    if count > limits.read_characters:
        raise ResponseTooLargeError(
            f"The objects that the request reads have {count:,} characters, and at most {limits.read_characters:,} are "
            "possible: ask for fewer objects (limit, candidates) or fewer properties (return_properties)."
        )


def estimate_search(collection: CollectionConfig, request: SearchRequest) -> Counter[str]:
    """Return the costs of one search, by the names of the limits."""
    mode = request.mode
    filters = [request.filter] if request.filter else []
    if request.boost:
        filters += [each.filter for each in request.boost.conditions if isinstance(each, Preferred)]
    costs = _estimate_filters(filters)
    if isinstance(mode, Bm25 | Hybrid) and not (isinstance(mode, Hybrid) and mode.alpha == 1):
        costs += _estimate_words(collection, mode.query, mode)
    shown = request.limit
    if request.group_by:
        shown = min(request.group_by.groups * request.group_by.objects_per_group, request.group_by.candidates)
    costs["objects"] = shown
    if request.context is not None:
        # Late: most searches do without it.
        from lambdas.search.neighbours import reach_of  # noqa: PLC0415

        costs["objects"] *= 1 + 2 * reach_of(request.context)
    end = request.offset + request.limit if request.candidates is None else request.candidates
    costs["candidates"] = HYBRID_DEPTH if isinstance(mode, Hybrid) else end
    dimensions = [config.resolved_dimensions or 0 for config in collection.vectors.values()]
    if request.include_vectors:
        costs["vector_bytes"] = (end if isinstance(mode, Hybrid) else shown) * sum(dimensions) * NUMBER_BYTES
    compared = sum(step.candidates for step in (request.diversity, request.smoothing) if step)
    costs["compared_vector_bytes"] = compared * max(dimensions, default=0) * NUMBER_BYTES
    if request.highlight and isinstance(mode, Bm25 | Hybrid):
        read = request.limit if request.candidates is None else request.candidates
        costs["highlighted_texts"] = read * len(choose_properties(collection, mode.properties))
    if request.rerank:
        costs["rerank_texts"] = request.rerank.candidates
    costs["embedded_characters"] = _count_embedded(request)
    return costs


def estimate_buckets(groups: int, asked: Iterable[tuple[Collection[str], int]]) -> Counter[str]:
    """Return the costs of metrics in groups. Each property has its metrics, and its number of `top_occurrences`."""
    costs: Counter[str] = Counter()
    inner = 0
    for metrics, top in asked:
        costs["grouped_medians"] += groups * ("median" in metrics)
        inner += reserve(top) * ("top_occurrences" in metrics) + reserve(1) * ("mode" in metrics)
        inner += 2 * any("true" in name or "false" in name for name in metrics)
        # The exact smallest and largest whole numbers are sorted hits, heavier than a bucket.
        inner += 5 * (("min" in metrics) + ("max" in metrics))
    costs["buckets"] = reserve(groups) * (1 + inner)
    return costs


def reserve(size: int) -> int:
    """Return how many buckets each shard reports so that the largest `size` are right, as OpenSearch's default."""
    return math.ceil(size * 1.5) + 10


def _estimate_filters(filters: Sequence[Filter]) -> Counter[str]:
    patterns = [pattern for each in filters for pattern in _list_patterns(each)]
    return Counter(
        like_patterns=len(patterns),
        leading_wildcards=sum(map(begins_with_wildcard, patterns)),
        clauses=sum(map(count_clauses, filters)),
    )


def _list_patterns(condition: Filter) -> list[str]:
    match condition:
        case AllOf(all_of=parts) | AnyOf(any_of=parts):
            return [pattern for part in parts for pattern in _list_patterns(part)]
        case Negation(negated=part):
            return _list_patterns(part)
        case Condition(operator="like", value=str() as pattern):
            return [pattern]
        case _:
            return []


def _estimate_words(collection: CollectionConfig, text: str, settings: WordSettings) -> Counter[str]:
    searched = [item.tokenization for item, _ in choose_properties(collection, settings.properties)]
    words = _count_words(text)
    in_fields = sum(len(text) if each == "trigram" else words for each in searched)
    costs = Counter(clauses=min(in_fields, ENGINE_CLAUSES))
    if settings.phrase_boost:
        costs["clauses"] += min(words, MAX_PAIRS) * len(searched)
    if settings.fuzziness not in (None, 0):
        costs["fuzzy_words"] = max(words, len(text) if "trigram" in searched else 0)
        costs["fuzzy_fields"] = in_fields
    return costs


def _count_words(text: str) -> int:
    return len(WORD.findall(text)) + sum(sign >= FIRST_IDEOGRAPH for sign in text)


def _count_embedded(request: SearchRequest) -> int:
    mode = request.mode
    if not isinstance(mode, Near | Hybrid):
        return 0
    texts: list[str] = []
    given = getattr(mode, "vector", None) or getattr(mode, "vectors", None) or getattr(mode, "near_object", None)
    query = getattr(mode, "near_text", None) or getattr(mode, "query", None)
    if query is not None and not given and not (isinstance(mode, Hybrid) and mode.alpha == 0):
        texts += [query] if isinstance(query, str) else query
    for move in (getattr(mode, "move_to", None), getattr(mode, "move_away", None)):
        texts += (move.concepts or []) if move else []
    target = mode.target_vector
    targets = len(target.vectors) if isinstance(target, TargetVectors) else 1
    return targets * sum(map(len, set(texts)))


def _check(costs: Counter[str], limits: RequestLimits) -> None:
    for name, rule in RULES.items():
        limit: int = getattr(limits, name)
        if costs[name] > limit:
            problem = f"the request has {costs[name]:,} {rule.cost}, and at most {limit:,} are possible: {rule.remedy}"
            raise InvalidRequestError.at(rule.field, problem)
