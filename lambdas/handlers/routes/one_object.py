"""The routes of one object, which the write function serves."""

from typing import Annotated

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Body
from aws_lambda_powertools.event_handler.router import APIGatewayHttpRouter

from lambdas.collections.model import Collection
from lambdas.handlers.http import ERROR_RESPONSES, JSON
from lambdas.handlers.routes.objects import registry, write_context
from lambdas.handlers.routes.on_collection import on_collection
from lambdas.handlers.routes.parameters import (
    Consistency,
    IfVersion,
    IncludeVectors,
    ObjectId,
    ObjectKey,
    name_from_address,
)
from lambdas.handlers.strict_json import StrictJson
from lambdas.objects.model import ObjectBody, ObjectPatch, StoredObject
from lambdas.wiring.write import services

router = APIGatewayHttpRouter()  # type: ignore[no-untyped-call]


@router.get(
    "/v1/collections/<name>/objects/<object_id>",
    summary="Get an object",
    operation_id="get_object",
    tags=["Objects"],
    responses={200: {"description": "The object as last written."}} | ERROR_RESPONSES,
)
@on_collection(registry)
def get_object(
    collection: Collection, object_id: ObjectId, key: ObjectKey = None, include_vectors: IncludeVectors = False
) -> StoredObject:
    """Returns one object, with its vectors if `include_vectors` is true.

    Reads the latest write; does not wait for an index refresh. Returns 404 if the object does not exist.
    """
    return services().reader.get(collection, name_from_address(collection, object_id, key), vectors=include_vectors)


@router.head(
    "/v1/collections/<name>/objects/<object_id>",
    summary="Check whether an object exists",
    operation_id="object_exists",
    tags=["Objects"],
    responses={200: {"description": "The object exists."}, 404: {"description": "The object does not exist."}},
)
@on_collection(registry)
def object_exists(collection: Collection, object_id: ObjectId, key: ObjectKey = None) -> Response[None]:
    """Returns 200 if the object exists and 404 if it does not. The response has no body.

    Reads the latest write; does not wait for an index refresh.
    """
    exists = services().reader.exists(collection, name_from_address(collection, object_id, key))
    return Response(status_code=200 if exists else 404)


@router.put(
    "/v1/collections/<name>/objects/<object_id>",
    summary="Insert or replace an object",
    operation_id="replace_object",
    tags=["Objects"],
    responses={200: {"description": "The object that replaced another."}, 201: {"description": "The new object."}}
    | ERROR_RESPONSES,
)
@on_collection(registry)
def replace_object(
    collection: Collection,
    object_id: ObjectId,
    body: Annotated[ObjectBody, StrictJson(), Body()],
    *,
    key: ObjectKey = None,
    consistency: Consistency = "none",
    if_version: IfVersion = None,
) -> Response[StoredObject]:
    """Replaces the whole object, or inserts it if it does not exist.

    Omitted properties are removed. `created` is kept, and so are vectors whose source text is unchanged; other vectors
    are made again by the collection's vectorizers. With `if_version` the object is replaced only if it still has that
    version; otherwise the response is 409.
    """
    named = name_from_address(collection, object_id, key)
    context = write_context(consistency, router)
    stored = services().objects.replace(collection, named, body, context, if_version=if_version)
    return Response(status_code=201 if stored.created else 200, content_type=JSON, body=stored.object)


@router.patch(
    "/v1/collections/<name>/objects/<object_id>",
    summary="Update a part of an object",
    operation_id="merge_object",
    tags=["Objects"],
    responses={200: {"description": "The updated object."}} | ERROR_RESPONSES,
)
@on_collection(registry)
def merge_object(
    collection: Collection,
    object_id: ObjectId,
    patch: Annotated[ObjectPatch, StrictJson(), Body()],
    *,
    key: ObjectKey = None,
    consistency: Consistency = "none",
    if_version: IfVersion = None,
) -> StoredObject:
    """Merges properties into the object as JSON Merge Patch (RFC 7396): null removes a property, others are kept.

    Only vectors whose source text changed are made again. Concurrent changes by other writers are never overwritten:
    the merge is repeated on the newer object. Returns 404 if the object does not exist.
    """
    named = name_from_address(collection, object_id, key)
    return services().objects.merge(collection, named, patch, write_context(consistency, router), if_version=if_version)


@router.delete(
    "/v1/collections/<name>/objects/<object_id>",
    summary="Delete an object",
    operation_id="delete_object",
    tags=["Objects"],
    status_code=204,
    responses={204: {"description": "The object is deleted."}} | ERROR_RESPONSES,
)
@on_collection(registry)
def delete_object(
    collection: Collection,
    object_id: ObjectId,
    key: ObjectKey = None,
    consistency: Consistency = "none",
    if_version: IfVersion = None,
) -> Response[None]:
    """Deletes one object. Returns 404 if the object does not exist.

    With `if_version` the object is deleted only if it still has that version; otherwise the response is 409.
    """
    named = name_from_address(collection, object_id, key)
    services().objects.delete(collection, named, refresh=consistency == "wait", if_version=if_version)
    return Response(status_code=204)
