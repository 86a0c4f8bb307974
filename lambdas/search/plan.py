"""From a search to what OpenSearch is asked, and from its answers to the response. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from lambdas.collections.model import Collection
from lambdas.search.answer import SearchResponse
from lambdas.search.body import search_body
from lambdas.search.explain import explained, leg_bodies
from lambdas.search.hits import autocut, hits, is_truncated
from lambdas.search.modes import Near
from lambdas.search.nearness import QueryVector
from lambdas.search.request import SearchRequest


@dataclass(frozen=True, slots=True)
class Plan:
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
    legs = leg_bodies(body["query"]["hybrid"]) if request.explain else []
    return Plan(collection, request, vector, [body, *legs])


def response_of(plan: Plan, answers: Sequence[dict[str, Any]]) -> SearchResponse:
    """What the answers to a plan's bodies mean. The times are not known here."""
    request, (answer, *legs) = plan.request, answers
    found = hits(answer, plan.vector.targets if plan.vector and isinstance(request.mode, Near) else None)
    if request.explain and request.hybrid:
        found = explained(found, request.hybrid, legs)
    return SearchResponse(
        objects=found if request.autocut is None else autocut(found, request.autocut),
        total=answer["hits"]["total"]["value"],
        truncated=is_truncated(answer, request.reach),
        took_ms=0,
    )
