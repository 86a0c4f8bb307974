"""Builds the OpenSearch body of a search. Pure."""

from typing import Any, NamedTuple

from lambdas.collections.model import Collection, CollectionConfig
from lambdas.errors import InvalidRequestError
from lambdas.search.clauses.bm25_leg import analysis_of, build_bm25_query, choose_properties
from lambdas.search.clauses.boost import build_marking_filter, list_boost_fields
from lambdas.search.clauses.filters import build_filter
from lambdas.search.modes import Bm25, Hybrid
from lambdas.search.request import HYBRID_DEPTH, MAX_RESULTS, SearchRequest, Sort
from lambdas.search.reranking.rerank import list_read_properties
from lambdas.search.results.explain import RRF_RANK_CONSTANT, build_leg_bodies
from lambdas.search.results.grouping import check_group_property
from lambdas.search.vectors.target_vectors import resolve_target_vector
from lambdas.search.vectors.vector_leg import QueryVector, build_distance_filter, build_vector_query

# Candidates of a vector search beyond the collection's ef_search. Lucene visits no more of its graph than the
# candidates, so pages that share this number cannot contradict each other.
LARGE_K = 1_000

Conditions = list[dict[str, Any]]

# OpenSearch fails a highlighted search of a text longer than this default of `index.highlight.max_analyzed_offset`,
# unless the request limits the characters that are read.
MAX_HIGHLIGHTED = 1_000_000

# Fields that the server sets on every object, and their names in the index.
UNSORTED_TYPES = frozenset({"geo", "object"})
SERVER_FIELDS = {"_id": "id", "_created": "created", "_updated": "updated"}


class Plan(NamedTuple):
    """A search that is ready to be sent. The first body finds the hits, the others explain them."""

    collection: Collection
    request: SearchRequest
    vector: QueryVector | None
    bodies: list[dict[str, Any]]


def plan_search(collection: Collection, request: SearchRequest, vector: QueryVector | None) -> Plan:
    """Plan the requests of a search. `vector` is None when the search has no vector leg.

    Raises `InvalidRequestError` for a search that does not fit the collection.
    """
    if request.rerank:
        request = request.model_copy(update={"rerank": request.rerank.with_default(collection)})
    body = build_search_body(collection, request, vector)
    legs = build_leg_bodies(body["query"]["hybrid"]) if request.explain and request.hybrid else []
    return Plan(collection, request, vector, [body, *legs])


def build_search_body(
    collection: CollectionConfig, request: SearchRequest, vector: QueryVector | None
) -> dict[str, Any]:
    """Build the body of a search. `vector` is None when the search has no vector leg.

    Raises `InvalidRequestError` for a property that cannot be searched or filtered by.
    """
    conditions = [] if request.filter is None else [build_filter(collection, request.filter)]
    mode = request.mode
    first, size = (request.offset, request.limit) if request.candidates is None else (0, request.candidates)
    if isinstance(mode, Hybrid):
        # OpenSearch rejects a hybrid search that starts beyond its last hit, so the page is cut afterwards.
        first, size = 0, first + size
    body: dict[str, Any] = {"from": first, "size": size, "_source": build_source_filter(collection, request, vector)}
    marking = build_marking_filter(collection, request.boost) if request.boost else None
    if marking is not None:
        body["post_filter"] = marking
    if request.min_score is not None:
        body["min_score"] = request.min_score
    if request.highlight and isinstance(mode, Bm25 | Hybrid):
        body["highlight"] = build_highlight(collection, mode)
    if isinstance(mode, Hybrid):
        return body | build_hybrid_query(collection, mode, vector, conditions)
    if isinstance(mode, Bm25):
        return body | {"query": add_conditions(build_bm25_query(collection, mode.query, mode), conditions)}
    if mode is None:
        return body | build_listing(collection, request.sort or [], conditions)
    assert vector is not None  # every search that is left has one
    threshold = vector.targets.threshold(mode.distance, mode.certainty)
    if threshold is not None:
        body["min_score"] = threshold
    ef_search = max(collection.vectors[name].index.ef_search for name in vector.numbers)
    k = choose_k(first + size, ef_search)
    return body | {"query": build_vector_query(vector, k, conditions)}


def build_hybrid_query(
    collection: CollectionConfig, mode: Hybrid, vector: QueryVector | None, conditions: Conditions
) -> dict[str, Any]:
    """Build the query and pipeline of a hybrid search. A leg of weight 0 is left out; each leg has the filters."""
    least = None
    if vector is not None and mode.max_vector_distance is not None:
        least = vector.targets.smallest_score(mode.max_vector_distance, "max_vector_distance")
    legs: list[tuple[dict[str, Any], float]] = []
    if mode.alpha < 1:
        words = build_bm25_query(collection, mode.query, mode)
        near = [] if vector is None or least is None else [build_distance_filter(vector, least)]
        legs.append((add_conditions(words, [*conditions, *near]), 1 - mode.alpha))
    if vector is not None:
        legs.append((build_vector_query(vector, HYBRID_DEPTH, conditions, least), mode.alpha))
    query = {"queries": [leg for leg, _ in legs], "pagination_depth": HYBRID_DEPTH}
    return {
        "query": {"hybrid": query},
        "search_pipeline": {"phase_results_processors": [build_fusion(mode, [weight for _, weight in legs])]},
    }


