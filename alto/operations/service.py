"""The state and version of Alto."""

from collections.abc import Mapping
from typing import Any

from alto.requests import Operation, Phase, Request, Response
from alto.values import to_json

UNAVAILABLE = frozenset({429, 500, 502, 503, 504})


def get_meta(phase: Phase = Phase.QUERY) -> Operation[dict[str, Any]]:
    """Version, region and modules."""

    def read(response: Response) -> dict[str, Any]:
        meta: dict[str, Any] = response.body
        return meta

    return Operation(Request("GET", "/v1/meta", phase=phase, repeatable=True), read)


def is_ready() -> Operation[bool]:
    """Whether searches would succeed now. Not repeated: a server that is not ready has responded."""
    request = Request("GET", "/v1/.well-known/ready", phase=Phase.INIT, accept=UNAVAILABLE)
    return Operation(request, lambda response: response.status == 200)


def is_live() -> Operation[bool]:
    """Whether the function runs."""
    request = Request("GET", "/v1/.well-known/live", phase=Phase.INIT, accept=UNAVAILABLE)
    return Operation(request, lambda response: response.status == 200)


def call(method: str, path: str, body: Any, *, query: Mapping[str, str], repeatable: bool) -> Operation[Any]:
    """Any operation, its response as it comes."""
    content = None if body is None else to_json(body)
    request = Request(method, path, content=content, query=query, repeatable=repeatable)
    return Operation(request, lambda response: response.body)
