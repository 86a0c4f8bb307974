"""`alto objects`."""

from typing import Annotated

import typer

from alto.cli.command import command, make_group
from alto.cli.connection import Connection
from alto.cli.output import note, show_json
from alto.requests import segment
from alto.values import parse_uuid

group = make_group(help="Get and delete single objects.")

Collection = Annotated[str, typer.Argument(metavar="COLLECTION", help="Where they are.")]
Id = Annotated[str, typer.Argument(metavar="ID", help="The object's id.")]


@command(group, "get", "alto objects get Film 5b0e5a3f-8a9e-5b5c-9d57-1f1d1c1f3b1a")
def get(
    connection: Connection,
    collection: Collection,
    uuid: Id,
    vectors: Annotated[bool, typer.Option("--vectors", help="With its vectors.")] = False,
) -> None:
    """Print an object as JSON, as it was last written."""
    with connection.open() as client:
        query = {"include_vectors": "true"} if vectors else None
        show_json(client.call("GET", _path(collection, uuid), query=query))


@command(group, "delete", "alto objects delete Film 5b0e5a3f-8a9e-5b5c-9d57-1f1d1c1f3b1a")
def delete(connection: Connection, collection: Collection, uuid: Id) -> None:
    """Delete an object."""
    with connection.open() as client:
        client.call("DELETE", _path(collection, uuid))
    note(f"Deleted {uuid}.")


def _path(collection: str, uuid: str) -> str:
    return f"/v1/collections/{segment(collection)}/objects/{parse_uuid(uuid)}"
