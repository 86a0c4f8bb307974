"""The write function: collections, objects and the state of imports."""

from typing import Annotated, Any, Literal
from uuid import UUID

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Path, Query
from aws_lambda_powertools.utilities.typing import LambdaContext

from lambdas.collections.model import Collection, CollectionConfig, CollectionList, CollectionName
from lambdas.handlers import imports_routes
from lambdas.handlers.http import ERROR_RESPONSES, credentials, deadline, make_app, resolve
from lambdas.objects.model import BatchResult, ObjectBatch, ObjectBody, StoredObject
from lambdas.wiring.write import services

app = make_app()
app.include_router(imports_routes.router)

Name = Annotated[CollectionName, Path()]
ObjectId = Annotated[UUID, Path()]
Consistency = Annotated[
    Literal["none", "wait"], Query(description="`wait` answers when the next search will see the change.")
]


@app.post(
    "/v1/collections",
    summary="Create a collection",
    operation_id="create_collection",
    tags=["Collections"],
    status_code=201,
    responses={201: {"description": "The collection as it was created."}} | ERROR_RESPONSES,
)
def create_collection(config: CollectionConfig) -> Collection:
    """The model and its dimensions are checked now, not at the first insert."""
    return services().collections.create(config, deadline=deadline(app), credentials=credentials(app))


@app.get("/v1/collections", summary="List collections", operation_id="list_collections", tags=["Collections"])
def list_collections() -> CollectionList:
    """All collections, by name."""
    return CollectionList(collections=services().registry.list())


@app.get(
    "/v1/collections/<name>",
    summary="Get a collection",
    operation_id="get_collection",
    tags=["Collections"],
    responses={200: {"description": "The collection."}} | ERROR_RESPONSES,
)
def get_collection(name: Name) -> Collection:
    """Its properties and vectors, with every default written out."""
    return services().registry.get(name)


@app.delete(
    "/v1/collections/<name>",
    summary="Delete a collection",
    operation_id="delete_collection",
    tags=["Collections"],
    status_code=204,
    responses={204: {"description": "It is gone."}} | ERROR_RESPONSES,
)
def delete_collection(name: Name) -> Response[None]:
    """Deletes all its objects too."""
    services().collections.delete(name)
    return Response(status_code=204)


@app.post(
    "/v1/collections/<name>/objects",
    summary="Insert an object",
    operation_id="insert_object",
    tags=["Objects"],
    status_code=201,
    responses={201: {"description": "The object as it is stored."}} | ERROR_RESPONSES,
)
def insert_object(name: Name, body: ObjectBody, consistency: Consistency = "none") -> StoredObject:
    """Vectors that the caller does not bring are made from the object's text. An id that exists is refused."""
    function = services()
    return function.objects.insert(
        function.registry.get(name),
        body,
        deadline=deadline(app),
        credentials=credentials(app),
        refresh=consistency == "wait",
    )


@app.post(
    "/v1/collections/<name>/objects/batch",
    summary="Insert or replace many objects",
    operation_id="write_objects",
    tags=["Objects"],
    responses={200: {"description": "What became of each object, in order."}} | ERROR_RESPONSES,
)
def write_objects(name: Name, batch: ObjectBatch, consistency: Consistency = "none") -> BatchResult:
    """Each object is judged by itself: look at `failed` and at each result."""
    function = services()
    return function.objects.write_batch(
        function.registry.get(name),
        batch.objects,
        deadline=deadline(app),
        credentials=credentials(app),
        refresh=consistency == "wait",
    )


@app.get(
    "/v1/collections/<name>/objects/<object_id>",
    summary="Get an object",
    operation_id="get_object",
    tags=["Objects"],
    responses={200: {"description": "The object as it was last written."}} | ERROR_RESPONSES,
)
def get_object(name: Name, object_id: ObjectId, include_vectors: Annotated[bool, Query()] = False) -> StoredObject:
    """Sees a write at once, without waiting for searches to."""
    function = services()
    return function.objects.get(function.registry.get(name), str(object_id), vectors=include_vectors)


@app.delete(
    "/v1/collections/<name>/objects/<object_id>",
    summary="Delete an object",
    operation_id="delete_object",
    tags=["Objects"],
    status_code=204,
    responses={204: {"description": "It is gone."}} | ERROR_RESPONSES,
)
def delete_object(name: Name, object_id: ObjectId, consistency: Consistency = "none") -> Response[None]:
    """An object that is not there is a 404."""
    function = services()
    function.objects.delete(function.registry.get(name), str(object_id), refresh=consistency == "wait")
    return Response(status_code=204)


def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Entry point of the write function."""
    return resolve(app, event, context)
