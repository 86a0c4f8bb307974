"""How a command ends: its exit code, and the error that it prints."""

from enum import IntEnum

from alto.errors import AltoConfigurationError, AltoConnectionError, AltoError


class ExitCode(IntEnum):
    """The exit codes, as docs/cli.md lists them; 2 is also typer's for a wrong option."""

    OK = 0
    FAILED = 1
    USAGE = 2
    PARTIAL = 3
    UNREACHABLE = 4
    INTERRUPTED = 130
    PIPE_CLOSED = 141


class CommandError(Exception):
    """A command that cannot be executed. The message says what to do instead."""

    def __init__(self, message: str, exit_code: ExitCode = ExitCode.FAILED) -> None:
        super().__init__(message)
        self.exit_code = exit_code


def exit_code_of(error: AltoError) -> ExitCode:
    """Which code an error of the client ends a command with."""
    if isinstance(error, AltoConnectionError):
        return ExitCode.UNREACHABLE
    return ExitCode.USAGE if isinstance(error, AltoConfigurationError) else ExitCode.FAILED
