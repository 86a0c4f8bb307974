"""`alto imports`."""

import json
import sys
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Annotated, Any

import typer

import alto
from alto.cli.command import JsonFlag, command, make_group
from alto.cli.connection import Connection
from alto.cli.exits import CommandError
from alto.cli.imports.following import (
    finish,
    follow_job,
    job_path,
    located_path,
    show_details,
    show_failures,
    show_jobs,
)
from alto.cli.imports.importing import ErrorsOption, FollowFlag
from alto.cli.terminal.output import note, on_terminal, show_json, show_rows
from alto.compatibility import UTC
from alto.requests import imports_path

# Failed records that a terminal shows; a file takes all of them.
MAX_SHOWN = 50

group = make_group(help="List, follow and control imports.")

Id = Annotated[str, typer.Argument(metavar="ID", help="The import's id.")]
CollectionOption = Annotated[
    str | None,
    typer.Option("--collection", "-c", help="Its collection. Needed without the right to see those of all."),
]


@command(group, "list", "alto imports list", "alto imports list --limit 100 --json")
def list_imports(
    connection: Connection,
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, max=100, help="Jobs at most.")] = 20,
    collection: Annotated[str | None, typer.Option("--collection", "-c", help="Only those into it.")] = None,
    as_json: JsonFlag = False,
) -> None:
    """List imports of the last 90 days, the newest first."""
    with connection.open() as client:
        found = client.call("GET", imports_path(collection), query={"limit": str(limit)})["imports"]
    if as_json:
        show_json(found)
    elif found:
        show_jobs(found)
    else:
        note("There are no imports yet: `alto import FILE --collection NAME` starts one.")


@command(group, "show", "alto imports show ID", "alto imports show ID --json | jq .counts")
def show(connection: Connection, import_id: Id, collection: CollectionOption = None, as_json: JsonFlag = False) -> None:
    """Show an import: progress, rate, time left, file, last problem, and its first failures."""
    with connection.open() as client:
        job = client.call("GET", job_path(import_id, collection))
    if as_json:
        show_json(job)
        return
    show_details(job, datetime.now(UTC))
    show_failures(job)


@command(group, "follow", "alto imports follow ID", "alto imports follow ID --errors failed.jsonl")
def follow(
    connection: Connection,
    import_id: Id,
    collection: CollectionOption = None,
    errors: ErrorsOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Follow an import until its end. The exit code is 3 if some records failed."""
    with connection.open() as client:
        _follow(connection, client, import_id, collection, errors=errors, as_json=as_json)


@command(group, "cancel", "alto imports cancel ID")
def cancel(connection: Connection, import_id: Id, collection: CollectionOption = None) -> None:
    """Stop an import. The objects that it has stored stay."""
    with connection.open() as client:
        job = client.call("POST", f"{located_path(client, import_id, collection)}/cancel")
    note(f"Cancelled; {job['counts']['read']:,} records were read. To continue: alto imports resume {job['id']}")


@command(group, "resume", "alto imports resume ID --follow")
def resume(
    connection: Connection,
    import_id: Id,
    collection: CollectionOption = None,
    follow: FollowFlag = False,
    errors: ErrorsOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Continue an import that is failed, cancelled or incomplete."""
    with connection.open() as client:
        job = client.call("POST", f"{located_path(client, import_id, collection)}/resume")
        _continue(connection, client, job["id"], job["collection"], follow=follow, errors=errors, as_json=as_json)


@command(group, "retry", "alto imports retry ID --follow")
def retry(
    connection: Connection,
    import_id: Id,
    collection: CollectionOption = None,
    follow: FollowFlag = False,
    errors: ErrorsOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Try the failed records again, once the cause is fixed: a new import of only these."""
    with connection.open() as client:
        started = client.call("POST", f"{located_path(client, import_id, collection)}/retry")
        _continue(
            connection,
            client,
            started["id"],
            started["job"]["collection"],
            follow=follow,
            errors=errors,
            as_json=as_json,
        )


@command(
    group,
    "errors",
    "alto imports errors ID",
    "alto imports errors ID --output failed.jsonl",
    "alto imports errors ID | jq .record",
)
def errors_of(
    connection: Connection,
    import_id: Id,
    collection: CollectionOption = None,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="Write to this file instead of stdout.")] = None,
    as_json: JsonFlag = False,
) -> None:
    """Show the records that failed: as JSON lines, with reasons and records, or a table on a terminal."""
    from alto.cli.imports.download import lines, receive

    with connection.open() as client:
        job = client.call("GET", located_path(client, import_id, collection))
    url, failed = job.get("error_file_url"), job["counts"]["failed"]
    if not failed:
        note("No record failed.")
        return
    if not url:
        raise CommandError(
            f"The import is {job['state']}: its error file is written at its end. "
            f"The first failures: alto imports show {import_id}"
        )
    if output:
        receive(url, output, connection.transport)
        note(f"{failed:,} failed records are in {output}.")
    elif as_json or not on_terminal():
        for line in lines(url, connection.transport):
            sys.stdout.buffer.write(line + b"\n")
    else:
        shown = [json.loads(line) for line in islice(lines(url, connection.transport), MAX_SHOWN)]
        show_rows(("AT", "CODE", "MESSAGE"), [_row(each) for each in shown])
        if failed > len(shown):
            note(f"{failed - len(shown):,} more: alto imports errors {import_id} --output failed.jsonl")


def _row(line: dict[str, Any]) -> tuple[object, ...]:
    place = ", ".join(f"{name} {value}" for name, value in line["location"].items() if name not in {"key", "chunk"})
    return place.replace("line_start_byte", "byte"), line["code"], line["message"]


def _continue(
    connection: Connection,
    client: "alto.AltoClient",
    import_id: str,
    collection: str,
    *,
    follow: bool,
    errors: Path | None,
    as_json: bool,
) -> None:
    if follow:
        _follow(connection, client, import_id, collection, errors=errors, as_json=as_json)
        return
    typer.echo(import_id)
    note(f"The import runs. To follow it: alto imports follow {import_id}")


def _follow(
    connection: Connection,
    client: "alto.AltoClient",
    import_id: str,
    collection: str | None,
    *,
    errors: Path | None,
    as_json: bool,
) -> None:
    job = follow_job(client, import_id, collection)
    if collection is None and errors and job["counts"]["failed"]:
        # Only a job of a collection has the URL of its error file.
        job = client.call("GET", job_path(import_id, job["collection"]))
    raise typer.Exit(finish(connection, job, errors=errors, as_json=as_json))
