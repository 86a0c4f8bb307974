"""The routes of imports, which the write function serves."""

from typing import Annotated
from uuid import UUID

from aws_lambda_powertools.event_handler.openapi.params import Body, Path, Query
from aws_lambda_powertools.event_handler.router import APIGatewayHttpRouter

from lambdas.handlers.http import ERROR_RESPONSES
from lambdas.handlers.strict_json import StrictJson
from lambdas.imports.control import ImportList, ImportRequest, StartedImport
from lambdas.imports.job import ImportResponse
from lambdas.wiring.write import services

router = APIGatewayHttpRouter()  # type: ignore[no-untyped-call]

ImportId = Annotated[UUID, Path()]


@router.post(
    "/v1/imports",
    summary="Start an import",
    operation_id="start_import",
    tags=["Imports"],
    status_code=202,
    responses={202: {"description": "The job, or where to upload the file."}} | ERROR_RESPONSES,
)
def start_import(request: Annotated[ImportRequest, StrictJson(), Body()]) -> StartedImport:
    """Imports an object in S3, or answers a URL to upload a file to. The same content again is the same job."""
    function = services()
    collection = function.registry.get(request.collection)
    return function.imports.start(request.model_copy(update={"collection": collection.name}))


@router.get(
    "/v1/imports",
    summary="List import jobs",
    operation_id="list_imports",
    tags=["Imports"],
    responses={200: {"description": "Jobs of the last 90 days, the newest first."}} | ERROR_RESPONSES,
)
def list_imports(
    limit: Annotated[int, Query(ge=1, le=100)] = 20, after: Annotated[str | None, Query(max_length=200)] = None
) -> ImportList:
    """A page of jobs."""
    return services().imports.list(limit, after)


@router.get(
    "/v1/imports/<import_id>",
    summary="Get an import job",
    operation_id="get_import",
    tags=["Imports"],
    responses={200: {"description": "State and counts; read = loaded + unchanged + failed."}} | ERROR_RESPONSES,
)
def get_import(import_id: ImportId) -> ImportResponse:
    """How far the job is, and what went wrong."""
    return services().imports.get(str(import_id))


@router.post(
    "/v1/imports/<import_id>/cancel",
    summary="Cancel an import job",
    operation_id="cancel_import",
    tags=["Imports"],
    responses={200: {"description": "It is stopped; what it has stored stays."}} | ERROR_RESPONSES,
)
def cancel_import(import_id: ImportId) -> ImportResponse:
    """Chunks that are being loaded at this moment are still counted."""
    return services().imports.cancel(str(import_id))


@router.post(
    "/v1/imports/<import_id>/resume",
    summary="Resume an import job",
    operation_id="resume_import",
    tags=["Imports"],
    responses={200: {"description": "It goes on; what is counted is not loaded again."}} | ERROR_RESPONSES,
)
def resume_import(import_id: ImportId) -> ImportResponse:
    """For a job that failed, was cancelled, or has dead chunks."""
    return services().imports.resume(str(import_id))


@router.post(
    "/v1/imports/<import_id>/retry",
    summary="Try the failed records of a job again",
    operation_id="retry_import",
    tags=["Imports"],
    status_code=202,
    responses={202: {"description": "A new job with only these records."}} | ERROR_RESPONSES,
)
def retry_import(import_id: ImportId) -> StartedImport:
    """For a completed job, after the cause was mended: a property added, a model allowed."""
    return services().imports.retry_failed(str(import_id))
