"""The output of commands: tables on a terminal, lines of tab-separated values elsewhere, JSON when asked.

Results go to stdout, everything about them to stderr.
"""

import json
import os
import sys
from collections.abc import Sequence
from textwrap import wrap
from typing import TYPE_CHECKING, Any, TextIO

import typer

if TYPE_CHECKING:
    from rich.console import Console

# Characters of a text column without which it is not readable.
READABLE = 16
# A value may contain anything; a control character could do anything to a terminal.
_CONTROLS = dict.fromkeys((*range(32), *range(127, 160)), " ")


def on_terminal(stream: TextIO | None = None) -> bool:
    """Whether a person reads it."""
    return (stream or sys.stdout).isatty()


def console(*, error: bool = False) -> "Console":
    """The terminal. It honours NO_COLOR and COLUMNS."""
    from rich.console import Console

    return Console(stderr=error, highlight=False)


def show_json(value: Any) -> None:
    """The value, indented."""
    typer.echo(json.dumps(value, indent=2, ensure_ascii=False))


def show_line(text: str, *, bold: bool = False, indent: int = 0) -> None:
    """A line; a terminal breaks it between words, and indents what follows."""
    if not on_terminal():
        typer.echo(text)
        return
    screen = console()
    lines = wrap(text, screen.width, subsequent_indent=" " * indent, drop_whitespace=True, break_on_hyphens=False)
    screen.print("\n".join(lines), style="bold" if bold else None, markup=False, soft_wrap=True)


def show_rows(headings: Sequence[str], rows: Sequence[Sequence[object]], *, title: str = "") -> None:
    """A table on a terminal, or a block for each row if it is too narrow; elsewhere lines separated by tabs."""
    if not on_terminal():
        for row in rows:
            typer.echo("\t".join(cell(value) for value in row))
    elif fits(headings, rows):
        console().print(table(headings, rows, title=title))
    else:
        _show_blocks(headings, rows, title)


def fits(headings: Sequence[str], rows: Sequence[Sequence[object]]) -> bool:
    """Whether a terminal is wide enough: each column for its heading, its numbers and the longest words to be read."""
    needed = 0
    for at, heading in enumerate(headings):
        longest = max((len(_text(row[at])) for row in rows), default=0)
        whole = at == 0 or all(isinstance(row[at], int | float) for row in rows)
        needed += max(len(heading), longest if whole else min(longest, READABLE)) + 2
    return needed <= console().width


def _show_blocks(headings: Sequence[str], rows: Sequence[Sequence[object]], title: str) -> None:
    """Each row as lines of heading and value."""
    screen, indent = console(), max(map(len, headings)) + 2
    if title:
        screen.print(title, style="bold", markup=False)
    for row in rows:
        for heading, value in zip(headings, row, strict=True):
            if text := _text(value):
                first, *rest = wrap(text, max(20, screen.width - indent)) or [""]
                screen.print(f"{heading:<{indent}}{first}", markup=False)
                for line in rest:
                    screen.print(f"{'':<{indent}}{line}", markup=False)
        screen.print()


def _text(value: object) -> str:
    return f"{value:,}" if type(value) is int else cell(value)


def table(headings: Sequence[str], rows: Sequence[Sequence[object]], *, title: str = "") -> Any:
    """A table of rich: counts to the right, long texts over several lines."""
    from rich.box import SIMPLE_HEAD
    from rich.table import Table
    from rich.text import Text

    made = Table(box=SIMPLE_HEAD, title=title or None, title_justify="left", title_style="bold", pad_edge=False)
    for at, heading in enumerate(headings):
        # The first column is the one that is copied from a table.
        numeric = bool(rows) and all(isinstance(row[at], int | float) for row in rows)
        made.add_column(heading, justify="right" if numeric else "left", overflow="fold", no_wrap=at == 0)
    for row in rows:
        made.add_row(*(Text(_text(value)) for value in row))
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
    """A remark that is not a result."""
    typer.echo(text.translate(_CONTROLS | {10: "\n"}), err=True)


def fail(text: str) -> None:
    """An error, in one line."""
    message = f"Error: {text.translate(_CONTROLS)}"
    typer.secho(message, err=True, fg=typer.colors.RED, color=False if os.environ.get("NO_COLOR") else None)
