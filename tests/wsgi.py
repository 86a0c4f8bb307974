"""Alto's HTTP API as a WSGI application in this process: each request becomes the event of API Gateway."""

import base64
import json
from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl

from tests.api import Api, Context, event

type StartResponse = Callable[[str, list[tuple[str, str]]], Any]


class WsgiApp:
    """Serves an `Api`, one request at a time."""

    def __init__(self, api: Api) -> None:
        self._api = api

    def __call__(self, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        response = self._api.raw(api_gateway_event(environ), Context())
        status = HTTPStatus(response["statusCode"])
        headers = {name.lower(): str(value) for name, value in response.get("headers", {}).items()}
        content = (response.get("body") or "").encode()
        start_response(f"{status.value} {status.phrase}", [*headers.items(), ("content-length", str(len(content)))])
        return [content]


def api_gateway_event(environ: dict[str, Any]) -> dict[str, Any]:
    """The event of a request: decoded path, values of one name joined, bytes that are no text in base64."""
    raw_query = environ.get("QUERY_STRING", "")
    query: dict[str, str] = {}
    for name, value in parse_qsl(raw_query, keep_blank_values=True):
        query[name] = f"{query[name]},{value}" if name in query else value
    headers = {
        name.removeprefix("HTTP_").replace("_", "-").lower(): value
        for name, value in environ.items()
        if name.startswith("HTTP_") or name in ("CONTENT_TYPE", "CONTENT_LENGTH")
    }
    # WSGI hands bytes on as Latin-1.
    path = environ["PATH_INFO"].encode("latin-1").decode("utf-8", "replace")
    made = event(environ["REQUEST_METHOD"], path, query=query)
    made["headers"] = {name: value for name, value in made["headers"].items() if name != "content-type"} | headers
    made["rawQueryString"] = raw_query
    content = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    if content:
        try:
            made["body"] = content.decode()
        except UnicodeDecodeError:
            made |= {"body": base64.b64encode(content).decode(), "isBase64Encoded": True}
    return json.loads(json.dumps(made))  # type: ignore[no-any-return]
