"""What a command prints: tables on a terminal, lines of tab-separated values elsewhere, JSON when asked.

Results go to stdout, everything about them to stderr.
"""

import json
import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, TextIO

import typer

if TYPE_CHECKING:
    from rich.console import Console

# A value may hold anything; on a terminal, a control character could do anything.
_CONTROLS = dict.fromkeys((*range(32), *range(127, 160)), " ")


def on_terminal(stream: TextIO | None = None) -> bool:
    """Whether a person reads it."""
    return (stream or sys.stdout).isatty()


def console(*, error: bool = False) -> "Console":
    """A terminal, or what stands for it. It honours NO_COLOR and COLUMNS."""
    from rich.console import Console

    return Console(stderr=error, highlight=False)


def show_json(value: Any) -> None:
    """The value, indented."""
    typer.echo(json.dumps(value, indent=2, ensure_ascii=False))


def show_rows(headings: Sequence[str], rows: Sequence[Sequence[object]], *, title: str = "") -> None:
    """A table on a terminal; elsewhere only the rows, a line each, their values separated by tabs."""
    if not on_terminal():
        for row in rows:
            typer.echo("\t".join(cell(value) for value in row))
        return
    console().print(table(headings, rows, title=title))


def table(headings: Sequence[str], rows: Sequence[Sequence[object]], *, title: str = "") -> Any:
    """A table of rich: counts to the right, long texts over several lines."""
    from rich.box import SIMPLE_HEAD
    from rich.table import Table
    from rich.text import Text

    made = Table(box=SIMPLE_HEAD, title=title or None, title_justify="left", title_style="bold", pad_edge=False)
    for at, heading in enumerate(headings):
        # The first column is what one copies from a table.
        numeric = bool(rows) and all(isinstance(row[at], int | float) for row in rows)
        made.add_column(heading, justify="right" if numeric else "left", overflow="fold", no_wrap=at == 0)
    for row in rows:
        made.add_row(*(Text(f"{value:,}" if type(value) is int else cell(value)) for value in row))
    return made


def cell(value: object) -> str:
    """A value in one line, without control characters. Nothing is an empty cell."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | dict):
        value = json.dumps(value, ensure_ascii=False)
    return str(value).translate(_CONTROLS)


def note(text: str) -> None:
    """Something to know that is no result."""
    typer.echo(text.translate(_CONTROLS | {10: "\n"}), err=True)


def fail(text: str) -> None:
    """An error, in one line."""
    message = f"Error: {text.translate(_CONTROLS)}"
    typer.secho(message, err=True, fg=typer.colors.RED, color=False if os.environ.get("NO_COLOR") else None)
