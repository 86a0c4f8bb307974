"""The routes of imports, which the write function serves."""

from typing import Annotated
from uuid import UUID

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Body, Path, Query
from aws_lambda_powertools.event_handler.router import APIGatewayHttpRouter

from lambdas.collections.names import collection_name
from lambdas.handlers.callers import identity_of
from lambdas.handlers.http import ERROR_RESPONSES, JSON
from lambdas.handlers.rights import check_source_rights
from lambdas.handlers.routes.parameters import IdempotencyKey, Name, replayed
from lambdas.handlers.strict_json import StrictJson
from lambdas.imports.files.uploads import CompletedUpload, PartsRequest, PartUrls, UploadCompletion, UploadReference
from lambdas.imports.import_service import ImportBody, ImportList, ImportRequest, KeptImport, StartedImport
from lambdas.jobs.job_response import ImportResponse
from lambdas.wiring.rights import collections_claim
from lambdas.wiring.write import services

router = APIGatewayHttpRouter()  # type: ignore[no-untyped-call]

ImportId = Annotated[UUID, Path()]
JobsOfPage = Annotated[int, Query(ge=1, le=100)]
AfterJob = Annotated[str | None, Query(max_length=200)]


@router.post(
    "/v1/collections/<name>/imports",
    summary="Start an import",
    description=(
        "Starts an import job for an S3 object (`source`), or returns a URL to upload a file to "
        "(`file_name`); the job then starts when the file has arrived. An object without an id gets one "
        "that derives from the file's content and the record's place, so importing the same content twice "
        "stores each object once. Objects with an id that exists are replaced; identical objects are left "
        "alone and cost no model call. The same content with the same options is the same job: a repeated "
        "request returns it, unless `repeat` is true. Costs one model call for each batch of new or "
        "changed texts."
    ),
    operation_id="start_import",
    tags=["Imports"],
    status_code=202,
    responses={202: {"description": "The job, or where to upload the file."}} | ERROR_RESPONSES,
)
def start_import(
    name: Name, body: Annotated[ImportBody, StrictJson(), Body()], idempotency_key: IdempotencyKey = None
) -> Response[StartedImport]:
    """Start an import, once for each Idempotency-Key."""
    function = services()
    if body.source is not None:
        check_source_rights(
            router.current_event.raw_event, collections_claim(), body.source_key, function.aliases.find_target
        )
    collection = function.registry.fresh(name)
    request = ImportRequest.into(collection.name, body)
    problem = function.batch_problem(collection)
    if idempotency_key is None:
        return Response(
            status_code=202, content_type=JSON, body=function.imports.start(request, problem, collection.identity)
        )

    scope = f"import {collection.identity} {identity_of(router.current_event.raw_event)}"

    def start() -> bytes:
        return function.imports.start(request, problem, collection.identity).kept.model_dump_json().encode()

    stored = function.requests.run(scope, idempotency_key, request.model_dump_json().encode(), start)
    started = function.imports.started(request, KeptImport.model_validate_json(stored.body), collection.identity)
    return Response(status_code=202, content_type=JSON, body=started, headers=replayed(stored))


@router.get(
    "/v1/collections/<name>/imports",
    summary="List the import jobs of a collection",
    description=(
        "Returns the jobs of the last 90 days into the collection of this name, or into one of this name "
        "that was deleted, the newest first, `limit` on a page. Send `next` of one "
        "page as `after` to get the following page. Reads one item for each job; no search or model call."
    ),
    operation_id="list_imports",
    tags=["Imports"],
    responses={200: {"description": "A page of jobs, the newest first."}} | ERROR_RESPONSES,
)
def list_imports(name: Name, limit: JobsOfPage = 20, after: AfterJob = None) -> ImportList:
    """Return a page of the jobs of a collection."""
    found = services().imports.list(limit, after, collection_name(name))
    if not found.imports:
        services().registry.get(name)
    return found


@router.get(
    "/v1/collections/<name>/imports/<import_id>",
    summary="Get an import job",
    description=(
        "Returns the state of a job: records read, loaded, unchanged and failed (these include the chunks "
        "that are being loaded, and move every few seconds), rate, estimated end, the first failed "
        "records, dead chunks, and the last reason why a chunk could not be loaded. A URL to the error "
        "file is valid for one hour. Returns 404 with the reason while an announced upload has not "
        "arrived."
    ),
    operation_id="get_import",
    tags=["Imports"],
    responses={200: {"description": "State and counts; read = loaded + unchanged + failed."}} | ERROR_RESPONSES,
)
def get_import(name: Name, import_id: ImportId) -> ImportResponse:
    """Return a job."""
    return services().imports.get(str(import_id), collection_name(name))


@router.post(
    "/v1/collections/<name>/imports/<import_id>/cancel",
    summary="Cancel an import job",
    description=(
        "Stops a job that has not ended. Objects that are stored stay; chunks that are being loaded at "
        "this moment are still counted. Batch inference jobs of Bedrock are stopped. The job can be "
        "resumed."
    ),
    operation_id="cancel_import",
    tags=["Imports"],
    responses={200: {"description": "The cancelled job. Stored objects stay."}} | ERROR_RESPONSES,
)
def cancel_import(name: Name, import_id: ImportId) -> ImportResponse:
    """Cancel a job."""
    return services().imports.cancel(str(import_id), collection_name(name))


