"""`alto up`, `demo`, `status` and `down`: Alto on this machine, from a checkout of its repository."""

import os
import subprocess
import sys
from pathlib import Path
from typing import NoReturn

import typer

from alto.cli.command import command, make_group
from alto.cli.exits import CommandError
from alto.settings import DEFAULT_PORT

# `make` installs these first, and `python -m local` needs them.
READY = (".venv/ready", "node_modules/ready")
# These belong to `python -m local`, which also has their --help.
_PASSED_ON = {"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []}

group = make_group()


@command(group, "up", "alto up", "alto up --port 9000", context_settings=_PASSED_ON)
def up(ctx: typer.Context) -> None:
    """Run Alto on this machine until Ctrl-C (in a checkout of Alto)."""
    has_port = any(each.split("=")[0] == "--port" for each in ctx.args)
    _run_local(ctx, "up", [*ctx.args, *([] if has_port else ["--port", str(DEFAULT_PORT)])])


@command(group, "demo", "alto demo", "alto demo --services kms,s3", context_settings=_PASSED_ON)
def demo(ctx: typer.Context) -> None:
    """Import the AWS API documentation on this machine and search it (in a checkout)."""
    _run_local(ctx, "demo", ctx.args)


@command(group, "status", "alto status", context_settings=_PASSED_ON)
def status(ctx: typer.Context) -> None:
    """Print where Alto runs on this machine, as JSON (in a checkout)."""
    _run_local(ctx, "status", ctx.args)


@command(group, "down", "alto down", context_settings=_PASSED_ON)
def down(ctx: typer.Context) -> None:
    """Stop the Alto that runs on this machine (in a checkout)."""
    _run_local(ctx, "down", ctx.args)


def checkout(start: Path) -> Path:
    """The checkout of Alto that a folder lies in. Raises `CommandError` if it lies in none."""
    for folder in (start, *start.parents):
        if (folder / "local" / "__main__.py").is_file() and (folder / "alto" / "__main__.py").is_file():
            return folder
    raise CommandError(
        f"{start} is not in a checkout of Alto, which contains the local stack: clone Alto's repository and run this "
        "command in it. To use an Alto that runs elsewhere, give --url."
    )


def _run_local(ctx: typer.Context, name: str, arguments: list[str]) -> NoReturn:
    try:
        root = checkout(Path.cwd())
    except CommandError:
        if not {"-h", "--help"} & set(arguments):
            raise
        typer.echo(ctx.get_help())
        raise typer.Exit from None
    if any(not (root / file).exists() for file in READY):
        done = subprocess.run(["make", "-C", str(root), *READY], check=False, stdout=sys.stderr)
        if done.returncode:
            raise CommandError("The local stack could not be installed; the lines above contain the reason.")
    os.chdir(root)
    python = str(root / ".venv" / "bin" / "python")
    # This process becomes the stack's, so that Ctrl-C and signals reach it.
    os.execv(python, [python, "-m", "local", name, *arguments])  # noqa: S606 (no shell is wanted)
