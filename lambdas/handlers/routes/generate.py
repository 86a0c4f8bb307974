"""The route of generative searches, which the query function serves."""

from typing import Annotated

from aws_lambda_powertools.event_handler.openapi.params import Body
from aws_lambda_powertools.event_handler.router import APIGatewayHttpRouter

from lambdas.collections.model import Collection
from lambdas.generative_search.request import GenerateRequest
from lambdas.generative_search.response import GenerateResponse
from lambdas.handlers.http import ERROR_RESPONSES, credentials, deadline
from lambdas.handlers.routes.on_collection import on_collection
from lambdas.handlers.routes.search import registry
from lambdas.handlers.strict_json import StrictJson
from lambdas.wiring.query import services

router = APIGatewayHttpRouter()  # type: ignore[no-untyped-call]


@router.post(
    "/v1/collections/<name>/generate",
    summary="Search, and write from the objects found",
    operation_id="generate",
    tags=["Search"],
    responses={200: {"description": "The objects found, and the texts that a model wrote from them."}}
    | ERROR_RESPONSES,
)
@on_collection(registry)
def generate(collection: Collection, request: Annotated[GenerateRequest, StrictJson(), Body()]) -> GenerateResponse:
    """Searches, and has a model on Bedrock or SageMaker write a text for each object, or one from all objects.

    Each text has citations: a verbatim piece of an object for a statement of the text, checked by Alto. AWS bills each
    call of the model. The error of a text is in its place, and the others are returned; so are those that are done
    when the 30 seconds of a request are over. If nothing is found, no model is called.
    """
    return (
        services()
        .generative()
        .generate(collection, request, deadline=deadline(router), credentials=credentials(router))
    )
