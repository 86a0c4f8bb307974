"""Alto's exceptions. Catch the broad ones; `code` distinguishes them exactly.

Everything is an `AltoError`. The server's codes are listed in docs/openapi.json; one that this client does not know
becomes the class of its HTTP status, so that a newer server breaks no program.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class ErrorDetail:
    """One fault of a request: the field, and what to write instead."""

    field: str
    message: str


class AltoError(Exception):
    """Any error that Alto reports.

    `code` is stable, `status` is HTTP's (None without a response), `request_id` finds the request in the
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
    """The client was called with an argument that cannot work. No request was sent."""


class AltoClosedClientError(AltoConfigurationError):
    """The client, or the batch, was closed before. Nothing was sent."""


class AltoNotSupportedError(AltoError, NotImplementedError):
    """A Weaviate feature that Alto does not support. The message names an alternative; no request was sent."""


class AltoConnectionError(AltoError):
    """No response arrived: no connection (code `no_connection`), or it broke (`connection_lost`)."""


class AltoTimeoutError(AltoConnectionError):
    """No response arrived in time. A write may have been executed all the same."""


class AltoInvalidRequestError(AltoError):
    """The request can never succeed unchanged (HTTP 400, 413, 422). `details` names each field."""


class AltoAuthenticationError(AltoError):
    """Alto, or AWS behind it, rejects the credentials (HTTP 401, 403)."""


class AltoNotFoundError(AltoError):
    """The collection, object or import does not exist (HTTP 404)."""


class AltoConflictError(AltoError):
    """The resource exists already, or has changed meanwhile (HTTP 409)."""


class AltoThrottledError(AltoError):
    """The model or the API throttles (HTTP 429), after all retries."""


class AltoServerError(AltoError):
    """Alto, or a service that it depends on, failed (HTTP 5xx), after all retries."""


class AltoEmbeddingError(AltoServerError):
    """The model gave no usable vector (HTTP 502 to 504)."""


class AltoInsertManyFailedError(AltoError):
    """Every object of an `insert_many` failed, or far too many of a batch. `errors` has each object and its error."""

    errors: "Sequence[Any]" = ()


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
        "model_response_unusable",
        "embedding_timeout",
    }
)


def error_from_response(status: int, headers: Mapping[str, str], body: Any) -> AltoError:
    """The exception of a response that is not a success.

    `body` is the parsed JSON, or None. Alto's envelope is `{"error": {"code", "message", "details", "request_id"}}`;
    API Gateway returns `{"message"}` on its own, before Alto is reached, and its request id is in a header.
    """
    found = body.get("error") if isinstance(body, dict) else None
    error: dict[str, Any] = found if isinstance(found, dict) else {}
    gateway_message = body.get("message") if isinstance(body, dict) else None
    code = str(error.get("code") or _gateway_code(status))
    return _class_of(status, code)(
        str(error.get("message") or gateway_message or f"The server returned HTTP {status} without a reason."),
        code=code,
        status=status,
        request_id=error.get("request_id") or headers.get("apigw-requestid") or headers.get("x-amzn-requestid"),
        details=tuple(
            ErrorDetail(str(each.get("field", "")), str(each.get("message", ""))) for each in error.get("details") or ()
        ),
    )


def code_of(body: Any) -> str | None:
    """The code of a response's body, if it has Alto's envelope."""
    error = body.get("error") if isinstance(body, dict) else None
    return error.get("code") if isinstance(error, dict) else None


def _gateway_code(status: int) -> str:
    """A code for a response of API Gateway itself."""
    return {403: "forbidden", 413: "request_too_large", 429: "throttled", 503: "unavailable"}.get(
        status, f"http_{status}"
    )


def _class_of(status: int, code: str) -> type[AltoError]:
    if code in _EMBEDDING_CODES:
        return AltoEmbeddingError
    if status in _BY_STATUS:
        return _BY_STATUS[status]
    return AltoServerError if status >= 500 else AltoError
