"""The parts that all commands share: the options of the connection, and how they end."""

import inspect
import json
import os
import re
import sys
from collections.abc import Callable, Sequence
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from alto.cli.connection import DEFAULT_URL, TOKEN_VARIABLE, Auth, Connection
from alto.cli.exits import CommandError, ExitCode, exit_code_of
from alto.cli.terminal.messages import json_of_error, sentence_of
from alto.cli.terminal.output import fail, note
from alto.errors import AltoError

JsonFlag = Annotated[bool, typer.Option("--json", help="Print JSON.")]

CONNECTION = {
    "url": Annotated[
        str | None,
        typer.Option(
            "--url", envvar="ALTO_URL", metavar="URL", help=f"The address of Alto; {DEFAULT_URL} if not given."
        ),
    ],
    "auth": Annotated[
        Auth | None,
        typer.Option(
            "--auth",
            envvar="ALTO_AUTH",
            help=f"iam signs requests (SigV4), bearer sends {TOKEN_VARIABLE}. By default iam for addresses of AWS.",
        ),
    ],
    "region": Annotated[
        str | None,
        typer.Option("--region", envvar="ALTO_REGION", help="The AWS region, if the address does not name it."),
    ],
    "profile": Annotated[
        str | None, typer.Option("--profile", envvar="ALTO_PROFILE", help="The profile of the AWS credentials.")
    ],
}


# Where the options given before the command are kept for it.
BEFORE_COMMAND = "alto.before_command"


# The error of a wrong option or argument. typer has it in another module in each version.
UsageError: type[Exception] = typer.BadParameter.__mro__[1]


class RootGroup(TyperGroup):
    """All commands. An error of usage is in Alto's words, and with --json it is JSON as every other error is."""

    def main(self, args: Sequence[str] | None = None, **settings: Any) -> Any:  # type: ignore[override]
        """Run the command that the arguments name."""
        if not settings.pop("standalone_mode", True):
            return super().main(args, standalone_mode=False, **settings)
        try:
            code = super().main(args, standalone_mode=False, **settings)
        except UsageError as error:
            wrong: Any = error
            wrong.message = plain_usage(str(wrong.message))
            if "--json" in (sys.argv[1:] if args is None else args):
                body = {"code": "usage", "message": wrong.format_message(), "exit_code": int(ExitCode.USAGE)}
                _print_error({"error": body})
            else:
                wrong.show()
            sys.exit(ExitCode.USAGE)
        sys.exit(code if isinstance(code, int) else 0)


def plain_usage(message: str) -> str:
    """The message about an option's value without the sentence of the library that read it."""
    for sentence, plain in _SENTENCES:
        message = re.sub(sentence, plain, message)
    return message


_SENTENCES = (
    (r"Input should be a valid integer\b.*", "expected a whole number"),
    (r"Input should be a valid number\b.*", "expected a number"),
    (r"Input should be a valid boolean\b.*", "expected true or false"),
    (r"Input should be less than or equal to ", "must be at most "),
    (r"Input should be greater than or equal to ", "must be at least "),
    (r"Input should be ", "must be "),
    (r"Value error, ", ""),
)


def make_group(**settings: Any) -> typer.Typer:
    """A group of commands. Without rich, which would cost `--help` more than all the rest."""
    return typer.Typer(
        no_args_is_help=True,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
        **settings,
    )


def command(
    group: typer.Typer, name: str, *examples: str, **settings: Any
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Register a function as a command. Its `connection`, if it has one, becomes the options of a connection."""
    epilog = "\b\nExamples:\n" + "\n".join(f"  {example}" for example in examples)

    def register(function: Callable[..., None]) -> Callable[..., None]:
        group.command(name, epilog=epilog if examples else None, **settings)(_with_connection(function))
        return function

    return register


def _with_connection(function: Callable[..., None]) -> Callable[..., None]:
    own = inspect.signature(function)
    parameters = dict(own.parameters)
    connects = parameters.pop("connection", None) is not None

    def run(ctx: typer.Context, **given: Any) -> None:
        if connects:
            options = {name: _chosen(ctx, name, given.pop(name)) for name in CONNECTION}
            token = os.environ.get(TOKEN_VARIABLE)
            given["connection"] = Connection(**options, token=token, transport=ctx.find_root().obj)
        if "ctx" in own.parameters:
            given["ctx"] = ctx
        _guarded(lambda: function(**given), as_json=bool(given.get("as_json")))

    context = inspect.Parameter("ctx", inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=typer.Context)
    parameters.pop("ctx", None)
    shared = [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, annotation=annotation, default=None)
        for name, annotation in CONNECTION.items()
    ]
    mine = [each.replace(kind=inspect.Parameter.KEYWORD_ONLY) for each in parameters.values()]
    run.__signature__ = inspect.Signature([context, *mine, *(shared if connects else [])])  # type: ignore[attr-defined]
    run.__doc__ = function.__doc__
    return run


def _chosen(ctx: typer.Context, name: str, own: Any) -> Any:
    """The option behind the command, else the one before it, else that of the environment."""
    before = ctx.find_root().meta.get(BEFORE_COMMAND, {}).get(name)
    source = ctx.get_parameter_source(name)
    return own if before is None or (source is not None and source.name == "COMMANDLINE") else before


def _guarded(work: Callable[[], None], *, as_json: bool) -> None:
    """Run a command; an error becomes its exit code and one sentence, or JSON on stderr."""
    try:
        work()
        sys.stdout.flush()
    except AltoError as error:
        code = exit_code_of(error)
        _print_error(json_of_error(error, code) if as_json else sentence_of(error))
        raise typer.Exit(code) from None
    except CommandError as error:
        body = {"code": error.exit_code.name.lower(), "message": str(error), "exit_code": error.exit_code}
        _print_error({"error": body} if as_json else str(error))
        raise typer.Exit(error.exit_code) from None
    except BrokenPipeError:
        # The reader closed the pipe. Redirect stdout so that the interpreter's final flush does not raise.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise typer.Exit(ExitCode.PIPE_CLOSED) from None
    except KeyboardInterrupt:
        note("Interrupted.")
        raise typer.Exit(ExitCode.INTERRUPTED) from None
    except OSError as error:
        fail(f"{error.filename}: {error.strerror}" if error.filename else str(error))
        raise typer.Exit(ExitCode.FAILED) from None


def _print_error(error: str | dict[str, Any]) -> None:
    if isinstance(error, str):
        fail(error)
    else:
        typer.echo(json.dumps(error, ensure_ascii=False), err=True)
