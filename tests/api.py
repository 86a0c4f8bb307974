"""Alto's HTTP API, driven in process through real API Gateway events."""

import copy
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

EVENT = json.loads((Path(__file__).parents[1] / "events" / "http_search.json").read_text())

Handler = Callable[[dict[str, Any], Any], dict[str, Any]]


@dataclass(frozen=True)
class Context:
    """The context of an invocation, as Lambda passes it."""

    function_name: str = "alto"
    memory_limit_in_mb: int = 1024
    invoked_function_arn: str = "arn:aws:lambda:us-east-1:123456789012:function:alto"
    aws_request_id: str = "5f0c7b1e-9a57-4c89-8b34-2f6c1d0e7a3f"
    seconds: float = 29.0

    def get_remaining_time_in_millis(self) -> int:
        return int(1000 * self.seconds)


@dataclass(frozen=True)
class Response:
    """A response, its body parsed."""

    status: int
    body: Any
    headers: dict[str, str]

    @property
    def error(self) -> dict[str, Any]:
        """The error of a response that is one."""
        error: dict[str, Any] = self.body["error"]
        return error


def event(
    method: str,
    path: str,
    body: Any = None,
    query: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """The API Gateway event of a request. A body that is text is sent as it is."""
    made: dict[str, Any] = copy.deepcopy(EVENT)
    made["rawPath"] = made["requestContext"]["http"]["path"] = path
    made["requestContext"]["http"]["method"] = method
    made["headers"] |= {name.lower(): value for name, value in (headers or {}).items()}
    made["rawQueryString"] = urlencode(query or {})
    if query:
        made["queryStringParameters"] = dict(query)
    if body is None:
        del made["body"]
    else:
        made["body"] = body if isinstance(body, str) else json.dumps(body)
    return made


class Api:
    """Calls the function that API Gateway would route a request to."""

    def __init__(self, query: Handler, write: Handler) -> None:
        self._query = query
        self._write = write

    def __call__(self, method: str, path: str, body: Any = None, **parts: Any) -> Response:
        response = self.raw(event(method, path, body, **parts), Context())
        text = response.get("body")
        return Response(response["statusCode"], json.loads(text) if text else None, response.get("headers", {}))

    def raw(self, made: dict[str, Any], context: Any) -> dict[str, Any]:
        """Return the function's response to an event."""
        path = made["rawPath"]
        is_search = (
            path.endswith(("/search", "/aggregate", "/generate", "/embed"))
            and made["requestContext"]["http"]["method"] == "POST"
        )
        is_data = path.startswith(("/v1/collections", "/v1/aliases", "/v1/imports")) and not is_search
        return (self._write if is_data else self._query)(made, context)
