"""From a search to the body that OpenSearch gets. Pure."""

from typing import Any

from lambdas.collections.model import CollectionConfig
from lambdas.errors import ErrorDetail, InvalidRequestError
from lambdas.search.bm25_leg import searched_properties, words_query
from lambdas.search.boost import boosting_fields, marking_filter
from lambdas.search.explain import RRF_RANK_CONSTANT
from lambdas.search.filters import filter_query
from lambdas.search.grouping import check_grouped
from lambdas.search.modes import Bm25, Hybrid
from lambdas.search.request import HYBRID_DEPTH, MAX_RESULTS, SearchRequest, Sort
from lambdas.search.rerank import read_properties
from lambdas.search.target_vectors import target_vector
from lambdas.search.vector_leg import QueryVector, near_enough, vector_query

# Candidates of a vector search. Lucene looks at no more of its graph than these, so pages that share them cannot
# contradict each other; the first is the collection's ef_search, the last what paging reaches.
LARGE_K = 1_000

Conditions = list[dict[str, Any]]

# What the server itself knows of an object, and where the index has it.
KEPT_FIELDS = {"_id": "id", "_created": "created", "_updated": "updated"}


def search_body(collection: CollectionConfig, request: SearchRequest, vector: QueryVector | None) -> dict[str, Any]:
    """The body of a search. `vector` is None when the search has no vector leg.

    Raises `InvalidRequestError` for a property that cannot be searched or filtered by.
    """
    conditions = [] if request.filter is None else [filter_query(collection, request.filter)]
    mode = request.mode
    first, size = (request.offset, request.limit) if request.candidates is None else (0, request.candidates)
    body: dict[str, Any] = {"from": first, "size": size, "_source": source_filter(collection, request, vector)}
    marking = marking_filter(collection, request.boost) if request.boost else None
    if marking is not None:
        body["post_filter"] = marking
    if request.min_score is not None:
        body["min_score"] = request.min_score
    if request.highlight and isinstance(mode, Bm25 | Hybrid):
        body["highlight"] = highlight(collection, mode.properties)
    if isinstance(mode, Hybrid):
        return body | hybrid_query(collection, mode, vector, conditions)
    if isinstance(mode, Bm25):
        return body | {"query": filtered(words_query(collection, mode.query, mode), conditions)}
    if mode is None:
        return body | listing(collection, request.sort or [], conditions)
    assert vector is not None  # every search that is left has one
    threshold = vector.targets.threshold(mode.distance, mode.certainty)
    if threshold is not None:
        body["min_score"] = threshold
    ef_search = max(collection.vectors[name].index.ef_search for name in vector.numbers)
    k = candidates(first + size, ef_search)
    return body | {"query": vector_query(vector, k, conditions)}


def hybrid_query(
    collection: CollectionConfig, mode: Hybrid, vector: QueryVector | None, conditions: Conditions
) -> dict[str, Any]:
    """Query and pipeline of a hybrid search. A leg whose weight is 0 is left out; each has the filters in itself."""
    least = None
    if vector is not None and mode.max_vector_distance is not None:
        least = vector.targets.smallest_score(mode.max_vector_distance, "max_vector_distance")
    legs: list[tuple[dict[str, Any], float]] = []
    if mode.alpha < 1:
        words = words_query(collection, mode.query, mode)
        near = [] if vector is None or least is None else [near_enough(vector, least)]
        legs.append((filtered(words, [*conditions, *near]), 1 - mode.alpha))
    if vector is not None:
        legs.append((vector_query(vector, HYBRID_DEPTH, conditions, least), mode.alpha))
    query = {"queries": [leg for leg, _ in legs], "pagination_depth": HYBRID_DEPTH}
    return {
        "query": {"hybrid": query},
        "search_pipeline": {"phase_results_processors": [fusion(mode, [weight for _, weight in legs])]},
    }


def fusion(mode: Hybrid, weights: list[float]) -> dict[str, Any]:
    """The search pipeline's processor that fuses the legs inside the engine."""
    parameters = {"weights": [round(weight, 6) for weight in weights]}
    if mode.fusion == "ranked":
        return {
            "score-ranker-processor": {
                "combination": {
                    "technique": "rrf",
                    "rank_constant": RRF_RANK_CONSTANT,
                    "parameters": parameters,
                }
            }
        }
    return {
        "normalization-processor": {
            "normalization": {"technique": "min_max"},
            "combination": {"technique": "arithmetic_mean", "parameters": parameters},
        }
    }


