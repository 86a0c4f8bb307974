"""Routes of collections."""

from typing import Annotated

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.api_gateway import Router
from aws_lambda_powertools.event_handler.openapi.params import Body

from lambdas.collections.model import Collection, CollectionConfig, CollectionList, CollectionUpdate
from lambdas.collections.properties import Property
from lambdas.handlers.http import ERROR_RESPONSES, credentials, deadline
from lambdas.handlers.parameters import Name
from lambdas.handlers.strict_json import StrictJson
from lambdas.wiring.write import services

router = Router()  # type: ignore[no-untyped-call]


@router.post(
    "/v1/collections",
    summary="Create a collection",
    operation_id="create_collection",
    tags=["Collections"],
    status_code=201,
    responses={201: {"description": "The collection as it was created."}} | ERROR_RESPONSES,
)
def create_collection(config: Annotated[CollectionConfig, StrictJson(), Body()]) -> Collection:
    """The model and its dimensions are checked now, not at the first insert."""
    return services().collections.create(config, deadline=deadline(router), credentials=credentials(router))


@router.get("/v1/collections", summary="List collections", operation_id="list_collections", tags=["Collections"])
def list_collections() -> CollectionList:
    """All collections, by name."""
    return CollectionList(collections=services().registry.list())


@router.get(
    "/v1/collections/<name>",
    summary="Get a collection",
    operation_id="get_collection",
    tags=["Collections"],
    responses={200: {"description": "The collection."}} | ERROR_RESPONSES,
)
def get_collection(name: Name) -> Collection:
    """Its properties and vectors, with every default written out."""
    return services().registry.fresh(name)


@router.head(
    "/v1/collections/<name>",
    summary="Does a collection exist",
    operation_id="collection_exists",
    tags=["Collections"],
    responses={200: {"description": "It does."}, 404: {"description": "It does not."}},
)
def collection_exists(name: Name) -> Response[None]:
    """The answer has no body: 200 or 404."""
    services().registry.fresh(name)
    return Response(status_code=200)


@router.patch(
    "/v1/collections/<name>",
    summary="Change a collection",
    operation_id="update_collection",
    tags=["Collections"],
    responses={200: {"description": "The collection as it is now."}} | ERROR_RESPONSES,
)
def update_collection(name: Name, change: Annotated[CollectionUpdate, StrictJson(), Body()]) -> Collection:
    """Description, auto-schema and some settings of the index. What is refused changes nothing."""
    return services().collections.update(name, change, deadline=deadline(router))


@router.post(
    "/v1/collections/<name>/properties",
    summary="Add a property",
    operation_id="add_property",
    tags=["Collections"],
    status_code=201,
    responses={201: {"description": "The collection as it is now."}} | ERROR_RESPONSES,
)
def add_property(name: Name, item: Annotated[Property, StrictJson(), Body()]) -> Collection:
    """Objects that are stored already have no value of it. A property that exists cannot be changed."""
    return services().collections.add_property(name, item, deadline=deadline(router))


@router.delete(
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
