"""`alto doctor`."""

import os
import sys
from typing import TYPE_CHECKING

import typer

from alto.cli.command import JsonFlag, command, make_group
from alto.cli.connection import Connection
from alto.cli.terminal.output import cell, show_json

if TYPE_CHECKING:
    from alto.cli.checks import Check

group = make_group()

_COLOURS = {"ok": typer.colors.GREEN, "warning": typer.colors.YELLOW, "problem": typer.colors.RED}


@command(group, "doctor", "alto doctor", "alto doctor --url https://abc123.execute-api.us-east-1.amazonaws.com")
def doctor(connection: Connection, as_json: JsonFlag = False) -> None:
    """Check address, credentials, clock, access, versions and models, and say what to fix.

    Each model that a collection uses is called once, by Alto. The exit code is 0 without a problem, 4 if Alto does
    not respond, else 1.
    """
    from alto.cli.checks import State, examine

    found = []
    for check in examine(connection):
        found.append(check)
        if not as_json:
            _show(check)
    if as_json:
        show_json([{"check": each.name, "state": each.state, "text": each.text, "fix": each.fix} for each in found])
    problems = [each for each in found if each.state is State.PROBLEM]
    if problems:
        raise typer.Exit(problems[0].exit_code)


def _show(check: "Check") -> None:
    state = f"{check.state:8}"
    if not os.environ.get("NO_COLOR"):
        state = typer.style(state, fg=_COLOURS[check.state])
    typer.echo(f"{state} {check.name:12} {cell(check.text)}")
    if check.fix:
        typer.echo(f"{'':8} {'':12} fix: {check.fix}")
    sys.stdout.flush()
