"""From a search to what OpenSearch is asked. Pure."""

from typing import Any, NamedTuple

from lambdas.collections.model import Collection
from lambdas.search.body import search_body
from lambdas.search.explain import leg_bodies
from lambdas.search.request import SearchRequest
from lambdas.search.vector_leg import QueryVector


class Plan(NamedTuple):
    """A search that is ready to be asked. The first body finds the hits, the others explain them."""

    collection: Collection
    request: SearchRequest
    vector: QueryVector | None
    bodies: list[dict[str, Any]]


def planned(collection: Collection, request: SearchRequest, vector: QueryVector | None) -> Plan:
    """What to ask. `vector` is None when the search has no vector leg.

    Raises `InvalidRequestError` for a search that the collection cannot answer.
    """
    body = search_body(collection, request, vector)
    legs = leg_bodies(body["query"]["hybrid"]) if request.explain and request.hybrid else []
    return Plan(collection, request, vector, [body, *legs])
