"""`alto import`."""

import sys
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Annotated, Any

import typer

import alto
from alto.cli.command import JsonFlag, command, make_group
from alto.cli.connection import Connection
from alto.cli.exits import CommandError, ExitCode
from alto.cli.following import finish, followed
from alto.cli.import_body import FileFormat, import_options, upload_name
from alto.cli.output import note, on_terminal, show_json

COPY_BYTES = 1_048_576

group = make_group()

ErrorsOption = Annotated[
    Path | None, typer.Option("--errors", metavar="FILE", help="Save the records that failed, with reasons, here.")
]
FollowFlag = Annotated[bool, typer.Option("--follow", "-f", help="Show how far it is, until its end.")]


@command(
    group,
    "import",
    "alto import films.jsonl --collection Film --follow",
    "alto import s3://my-bucket/films.parquet -c Film --follow --errors failed.jsonl",
    'alto import films.csv -c Film --delimiter ";" --map isbn=id --map Titel=title --map notes= --any-ids -f',
    "alto export Film --vectors | alto import - -c Copy --follow",
)
def import_file(
    connection: Connection,
    source: Annotated[
        str, typer.Argument(metavar="FILE", help="JSON lines, CSV (also .gz) or Parquet; s3://bucket/key; - for stdin.")
    ],
    collection: Annotated[str, typer.Option("--collection", "-c", help="Where the records go.")],
    follow: FollowFlag = False,
    errors: ErrorsOption = None,
    file_format: Annotated[FileFormat | None, typer.Option("--format", help="If the name does not tell it.")] = None,
    gzip: Annotated[bool | None, typer.Option("--gzip/--no-gzip", help="If the name does not tell it.")] = None,
    delimiter: Annotated[str | None, typer.Option("--delimiter", help="CSV: one character, not a comma.")] = None,
    columns: Annotated[
        str | None, typer.Option("--columns", metavar="A,B", help="CSV: names of the columns, if the file has none.")
    ] = None,
    mapping: Annotated[
        list[str] | None, typer.Option("--map", metavar="FIELD=PROPERTY", help="Rename a field; FIELD= leaves it out.")
    ] = None,
    any_ids: Annotated[bool, typer.Option("--any-ids", help="Take ids that are no UUIDs.")] = False,
    repeat: Annotated[bool, typer.Option("--repeat", help="s3://: import again what was imported before.")] = False,
    as_json: JsonFlag = False,
) -> None:
    """Import a file into a collection.

    With --follow the exit code is 3 if some records failed; without, the import goes on after this command.
    """
    if errors and not follow:
        raise CommandError("--errors is known at the end: say --follow too.", ExitCode.USAGE)
    if source == "-":
        file_format = file_format or FileFormat.JSONL
    options = import_options(file_format, gzip, delimiter, columns, mapping or (), any_ids=any_ids)
    body: dict[str, Any] = {"collection": collection, "options": options}
    with connection.open() as client:
        if source.startswith("s3://"):
            started = client.call("POST", "/v1/imports", body | {"source": source, "repeat": repeat})
        else:
            name = upload_name("stdin" if source == "-" else Path(source).name, file_format, gzip)
            started = _upload(connection, client, source, body | {"file_name": name})
        if follow:
            job = followed(client, started["id"], collection)
            raise typer.Exit(finish(connection, job, errors=errors, as_json=as_json))
    if as_json:
        show_json({"id": started["id"], "job": started.get("job")})
        return
    typer.echo(started["id"])
    note(f"It is being imported. How far it is: alto imports follow {started['id']}")


def _upload(connection: Connection, client: "alto.AltoClient", source: str, body: dict[str, Any]) -> dict[str, Any]:
    """Ask where to send the file, and send it."""
    from alto.cli.upload import MAX_BYTES, send

    with _opened(source) as file:
        size = file.seek(0, 2)
        if size > MAX_BYTES:
            raise CommandError(
                f"{source} is larger than 5 GiB: copy it to S3 (`aws s3 cp`) and import s3://… instead.", ExitCode.USAGE
            )
        started: dict[str, Any] = client.call("POST", "/v1/imports", body)
        try:
            send(started["upload"], file, size, connection.transport)
        except KeyboardInterrupt:
            note("\nThe upload was broken off: nothing is imported. Run the same command again.")
            raise
    return started


def _opened(source: str) -> IO[bytes]:
    """The file; stdin is kept in a temporary one, since S3 wants to know its size."""
    if source != "-":
        return Path(source).open("rb")
    if on_terminal(sys.stdin):
        raise CommandError("- reads what is piped in, and nothing is.", ExitCode.USAGE)
    kept: IO[bytes] = TemporaryFile()  # noqa: SIM115 (the caller closes it)
    while block := sys.stdin.buffer.read(COPY_BYTES):
        kept.write(block)
    return kept
