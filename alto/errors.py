"""What can go wrong, as exceptions. Catch the broad ones; `code` tells them apart exactly.

Everything is an `AltoError`. The server's codes are listed in docs/openapi.json; one that this client does not know
becomes the class of its HTTP status, so that a newer server breaks no program.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class ErrorDetail:
    """One thing that is wrong: where, and what to write instead."""

    field: str
    message: str


class AltoError(Exception):
    """Anything that Alto reports.

    `code` is stable, `status` is HTTP's (None when there was no response), `request_id` finds the request in the
    server's log.
    """

    def __init__(
        self,
        message: str,
        *,
        code: str = "client_error",
        status: int | None = None,
        request_id: str | None = None,
        details: tuple[ErrorDetail, ...] = (),
    ) -> None:
        super().__init__(message)
        self.message = message
        self.code = code
        self.status = status
        self.request_id = request_id
        self.details = details

    def __str__(self) -> str:
        known = {"code": self.code, "status": self.status, "request_id": self.request_id}
        shown = ", ".join(f"{name} {value}" for name, value in known.items() if value is not None)
        return f"{self.message} ({shown})" if self.status is not None else self.message


class AltoConfigurationError(AltoError):
    """The client itself was called with something that cannot work. Nothing was sent."""


class AltoNotSupportedError(AltoError, NotImplementedError):
    """Weaviate has this, Alto has not. The message names what to do instead. Nothing was sent."""


class AltoConnectionError(AltoError):
    """No response came: no connection (code `no_connection`), or it broke (`connection_lost`)."""


class AltoTimeoutError(AltoConnectionError):
    """No response came in time. A write may have been carried out all the same."""


class AltoInvalidRequestError(AltoError):
    """The request can never succeed as it is (HTTP 400, 413, 422). `details` names each field."""


class AltoAuthenticationError(AltoError):
    """Alto, or AWS behind it, refuses the credentials (HTTP 401, 403)."""


class AltoNotFoundError(AltoError):
    """There is no such collection, object or import (HTTP 404)."""


class AltoConflictError(AltoError):
    """It exists already, or has changed meanwhile (HTTP 409)."""


class AltoThrottledError(AltoError):
    """More is asked than the model or the API lets through (HTTP 429), after all retries."""


class AltoServerError(AltoError):
    """Alto, or what it depends on, failed (HTTP 5xx), after all retries."""


class AltoEmbeddingError(AltoServerError):
    """The model gave no usable vector (HTTP 502 to 504)."""


class AltoInsertManyFailedError(AltoError):
    """A batch stopped because far too many objects failed."""


_BY_STATUS: dict[int, type[AltoError]] = {
    400: AltoInvalidRequestError,
    401: AltoAuthenticationError,
    403: AltoAuthenticationError,
    404: AltoNotFoundError,
    409: AltoConflictError,
    413: AltoInvalidRequestError,
    422: AltoInvalidRequestError,
    429: AltoThrottledError,
}
_EMBEDDING_CODES = frozenset(
    {
        "embedding_failed",
        "model_not_found",
        "endpoint_not_found",
        "model_unavailable",
        "model_answer_unusable",
        "embedding_timeout",
    }
)


def error_from_response(status: int, headers: Mapping[str, str], body: Any) -> AltoError:
    """The exception of an response that is no success.

    `body` is the parsed JSON, or None. Alto's envelope is `{"error": {"code", "message", "details", "request_id"}}`;
    API Gateway answers `{"message"}` by itself, before Alto is reached, and its request id is in a header.
    """
    found = body.get("error") if isinstance(body, dict) else None
    error: dict[str, Any] = found if isinstance(found, dict) else {}
    gateway_says = body.get("message") if isinstance(body, dict) else None
    code = str(error.get("code") or _gateway_code(status))
    return _class_of(status, code)(
        str(error.get("message") or gateway_says or f"The server answered HTTP {status} and did not say why."),
        code=code,
        status=status,
        request_id=error.get("request_id") or headers.get("apigw-requestid") or headers.get("x-amzn-requestid"),
        details=tuple(
            ErrorDetail(str(each.get("field", "")), str(each.get("message", ""))) for each in error.get("details") or ()
        ),
    )


def code_of(body: Any) -> str | None:
    """The code of an response's body, if it has Alto's envelope."""
    error = body.get("error") if isinstance(body, dict) else None
    return error.get("code") if isinstance(error, dict) else None


def _gateway_code(status: int) -> str:
    """A code for what API Gateway says without Alto."""
    return {403: "forbidden", 413: "request_too_large", 429: "throttled", 503: "unavailable"}.get(
        status, f"http_{status}"
    )


def _class_of(status: int, code: str) -> type[AltoError]:
    if code in _EMBEDDING_CODES:
        return AltoEmbeddingError
    if status in _BY_STATUS:
        return _BY_STATUS[status]
    return AltoServerError if status >= 500 else AltoError
