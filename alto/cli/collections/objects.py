"""`alto objects`."""

from typing import Annotated, Any

import typer

from alto.addresses import address
from alto.cli.command import JsonFlag, command, make_group
from alto.cli.connection import Connection
from alto.cli.exits import CommandError, ExitCode
from alto.cli.files import json_of
from alto.cli.terminal.output import note, show_json
from alto.requests import segment

group = make_group(help="Get and delete objects, and update those that match a filter.")

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


@command(
    group,
    "update",
    """alto objects update Film --filter '{"property": "year", "operator": "less_than", "value": 1930}' \\""",
    """    --set '{"silent": true}' --dry-run""",
)
def update(
    connection: Connection,
    collection: Collection,
    condition: Annotated[
        str, typer.Option("--filter", metavar="JSON", help="Which objects (docs/filters.md), or @FILE of a filter.")
    ],
    values: Annotated[
        str | None, typer.Option("--set", metavar="JSON", help="Properties with their new values; null removes one.")
    ] = None,
    merged: Annotated[
        str | None,
        typer.Option("--merge", metavar="JSON", help="As --set, but fields of object properties are merged."),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only count the objects that match.")] = False,
    as_json: JsonFlag = False,
) -> None:
    """Set properties of all objects that match a filter. Changed texts are embedded again."""
    if (values is None) == (merged is None):
        raise CommandError("Give either --set or --merge.", ExitCode.USAGE)
    change = {"set": json_of("--set", values)} if values is not None else {"merge": json_of("--merge", merged or "")}
    body: dict[str, Any] = {"filter": json_of("--filter", condition), "dry_run": dry_run} | change
    total: dict[str, Any] = {"matches": None, "updated": 0, "unchanged": 0, "failed": 0, "objects": []}
    following: str | None = None
    with connection.open() as client:
        # An alias may be pointed elsewhere between two requests.
        name = client.call("GET", f"/v1/collections/{segment(collection)}")["name"]
        while following is not None or total["matches"] is None:
            sent = body if following is None else body | {"after": following}
            part = client.call("POST", f"/v1/collections/{segment(name)}/objects/update", sent, repeatable=dry_run)
            total = {
                "matches": part["matches"] if total["matches"] is None else total["matches"],
                "objects": total["objects"] + part["objects"],
            } | {name: total[name] + part[name] for name in ("updated", "unchanged", "failed")}
            following = part.get("next")
    if as_json:
        show_json(total | {"dry_run": dry_run})
    elif dry_run:
        note(f"{total['matches']:,} objects match. Nothing was changed.")
    else:
        note(f"{total['updated']:,} updated, {total['unchanged']:,} unchanged, {total['failed']:,} failed.")
        for each in total["objects"]:
            note(f"{each['id']}: {each['error']['message']}")
    if total["failed"]:
        raise typer.Exit(ExitCode.PARTIAL)
