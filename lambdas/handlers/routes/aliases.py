"""The routes of aliases, which the write function serves."""

from typing import Annotated

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Body, Path, Query
from aws_lambda_powertools.event_handler.router import APIGatewayHttpRouter

from lambdas.collections.aliases import Alias, AliasConfig, AliasList, AliasTarget
from lambdas.collections.model import CollectionName
from lambdas.handlers.http import ERROR_RESPONSES
from lambdas.handlers.strict_json import StrictJson
from lambdas.wiring.write import services

router = APIGatewayHttpRouter()  # type: ignore[no-untyped-call]

AliasName = Annotated[CollectionName, Path()]


@router.post(
    "/v1/aliases",
    summary="Create an alias",
    operation_id="create_alias",
    tags=["Aliases"],
    status_code=201,
    responses={201: {"description": "The new alias."}} | ERROR_RESPONSES,
)
def create_alias(config: Annotated[AliasConfig, StrictJson(), Body()]) -> Alias:
    """Creates a further name of a collection, which stands for it in every path `/v1/collections/{name}...`.

    A collection cannot be deleted by an alias. A name that a collection or an alias has is a 409.
    """
    return services().aliases.create(config)


@router.get(
    "/v1/aliases",
    summary="List aliases",
    operation_id="list_aliases",
    tags=["Aliases"],
    responses={200: {"description": "The aliases, sorted by name."}} | ERROR_RESPONSES,
)
def list_aliases(
    collection: Annotated[CollectionName | None, Query(description="Only the aliases of this collection.")] = None,
) -> AliasList:
    """Returns all aliases, or those of one collection, with the collections that they point at."""
    return services().aliases.list(collection)


@router.get(
    "/v1/aliases/<alias>",
    summary="Get an alias",
    operation_id="get_alias",
    tags=["Aliases"],
    responses={200: {"description": "The alias as last written."}} | ERROR_RESPONSES,
)
def get_alias(alias: AliasName) -> Alias:
    """Returns the collection that an alias points at, also if that collection was deleted."""
    return services().aliases.get(alias)


@router.put(
    "/v1/aliases/<alias>",
    summary="Point an alias at another collection",
    operation_id="repoint_alias",
    tags=["Aliases"],
    responses={200: {"description": "The alias, which points at the other collection."}} | ERROR_RESPONSES,
)
def repoint_alias(alias: AliasName, target: Annotated[AliasTarget, StrictJson(), Body()]) -> Alias:
    """Points the alias at another collection in one atomic change: every later request uses the new one.

    Imports that were started before go on into the former collection.
    """
    return services().aliases.repoint(alias, target)


@router.delete(
    "/v1/aliases/<alias>",
    summary="Delete an alias",
    operation_id="delete_alias",
    tags=["Aliases"],
    status_code=204,
    responses={204: {"description": "The alias is deleted."}} | ERROR_RESPONSES,
)
def delete_alias(alias: AliasName) -> Response[None]:
    """Deletes the alias. The collection that it points at and its objects stay."""
    services().aliases.delete(alias)
    return Response(status_code=204)
