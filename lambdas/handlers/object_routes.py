"""Routes of objects."""

from typing import Annotated
from uuid import UUID

import orjson
from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.api_gateway import Router
from aws_lambda_powertools.event_handler.openapi.params import Body, Query

from lambdas.collections.model import collection_name
from lambdas.handlers.http import ERROR_RESPONSES, JSON, credentials, deadline
from lambdas.handlers.parameters import Consistency, IdempotencyKey, IfVersion, IncludeVectors, Name, ObjectId, replayed
from lambdas.handlers.strict_json import StrictJson
from lambdas.objects.model import (
    BatchResult,
    FoundObjects,
    ObjectBatch,
    ObjectBody,
    ObjectIds,
    ObjectPatch,
    StoredObject,
)
from lambdas.objects.store import WriteContext
from lambdas.selection.request import DeleteRequest, DeleteResult, ListRequest, ObjectPage, PageLimit
from lambdas.wiring.write import services

router = Router()  # type: ignore[no-untyped-call]


def context(consistency: str) -> WriteContext:
    """How this request wants to be written."""
    return WriteContext(deadline(router), credentials(router), refresh=consistency == "wait")


@router.post(
    "/v1/collections/<name>/objects",
    summary="Insert an object",
    operation_id="insert_object",
    tags=["Objects"],
    status_code=201,
    responses={201: {"description": "The object as it is stored."}} | ERROR_RESPONSES,
)
def insert_object(
    name: Name, body: Annotated[ObjectBody, StrictJson(), Body()], consistency: Consistency = "none"
) -> StoredObject:
    """Vectors that the caller does not bring are made from the object's text. An id that exists is refused."""
    function = services()
    return function.registry.serve(
        name, lambda collection: function.objects.insert(collection, body, context(consistency))
    )


@router.get(
    "/v1/collections/<name>/objects",
    summary="List objects",
    operation_id="list_objects",
    tags=["Objects"],
    responses={200: {"description": "One page, in the order of the ids."}} | ERROR_RESPONSES,
)
def list_objects(
    name: Name,
    limit: Annotated[PageLimit, Query()] = 100,
    after: Annotated[UUID | None, Query(description="The `next` of the page before.")] = None,
    include_vectors: IncludeVectors = False,
) -> ObjectPage:
    """Follow `next` to export a collection: objects that nobody writes meanwhile come exactly once."""
    function = services()
    request = ListRequest(limit=limit, after=after, include_vectors=include_vectors)
    return function.registry.serve(name, lambda collection: function.selector.page(collection, request))


@router.post(
    "/v1/collections/<name>/objects/list",
    summary="List objects that match a filter",
    operation_id="list_matching_objects",
    tags=["Objects"],
    responses={200: {"description": "One page, in the order of the ids."}} | ERROR_RESPONSES,
)
def list_matching_objects(name: Name, request: Annotated[ListRequest, StrictJson(), Body()]) -> ObjectPage:
    """As the list of all, with a filter and a choice of properties."""
    function = services()
    return function.registry.serve(name, lambda collection: function.selector.page(collection, request))


@router.post(
    "/v1/collections/<name>/objects/get",
    summary="Get objects by their ids",
    operation_id="get_objects",
    tags=["Objects"],
    responses={200: {"description": "The objects, and the ids that there are none of."}} | ERROR_RESPONSES,
)
def get_objects(name: Name, request: Annotated[ObjectIds, StrictJson(), Body()]) -> FoundObjects:
    """Sees writes at once, without waiting for searches to."""
    function = services()
    ids = [str(each) for each in request.ids]
    return function.registry.serve(
        name, lambda collection: function.reader.get_many(collection, ids, vectors=request.include_vectors)
    )


@router.post(
    "/v1/collections/<name>/objects/delete",
    summary="Delete the objects that match a filter",
    operation_id="delete_objects",
    tags=["Objects"],
    responses={200: {"description": "How many were deleted, and which could not be."}} | ERROR_RESPONSES,
)
def delete_objects(
    name: Name, request: Annotated[DeleteRequest, StrictJson(), Body()], consistency: Consistency = "none"
) -> DeleteResult:
    """Try it with `dry_run` first. An object that is written at the same moment is kept and named as failed."""
    function = services()
    return function.registry.serve(
        name,
        lambda collection: function.selector.delete(
            collection, request, deadline=deadline(router), refresh=consistency == "wait"
        ),
    )


