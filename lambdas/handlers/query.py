"""The query function: search, and what Alto says about itself. May only read."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Body
from aws_lambda_powertools.event_handler.openapi.params import Path as InPath

from lambdas.aggregate.request import AggregateRequest, AggregateResponse
from lambdas.collections.model import CollectionName
from lambdas.handlers.entry_point import entry_point
from lambdas.handlers.http import ERROR_RESPONSES, JSON, credentials, deadline, make_app, resolve
from lambdas.handlers.strict_json import StrictJson
from lambdas.meta import Live, Meta, Ready, meta, readiness
from lambdas.search.multi import MultiSearchResponse, SearchBody, choose_body_model, may_be_stale
from lambdas.search.response import SearchResponse
from lambdas.wiring.query import services

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

OPENAPI_FILE = Path(__file__).parents[2] / "docs" / "openapi.json"

app = make_app()


@app.post(
    "/v1/collections/<name>/search",
    summary="Search a collection",
    operation_id="search",
    tags=["Search"],
    responses={200: {"description": "The objects found, best first; of several queries, each one's."}}
    | ERROR_RESPONSES,
)
def search(
    name: Annotated[CollectionName, InPath()], request: Annotated[SearchBody, StrictJson(choose_body_model), Body()]
) -> SearchResponse | MultiSearchResponse:
    """One of near_text, near_vector, near_object, bm25 and hybrid, or a sorted listing; with a filter and paging.

    Or up to 20 of these as `queries`, answered together. A query that is wrong or fails has an error in its place.
    """
    function = services()
    return function.registry.serve(
        name,
        lambda collection: function.searcher.run(
            collection, request, deadline=deadline(app), credentials=credentials(app)
        ),
        may_be_stale,
    )


@app.post(
    "/v1/collections/<name>/aggregate",
    summary="Count and measure objects",
    operation_id="aggregate",
    tags=["Search"],
    responses={200: {"description": "Totals, of all objects or of each group."}} | ERROR_RESPONSES,
)
def aggregate(
    name: Annotated[CollectionName, InPath()], request: Annotated[AggregateRequest, StrictJson(), Body()]
) -> AggregateResponse:
    """Over all objects, those of a filter, or the results of a search."""
    function = services()
    return function.registry.serve(
        name,
        lambda collection: function.aggregator().aggregate(
            collection, request, deadline=deadline(app), credentials=credentials(app)
        ),
    )


@app.get("/v1/meta", summary="What this Alto is", operation_id="get_meta", tags=["Service"])
def get_meta() -> Meta:
    """Version, region and the modules that are enabled."""
    return meta(services().settings)


@app.get("/v1/.well-known/live", summary="Is the function alive", operation_id="live", tags=["Service"])
def live() -> Live:
    """Answers as long as the function runs."""
    return Live(live=True)


@app.get(
    "/v1/.well-known/ready",
    summary="Can Alto serve requests",
    operation_id="ready",
    tags=["Service"],
    responses={200: {"description": "OpenSearch answers."}} | {503: ERROR_RESPONSES[503]},
)
def ready() -> Ready:
    """Answers 503 while OpenSearch does not."""
    return readiness(services().engine)


@app.get("/v1/openapi.json", include_in_schema=False, enable_validation=False)
def openapi() -> Response[str]:
    """The description of the whole API."""
    return Response(status_code=200, content_type=JSON, body=OPENAPI_FILE.read_text())


@entry_point
def lambda_handler(event: dict[str, Any], context: "LambdaContext") -> dict[str, Any]:
    """Entry point of the query function."""
    return resolve(app, event, context)
