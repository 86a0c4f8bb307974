"""The routes of collections, which the write function serves."""

from typing import Annotated

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Body, Path, Query
from aws_lambda_powertools.event_handler.router import APIGatewayHttpRouter

from lambdas.collections.listing import DEFAULT_LIMIT, MAX_LIMIT, page_of
from lambdas.collections.model import (
    Collection,
    CollectionConfig,
    CollectionList,
    CollectionName,
    CollectionUpdate,
    VectorName,
)
from lambdas.collections.names import collection_name
from lambdas.collections.properties import Property
from lambdas.handlers.http import ERROR_RESPONSES, JSON, credentials, deadline
from lambdas.handlers.routes.parameters import Name
from lambdas.handlers.strict_json import StrictJson
from lambdas.jobs.job_response import ImportResponse
from lambdas.migrating.rebuild import RebuildBody, UndoneRebuild
from lambdas.migrating.vectors import AddedVectors, AddVectorsBody, FillBody
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
    """Changes the settings that are not fixed: description, models of generation and reranking, expiry and others.

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


@router.post(
    "/v1/collections/<name>/vectors",
    summary="Add vectors",
    operation_id="add_vectors",
    tags=["Collections"],
    status_code=202,
    responses={202: {"description": "The collection with its new vectors, and the jobs that fill them."}}
    | ERROR_RESPONSES,
)
def add_vectors(name: Name, body: Annotated[AddVectorsBody, StrictJson(), Body()]) -> Response[AddedVectors]:
    """Adds vectors to a collection while it is used: another model, without another collection.

    From the response on, every write makes the new vectors too. For each that Alto makes, a job embeds the objects that
    are stored, which AWS bills: follow, cancel and resume it as an import. An object that is written meanwhile keeps
    what its writer stored. Searches use a new vector when they name it in `target_vector`, or when the collection's
    `default_vector` does; while it is being filled, their responses have its filled share.
    """
    added = services().vectors.add(name, body, deadline=deadline(router), credentials=credentials(router))
    return Response(status_code=202, content_type=JSON, body=added)


@router.post(
    "/v1/collections/<name>/vectors/<vector>/fill",
    summary="Fill a vector",
    operation_id="fill_vector",
    tags=["Collections"],
    status_code=202,
    responses={202: {"description": "The job that fills the vector."}} | ERROR_RESPONSES,
)
def fill_vector(
    name: Name, vector: Annotated[VectorName, Path()], body: Annotated[FillBody, StrictJson(), Body()]
) -> Response[ImportResponse]:
    """Starts a job that embeds every object that lacks this vector; if one is at work, it is the response.

    Objects that have the vector of their present text cost no model call.
    """
    job = services().vectors.fill(name, vector, body, deadline=deadline(router))
    return Response(status_code=202, content_type=JSON, body=job)


@router.post(
    "/v1/collections/<name>/rebuild",
    summary="Rebuild a collection",
    operation_id="rebuild_collection",
    tags=["Collections"],
    status_code=202,
    responses={202: {"description": "The job that fills the new index."}} | ERROR_RESPONSES,
)
def rebuild_collection(name: Name, body: Annotated[RebuildBody, StrictJson(), Body()]) -> Response[ImportResponse]:
    """Makes another index for the collection, with what cannot be changed in the present one, and without downtime.

    Changes how text is cut and indexed, the number of shards, distance and graph of vectors, drops vectors, and brings
    a collection of an older Alto to the newest analysis. A job copies all objects while the collection is read and
    written, verifies the copy and lets it take the place of the present index in one step; writes wait for a second or
    two then. No text is embedded. The present index is kept, so that the rebuild can be undone, until `finish`.
    """
    job = services().rebuilds.start(name, body, deadline=deadline(router))
    return Response(status_code=202, content_type=JSON, body=job)


@router.post(
    "/v1/collections/<name>/rebuild/undo",
    summary="Undo a rebuild",
    operation_id="undo_rebuild",
    tags=["Collections"],
    responses={200: {"description": "The collection, and the job that brings the former index back, if it takes one."}}
    | ERROR_RESPONSES,
)
def undo_rebuild(name: Name) -> UndoneRebuild:
    """Gives up a rebuild that is under way, or goes back to the index before the last one.

    What was written and deleted since is brought into the former index first, by a job; vectors that the rebuild had
    dropped are made for objects that were written since, which AWS bills. The index that is left then is kept, too,
    until `finish`.
    """
    return services().rebuilds.undo(name, deadline=deadline(router))


@router.post(
    "/v1/collections/<name>/rebuild/finish",
    summary="Finish a rebuild",
    operation_id="finish_rebuild",
    tags=["Collections"],
    responses={200: {"description": "The collection, which keeps no former index any more."}} | ERROR_RESPONSES,
)
def finish_rebuild(name: Name) -> Collection:
    """Deletes the index before the last rebuild, which frees its memory. The rebuild cannot be undone any more."""
    return services().rebuilds.finish(name, deadline=deadline(router))


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
