"""The routes of collections, which the write function serves."""

from typing import Annotated

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Body, Query
from aws_lambda_powertools.event_handler.router import APIGatewayHttpRouter

from lambdas.collections.listing import DEFAULT_LIMIT, MAX_LIMIT, page_of
from lambdas.collections.model import (
    Collection,
    CollectionConfig,
    CollectionList,
    CollectionName,
    CollectionUpdate,
    collection_name,
)
from lambdas.collections.properties import Property
from lambdas.handlers.http import ERROR_RESPONSES, credentials, deadline
from lambdas.handlers.parameters import Name
from lambdas.handlers.strict_json import StrictJson
from lambdas.wiring.write import services

router = APIGatewayHttpRouter()  # type: ignore[no-untyped-call]


@router.post(
    "/v1/collections",
    summary="Create a collection",
    operation_id="create_collection",
    tags=["Collections"],
    status_code=201,
    responses={201: {"description": "The new collection, with every default filled in."}} | ERROR_RESPONSES,
)
def create_collection(config: Annotated[CollectionConfig, StrictJson(), Body()]) -> Collection:
    """Creates a collection and its index in OpenSearch.

    Each vector with a vectorizer is tested with one call of its model, which AWS bills, so that a wrong model, region,
    role or number of dimensions is reported now and not at the first insert. Vectors, properties and the number of
    shards cannot be changed later; properties can be added. A name that is taken, also in another case, is a 409.
    """
    return services().collections.create(config, deadline=deadline(router), credentials=credentials(router))


@router.get(
    "/v1/collections",
    summary="List collections",
    operation_id="list_collections",
    tags=["Collections"],
    responses={200: {"description": "A page of collections, sorted by name."}} | ERROR_RESPONSES,
)
def list_collections(
    limit: Annotated[int, Query(ge=1, le=MAX_LIMIT, description="Collections of a page.")] = DEFAULT_LIMIT,
    after: Annotated[CollectionName | None, Query(description="The `next` of the previous page.")] = None,
) -> CollectionList:
    """Returns the configuration of the collections, sorted by name, one page of them.

    Send `next` as `after` to get the following page. A page has fewer collections than `limit` if no more fit into a
    response. Costs one request to OpenSearch.
    """
    return page_of(services().registry.list("" if after is None else collection_name(after)), limit)


@router.get(
    "/v1/collections/<name>",
    summary="Get a collection",
    operation_id="get_collection",
    tags=["Collections"],
    responses={200: {"description": "The collection, with every default filled in."}} | ERROR_RESPONSES,
)
def get_collection(name: Name) -> Collection:
    """Returns the properties, vectors and index settings of a collection, with every default filled in.

    Reads the current state, never a cached one.
    """
    return services().registry.fresh(name)


@router.head(
    "/v1/collections/<name>",
    summary="Check whether a collection exists",
    operation_id="collection_exists",
    tags=["Collections"],
    responses={
        200: {"description": "The collection exists."},
        404: {"description": "The collection does not exist."},
    },
)
def collection_exists(name: Name) -> Response[None]:
    """Returns 200 if the collection exists and 404 if it does not. The response has no body."""
    services().registry.fresh(name)
    return Response(status_code=200)


@router.patch(
    "/v1/collections/<name>",
    summary="Update a collection",
    operation_id="update_collection",
    tags=["Collections"],
    responses={200: {"description": "The updated collection."}} | ERROR_RESPONSES,
)
def update_collection(name: Name, change: Annotated[CollectionUpdate, StrictJson(), Body()]) -> Collection:
    """Changes the description, `auto_schema`, `generative`, the number of replicas and the refresh interval.

    Omitted fields keep their values. Objects are not touched and nothing is embedded again. The update applies
    completely or, after an error, not at all.
    """
    return services().collections.update(name, change, deadline=deadline(router))


@router.post(
    "/v1/collections/<name>/properties",
    summary="Add a property",
    operation_id="add_property",
    tags=["Collections"],
    status_code=201,
    responses={201: {"description": "The collection with the new property."}} | ERROR_RESPONSES,
)
def add_property(name: Name, item: Annotated[Property, StrictJson(), Body()]) -> Collection:
    """Adds one property. An existing property cannot be changed or removed.

    Stored objects are kept unchanged and have no value of the new property; their vectors are not made again.
    """
    return services().collections.add_property(name, item, deadline=deadline(router))


@router.delete(
    "/v1/collections/<name>",
    summary="Delete a collection",
    operation_id="delete_collection",
    tags=["Collections"],
    status_code=204,
    responses={204: {"description": "The collection is deleted."}} | ERROR_RESPONSES,
)
def delete_collection(name: Name) -> Response[None]:
    """Deletes the collection and all its objects. This cannot be undone. Imports into it stop with an error."""
    services().collections.delete(name, deadline=deadline(router))
    return Response(status_code=204)
