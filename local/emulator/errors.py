"""The error response of an emulated service."""

from collections.abc import Iterable
from typing import Any


class ServiceError(Exception):
    """status and code as botocore's service model has them; extra members go into the body next to the message."""

    def __init__(self, status: int, code: str, message: str, **extra: Any) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.extra = extra


def invalid(message: str) -> ServiceError:
    return ServiceError(400, "ValidationException", message)


def malformed(violations: Iterable[str] = ()) -> ServiceError:
    """Bedrock's response to a body that breaks the model's JSON schema: violations are run together, as AWS does."""
    found = "".join(violations)
    detail = f": {found}" if found else ""
    return invalid(f"Malformed input request{detail}, please reformat your input and try again.")


def body_too_large(limit: int) -> str:
    """The message of both services for a body of more than `limit` bytes."""
    constraint = f"Member must have length less than or equal to {limit}"
    return f"1 validation error detected: Value at 'body' failed to satisfy constraint: {constraint}"
