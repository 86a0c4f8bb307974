"""`alto aliases`."""

from typing import Annotated

import typer

from alto.cli.command import JsonFlag, command, make_group
from alto.cli.connection import Connection
from alto.cli.terminal.output import cell, note, show_json, show_rows
from alto.requests import segment

group = make_group(help="List, create, repoint and delete aliases: further names of collections.")

AliasName = Annotated[str, typer.Argument(metavar="ALIAS", help="The alias.")]
Target = Annotated[str, typer.Argument(metavar="COLLECTION", help="The collection, by its own name.")]


@command(group, "list", "alto aliases list", "alto aliases list --collection Film --json")
def list_aliases(
    connection: Connection,
    collection: Annotated[
        str | None, typer.Option("--collection", metavar="NAME", help="Only those of this collection.")
    ] = None,
    as_json: JsonFlag = False,
) -> None:
    """List aliases and the collections that they point at."""
    query = {} if collection is None else {"collection": collection}
    with connection.open() as client:
        found = client.call("GET", "/v1/aliases", query=query)["aliases"]
    if as_json:
        show_json(found)
        return
    if not found:
        note("There are no aliases: `alto aliases create` makes one.")
        return
    show_rows(
        ("ALIAS", "COLLECTION", "UPDATED"), [(each["alias"], each["collection"], each["updated"]) for each in found]
    )


@command(group, "create", "alto aliases create Films Film_2026")
def create(connection: Connection, alias: AliasName, collection: Target, as_json: JsonFlag = False) -> None:
    """Create an alias, which stands for the collection wherever a collection is named."""
    with connection.open() as client:
        made = client.call("POST", "/v1/aliases", {"alias": alias, "collection": collection})
    if as_json:
        show_json(made)
        return
    note(f"{made['alias']} points at {made['collection']}.")


@command(group, "point", "alto aliases point Films Film_2027")
def point(connection: Connection, alias: AliasName, collection: Target, as_json: JsonFlag = False) -> None:
    """Point an alias at another collection, in one atomic change."""
    with connection.open() as client:
        made = client.call("PUT", _path(alias), {"collection": collection}, repeatable=True)
    if as_json:
        show_json(made)
        return
    note(f"{made['alias']} points at {made['collection']}.")


@command(group, "delete", "alto aliases delete Films")
def delete(connection: Connection, alias: AliasName) -> None:
    """Delete an alias. Its collection and the objects stay."""
    with connection.open() as client:
        client.call("DELETE", _path(alias))
    note(f"Deleted the alias {cell(alias)}.")


def _path(alias: str) -> str:
    return f"/v1/aliases/{segment(alias)}"
