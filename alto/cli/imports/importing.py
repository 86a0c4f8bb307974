"""`alto import`."""

import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import IO, TYPE_CHECKING, Annotated, Any

import typer

import alto
from alto.cli.command import JsonFlag, command, make_group
from alto.cli.connection import Connection
from alto.cli.exits import CommandError, ExitCode
from alto.cli.imports.folder import packed
from alto.cli.imports.following import finish, follow_job
from alto.cli.imports.import_body import Encoding, FileFormat, Quoting, import_options
from alto.cli.terminal.output import note, on_terminal, show_json
from alto.cli.terminal.progress import Kind, bar
from alto.errors import AltoError
from alto.requests import imports_path

if TYPE_CHECKING:
    from alto.classes.imports import ImportOptions

COPY_BYTES = 1_048_576
# Of the files that are left out.
MOST_NAMES = 5

group = make_group()

ErrorsOption = Annotated[
    Path | None, typer.Option("--errors", metavar="FILE", help="Save the records that failed, with reasons, here.")
]
FollowFlag = Annotated[bool, typer.Option("--follow", "-f", help="Show the progress until its end.")]


@command(
    group,
    "import",
    "alto import films.jsonl --collection Film --follow",
    "alto import s3://my-bucket/films.parquet -c Film --follow --errors failed.jsonl",
    'alto import films.csv -c Film --delimiter ";" --map isbn=id --map Titel=title --map notes= --any-ids -f',
    "alto export Film --vectors | alto import - -c Copy --follow",
    "alto import manuals/ -c Manual --follow",
)
def import_file(
    connection: Connection,
    source: Annotated[
        str,
        typer.Argument(
            metavar="FILE",
            help="JSON lines, CSV (also .gz), Parquet; a document, a folder or zip of them; s3://; - for stdin.",
        ),
    ],
    collection: Annotated[str, typer.Option("--collection", "-c", help="Where the records go.")],
    follow: FollowFlag = False,
    errors: ErrorsOption = None,
    file_format: Annotated[FileFormat | None, typer.Option("--format", help="If the name does not show it.")] = None,
    gzip: Annotated[bool | None, typer.Option("--gzip/--no-gzip", help="If the name does not show it.")] = None,
    delimiter: Annotated[
        str | None, typer.Option("--delimiter", help="CSV: one character; taken from the header if not given.")
    ] = None,
    columns: Annotated[
        str | None, typer.Option("--columns", metavar="A,B", help="CSV: names of the columns, if the file has none.")
    ] = None,
    quoting: Annotated[
        Quoting | None, typer.Option("--quoting", help="CSV: none takes quotes as characters like any other.")
    ] = None,
    escape: Annotated[
        str | None, typer.Option("--escape", help="CSV: the character before a literal one, as a backslash of Spark.")
    ] = None,
    encoding: Annotated[Encoding | None, typer.Option("--encoding", help="CSV: utf-8 if not given.")] = None,
    skip_lines: Annotated[
        int | None, typer.Option("--skip-lines", min=0, max=1000, help="CSV: lines before the header to leave out.")
    ] = None,
    mapping: Annotated[
        list[str] | None, typer.Option("--map", metavar="FIELD=PROPERTY", help="Rename a field; FIELD= leaves it out.")
    ] = None,
    any_ids: Annotated[
        bool, typer.Option("--any-ids", help="Accept ids that are not UUIDs: keys of your own.")
    ] = False,
    repeat: Annotated[bool, typer.Option("--repeat", help="s3://: import again what was imported before.")] = False,
    as_json: JsonFlag = False,
) -> None:
    """Import a file, or a folder of documents, into a collection.

    With --follow the exit code is 3 if some records failed; without, the import continues after this command.
    """
    if errors and not follow:
        raise CommandError("--errors needs --follow: the failed records are known at the end.", ExitCode.USAGE)
    if not source.startswith("s3://") and is_pipe(source):
        file_format = file_format or FileFormat.JSONL
    options = import_options(
        file_format,
        gzip,
        delimiter,
        columns,
        mapping or (),
        any_ids=any_ids,
        quoting=quoting,
        escape=escape,
        encoding=encoding,
        skip_lines=skip_lines,
    )
    job: dict[str, Any] | None = None
    with connection.open() as client:
        if source.startswith("s3://"):
            body = {"options": options.to_api(), "source": source, "repeat": repeat}
            started = client.call("POST", imports_path(collection), body)
            import_id, job = started["id"], started.get("job")
        else:
            import_id = _upload(client, source, collection, options)
        if follow:
            ended = follow_job(client, import_id, collection)
            raise typer.Exit(finish(connection, ended, errors=errors, as_json=as_json))
    if as_json:
        show_json({"id": import_id, "job": job})
        return
    typer.echo(import_id)
    note(f"The import runs. To follow it: alto imports follow {import_id}")


def _upload(client: "alto.AltoClient", source: str, collection: str, options: "ImportOptions") -> str:
    """Send the file, with a bar; the id of its import. Raises `CommandError` when it is not in S3 as a whole."""
    with _on_disk(source) as path, bar("Uploading", Kind.BYTES) as show:

        def sent(done: int, size: int) -> None:
            show(done, size, f"{done / 1e6:,.0f} of {size / 1e6:,.0f} MB")

        try:
            name = "stdin" if is_pipe(source) else None
            job = client.imports.from_file(path, collection=collection, options=options, file_name=name, progress=sent)
        except KeyboardInterrupt:
            note("\nThe upload was interrupted: nothing is imported. Run the same command again.")
            raise
        except AltoError:
            note("Nothing is imported. Run the same command again once this is fixed:")
            raise
    return str(job.id)


@contextmanager
def _on_disk(source: str) -> Iterator[Path]:
    """The file; stdin and pipes are copied to a temporary one, as S3 requires the size. Raises `OSError`."""
    if is_pipe(source):
        with _open_pipe(source) as pipe, NamedTemporaryFile() as kept:
            while block := pipe.read(COPY_BYTES):
                kept.write(block)
            kept.flush()
            yield Path(kept.name)
        return
    if Path(source).is_dir():
        with packed(Path(source)) as (path, others):
            if others:
                shown = ", ".join(others[:MOST_NAMES]) + (", ..." if len(others) > MOST_NAMES else "")
                note(f"{len(others):,} files are no documents and are left out: {shown}")
            yield path
        return
    with Path(source).open("rb"):
        yield Path(source)


def is_pipe(source: str) -> bool:
    """Whether it can be read only once: stdin, a named pipe, `<(zcat file)` of a shell."""
    path = Path(source)
    return source == "-" or path.is_fifo() or path.is_char_device() or path.is_socket()


def _open_pipe(source: str) -> AbstractContextManager[IO[bytes]]:
    if source != "-":
        return Path(source).open("rb")
    if sys.stdin is None:
        raise CommandError("- reads standard input, which is closed.", ExitCode.USAGE)
    if on_terminal(sys.stdin):
        raise CommandError("- reads standard input, to which nothing is piped.", ExitCode.USAGE)
    return nullcontext(sys.stdin.buffer)
