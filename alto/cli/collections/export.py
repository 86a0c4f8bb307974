"""`alto export`."""

import sys
from pathlib import Path
from typing import IO, Annotated, Any

import typer

import alto
from alto.cli.command import command, make_group
from alto.cli.connection import Connection
from alto.cli.exits import CommandError, exit_code_of
from alto.cli.files import json_of
from alto.cli.terminal.interrupts import delay_interrupts
from alto.cli.terminal.messages import sentence_of
from alto.cli.terminal.output import note, on_terminal
from alto.cli.terminal.progress import Kind, bar
from alto.requests import segment
from alto.util import uuid_of_key
from alto.values import to_json

# A page above 5 MB is cut by the server, after it was read: with vectors fewer objects are as many bytes.
PAGE, PAGE_WITH_VECTORS = 1000, 200

group = make_group()


@command(
    group,
    "export",
    "alto export Film > films.jsonl",
    "alto export Film --vectors | gzip > films.jsonl.gz",
    "alto import films.jsonl.gz --collection Film --follow      # and back, ids and vectors included",
)
def export(
    connection: Connection,
    collection: Annotated[str, typer.Argument(metavar="COLLECTION", help="What to export.")],
    vectors: Annotated[
        bool, typer.Option("--vectors", help="With the vectors: importing costs no model call then.")
    ] = False,
    condition: Annotated[
        str | None,
        typer.Option("--filter", metavar="JSON", help="Only what matches (docs/filters.md), or @FILE of one."),
    ] = None,
    after: Annotated[str | None, typer.Option("--after", metavar="ID", help="Continue behind this object.")] = None,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="Write to this file instead of stdout.")] = None,
) -> None:
    """Write all objects as JSON lines, in the order of their ids.

    `alto import` takes them unchanged. An object with a key has it in place of its id. Objects that are not written
    meanwhile come exactly once.
    """
    body: dict[str, Any] = {"limit": PAGE_WITH_VECTORS if vectors else PAGE, "include_vectors": vectors}
    if condition is not None:
        body["filter"] = json_of("--filter", condition)
    with connection.open() as client:
        if output is None:
            _Export(client, collection, body, sys.stdout.buffer).run(after)
        else:
            with output.open("ab" if after else "wb") as file:
                _Export(client, collection, body, file).run(after)


class _Export:
    """Writes page after page, and knows where to continue."""

    def __init__(self, client: "alto.AltoClient", collection: str, body: dict[str, Any], file: IO[bytes]) -> None:
        self._client = client
        # Its own name: an alias may be pointed elsewhere between two pages, and ids do not follow from keys by it.
        self._collection: str = client.call("GET", f"/v1/collections/{segment(collection)}")["name"]
        self._path = f"/v1/collections/{segment(self._collection)}"
        self._body = body
        self._file = file
        self._written = 0
        self._last: str | None = None

    def run(self, after: str | None) -> None:
        total = None if after else self._total()
        # A bar between the lines themselves would disturb them.
        quiet = on_terminal() and self._file is sys.stdout.buffer
        following = None if after is None else str(uuid_of_key(self._collection, after))
        try:
            with bar("Exporting", Kind.COUNTED) as show:
                while True:
                    page = self._page(following)
                    with delay_interrupts():
                        self._write(page["objects"])
                    following = page.get("next")
                    if not quiet:
                        show(self._written, total, f"{self._written:,} objects")
                    if following is None:
                        break
        except (alto.AltoError, KeyboardInterrupt) as error:
            raise self._broken_off(error) from None
        note(f"{self._written:,} objects.")

    def _total(self) -> int:
        body = {"filter": self._body["filter"]} if "filter" in self._body else {}
        total: int = self._client.call("POST", f"{self._path}/aggregate", body, repeatable=True)["total"]
        return total

    def _page(self, after: str | None) -> Any:
        body = self._body | ({} if after is None else {"after": after})
        return self._client.call("POST", f"{self._path}/objects/list", body, repeatable=True)

    def _write(self, objects: list[dict[str, Any]]) -> None:
        for each in objects:
            vectors = {"vectors": each["vectors"]} if each.get("vectors") else {}
            # The id follows from the key, in another collection too: with both, only this one could import them.
            name = "key" if each.get("key") is not None else "id"
            self._file.write(to_json({name: each[name], "properties": each["properties"]} | vectors) + b"\n")
        self._file.flush()
        self._written += len(objects)
        if objects:
            self._last = objects[-1]["id"]

    def _broken_off(self, error: BaseException) -> BaseException:
        """The same error, with the number of objects written and how to continue."""
        if self._last is None:
            return error
        done = f"{self._written:,} objects were written. Append the rest with --after {self._last}"
        if isinstance(error, alto.AltoError):
            return CommandError(f"{sentence_of(error)} {done}", exit_code_of(error))
        note(f"\n{done}")
        return error
