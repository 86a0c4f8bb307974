"""The entry point: all commands, and nothing that they need before they run."""

from typing import Annotated

import typer

from alto.cli import collections, doctor, export, importing, jobs, local, objects, search
from alto.cli.command import make_group
from alto.cli.connection import DEFAULT_URL
from alto.version import VERSION

app = make_group(
    name="alto",
    help="Semantic search in your own AWS account.",
    epilog=f"""\b
Where Alto is:  --url or ALTO_URL; {DEFAULT_URL}, where `alto up` starts it, if not given.
Exit codes:     0 done, 1 failed, 2 wrong usage, 3 some records failed, 4 Alto did not response.
""",
)
app.add_typer(local.group)
app.add_typer(collections.group, name="collections")
app.add_typer(objects.group, name="objects")
app.add_typer(importing.group)
app.add_typer(jobs.group, name="imports")
app.add_typer(search.group)
app.add_typer(export.group)
app.add_typer(doctor.group)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"alto {VERSION}")
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    """Semantic search in your own AWS account."""


def main() -> None:
    """Run the command line."""
    app(prog_name="alto")
