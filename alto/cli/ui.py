"""`alto ui`."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from alto.cli.command import command, make_group
from alto.cli.connection import Connection
from alto.cli.exits import CommandError
from alto.cli.terminal.output import note

if TYPE_CHECKING:
    from alto.ui.server import Console

group = make_group()

# The next one to that of `alto up`.
PORT = 8710


@command(group, "ui", "alto ui", "alto ui --url https://abc123.execute-api.us-east-1.amazonaws.com --no-browser")
def ui(
    connection: Connection,
    port: Annotated[
        int, typer.Option("--port", min=0, max=65_535, help="The port on this machine; 0 takes any free one.")
    ] = PORT,
    browser: Annotated[bool, typer.Option("--browser/--no-browser", help="Open a browser.")] = True,
    judgements: Annotated[
        str | None,
        typer.Option("--judgements", metavar="FOLDER", help="Where judgements are kept; ./judgements if not given."),
    ] = None,
) -> None:
    """Open the console: search, compare, ask, import and judge in a browser, until Ctrl-C.

    The page is served on this machine only. Its requests go to Alto with the options and credentials of this command;
    the browser gets none of them. The printed address has a token: do not pass it on.
    """
    console = open_console(connection, port=port, judgements=judgements)
    typer.echo(f"The console is at {console.url}")
    note(f"It uses the Alto at {connection.address}. Ctrl-C ends it.")
    sys.stdout.flush()
    if browser and sys.stdout.isatty():
        import webbrowser

        webbrowser.open(console.url)
    try:
        console.serve_forever()
    finally:
        console.server_close()


def open_console(
    connection: Connection, *, port: int = 0, judgements: str | None = None, token: str | None = None
) -> "Console":
    """The console, listening, for `serve_forever`. Raises `CommandError` if the port is in use."""
    import httpx

    from alto.settings import check_url
    from alto.ui.judgement_files import JudgementFiles
    from alto.ui.local_routes import LocalRoutes, default_judgements
    from alto.ui.server import Console

    auth, headers = connection.credentials()
    address = check_url(connection.address, headers, signed=auth is not None)
    folder = Path(judgements).resolve() if judgements else default_judgements()
    about = {"url": address, "auth": str(connection.method), "region": connection.region, "judgements": str(folder)}
    alto = httpx.Client(
        base_url=address,
        auth=auth,
        headers=headers,
        timeout=httpx.Timeout(32, connect=5),
        trust_env=not connection.is_local,
        transport=connection.transport,
    )
    local = LocalRoutes(connection.open(), JudgementFiles(folder), about)
    try:
        return Console(alto, local, port=port, token=token)
    except OSError as error:
        raise CommandError(f"Port {port} cannot be used ({error.strerror}): give another with --port.") from None
