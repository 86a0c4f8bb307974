"""The write function: collections, objects and the state of imports."""

from typing import Annotated, Any
from uuid import UUID

from aws_lambda_powertools.event_handler.openapi.params import Path
from aws_lambda_powertools.utilities.typing import LambdaContext

from lambdas.handlers import collection_routes, object_routes
from lambdas.handlers.http import ERROR_RESPONSES, make_app, resolve
from lambdas.imports.job import ImportResponse
from lambdas.wiring.write import services

app = make_app()
app.include_router(collection_routes.router)
app.include_router(object_routes.router)


@app.get(
    "/v1/imports/<import_id>",
    summary="Get an import job",
    operation_id="get_import",
    tags=["Imports"],
    responses={200: {"description": "State and counts; read = loaded + failed."}} | ERROR_RESPONSES,
)
def get_import(import_id: Annotated[UUID, Path()]) -> ImportResponse:
    """How far the job is, and what went wrong."""
    return services().jobs.get(str(import_id)).to_response()


def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Entry point of the write function."""
    return resolve(app, event, context)
