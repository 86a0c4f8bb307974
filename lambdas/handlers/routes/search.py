"""The routes of searches and aggregations, which the query function serves."""

from typing import Annotated

from aws_lambda_powertools.event_handler.openapi.params import Body
from aws_lambda_powertools.event_handler.router import APIGatewayHttpRouter

from lambdas.aggregate.request import AggregateRequest, AggregateResponse
from lambdas.collections.model import Collection
from lambdas.collections.registry import CollectionRegistry
from lambdas.handlers.http import ERROR_RESPONSES, credentials, deadline
from lambdas.handlers.routes.on_collection import on_collection
from lambdas.handlers.strict_json import StrictJson
from lambdas.search.multi import MultiSearchResponse, SearchBody, choose_body_model, may_be_stale
from lambdas.search.response import SearchResponse
from lambdas.wiring.query import services

router = APIGatewayHttpRouter()  # type: ignore[no-untyped-call]


def registry() -> CollectionRegistry:
    """The registry of the query function."""
    return services().registry


@router.post(
    "/v1/collections/<name>/search",
    summary="Search a collection",
    operation_id="search",
    tags=["Search"],
    responses={200: {"description": "The objects found, best first; for `queries`, one result for each query."}}
    | ERROR_RESPONSES,
)
@on_collection(registry, may_be_stale)
def search(
    collection: Collection, request: Annotated[SearchBody, StrictJson(choose_body_model), Body()]
) -> SearchResponse | MultiSearchResponse:
    """Finds objects by one of `near_text`, `near_vector`, `near_object`, `bm25` and `hybrid`, or lists them by `sort`.

    All modes can be combined with a filter and with paging. Alternatively, `queries` contains up to 20 searches that
    are run together; a query that is wrong or fails has an error in its place, and the others have results.
    `near_text` and `hybrid` embed the query text (one model call, cached for a few minutes); `rerank` calls a reranking
    model. AWS bills these calls. Sees writes after the next index refresh.
    """
    return services().searcher.run(collection, request, deadline=deadline(router), credentials=credentials(router))


@router.post(
    "/v1/collections/<name>/aggregate",
    summary="Count objects and compute metrics",
    operation_id="aggregate",
    tags=["Search"],
    responses={200: {"description": "Counts and metrics of all objects, or of each group."}} | ERROR_RESPONSES,
)
@on_collection(registry)
def aggregate(collection: Collection, request: Annotated[AggregateRequest, StrictJson(), Body()]) -> AggregateResponse:
    """Counts objects and computes metrics of their properties, optionally for each value of `group_by`.

    Covers all objects, those that match `filter`, or the results of a search. Sees writes after the next index
    refresh. An aggregation over the results of `near_text` or `hybrid` embeds the query text, which AWS bills.
    """
    return (
        services()
        .aggregator()
        .aggregate(collection, request, deadline=deadline(router), credentials=credentials(router))
    )
