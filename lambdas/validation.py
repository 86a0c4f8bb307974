"""Validation errors of pydantic, translated to Alto's."""

from collections.abc import Sequence
from typing import Any

from lambdas.errors import ErrorDetail, InvalidRequestError, abbreviate


def invalid_request(problems: Sequence[Any]) -> InvalidRequestError:
    """Translate the result of `ValidationError.errors()` to details that name the field and the problem."""
    details = [ErrorDetail(".".join(map(str, problem["loc"])) or "body", _sentence(problem)) for problem in problems]
    first = details[0]
    more = f" {len(details) - 1} more in details." if len(details) > 1 else ""
    return InvalidRequestError(f"{first.field}: {first.message}.{more}", details)


def _sentence(problem: Any) -> str:
    message = str(problem["msg"]).removeprefix("Value error, ")
    if problem["type"] in ("value_error", "missing", "json_invalid", "extra_forbidden"):
        return message
    return f"{message}, not {abbreviate(problem.get('input'))}"
