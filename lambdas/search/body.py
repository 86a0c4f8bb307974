"""From a search to the body that OpenSearch gets. Pure: one function for each kind of search."""

from dataclasses import dataclass
from typing import Any

from lambdas.collections.model import DEFAULT_VECTOR, CollectionConfig
from lambdas.errors import ErrorDetail, InvalidRequestError
from lambdas.search.filters import filter_query
from lambdas.search.request import Bm25, Hybrid, SearchRequest

# Candidates of each leg of a hybrid search. Normalised scores depend on it, so it is the same on every page
# that it reaches. 100 costs .002 of nDCG@10, 500 gains .001 and costs twice the time (docs/decisions/0005).
HYBRID_DEPTH = 200
# Lucene searches its graph with max(k, ef): below this, recall suffers.
SMALLEST_K = 100
RRF_RANK_CONSTANT = 60


@dataclass(frozen=True, slots=True)
class QueryVector:
    """The vector of a query, and the name of the vector of the objects that it is compared with."""

    target: str
    numbers: list[float]


def search_body(collection: CollectionConfig, request: SearchRequest, vector: QueryVector | None) -> dict[str, Any]:
    """The body of a search. `vector` is None when the search has no vector leg.

    Raises `InvalidRequestError` for a property that cannot be searched or filtered by.
    """
    condition = filter_query(collection, request.filter) if request.filter is not None else None
    body: dict[str, Any] = {
        "from": request.offset,
        "size": request.limit,
        "_source": source_filter(collection, request),
    }
    mode = request.mode
    if isinstance(mode, Hybrid):
        return body | hybrid_query(collection, request, vector, condition)
    if isinstance(mode, Bm25):
        query = words_query(collection, mode.query, mode.properties)
        return body | {"query": filtered(query, condition)}
    assert vector is not None  # near_text and near_vector always have one
    k = max(SMALLEST_K, request.offset + request.limit)
    return body | {"query": vector_query(vector, k, condition)}


def hybrid_query(
    collection: CollectionConfig,
    request: SearchRequest,
    vector: QueryVector | None,
    condition: dict[str, Any] | None,
) -> dict[str, Any]:
    """Query and pipeline of a hybrid search. A leg whose weight is 0 is left out."""
    mode = request.mode
    assert isinstance(mode, Hybrid)
    depth = max(HYBRID_DEPTH, request.offset + request.limit)
    legs: list[tuple[dict[str, Any], float]] = []
    if mode.alpha < 1:
        legs.append((words_query(collection, mode.query, mode.properties), 1 - mode.alpha))
    if vector is not None:
        legs.append((vector_query(vector, depth, None), mode.alpha))
    query: dict[str, Any] = {"queries": [leg for leg, _ in legs], "pagination_depth": depth}
    if condition is not None:
        query["filter"] = condition
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


def words_query(collection: CollectionConfig, text: str, properties: list[str] | None) -> dict[str, Any]:
    """BM25 over the properties, their scores added up."""
    return {
        "multi_match": {
            "query": text,
            "type": "most_fields",
            "fields": searched_fields(collection, properties),
        }
    }


def vector_query(vector: QueryVector, k: int, condition: dict[str, Any] | None) -> dict[str, Any]:
    """The k nearest neighbours. The filter is applied inside the graph search, so it never costs results."""
    parameters: dict[str, Any] = {"vector": vector.numbers, "k": k}
    if condition is not None:
        parameters["filter"] = condition
    return {"knn": {f"vectors.{vector.target}": parameters}}


def filtered(query: dict[str, Any], condition: dict[str, Any] | None) -> dict[str, Any]:
    """The query, limited to what the filter lets through. The filter does not change scores."""
    return query if condition is None else {"bool": {"must": [query], "filter": [condition]}}


def searched_fields(collection: CollectionConfig, properties: list[str] | None) -> list[str]:
    """The fields of a BM25 search, with their boosts."""
    searchable = [item.name for item in collection.properties if item.is_text and item.searchable]
    if not searchable:
        raise InvalidRequestError(
            f"The collection '{collection.name}' has no searchable text property: "
            "search it by near_vector or near_text."
        )
    for asked in properties or ():
        if asked.partition("^")[0] not in searchable:
            problem = f"'{asked}' is not a searchable text property. These are: {', '.join(searchable)}"
            raise InvalidRequestError(f"The search's property {problem}.", [ErrorDetail("properties", problem)])
    return [f"properties.{name}" for name in properties or searchable]


def source_filter(collection: CollectionConfig, request: SearchRequest) -> dict[str, list[str]] | bool:
    """Which parts of the documents leave OpenSearch: only what the caller asked for."""
    # The engine keeps vectors outside of `_source` and puts them back only where a pattern names them themselves.
    vectors = ["vectors.*"] if request.include_vectors else []
    if request.return_properties is None:
        return {"includes": ["properties", *vectors]}
    for name in request.return_properties:
        if collection.property_named(name) is None:
            problem = f"'{name}' is not a property of '{collection.name}'"
            raise InvalidRequestError(f"return_properties: {problem}.", [ErrorDetail("return_properties", problem)])
    includes = [f"properties.{name}" for name in request.return_properties] + vectors
    return {"includes": includes} if includes else False


def target_vector(collection: CollectionConfig, asked: str | None) -> str:
    """The name of the vector to search. Raises `InvalidRequestError` when it cannot be told."""
    names = list(collection.vectors)
    if not names:
        raise InvalidRequestError(f"The collection '{collection.name}' has no vectors: search it by bm25.")
    if asked is not None and asked not in names:
        problem = f"'{asked}' is not a vector of '{collection.name}'. It has these: {', '.join(names)}"
        raise InvalidRequestError(f"target_vector: {problem}.", [ErrorDetail("target_vector", problem)])
    if asked is None and len(names) > 1 and DEFAULT_VECTOR not in names:
        problem = f"the collection '{collection.name}' has several vectors: say which of {', '.join(names)} to search"
        raise InvalidRequestError(f"target_vector: {problem}.", [ErrorDetail("target_vector", problem)])
    return asked or (DEFAULT_VECTOR if DEFAULT_VECTOR in names else names[0])
