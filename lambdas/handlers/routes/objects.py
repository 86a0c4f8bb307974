"""The routes of the objects of a collection, which the write function serves."""

from typing import Annotated
from uuid import UUID

import orjson
from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Body, Query
from aws_lambda_powertools.event_handler.router import APIGatewayHttpRouter

from lambdas.collections.model import Collection
from lambdas.collections.registry import CollectionRegistry
from lambdas.handlers.callers import identity_of
from lambdas.handlers.http import ERROR_RESPONSES, JSON, credentials, deadline
from lambdas.handlers.routes.on_collection import on_collection
from lambdas.handlers.routes.parameters import (
    Consistency,
    IdempotencyKey,
    IncludeVectors,
    replayed,
)
from lambdas.handlers.strict_json import StrictJson
from lambdas.idempotency import derived_id
from lambdas.objects.model import (
    BatchResult,
    FoundObjects,
    ObjectBatch,
    ObjectBody,
    ObjectIds,
    StoredObject,
)
from lambdas.objects.repair import RepairRequest, RepairResult
from lambdas.objects.store import WriteContext
from lambdas.selection.request import (
    DeleteRequest,
    DeleteResult,
    ListRequest,
    ObjectPage,
    PageLimit,
    UpdateRequest,
    UpdateResult,
)
from lambdas.wiring.write import services

router = APIGatewayHttpRouter()  # type: ignore[no-untyped-call]


def registry() -> CollectionRegistry:
    """The registry of the write function."""
    return services().registry


def write_context(consistency: str, routes: APIGatewayHttpRouter = router) -> WriteContext:
    """The write options of the current request, which one of these `routes` serves."""
    return WriteContext(deadline(routes), credentials(routes), refresh=consistency == "wait")


def summarize_batch(body: bytes) -> bytes:
    """Shorten the result of a batch for its Idempotency-Key: results without the texts of errors."""
    result = BatchResult.model_validate_json(body)
    results = [
        each.model_copy(
            update={"vectors_without_text": [], "error": each.error and each.error.model_copy(update={"message": ""})}
        )
        for each in result.results
    ]
    return result.model_copy(update={"results": results}).model_dump_json().encode()


@router.post(
    "/v1/collections/<name>/objects",
    summary="Insert an object",
    operation_id="insert_object",
    tags=["Objects"],
    status_code=201,
    responses={201: {"description": "The object as stored."}} | ERROR_RESPONSES,
)
@on_collection(registry)
def insert_object(
    collection: Collection, body: Annotated[ObjectBody, StrictJson(), Body()], consistency: Consistency = "none"
) -> StoredObject:
    """Stores a new object. An `id` or `key` that exists already is a 409; without both the object gets a random id.

    Vectors that the request does not contain are made from the object's text by the collection's vectorizers: one
    model call for each vector, which AWS bills.
    """
    return services().objects.insert(collection, body, write_context(consistency))


@router.get(
    "/v1/collections/<name>/objects",
    summary="List objects",
    operation_id="list_objects",
    tags=["Objects"],
    responses={200: {"description": "One page of objects, sorted by id."}} | ERROR_RESPONSES,
)
@on_collection(registry)
def list_objects(
    collection: Collection,
    limit: Annotated[PageLimit, Query()] = 100,
    after: Annotated[UUID | None, Query(description="The `next` of the previous page.")] = None,
    include_vectors: IncludeVectors = False,
) -> ObjectPage:
    """Returns one page of all objects, sorted by id. Send `next` as `after` to get the following page.

    Following `next` to the end exports the collection: an object that is not written or deleted meanwhile is on
    exactly one page. Sees writes after the next index refresh. Costs one request to OpenSearch a page.
    """
    request = ListRequest(limit=limit, after=after, include_vectors=include_vectors)
    return services().selector.page(collection, request)


@router.post(
    "/v1/collections/<name>/objects/list",
    summary="List objects that match a filter",
    operation_id="list_matching_objects",
    tags=["Objects"],
    responses={200: {"description": "One page of objects, sorted by id."}} | ERROR_RESPONSES,
)
@on_collection(registry)
def list_matching_objects(collection: Collection, request: Annotated[ListRequest, StrictJson(), Body()]) -> ObjectPage:
    """Returns one page of the objects that match `filter`, sorted by id, with the properties asked for.

    Paging works as in `GET .../objects`. Sees writes after the next index refresh.
    """
    return services().selector.page(collection, request)