def build_fusion(mode: Hybrid, weights: list[float]) -> dict[str, Any]:
    """Build the processor of the search pipeline that fuses the legs inside the engine."""
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


def choose_k(end: int, ef_search: int) -> int:
    """Return how many neighbours to ask for when the page ends at this hit: one of few numbers, see `LARGE_K`."""
    return next(k for k in (ef_search, LARGE_K, MAX_RESULTS) if k >= end)


def add_conditions(query: dict[str, Any], conditions: Conditions) -> dict[str, Any]:
    """Limit the query to objects that meet the filters. They do not change scores."""
    return {"bool": {"must": [query], "filter": conditions}} if conditions else query


def build_listing(collection: CollectionConfig, sort: list[Sort], conditions: Conditions) -> dict[str, Any]:
    """Build a listing by properties, then by id, so that pages are stable."""
    order = [{resolve_sort_field(collection, item.property): _build_order(item.order == "ascending")} for item in sort]
    query = {"bool": {"filter": conditions}} if conditions else {"match_all": {}}
    return {"query": query, "sort": [*order, {"_id": {"order": "asc"}}]}


def resolve_sort_field(collection: CollectionConfig, name: str) -> str:
    """Return the field that sorts by a property. Raises `InvalidRequestError` for one that cannot be sorted by."""
    if name in SERVER_FIELDS:
        return SERVER_FIELDS[name]
    item = collection.property_named(name)
    if item is None:
        problem = (
            f"'{name}' is not a property of '{collection.name}'. It can be sorted by: {_list_sortable(collection)}"
        )
        raise InvalidRequestError.at("sort", problem)
    if item.scalar_type in UNSORTED_TYPES:
        problem = f"'{name}' is {item.type}, which has no order. Sort by one of: {_list_sortable(collection)}"
        raise InvalidRequestError.at("sort", problem)
    if not item.filterable:
        problem = f"'{name}' is not filterable, and only filterable properties can be sorted by"
        raise InvalidRequestError.at("sort", problem)
    return f"properties.{name}.keyword" if item.is_text else f"properties.{name}"


def _list_sortable(collection: CollectionConfig) -> str:
    sortable = [item for item in collection.properties if item.filterable and item.scalar_type not in UNSORTED_TYPES]
    return ", ".join([*(item.name for item in sortable), *SERVER_FIELDS])


def build_highlight(collection: CollectionConfig, mode: Bm25 | Hybrid) -> dict[str, Any]:
    """Ask for passages with the words of the query, for each property that is searched."""
    found = choose_properties(collection, mode.properties)
    fields: dict[str, Any] = {f"properties.{item.name}": {} for item, _ in found}
    words = {"highlight_query": build_bm25_query(collection, mode.query, mode, marks=True)}
    return {
        "fields": fields,
        "pre_tags": ["<em>"],
        "post_tags": ["</em>"],
        "encoder": "html",
        "max_analyzer_offset": MAX_HIGHLIGHTED,
        **(words if analysis_of(collection) > 1 else {}),
    }


def build_source_filter(
    collection: CollectionConfig, request: SearchRequest, vector: QueryVector | None
) -> dict[str, list[str]]:
    """Return the parts of the documents to fetch: those of the response, and those that the steps read."""
    # The engine keeps vectors outside of `_source` and restores only those that a pattern names.
    includes = ["vectors.*"] if request.include_vectors else []
    includes += ["created", "updated"] if request.include_times else []
    includes += [*list_step_fields(collection, request, vector), "key"]
    if request.return_properties is None:
        includes = ["properties", *(name for name in includes if not name.startswith("properties."))]
        return {"includes": list(dict.fromkeys(includes))}
    for name in request.return_properties:
        if collection.property_named(name) is None:
            problem = f"'{name}' is not a property of '{collection.name}'"
            raise InvalidRequestError.at("return_properties", problem)
    includes = [*(f"properties.{name}" for name in request.return_properties), *includes]
    return {"includes": list(dict.fromkeys(includes))}


def list_step_fields(collection: CollectionConfig, request: SearchRequest, vector: QueryVector | None) -> list[str]:
    """Return the parts of the documents that the steps after the search read. Raises `InvalidRequestError`."""
    fields: list[str] = []
    if request.boost:
        fields += list_boost_fields(collection, request.boost)
    if request.rerank:
        fields += [f"properties.{name}" for name in list_read_properties(collection, request.rerank)]
    if request.diversity:
        fields.append(f"vectors.{resolve_diversity_vector(collection, request, vector)}")
    if request.group_by:
        check_group_property(collection, request.group_by)
        fields.append(f"properties.{request.group_by.property}")
    return fields


def resolve_diversity_vector(collection: CollectionConfig, request: SearchRequest, vector: QueryVector | None) -> str:
    """Return the vector by which hits are compared: the one that is named, or else the one that is searched.

    Raises `InvalidRequestError` if neither determines one vector.
    """
    asked = request.diversity.target_vector if request.diversity else None
    searched = list(vector.numbers) if vector else []
    if asked is None and len(searched) > 1:
        problem = f"the search compares several vectors: choose one of {', '.join(searched)}"
        raise InvalidRequestError.at("diversity.target_vector", problem)
    return resolve_target_vector(collection, asked or next(iter(searched), None))


def _build_order(ascending: bool) -> dict[str, str]:
    return {"order": "asc" if ascending else "desc", "missing": "_last"}
