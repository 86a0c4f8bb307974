"""The entry point: all commands; their imports are made when they run."""

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from alto.cli import doctor, local, mcp, ui
from alto.cli.collections import aliases, collections, export, objects
from alto.cli.command import BEFORE_COMMAND, RootGroup, make_group
from alto.cli.connection import DEFAULT_URL, Auth
from alto.cli.evaluation import evaluate
from alto.cli.imports import importing, jobs
from alto.cli.migrating import migrate, vectors
from alto.cli.search import ask, search
from alto.version import VERSION

app = make_group(
    name="alto",
    cls=RootGroup,
    help="Semantic search in your own AWS account.",
    epilog=f"""\b
Where Alto is:  --url or ALTO_URL; {DEFAULT_URL}, where `alto up` starts it, if not given.
Exit codes:     0 done, 1 failed, 2 wrong usage, 3 some records failed, 4 Alto did not respond.
""",
)
app.add_typer(local.group)
app.add_typer(collections.group, name="collections")
app.add_typer(aliases.group, name="aliases")
app.add_typer(objects.group, name="objects")
app.add_typer(importing.group)
app.add_typer(jobs.group, name="imports")
app.add_typer(vectors.group, name="vectors")
app.add_typer(migrate.group)
app.add_typer(search.group)
app.add_typer(ask.group)
app.add_typer(evaluate.group)
app.add_typer(ui.group)
app.add_typer(export.group)
app.add_typer(doctor.group)
app.add_typer(mcp.group)


def _print_version(is_given: bool) -> None:
    if is_given:
        typer.echo(f"alto {VERSION}")
        raise typer.Exit


@app.callback()
def options(
    ctx: typer.Context,
    version: Annotated[  # noqa: ARG001 (its callback prints)
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and exit.")
    ] = False,
    url: Annotated[str | None, typer.Option("--url", help="As behind each command.", hidden=True)] = None,
    auth: Annotated[Auth | None, typer.Option("--auth", hidden=True)] = None,
    region: Annotated[str | None, typer.Option("--region", hidden=True)] = None,
    profile: Annotated[str | None, typer.Option("--profile", hidden=True)] = None,
) -> None:
    """Semantic search in your own AWS account."""
    ctx.meta[BEFORE_COMMAND] = {"url": url, "auth": auth, "region": region, "profile": profile}


def main() -> None:
    """Run the command line."""
    if sys.stderr is None:
        sys.stderr = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115 (until the program ends)
    if sys.stdout is None:
        # As after `>&-`. Every command prints: one that cannot must not act either.
        sys.stderr.write("Error: standard output is closed.\n")
        sys.exit(1)
    app(prog_name="alto")
