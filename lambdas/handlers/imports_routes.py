"""The routes of imports, which the write function serves."""

from typing import Annotated
from uuid import UUID

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Body, Path, Query
from aws_lambda_powertools.event_handler.router import APIGatewayHttpRouter

from lambdas.handlers.http import ERROR_RESPONSES, JSON
from lambdas.handlers.parameters import IdempotencyKey, replayed
from lambdas.handlers.strict_json import StrictJson
from lambdas.imports.import_service import ImportList, ImportRequest, KeptImport, StartedImport
from lambdas.imports.uploads import CompletedUpload, PartsRequest, PartUrls, UploadCompletion, UploadReference
from lambdas.jobs.job_response import ImportResponse
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
def start_import(
    request: Annotated[ImportRequest, StrictJson(), Body()], idempotency_key: IdempotencyKey = None
) -> Response[StartedImport]:
    """Imports an object in S3, or answers a URL to upload a file to. The same content again is the same job."""
    function = services()
    collection = function.registry.fresh(request.collection)
    named = request.model_copy(update={"collection": collection.name})
    problem = function.batch_problem(collection)
    if idempotency_key is None:
        return Response(status_code=202, content_type=JSON, body=function.imports.start(named, problem))

    def start() -> bytes:
        return function.imports.start(named, problem).kept.model_dump_json().encode()

    answered = function.requests.run("import", idempotency_key, named.model_dump_json().encode(), start)
    started = function.imports.started(named, KeptImport.model_validate_json(answered.body))
    return Response(status_code=202, content_type=JSON, body=started, headers=replayed(answered))


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


@router.post(
    "/v1/imports/<import_id>/upload/parts",
    summary="Get URLs for parts of an upload",
    operation_id="sign_upload_parts",
    tags=["Imports"],
    responses={200: {"description": "Where to PUT each part."}} | ERROR_RESPONSES,
)
def sign_upload_parts(import_id: ImportId, request: Annotated[PartsRequest, StrictJson(), Body()]) -> PartUrls:
    """For parts beyond the first 100, and anew for those whose URLs have expired."""
    return services().imports.uploads.sign(str(import_id), _meant(request))


@router.post(
    "/v1/imports/<import_id>/upload/complete",
    summary="Complete an upload in parts",
    operation_id="complete_upload",
    tags=["Imports"],
    responses={200: {"description": "The file is in S3; its import starts by itself."}} | ERROR_RESPONSES,
)
def complete_upload(import_id: ImportId, request: Annotated[UploadCompletion, StrictJson(), Body()]) -> CompletedUpload:
    """Puts the parts together. Sent again, it answers as before."""
    return services().imports.uploads.complete(str(import_id), _meant(request))


@router.post(
    "/v1/imports/<import_id>/upload/abort",
    summary="Give up an upload in parts",
    operation_id="abort_upload",
    tags=["Imports"],
    status_code=204,
    responses={204: {"description": "S3 has deleted its parts."}} | ERROR_RESPONSES,
)
def abort_upload(import_id: ImportId, request: Annotated[UploadReference, StrictJson(), Body()]) -> Response[None]:
    """Nothing is imported. Without it S3 deletes the parts after seven days."""
    services().imports.uploads.abort(str(import_id), _meant(request))
    return Response(status_code=204)


def _meant[R: UploadReference](request: R) -> R:
    """The request with the collection's name as it is stored."""
    return request.model_copy(update={"collection": services().registry.fresh(request.collection).name})
