"""The parts that both HTTP functions share: error envelope, serializer, credentials and deadline of a request."""

from collections.abc import Callable, Sequence
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import orjson
from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response
from aws_lambda_powertools.event_handler.api_gateway import BaseRouter
from aws_lambda_powertools.event_handler.exceptions import NotFoundError as RouteNotFoundError
from aws_lambda_powertools.event_handler.openapi.exceptions import (
    RequestUnsupportedContentType,
    RequestValidationError,
)

from lambdas.aws.credentials import AwsCredentials
from lambdas.deadline import Deadline
from lambdas.embedding.credential_chain import credentials_from_headers
from lambdas.errors import (
    AltoError,
    InvalidRequestError,
    MethodNotAllowedError,
    NotFoundError,
    ResponseTooLargeError,
)
from lambdas.handlers.aliased import FindTarget, respond
from lambdas.handlers.route_table import check_route
from lambdas.handlers.strict_json import load_object
from lambdas.models import StrictModel
from lambdas.observability import logger
from lambdas.response_size import MAX_RESPONSE_BYTES
from lambdas.validation import invalid_parameters
from lambdas.wiring.rights import collections_claim

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

JSON = "application/json"
# Kept back from the function's time for rendering the response.
MARGIN_SECONDS = 1.5


class ErrorBody(StrictModel):
    """The error. Branch on `code`, which is stable; `message` is for people."""

    code: str
    message: str
    details: list[dict[str, str]]
    request_id: str


class ErrorEnvelope(StrictModel):
    """The body of every error response."""

    error: ErrorBody


ERROR_RESPONSES: dict[int, Any] = {
    400: {
        "description": "The request is invalid; `error.details` names the fields.",
        "content": {JSON: {"model": ErrorEnvelope}},
    },
    404: {"description": "The resource does not exist.", "content": {JSON: {"model": ErrorEnvelope}}},
    409: {
        "description": "The request conflicts with the current state of the resource.",
        "content": {JSON: {"model": ErrorEnvelope}},
    },
    503: {
        "description": "A service is unavailable; retry after the seconds in `Retry-After`.",
        "content": {JSON: {"model": ErrorEnvelope}},
    },
}


def make_app() -> APIGatewayHttpResolver:
    """Return a resolver whose errors all have Alto's envelope."""
    app = APIGatewayHttpResolver(
        enable_validation=True,
        serializer=_to_json,
        json_body_deserializer=load_object,
        response_validation_error_http_code=HTTPStatus.INTERNAL_SERVER_ERROR,
    )

    def respond_with(translate: Callable[[Any], AltoError]) -> Callable[[Exception], Response[str]]:
        return lambda error: error_response(translate(error), request_id(app))

    def no_route(_: RouteNotFoundError) -> AltoError:
        event = app.current_event
        return NotFoundError(f"No route matches {event.http_method} {event.path}. See GET /v1/openapi.json.")

    app.exception_handler(RouteNotFoundError)(respond_with(no_route))
    for kind, translate in TRANSLATIONS.items():
        app.exception_handler(kind)(respond_with(translate))
    return app


def log_known(error: AltoError) -> AltoError:
    """Log an error of Alto and return it."""
    level = "error" if error.status >= 500 else "info"
    getattr(logger, level)("request failed", extra={"code": error.code, "status": error.status})
    return error


def hide_unexpected(error: Exception) -> AltoError:
    """Handle any other exception. Only its class is logged: the message may contain the caller's data."""
    without_text = (Exception, Exception(type(error).__name__), error.__traceback__)
    logger.error("unexpected error", extra={"error": type(error).__name__}, exc_info=without_text)
    return AltoError("Internal error. Search the function's log for this request_id.")


NOT_JSON = InvalidRequestError("The body must be JSON: send the header 'Content-Type: application/json'.")

# The most specific class wins.
TRANSLATIONS: dict[type[Exception], Callable[[Any], AltoError]] = {
    AltoError: log_known,
    RequestValidationError: lambda error: _invalid_parameters(error.errors()),
    RequestUnsupportedContentType: lambda _: NOT_JSON,
    UnicodeDecodeError: lambda _: InvalidRequestError("The body is not UTF-8 text."),
    Exception: hide_unexpected,
}


