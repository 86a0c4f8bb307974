"""`alto objects`."""

from typing import Annotated

import typer

from alto.cli.command import command, make_group
from alto.cli.connection import Connection
from alto.cli.terminal.output import note, show_json
from alto.requests import segment
from alto.util import uuid_of_key
from alto.values import parse_uuid

group = make_group(help="Get and delete single objects.")

Collection = Annotated[str, typer.Argument(metavar="COLLECTION", help="Where they are.")]
Id = Annotated[str, typer.Argument(metavar="ID", help="The object's id; with --key, a key of your own.")]
KeyFlag = Annotated[
    bool, typer.Option("--key", help="ID is a key of your own, such as an ISBN, as imports with --any-ids take it.")
]


@command(
    group, "get", "alto objects get Film 5b0e5a3f-8a9e-5b5c-9d57-1f1d1c1f3b1a", "alto objects get Film isbn-1 --key"
)
def get(
    connection: Connection,
    collection: Collection,
    uuid: Id,
    key: KeyFlag = False,
    vectors: Annotated[bool, typer.Option("--vectors", help="With its vectors.")] = False,
) -> None:
    """Print the latest version of an object as JSON."""
    with connection.open() as client:
        query = {"include_vectors": "true"} if vectors else None
        show_json(client.call("GET", _path(collection, uuid, key=key), query=query))


@command(group, "delete", "alto objects delete Film 5b0e5a3f-8a9e-5b5c-9d57-1f1d1c1f3b1a")
def delete(connection: Connection, collection: Collection, uuid: Id, key: KeyFlag = False) -> None:
    """Delete an object."""
    with connection.open() as client:
        client.call("DELETE", _path(collection, uuid, key=key))
    note(f"Deleted {uuid}.")


def _path(collection: str, uuid: str, *, key: bool) -> str:
    object_id = uuid_of_key(collection, uuid) if key else parse_uuid(uuid)
    return f"/v1/collections/{segment(collection)}/objects/{object_id}"
