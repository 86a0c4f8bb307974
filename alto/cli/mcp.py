"""`alto mcp`."""

from importlib.util import find_spec
from typing import Annotated

import typer

from alto.cli.command import command, make_group
from alto.cli.connection import Connection
from alto.cli.exits import CommandError, ExitCode
from alto.cli.terminal.output import note

group = make_group()


@command(
    group,
    "mcp",
    "alto mcp",
    "alto mcp --write --url https://abc.execute-api.eu-west-1.amazonaws.com",
    "alto mcp --http --port 8710",
)
def mcp(
    connection: Connection,
    write: Annotated[
        bool, typer.Option("--write", help="Also offer tools that insert objects and import files.")
    ] = False,
    http: Annotated[bool, typer.Option("--http", help="Serve streamable HTTP on this machine, not stdio.")] = False,
    port: Annotated[int, typer.Option("--port", min=1, max=65535, help="The port of --http.")] = 8710,
) -> None:
    """Serve Alto to assistants by the Model Context Protocol (docs/mcp.md).

    Over stdio an assistant starts this command itself. With --http it listens on 127.0.0.1 only: every
    caller has the rights of this connection.
    """
    if find_spec("mcp") is None:
        raise CommandError("The MCP server needs one more package: pip install 'alto[cli,mcp]'.", ExitCode.FAILED)
    from alto.mcp.server import make_server

    with connection.open() as client:
        server = make_server(client, write=write)
        if http:
            note(f"Serving http://127.0.0.1:{port}/mcp; Ctrl-C ends it.")
            server.run("streamable-http", host="127.0.0.1", port=port)
        else:
            server.run("stdio")
