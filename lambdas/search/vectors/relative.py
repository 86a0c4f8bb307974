"""Relative scores: how far the nearest objects of each vector of a query are, so that distances can be scaled. Pure."""

from collections.abc import Sequence
from typing import Any

from lambdas.collections.model import CollectionConfig
from lambdas.search.vectors.target_vectors import DISTANCES, scale_targets
from lambdas.search.vectors.vector_leg import QueryVector, build_vector_query

# Of how many objects the nearest is 0 and the farthest 1. The same on every page, so that pages fit together.
DEPTH = 100


def build_range_bodies(
    collection: CollectionConfig, vector: QueryVector, conditions: list[dict[str, Any]]
) -> list[dict[str, Any]]:
    """Build a search of the nearest objects that meet the filters, for each vector of the query."""
    bodies = []
    for name, numbers in vector.numbers:
        alone = QueryVector(vector.targets._replace(shares=[(name, 1.0)]), [(name, numbers)])
        k = max(DEPTH, collection.vectors[name].index.ef_search)
        query = build_vector_query(alone, k, conditions)
        bodies.append({"query": query, "size": DEPTH, "_source": False, "track_total_hits": False})
    return bodies


def scale_vector(vector: QueryVector, responses: Sequence[dict[str, Any]]) -> QueryVector:
    """Return the query's vectors with targets whose distances are scaled by what the searches found."""
    ranges = []
    for response in responses:
        found = [DISTANCES[vector.targets.measure](hit["_score"]) for hit in response["hits"]["hits"]] or [0.0]
        ranges.append((min(found), max(found)))
    return vector._replace(targets=scale_targets(vector.targets, ranges))