def candidates(end: int, ef_search: int) -> int:
    """How many neighbours to ask for when the page ends at this hit: one of few numbers, see `LARGE_K`."""
    return next(k for k in (ef_search, LARGE_K, MAX_RESULTS) if k >= end)


def filtered(query: dict[str, Any], conditions: Conditions) -> dict[str, Any]:
    """The query, limited to what the filters let through. They do not change scores."""
    return {"bool": {"must": [query], "filter": conditions}} if conditions else query


def listing(collection: CollectionConfig, sort: list[Sort], conditions: Conditions) -> dict[str, Any]:
    """Objects by their properties; those that are equal in all of them, by their id, so that pages are stable."""
    order = [{sort_field(collection, item.property): _ascending(item.order == "ascending")} for item in sort]
    query = {"bool": {"filter": conditions}} if conditions else {"match_all": {}}
    return {"query": query, "sort": [*order, {"_id": {"order": "asc"}}]}


def sort_field(collection: CollectionConfig, name: str) -> str:
    """The field that sorts by a property. Raises `InvalidRequestError` if there is none."""
    if name in KEPT_FIELDS:
        return KEPT_FIELDS[name]
    item = collection.property_named(name)
    if item is None:
        known = ", ".join(known.name for known in collection.properties if known.filterable) or "none"
        problem = f"'{name}' is not a property of '{collection.name}'. It can be sorted by: {known}"
        raise InvalidRequestError(f"sort: {problem}.", [ErrorDetail("sort", problem)])
    if not item.filterable:
        problem = f"'{name}' is not filterable, and only filterable properties can be sorted by"
        raise InvalidRequestError(f"sort: {problem}.", [ErrorDetail("sort", problem)])
    return f"properties.{name}.keyword" if item.is_text else f"properties.{name}"


def highlight(collection: CollectionConfig, properties: list[str] | None) -> dict[str, Any]:
    """Passages with the words of the query, of each property that is searched."""
    fields: dict[str, Any] = {f"properties.{item.name}": {} for item, _ in searched_properties(collection, properties)}
    return {"fields": fields, "pre_tags": ["<em>"], "post_tags": ["</em>"]}


def source_filter(
    collection: CollectionConfig, request: SearchRequest, vector: QueryVector | None
) -> dict[str, list[str]] | bool:
    """Which parts of the documents leave OpenSearch: what the caller asked for, and what the steps look at."""
    # The engine keeps vectors outside of `_source` and puts them back only where a pattern names them themselves.
    includes = ["vectors.*"] if request.include_vectors else []
    includes += ["created", "updated"] if request.include_times else []
    includes += step_fields(collection, request, vector)
    if request.return_properties is None:
        includes = ["properties", *(name for name in includes if not name.startswith("properties."))]
        return {"includes": list(dict.fromkeys(includes))}
    for name in request.return_properties:
        if collection.property_named(name) is None:
            problem = f"'{name}' is not a property of '{collection.name}'"
            raise InvalidRequestError(f"return_properties: {problem}.", [ErrorDetail("return_properties", problem)])
    includes = [*(f"properties.{name}" for name in request.return_properties), *includes]
    return {"includes": list(dict.fromkeys(includes))} if includes else False


def step_fields(collection: CollectionConfig, request: SearchRequest, vector: QueryVector | None) -> list[str]:
    """The parts of the documents that the steps after the search look at. Raises `InvalidRequestError`."""
    fields: list[str] = []
    if request.boost:
        fields += boosting_fields(collection, request.boost)
    if request.rerank:
        fields += [f"properties.{name}" for name in read_properties(collection, request.rerank)]
    if request.diversity:
        fields.append(f"vectors.{diverse_vector(collection, request, vector)}")
    if request.group_by:
        check_grouped(collection, request.group_by)
        fields.append(f"properties.{request.group_by.property}")
    return fields


def diverse_vector(collection: CollectionConfig, request: SearchRequest, vector: QueryVector | None) -> str:
    """The vector by which hits are diverse: the one that is named, or else the one that is searched.

    Raises `InvalidRequestError` when it cannot be told.
    """
    asked = request.diversity.target_vector if request.diversity else None
    searched = list(vector.numbers) if vector else []
    if asked is None and len(searched) > 1:
        problem = f"the search compares several vectors: say which of {', '.join(searched)} makes hits diverse"
        raise InvalidRequestError(
            f"diversity.target_vector: {problem}.", [ErrorDetail("diversity.target_vector", problem)]
        )
    return target_vector(collection, asked or next(iter(searched), None))


def _ascending(ascending: bool) -> dict[str, str]:
    return {"order": "asc" if ascending else "desc", "missing": "_last"}
