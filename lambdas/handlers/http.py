"""What both HTTP functions share: one error envelope, one serializer, one way to read credentials and time."""

from collections.abc import Callable
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
    AnswerTooLargeError,
    InvalidRequestError,
    MethodNotAllowedError,
    NotFoundError,
)
from lambdas.handlers.methods import check_method
from lambdas.models import StrictModel
from lambdas.observability import logger
from lambdas.validation import invalid_request

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

JSON = "application/json"
# Lambda answers carry 6 MB (6,291,556 bytes); the rest is for headers and escapes.
MAX_ANSWER_BYTES = 6_000_000
# Kept back from the function's time for rendering the answer.
MARGIN_SECONDS = 1.5


class ErrorBody(StrictModel):
    """What went wrong. Branch on `code`; `message` is for people."""

    code: str
    message: str
    details: list[dict[str, str]]
    request_id: str


class ErrorEnvelope(StrictModel):
    """The form of every error."""

    error: ErrorBody


ERROR_RESPONSES: dict[int, Any] = {
    400: {"description": "The request is wrong; the error says where.", "content": {JSON: {"model": ErrorEnvelope}}},
    404: {"description": "There is no such thing.", "content": {JSON: {"model": ErrorEnvelope}}},
    409: {"description": "It does not fit what is stored.", "content": {JSON: {"model": ErrorEnvelope}}},
    503: {"description": "Try again after Retry-After seconds.", "content": {JSON: {"model": ErrorEnvelope}}},
}


def make_app() -> APIGatewayHttpResolver:
    """A resolver whose every error has Alto's envelope."""
    app = APIGatewayHttpResolver(
        enable_validation=True,
        serializer=_to_json,
        # Refuses what is no JSON (NaN) and no text (half of a surrogate pair), which json.loads lets through.
        json_body_deserializer=orjson.loads,
        response_validation_error_http_code=HTTPStatus.INTERNAL_SERVER_ERROR,
    )

    def answer_with(translate: Callable[[Any], AltoError]) -> Callable[[Exception], Response[str]]:
        return lambda error: error_response(translate(error), request_id(app))

    def no_route(_: RouteNotFoundError) -> AltoError:
        event = app.current_event
        return NotFoundError(f"There is no {event.http_method} {event.path}. GET /v1/openapi.json lists what there is.")

    app.exception_handler(RouteNotFoundError)(answer_with(no_route))
    for kind, translate in TRANSLATIONS.items():
        app.exception_handler(kind)(answer_with(translate))
    return app


def known(error: AltoError) -> AltoError:
    """An error that is Alto's own already."""
    level = "error" if error.status >= 500 else "info"
    getattr(logger, level)("request failed", extra={"code": error.code, "status": error.status})
    return error


def unexpected(error: Exception) -> AltoError:
    """Whatever nobody thought of. Its class is logged, not its text: that may hold what the caller sent."""
    without_text = (Exception, Exception(type(error).__name__), error.__traceback__)
    logger.error("unexpected error", extra={"error": type(error).__name__}, exc_info=without_text)
    return AltoError("Alto failed. The log of this request says why; its id is the request_id.")


NOT_JSON = InvalidRequestError("The body must be JSON: send the header 'Content-Type: application/json'.")

# The most specific class wins.
TRANSLATIONS: dict[type[Exception], Callable[[Any], AltoError]] = {
    AltoError: known,
    RequestValidationError: lambda error: invalid_request([_without_source(problem) for problem in error.errors()]),
    RequestUnsupportedContentType: lambda _: NOT_JSON,
    UnicodeDecodeError: lambda _: InvalidRequestError("The body is not UTF-8 text."),
    Exception: unexpected,
}


def resolve(app: APIGatewayHttpResolver, event: dict[str, Any], context: "LambdaContext") -> dict[str, Any]:
    """Answer an API Gateway event, and see that the answer fits into what Lambda carries."""
    request = event["requestContext"]["http"]
    logger.append_keys(correlation_id=event["requestContext"]["requestId"], **_subject(event["rawPath"]))
    try:
        check_method(request["method"], event["rawPath"])
    except MethodNotAllowedError as refusal:
        refused = error_response(refusal, event["requestContext"]["requestId"])
        headers = {"Content-Type": JSON, "Allow": ", ".join(refusal.allowed)}
        return {"statusCode": refusal.status, "headers": headers, "body": refused.body, "isBase64Encoded": False}
    if not _is_json(event):
        refused = error_response(NOT_JSON, event["requestContext"]["requestId"])
        return {"statusCode": 400, "headers": {"Content-Type": JSON}, "body": refused.body, "isBase64Encoded": False}
    answer: dict[str, Any] = app.resolve(event, context)
    if request["method"] == "HEAD":
        headers = {name: value for name, value in answer["headers"].items() if name.lower() != "content-type"}
        return answer | {"headers": headers, "body": ""}
    if len(answer.get("body") or "") > MAX_ANSWER_BYTES:
        error = AnswerTooLargeError(
            "The answer is larger than 6 MB: ask for fewer objects (limit), fewer properties (return_properties) or "
            "no vectors."
        )
        response = error_response(error, event["requestContext"]["requestId"])
        return answer | {"statusCode": response.status_code, "body": response.body}
    return answer


def _subject(path: str) -> dict[str, str]:
    """The collection or the job that a path is about, for the log."""
    _, kind, name, *_ = [*path.strip("/").split("/"), "", "", ""]
    key = {"collections": "collection", "imports": "job_id"}.get(kind)
    return {key: name} if key and name else {}


def _is_json(event: dict[str, Any]) -> bool:
    """Whether a body says that it is JSON, or nothing. The framework itself would read forms too."""
    content_type = event.get("headers", {}).get("content-type", JSON).partition(";")[0].strip().lower()
    return not event.get("body") or content_type == JSON or content_type.endswith("+json")


def error_response(error: AltoError, request: str) -> Response[str]:
    """The one form of every error."""
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
    """The id under which API Gateway knows this request."""
    return str(app.current_event.request_context.request_id)


def credentials(app: BaseRouter) -> AwsCredentials | None:
    """The caller's own AWS credentials, if the request carries some."""
    return credentials_from_headers(app.current_event.headers)


def deadline(app: BaseRouter) -> Deadline:
    """When this invocation has to have its answer."""
    remaining = app.lambda_context.get_remaining_time_in_millis() / 1000
    return Deadline.after(remaining - MARGIN_SECONDS)


def _without_source(problem: Any) -> dict[str, Any]:
    """A finding whose place starts with a field: the framework puts `body` or `path` before it."""
    source, *place = problem["loc"]
    if problem["type"] == "json_invalid":
        problem = {**problem, "msg": f"is not JSON at character {place[-1]}: {problem['ctx']['error']}"}
        place = []
    return {**problem, "loc": place or [source]}


def _to_json(body: Any) -> str:
    return orjson.dumps(body).decode()
