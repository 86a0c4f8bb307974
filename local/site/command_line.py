"""The page of the command line, from its help."""

from collections.abc import Iterator
from typing import Any

import typer

from local.site.schemas import cell

INTRODUCTION = """# Commands

Every command of `alto`, from its help. [The command line](../cli.md) describes their conventions.
"""
# Described once, as every command has them.
COMMON = ("url", "auth", "region", "profile", "help")


def commands_page() -> str:
    """Return the reference of the command line."""
    from alto.cli.main import app  # noqa: PLC0415 (the command line is large)

    root: Any = typer.main.get_command(app)
    parts = [INTRODUCTION]
    commands = list(walk(root, "alto"))
    rows = [f"| [`{path}`](#{anchor(path)}) | {cell(command.get_short_help_str(90))} |" for path, command in commands]
    parts.append("\n".join(["| command | |", "|---|---|", *rows]))
    connected = next(command for path, command in commands if path == "alto search")
    common = [row for each in connected.params if each.name in COMMON for row in parameter_rows(each, connected)]
    parts.append("## Where Alto is\n\nOptions of every command that sends requests.\n\n" + table(common))
    parts += [command_text(path, command) for path, command in commands]
    return "\n\n".join(parts) + "\n"


def walk(command: Any, path: str) -> Iterator[tuple[str, Any]]:
    """Return every command below this one, with its path."""
    if hasattr(command, "commands"):
        for name, each in command.commands.items():
            yield from walk(each, f"{path} {name}")
    elif not command.hidden:
        yield path, command


def anchor(path: str) -> str:
    """Return the anchor of a command's heading."""
    return path.replace(" ", "-")


def command_text(path: str, command: Any) -> str:
    """Return the section of a command: usage, parameters, examples."""
    context = command.context_class(command, info_name=path)
    usage = " ".join([path, *command.collect_usage_pieces(context)])
    rows = [row for each in command.params if each.name not in COMMON for row in parameter_rows(each, command)]
    parts = [f"## {path}", f"```\n{usage}\n```", paragraphs(command.help or ""), table(rows), examples(command.epilog)]
    return "\n\n".join(filter(None, parts))


def parameter_rows(parameter: Any, command: Any) -> Iterator[str]:
    """Return the row of a parameter, as its help has it; none if it is hidden."""
    record = parameter.get_help_record(command.context_class(command, info_name=""))
    if record is not None:
        name, text = record
        yield f"| `{cell(name)}` | {cell(text)} |"


def table(rows: list[str]) -> str:
    """Return the rows as a table; empty if there are none."""
    return "\n".join(["| argument | |", "|---|---|", *rows]) if rows else ""


def paragraphs(text: str) -> str:
    """Return a help text; paragraphs of kept lines, which begin with a mark of click, as a program."""
    parts = [
        "```\n" + part.removeprefix("\b\n") + "\n```" if part.startswith("\b") else " ".join(part.split())
        for part in text.split("\n\n")
    ]
    return "\n\n".join(parts)


def examples(epilog: str | None) -> str:
    """Return the examples of a command as a program of the shell."""
    if not epilog:
        return ""
    lines = epilog.replace("\b", "").strip().splitlines()
    return "```sh\n" + "\n".join(line.removeprefix("  ") for line in lines[1:]) + "\n```"
