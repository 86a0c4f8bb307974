"""Help, completion, and what starting costs."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

from alto.cli import local
from alto.cli.exits import CommandError
from alto.cli.main import app
from alto.version import VERSION
from tests.command_line import alto

ROOT = Path(__file__).parents[3]
# Needed for a command to work, and not worth a line of help.
HEAVY = ("asyncio", "botocore", "boto3", "httpx", "rich", "ssl", "alto.classes", "alto.sync", "alto.aio")


def commands(group: Any = None, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    of: Any = group or get_command(app)
    for name, each in of.commands.items():
        if hasattr(each, "commands"):
            yield from commands(each, (*path, name))
        else:
            yield (*path, name)


def python(code: str, **env: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=os.environ | env, check=True, capture_output=True, text=True
    )
    return done.stdout


@pytest.mark.parametrize(
    ("arguments", "heavy"),
    [
        ([], (*HEAVY, "pydantic")),
        (["--help"], (*HEAVY, "pydantic")),
        (["--version"], (*HEAVY, "pydantic")),
        # typer itself asks pydantic about the types of options.
        (["search", "--help"], HEAVY),
        (["imports", "--help"], HEAVY),
    ],
)
def test_help_needs_nothing_that_is_slow_to_import(arguments: list[str], heavy: tuple[str, ...]) -> None:
    code = f"""
import sys
from alto.cli.main import main
sys.argv = ["alto", *{arguments!r}]
try:
    main()
except SystemExit:
    print(sorted(set({heavy!r}) & set(sys.modules)))
"""
    assert python(code).splitlines()[-1] == "[]"


def test_the_help_names_every_command_and_the_exit_codes() -> None:
    shown = alto("--help")

    assert shown.code == 0
    assert all(f"\n  {path[0]} " in shown.out for path in commands())
    assert "3 some records failed" in shown.out


@pytest.mark.parametrize("path", [path for path in commands() if path[0] not in {"up", "demo", "status", "down"}])
def test_every_command_has_a_help_with_an_example(path: tuple[str, ...]) -> None:
    shown = alto(*path, "--help")

    assert shown.code == 0
    assert f"  alto {' '.join(path)}" in shown.out.partition("Examples:")[2]
    assert "--url URL" in shown.out


def test_the_version_is_that_of_the_package() -> None:
    assert alto("--version").out == f"alto {VERSION}\n"


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["serach", "Film", "a"], "No such command 'serach'"),
        (["search", "Film", "a", "--mode", "magic"], "'magic' is not one of"),
        (["search", "Film"], "Missing argument"),
        (["search", "Film", "a", "--alpha", "2"], "'--alpha': must be at most 1"),
        (["import", "a.jsonl"], "--collection"),
    ],
)
def test_wrong_usage_ends_with_2_and_says_what_is_wrong(arguments: list[str], says: str) -> None:
    done = alto(*arguments)

    assert (done.code, done.out) == (2, "")
    assert says in done.err


def test_a_shell_completes_commands_and_choices() -> None:
    code = "from alto.cli.main import main; main()"
    first = python(code, _ALTO_COMPLETE="complete_bash", COMP_WORDS="alto ex", COMP_CWORD="1")
    choices = python(code, _ALTO_COMPLETE="complete_bash", COMP_WORDS="alto search --mode ", COMP_CWORD="3")

    assert first.split() == ["export"]
    assert choices.split() == ["hybrid", "bm25", "near-text", "near-object"]


def test_what_runs_locally_is_run_from_the_checkout(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for file in ("local/__main__.py", "alto/__main__.py", *local.READY):
        (tmp_path / file).parent.mkdir(exist_ok=True)
        (tmp_path / file).touch()
    (tmp_path / "docs").mkdir()
    monkeypatch.chdir(tmp_path / "docs")
    started: list[list[str]] = []
    monkeypatch.setattr("os.execv", lambda _, arguments: started.append(arguments[1:]))

    alto("up")
    alto("up", "--port", "9000")
    alto("demo", "--services", "kms")

    assert started == [
        ["-m", "local", "up", "--port", "8700"],
        ["-m", "local", "up", "--port", "9000"],
        ["-m", "local", "demo", "--services", "kms"],
    ]
    assert Path.cwd() == tmp_path


def test_outside_of_a_checkout_that_is_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)

    done = alto("up")

    assert done.code == 1
    assert "is not in a checkout of Alto" in done.err
    with pytest.raises(CommandError):
        local.checkout(tmp_path)
