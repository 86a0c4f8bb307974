"""Builds the OpenSearch body of a search. Pure."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from lambdas.collections.model import Collection, CollectionConfig
from lambdas.errors import InvalidRequestError
from lambdas.search.clauses.bm25_leg import analysis_of, build_bm25_query, choose_properties
from lambdas.search.clauses.boost import build_marking_filter, list_boost_columns, list_boost_fields
from lambdas.search.clauses.filters import build_filter
from lambdas.search.modes import Bm25, Hybrid
from lambdas.search.request import HYBRID_DEPTH, MAX_RESULTS, SearchRequest, Sort
from lambdas.search.reranking.rerank import list_read_properties
from lambdas.search.results.fusion import WITH_WORDS
from lambdas.search.results.group_columns import list_group_columns
from lambdas.search.results.grouping import check_group_property
from lambdas.search.results.page_choice import (
    COLUMNS_ALONE,
    EARLY_STEPS,
    build_vectors_search,
    chooses_page_early,
    list_compared_vectors,
)
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
    """A search that is ready to be sent. A hybrid search has a body for each leg, all others have one.

    Attributes:
        documents: the search for documents, where the bodies find ids alone; its query is still missing.
        vectors: the search for the vectors by which hits are compared, where the page is chosen by them before
            documents are read; None where it is chosen without them, or of documents.
        group_columns: the columns by which hits are grouped before their documents are read, if there are any.
    """

    collection: Collection
    request: SearchRequest
    vector: QueryVector | None
    bodies: list[dict[str, Any]]
    documents: dict[str, Any] | None = None
    vectors: dict[str, Any] | None = None
    group_columns: Sequence[str] = ()


def plan_search(
    collection: Collection, request: SearchRequest, vector: QueryVector | None, always: Conditions | None = None
) -> Plan:
    """Plan the requests of a search. `vector` is None when the search has no vector leg; `always` are further filters.

    Raises `InvalidRequestError` for a search that does not fit the collection.
    """
    if request.context is not None:
        # Late: most searches do without it.
        from lambdas.search.neighbours import check_context  # noqa: PLC0415

        check_context(collection, request.context, _most_objects(request))
    if request.include_passage:
        _check_passages(collection, vector)
    if request.rerank:
        request = request.model_copy(update={"rerank": request.rerank.with_default(collection)})
    columns = list_group_columns(collection, request)
    is_early = chooses_page_early(collection, request)
    compared = list_compared_vectors(collection, request, vector) if is_early else []
    vectors = build_vectors_search(compared) if compared else None
    if request.hybrid is None and not columns and not is_early:
        return Plan(collection, request, vector, [build_search_body(collection, request, vector, always)])
    # What the steps have read by then, the documents need not have.
    shown = request.model_copy(update=dict.fromkeys(EARLY_STEPS)) if is_early else request
    documents = build_documents_search(collection, shown, vector)
    if request.hybrid is not None:
        legs = build_leg_bodies(collection, request, request.hybrid, vector, always, columns=columns)
        return Plan(collection, request, vector, legs, documents, vectors, columns)
    body = build_search_body(collection, request, vector, always)
    body.pop("highlight", None)
    body |= _build_columns(collection, request, columns)
    if vectors is not None:
        body["script_fields"] = vectors["script_fields"]
    return Plan(collection, request, vector, [body], documents, vectors, columns)


def build_documents_search(
    collection: CollectionConfig, request: SearchRequest, vector: QueryVector | None
) -> dict[str, Any]:
    """Build the search for the documents of hits that have only ids. Its query is still missing."""
    body: dict[str, Any] = {
        "_source": build_source_filter(collection, request, vector),
        "track_total_hits": False,
    }
    if request.highlight and isinstance(request.mode, Bm25 | Hybrid):
        body["highlight"] = build_highlight(collection, request.mode, by_ids=True)
    return body


def build_search_body(
    collection: CollectionConfig, request: SearchRequest, vector: QueryVector | None, always: Conditions | None = None
) -> dict[str, Any]:
    """Build the body of a search that is not hybrid. `vector` is None when it has none; `always` are further filters.

    Raises `InvalidRequestError` for a property that cannot be searched or filtered by.
    """
    conditions = list_conditions(collection, request, always)
    mode = request.mode
    first, size = (request.offset, request.limit) if request.candidates is None else (0, request.candidates)
    body: dict[str, Any] = {"from": first, "size": size, "_source": build_source_filter(collection, request, vector)}
    marking = build_marking_filter(collection, request.boost) if request.boost else None
    if marking is not None:
        body["post_filter"] = marking
    if request.min_score is not None:
        body["min_score"] = request.min_score
    if request.highlight and isinstance(mode, Bm25):
        body["highlight"] = build_highlight(collection, mode)
    if isinstance(mode, Bm25):
        return body | {"query": add_conditions(build_bm25_query(collection, mode.query, mode), conditions)}
    if mode is None:
        return body | build_listing(collection, request.sort or [], conditions)
    assert vector is not None  # every search that is left has one
    assert not isinstance(mode, Hybrid)  # that one has legs
    threshold = vector.targets.threshold(mode.distance, mode.certainty)
    if threshold is not None:
        body["min_score"] = threshold
    ef_search = max(collection.vectors[name].index.ef_search for name in vector.names)
    k = choose_k(first + size, ef_search)
    return body | {"query": build_vector_query(vector, k, conditions, show_passage=request.include_passage)}


def build_leg_bodies(
    collection: CollectionConfig,
    request: SearchRequest,
    mode: Hybrid,
    vector: QueryVector | None,
    always: Conditions | None = None,
    *,
    columns: Sequence[str] = (),
) -> list[dict[str, Any]]:
    """Build a search for each leg of a hybrid search. A leg of weight 0 is left out; each leg has the filters.

    Their hits have nothing but ids, read from a column, these `columns`, and those that a boost reads: documents are
    read only for the page. See docs/decisions/0084.
    """
    conditions = list_conditions(collection, request, always)
    least = None
    if vector is not None and mode.max_vector_distance is not None:
        least = vector.targets.smallest_score(mode.max_vector_distance, "max_vector_distance")
    common: dict[str, Any] = {
        "size": HYBRID_DEPTH,
        **_build_columns(collection, request, columns),
    }
    marking = build_marking_filter(collection, request.boost) if request.boost else None
    if marking is not None:
        common["post_filter"] = marking
    bodies = []
    words = build_bm25_query(collection, mode.query, mode) if mode.alpha < 1 else None
    if words is not None:
        near = [] if vector is None or least is None else [build_distance_filter(vector, least)]
        bodies.append({"query": add_conditions(words, [*conditions, *near])} | common)
    if vector is not None:
        body = {"query": build_vector_query(vector, HYBRID_DEPTH, conditions, least)} | common
        # How many objects both legs match: the total counts them once.
        bodies.append(body | ({} if words is None else {"aggs": {WITH_WORDS: {"filter": words}}}))
    return bodies


def _build_columns(collection: CollectionConfig, request: SearchRequest, columns: Sequence[str]) -> dict[str, Any]:
    """Have a search read columns alone: the id, these, and those that a boost reads."""
    boosted = (list_boost_columns(collection, request.boost) or []) if request.boost else []
    return COLUMNS_ALONE | {"docvalue_fields": [*dict.fromkeys(["id", *boosted, *columns])]}


def list_conditions(collection: CollectionConfig, request: SearchRequest, always: Conditions | None) -> Conditions:
    """Return the filters of a search: its own, and those that are `always` there. Raises `InvalidRequestError`."""
    return [*([] if request.filter is None else [build_filter(collection, request.filter)]), *(always or [])]


def _check_passages(collection: CollectionConfig, vector: QueryVector | None) -> None:
    """Raise `InvalidRequestError` for a search without one vector that has passages."""
    if vector is not None and vector.targets.has_passages:
        return
    known = collection.vectors_with_passages
    if vector is None:
        problem = "shows the passage nearest to the query's vector, and this search has none"
    elif known:
        problem = f"needs one 'target_vector' that has passages: {', '.join(known)}"
    else:
        problem = f"no vector of '{collection.name}' has passages: see 'passages' of its vectors"
    raise InvalidRequestError.at("include_passage", problem)


def _most_objects(request: SearchRequest) -> int:
    """Return how many objects the response may have."""
    groups = request.group_by
    return request.limit if groups is None else groups.groups * groups.objects_per_group


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


def build_highlight(collection: CollectionConfig, mode: Bm25 | Hybrid, *, by_ids: bool = False) -> dict[str, Any]:
    """Ask for passages with the words of the query, for each property that is searched.

    A search `by_ids` has no words of its own.
    """
    found = choose_properties(collection, mode.properties)
    fields: dict[str, Any] = {f"properties.{item.name}": {} for item, _ in found}
    words = {"highlight_query": build_bm25_query(collection, mode.query, mode, marks=True)}
    return {
        "fields": fields,
        "pre_tags": ["<em>"],
        "post_tags": ["</em>"],
        "encoder": "html",
        "max_analyzer_offset": MAX_HIGHLIGHTED,
        **(words if by_ids or analysis_of(collection) > 1 else {}),
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
    fields += [f"vectors.{name}" for name in list_compared_vectors(collection, request, vector)]
    if request.context is not None:
        fields += ["properties.document_version", "properties.ordinal"]
    if request.group_by:
        check_group_property(collection, request.group_by)
        fields.append(f"properties.{request.group_by.property}")
    return fields


def _build_order(ascending: bool) -> dict[str, str]:
    return {"order": "asc" if ascending else "desc", "missing": "_last"}