@router.post(
    "/v1/collections/<name>/objects/get",
    summary="Get objects by their ids or keys",
    operation_id="get_objects",
    tags=["Objects"],
    responses={200: {"description": "The objects found, and the ids and keys that were not found."}} | ERROR_RESPONSES,
)
@on_collection(registry)
def get_objects(collection: Collection, request: Annotated[ObjectIds, StrictJson(), Body()]) -> FoundObjects:
    """Returns the objects with these ids or keys, in their order, and lists those that were not found.

    Reads the latest writes; does not wait for an index refresh.
    """
    return services().reader.get_many(collection, request.ids, vectors=request.include_vectors)


@router.post(
    "/v1/collections/<name>/objects/delete",
    summary="Delete the objects that match a filter",
    operation_id="delete_objects",
    tags=["Objects"],
    responses={200: {"description": "How many objects were deleted, and which failed."}} | ERROR_RESPONSES,
)
@on_collection(registry)
def delete_objects(
    collection: Collection, request: Annotated[DeleteRequest, StrictJson(), Body()], consistency: Consistency = "none"
) -> DeleteResult:
    """Deletes up to `limit` objects that match `filter`; send the request again while `matches` is above `limit`.

    With `dry_run` it deletes nothing and only counts. An object that another request writes at the same moment is kept
    and reported as failed. The index is refreshed first, so that the latest writes are considered.
    """
    return services().selector.delete(collection, request, deadline=deadline(router), refresh=consistency == "wait")


@router.post(
    "/v1/collections/<name>/objects/update",
    summary="Update the objects that match a filter",
    operation_id="update_objects",
    tags=["Objects"],
    responses={200: {"description": "How many objects were updated, and which failed."}} | ERROR_RESPONSES,
)
@on_collection(registry)
def update_objects(
    collection: Collection, request: Annotated[UpdateRequest, StrictJson(), Body()], consistency: Consistency = "none"
) -> UpdateResult:
    """Sets or merges properties of the objects that match `filter`, in the order of their ids.

    Vectors whose source text changes are made again, which AWS bills. An object that another request writes at the
    same moment is read again, and updated if it still matches. With `next` in the response, more objects match than
    `limit` or the time of a request allow: send it as `after`. With `dry_run` it only counts.
    """
    return services().updater.update(collection, request, write_context(consistency))


@router.post(
    "/v1/collections/<name>/objects/repair",
    summary="Repair vectors that are not those of their text",
    operation_id="repair_objects",
    tags=["Objects"],
    responses={200: {"description": "The objects checked, wrong and repaired."}} | ERROR_RESPONSES,
)
@on_collection(registry)
def repair_objects(
    collection: Collection, request: Annotated[RepairRequest, StrictJson(), Body()], consistency: Consistency = "none"
) -> RepairResult:
    """Checks one page of objects and replaces vectors that are not those of the object's text.

    Versions of Alto before 0.2 could store such vectors when several requests wrote one object at the same time. Every
    text of the page is embedded again, which AWS bills. Vectors that a caller sent are kept.
    """
    return services().repairer.repair(collection, request, write_context(consistency))


@router.post(
    "/v1/collections/<name>/objects/batch",
    summary="Insert or replace many objects",
    operation_id="write_objects",
    tags=["Objects"],
    responses={200: {"description": "The result of each object, in the order sent."}} | ERROR_RESPONSES,
)
@on_collection(registry)
def write_objects(
    collection: Collection,
    batch: Annotated[ObjectBatch, StrictJson(is_plain=True), Body()],
    consistency: Consistency = "none",
    idempotency_key: IdempotencyKey = None,
) -> Response[BatchResult]:
    """Stores up to 1,000 objects. An object whose `id` or `key` exists replaces the stored one completely.

    Each object succeeds or fails on its own, and the status is 200 in both cases: check `failed` and the result of
    each object. Vectors whose source text is unchanged are kept; the others are made by the collection's vectorizers,
    in as few model calls as possible.
    """
    context = write_context(consistency)
    if idempotency_key is None:
        result = services().objects.write_batch(collection, batch.objects, context)
        return Response(status_code=200, content_type=JSON, body=result)
    # The stored response must not outlive the collection: the cached one may have been deleted.
    current = registry().fresh(collection.name)
    scope = f"batch {current.identity} {identity_of(router.current_event.raw_event)}"
    # With derived ids, a request that is carried out twice (its function died, or its response was not stored) has the
    # effect of one.
    objects = [
        raw if raw.get("id") or raw.get("key") is not None else raw | {"id": derived_id(scope, idempotency_key, place)}
        for place, raw in enumerate(batch.objects)
    ]
    stored = services().requests.run(
        scope,
        idempotency_key,
        orjson.dumps(batch.objects, option=orjson.OPT_SORT_KEYS),
        lambda: services().objects.write_batch(current, objects, context).model_dump_json().encode(),
        summarize_batch,
    )
    result = BatchResult.model_validate_json(stored.body)
    return Response(status_code=200, content_type=JSON, body=result, headers=replayed(stored))
