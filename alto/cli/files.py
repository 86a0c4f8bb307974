"""Files that options name."""

import json
import sys
from pathlib import Path
from typing import Any

from alto.cli.exits import CommandError, ExitCode


def json_of(option: str, text: str) -> dict[str, Any]:
    """The JSON object of an option: itself, or of a file as `@file`; `@-` is stdin.

    Raises `CommandError` with the place of the mistake.
    """
    source = read(text[1:]) if text.startswith("@") else text
    try:
        value = json.loads(source, object_pairs_hook=_once)
    except _RepeatedNameError as error:
        raise CommandError(f"{option}: the name {error} occurs twice in one object.", ExitCode.USAGE) from None
    except ValueError as error:
        raise CommandError(f"{option}: this is not JSON ({error}): {source[:80]}", ExitCode.USAGE) from None
    if not isinstance(value, dict):
        raise CommandError(f"{option}: expected a JSON object, as in {{…}}, got {source[:80]}", ExitCode.USAGE)
    return value


class _RepeatedNameError(ValueError):
    """An object has a name twice; the text is the name."""


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object. Raises `_RepeatedNameError`: of two values of one name, only the last would be sent."""
    made: dict[str, Any] = {}
    for name, value in pairs:
        if name in made:
            raise _RepeatedNameError(json.dumps(name, ensure_ascii=False))
        made[name] = value
    return made


def read(path: str) -> str:
    """The text of a file; of stdin for `-`."""
    if path != "-":
        return Path(path).read_text(encoding="utf-8")
    if sys.stdin is None:
        raise CommandError("- reads standard input, which is closed.", ExitCode.USAGE)
    return sys.stdin.read()