def resolve(
    app: APIGatewayHttpResolver,
    event: dict[str, Any],
    context: "LambdaContext",
    find_target: FindTarget = lambda _: None,
) -> dict[str, Any]:
    """Respond to an API Gateway event with a response that fits into Lambda's limit.

    `find_target` returns the collection that an alias points at.
    """
    request = event["requestContext"]["http"]
    logger.append_keys(correlation_id=event["requestContext"]["requestId"], **_subject(event["rawPath"]))
    try:
        check_route(request["method"], event["rawPath"], event.get("queryStringParameters") or {})
        if not _is_json(event):
            raise NOT_JSON
        response = respond(app, event, context, collections_claim(), find_target)
    except AltoError as error:
        return _rejection(error, event)
    if request["method"] == "HEAD":
        headers = {name: value for name, value in response["headers"].items() if name.lower() != "content-type"}
        return response | {"headers": headers, "body": ""}
    if len(orjson.dumps(response)) > MAX_RESPONSE_BYTES:
        too_large = ResponseTooLargeError(
            "The response is larger than 6 MB: ask for fewer objects (limit), fewer properties (return_properties) or "
            "no vectors."
        )
        rejection = error_response(too_large, event["requestContext"]["requestId"])
        return response | {"statusCode": rejection.status_code, "body": rejection.body}
    return response


def _rejection(error: AltoError, event: dict[str, Any]) -> dict[str, Any]:
    """Return the response to a request that does not reach a route."""
    response = error_response(error, event["requestContext"]["requestId"])
    headers = {"Content-Type": JSON}
    if isinstance(error, MethodNotAllowedError):
        headers["Allow"] = ", ".join(error.allowed)
    return {"statusCode": error.status, "headers": headers, "body": response.body, "isBase64Encoded": False}


def _subject(path: str) -> dict[str, str]:
    """Return the collection and the job that a path names, for the log."""
    _, kind, name, below, job_id, *_ = [*path.strip("/").split("/"), *[""] * 5]
    if kind == "imports":
        return {"job_id": name} if name else {}
    if kind != "collections" or not name:
        return {}
    return {"collection": name} | ({"job_id": job_id} if below == "imports" and job_id else {})


def _is_json(event: dict[str, Any]) -> bool:
    """Return whether the body is JSON by its content type, or has none. The framework would accept forms too."""
    content_type = event.get("headers", {}).get("content-type", JSON).partition(";")[0].strip().lower()
    return not event.get("body") or content_type == JSON or content_type.endswith("+json")


def error_response(error: AltoError, request: str) -> Response[str]:
    """Render an error as a response."""
    body = {
        "error": {
            "code": error.code,
            "message": error.message,
            "details": [{"field": detail.field, "message": detail.message} for detail in error.details],
            "request_id": request,
        }
    }
    headers = {} if error.retry_after_seconds is None else {"Retry-After": str(error.retry_after_seconds)}
    return Response(status_code=error.status, content_type=JSON, body=_to_json(body), headers=headers)


def request_id(app: APIGatewayHttpResolver) -> str:
    """Return the id that API Gateway gave to this request."""
    return str(app.current_event.request_context.request_id)


def credentials(app: BaseRouter) -> AwsCredentials | None:
    """Return the caller's own AWS credentials, if the request has some.

    Raises `IncompleteCredentialsError`, or `InvalidRequestError` for a header that could not be sent to AWS. The value
    is a secret, and so is not part of the message.
    """
    headers = app.current_event.headers
    for name, value in headers.items():
        if name.lower().startswith("x-aws-") and value and not (value.isascii() and value.isprintable()):
            raise InvalidRequestError.at(name[:100], "contains characters that no AWS key has: copy the key again")
    return credentials_from_headers(headers)


def deadline(app: BaseRouter) -> Deadline:
    """Return the time by which this invocation has to have its result."""
    remaining = app.lambda_context.get_remaining_time_in_millis() / 1000
    return Deadline.after(remaining - MARGIN_SECONDS)


def _invalid_parameters(problems: Sequence[Any]) -> InvalidRequestError:
    """Translate the framework's errors: those of parameters, and a body that is not JSON."""
    first = problems[0]
    if first["type"] == "json_invalid":
        return InvalidRequestError.at("body", f"is not JSON at character {first['loc'][-1]}: {first['ctx']['error']}")
    return invalid_parameters(problems)


def _to_json(body: Any) -> str:
    return orjson.dumps(body).decode()
