"""`alto objects`."""

from typing import Annotated

import typer

from alto.addresses import address
from alto.cli.command import command, make_group
from alto.cli.connection import Connection
from alto.cli.terminal.output import note, show_json

group = make_group(help="Get and delete single objects.")

Collection = Annotated[str, typer.Argument(metavar="COLLECTION", help="Where they are.")]
Id = Annotated[str, typer.Argument(metavar="ID", help="The object's id, or its key: an id of your own.")]
KeyFlag = Annotated[bool, typer.Option("--key", help="Not needed: an ID that is not a UUID is a key.")]


@command(group, "get", "alto objects get Film 5b0e5a3f-8a9e-5b5c-9d57-1f1d1c1f3b1a", "alto objects get Film isbn-1")
def get(
    connection: Connection,
    collection: Collection,
    uuid: Id,
    key: KeyFlag = False,  # noqa: ARG001 (accepted, without effect)
    vectors: Annotated[bool, typer.Option("--vectors", help="With its vectors.")] = False,
) -> None:
    """Print the latest version of an object as JSON."""
    with connection.open() as client:
        path, query = address(collection, uuid)
        show_json(client.call("GET", path, query=query | ({"include_vectors": "true"} if vectors else {})))


@command(
    group, "delete", "alto objects delete Film 5b0e5a3f-8a9e-5b5c-9d57-1f1d1c1f3b1a", "alto objects delete Film isbn-1"
)
def delete(
    connection: Connection,
    collection: Collection,
    uuid: Id,
    key: KeyFlag = False,  # noqa: ARG001 (accepted, without effect)
) -> None:
    """Delete an object."""
    with connection.open() as client:
        path, query = address(collection, uuid)
        client.call("DELETE", path, query=query)
    note(f"Deleted {uuid}.")