@router.post(
    "/v1/collections/<name>/imports/<import_id>/resume",
    summary="Resume an import job",
    description=(
        "Continues a job that failed, was cancelled, has dead chunks, or made no progress for an hour. "
        "Counted chunks are not loaded again, and unchanged objects cost no model call. Returns 409 if "
        "the job does not need it, or if a newer version of its file was uploaded since."
    ),
    operation_id="resume_import",
    tags=["Imports"],
    responses={200: {"description": "The job continues; counted chunks are not loaded again."}} | ERROR_RESPONSES,
)
def resume_import(name: Name, import_id: ImportId) -> ImportResponse:
    """Resume a job."""
    return services().imports.resume(str(import_id), collection_name(name))


@router.post(
    "/v1/collections/<name>/imports/<import_id>/retry",
    summary="Retry the failed records of a job",
    description=(
        "Starts a job that loads only the failed records of a completed job, under the ids that they "
        "would have had. Use it once the cause is fixed: for example, a missing property was added or "
        "model access granted. Returns 409 if a newer version of the file was uploaded since."
    ),
    operation_id="retry_import",
    tags=["Imports"],
    status_code=202,
    responses={202: {"description": "A new job with only these records."}} | ERROR_RESPONSES,
)
def retry_import(name: Name, import_id: ImportId) -> StartedImport:
    """Retry the failed records of a job."""
    return services().imports.retry_failed(str(import_id), collection_name(name))


@router.post(
    "/v1/collections/<name>/imports/<import_id>/upload/parts",
    summary="Get URLs for parts of an upload",
    description=(
        "Signs URLs for parts of a multipart upload: those beyond the first 100, and those whose URLs "
        "have expired. Each URL is valid for one hour and takes one PUT of that part. Nothing is stored."
    ),
    operation_id="sign_upload_parts",
    tags=["Imports"],
    responses={200: {"description": "The URL of each part."}} | ERROR_RESPONSES,
)
def sign_upload_parts(
    name: Name, import_id: ImportId, request: Annotated[PartsRequest, StrictJson(), Body()]
) -> PartUrls:
    """Sign URLs for parts of an upload."""
    return services().imports.uploads.sign(_stored_name(name), str(import_id), request)


@router.post(
    "/v1/collections/<name>/imports/<import_id>/upload/complete",
    summary="Complete an upload in parts",
    description=(
        "Makes one S3 object of the uploaded parts; its import then starts automatically. Repeating the "
        "request returns the same response."
    ),
    operation_id="complete_upload",
    tags=["Imports"],
    responses={200: {"description": "The file is in S3; its import starts automatically."}} | ERROR_RESPONSES,
)
def complete_upload(
    name: Name, import_id: ImportId, request: Annotated[UploadCompletion, StrictJson(), Body()]
) -> CompletedUpload:
    """Complete an upload."""
    return services().imports.uploads.complete(_stored_name(name), str(import_id), request)


@router.post(
    "/v1/collections/<name>/imports/<import_id>/upload/abort",
    summary="Abort an upload in parts",
    description=(
        "Deletes the uploaded parts; nothing is imported. Without it, S3 deletes them after seven days, "
        "and they are charged until then."
    ),
    operation_id="abort_upload",
    tags=["Imports"],
    status_code=204,
    responses={204: {"description": "The parts are deleted."}} | ERROR_RESPONSES,
)
def abort_upload(
    name: Name, import_id: ImportId, request: Annotated[UploadReference, StrictJson(), Body()]
) -> Response[None]:
    """Abort an upload."""
    services().imports.uploads.abort(_stored_name(name), str(import_id), request)
    return Response(status_code=204)


@router.get(
    "/v1/imports",
    summary="List the import jobs of all collections",
    description=(
        "Returns the jobs of the last 90 days into all collections, the newest first, `limit` on a page, "
        "without URLs to their error files. For those who may see every collection: everything else about "
        "imports has a path below the collection."
    ),
    operation_id="list_all_imports",
    tags=["Imports"],
    responses={200: {"description": "A page of jobs, the newest first."}} | ERROR_RESPONSES,
)
def list_all_imports(limit: JobsOfPage = 20, after: AfterJob = None) -> ImportList:
    """Return a page of jobs."""
    return services().imports.list(limit, after)


@router.get(
    "/v1/imports/<import_id>",
    summary="Find an import job by its id",
    description=(
        "Returns the job with its collection, whichever that is, without a URL to its error file. For those "
        "who may see every collection; `GET /v1/collections/{name}/imports/{import_id}` is for the others."
    ),
    operation_id="find_import",
    tags=["Imports"],
    responses={200: {"description": "State and counts; read = loaded + unchanged + failed."}} | ERROR_RESPONSES,
)
def find_import(import_id: ImportId) -> ImportResponse:
    """Return a job of any collection."""
    return services().imports.find(str(import_id))


def _stored_name(name: str) -> str:
    """Return the collection's name as it is stored. Raises `CollectionNotFoundError`."""
    return services().registry.fresh(name).name