@router.post(
    "/v1/collections/<name>/objects/batch",
    summary="Insert or replace many objects",
    operation_id="write_objects",
    tags=["Objects"],
    responses={200: {"description": "What became of each object, in order."}} | ERROR_RESPONSES,
)
def write_objects(
    name: Name,
    batch: Annotated[ObjectBatch, StrictJson(), Body()],
    consistency: Consistency = "none",
    idempotency_key: IdempotencyKey = None,
) -> Response[BatchResult]:
    """Each object is judged by itself: look at `failed` and at each result."""
    function = services()

    def write() -> BatchResult:
        return function.registry.serve(
            name, lambda collection: function.objects.write_batch(collection, batch.objects, context(consistency))
        )

    if idempotency_key is None:
        return Response(status_code=200, content_type=JSON, body=write())
    answered = function.requests.run(
        f"batch {collection_name(name)}",
        idempotency_key,
        orjson.dumps(batch.objects, option=orjson.OPT_SORT_KEYS),
        lambda: write().model_dump_json().encode(),
    )
    result = BatchResult.model_validate_json(answered.body)
    return Response(status_code=200, content_type=JSON, body=result, headers=replayed(answered))


@router.get(
    "/v1/collections/<name>/objects/<object_id>",
    summary="Get an object",
    operation_id="get_object",
    tags=["Objects"],
    responses={200: {"description": "The object as it was last written."}} | ERROR_RESPONSES,
)
def get_object(name: Name, object_id: ObjectId, include_vectors: IncludeVectors = False) -> StoredObject:
    """Sees a write at once, without waiting for searches to."""
    function = services()
    return function.registry.serve(
        name, lambda collection: function.reader.get(collection, str(object_id), vectors=include_vectors)
    )


@router.head(
    "/v1/collections/<name>/objects/<object_id>",
    summary="Does an object exist",
    operation_id="object_exists",
    tags=["Objects"],
    responses={200: {"description": "It does."}, 404: {"description": "It does not."}},
)
def object_exists(name: Name, object_id: ObjectId) -> Response[None]:
    """The answer has no body: 200 or 404."""
    function = services()
    exists = function.registry.serve(name, lambda collection: function.reader.exists(collection, str(object_id)))
    return Response(status_code=200 if exists else 404)


@router.put(
    "/v1/collections/<name>/objects/<object_id>",
    summary="Insert or replace an object",
    operation_id="replace_object",
    tags=["Objects"],
    responses={200: {"description": "The object as it replaced another."}, 201: {"description": "It is new."}}
    | ERROR_RESPONSES,
)
def replace_object(
    name: Name,
    object_id: ObjectId,
    body: Annotated[ObjectBody, StrictJson(), Body()],
    consistency: Consistency = "none",
    if_version: IfVersion = None,
) -> Response[StoredObject]:
    """What is not sent is gone, but for `created`, and vectors whose text is as it was."""
    function = services()
    stored = function.registry.serve(
        name,
        lambda collection: function.objects.replace(
            collection, str(object_id), body, context(consistency), if_version=if_version
        ),
    )
    return Response(status_code=201 if stored.created else 200, content_type=JSON, body=stored.object)


@router.patch(
    "/v1/collections/<name>/objects/<object_id>",
    summary="Change a part of an object",
    operation_id="merge_object",
    tags=["Objects"],
    responses={200: {"description": "The object as it is now."}} | ERROR_RESPONSES,
)
def merge_object(
    name: Name,
    object_id: ObjectId,
    patch: Annotated[ObjectPatch, StrictJson(), Body()],
    consistency: Consistency = "none",
    if_version: IfVersion = None,
) -> StoredObject:
    """Properties are merged (RFC 7396). Only changed text is embedded anew. Changes of other writers are never lost."""
    function = services()
    return function.registry.serve(
        name,
        lambda collection: function.objects.merge(
            collection, str(object_id), patch, context(consistency), if_version=if_version
        ),
    )


@router.delete(
    "/v1/collections/<name>/objects/<object_id>",
    summary="Delete an object",
    operation_id="delete_object",
    tags=["Objects"],
    status_code=204,
    responses={204: {"description": "It is gone."}} | ERROR_RESPONSES,
)
def delete_object(
    name: Name, object_id: ObjectId, consistency: Consistency = "none", if_version: IfVersion = None
) -> Response[None]:
    """An object that is not there is a 404."""
    function = services()
    function.registry.serve(
        name,
        lambda collection: function.objects.delete(
            collection, str(object_id), refresh=consistency == "wait", if_version=if_version
        ),
    )
    return Response(status_code=204)
