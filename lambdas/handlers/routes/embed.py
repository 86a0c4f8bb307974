"""The route that embeds texts, which the query function serves."""

from typing import Annotated

from aws_lambda_powertools.event_handler.openapi.params import Body
from aws_lambda_powertools.event_handler.router import APIGatewayHttpRouter

from lambdas.collections.model import Collection
from lambdas.handlers.http import ERROR_RESPONSES, credentials, deadline
from lambdas.handlers.routes.on_collection import on_collection
from lambdas.handlers.routes.search import registry
from lambdas.handlers.strict_json import StrictJson
from lambdas.search.vectors import texts
from lambdas.wiring.query import services

router = APIGatewayHttpRouter()  # type: ignore[no-untyped-call]


@router.post(
    "/v1/collections/<name>/embed",
    summary="Embed texts with the model of a collection",
    operation_id="embed_texts",
    tags=["Search"],
    responses={200: {"description": "The vectors of the texts, in their order."}} | ERROR_RESPONSES,
)
@on_collection(registry)
def embed_texts(
    collection: Collection, request: Annotated[texts.EmbedRequest, StrictJson(), Body()]
) -> texts.EmbedResponse:
    """Returns the vector of each text, as Alto computes it for queries or for objects of this collection.

    For programs that compare or cache vectors themselves; searches and writes embed their texts without it. AWS bills
    the calls of the model. A text that fails fails the request.
    """
    return texts.embed_texts(
        services().embedder,
        collection,
        request,
        limits=services().limits,
        deadline=deadline(router),
        credentials=credentials(router),
    )
