"""The routes about Alto itself, which the query function serves."""

from pathlib import Path

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.router import APIGatewayHttpRouter

from lambdas.handlers.http import ERROR_RESPONSES, JSON
from lambdas.meta import Live, Meta, Ready, check_readiness, describe_server
from lambdas.wiring.query import services

OPENAPI_FILE = Path(__file__).parents[3] / "docs" / "openapi.json"

router = APIGatewayHttpRouter()  # type: ignore[no-untyped-call]


@router.get(
    "/v1/meta",
    summary="Get version, region and modules",
    operation_id="get_meta",
    tags=["Service"],
    responses={200: {"description": "The server's version, region and modules."}},
)
def get_meta() -> Meta:
    """Returns the version of the server, its AWS region and the enabled modules. Calls no other service."""
    return describe_server(services().settings)


@router.get(
    "/v1/.well-known/live",
    summary="Check whether the function runs",
    operation_id="live",
    tags=["Service"],
    responses={200: {"description": "The function runs."}},
)
def live() -> Live:
    """Returns 200 while the function runs. Calls no other service."""
    return Live(live=True)


@router.get(
    "/v1/.well-known/ready",
    summary="Check whether Alto can serve requests",
    operation_id="ready",
    tags=["Service"],
    responses={200: {"description": "OpenSearch responds."}} | {503: ERROR_RESPONSES[503]},
)
def ready() -> Ready:
    """Returns 200 if OpenSearch responds to a small search, and 503 if it does not."""
    return check_readiness(services().engine)


@router.get("/v1/openapi.json", include_in_schema=False, enable_validation=False)
def openapi() -> Response[str]:
    """Returns the OpenAPI document of the whole API."""
    return Response(status_code=200, content_type=JSON, body=OPENAPI_FILE.read_text())
