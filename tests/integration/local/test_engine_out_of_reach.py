"""An OpenSearch that is silent, or not there: the caller gets a response before API Gateway gives up."""

import os
import socket
from collections.abc import Iterator
from typing import Any

import pytest

from local.processes import LOOPBACK, unused_port
from tests.api import Api, Context, event
from tests.instances import in_instance, instances

REQUESTS = [
    ("POST", "/v1/collections/Film/search", {"bm25": {"query": "ghosts"}}),
    ("GET", "/v1/collections/Film", None),
    ("GET", "/v1/collections/Film/objects/2f1c8f0e-0d3c-4f7c-9a55-6a6f0f3f9f10", None),
    ("POST", "/v1/collections/Film/objects/batch", {"objects": [{"properties": {"title": "A"}}]}),
    ("GET", "/v1/.well-known/ready", None),
]


def responses(api: Api, seconds: float) -> list[dict[str, Any]]:
    """The responses of functions that have this much time, one for each request."""
    return [api.raw(event(*request), Context(seconds=seconds)) for request in REQUESTS]


@pytest.fixture
def silent() -> Iterator[str]:
    """A server that takes connections and never says anything."""
    with socket.create_server((LOOPBACK, 0), backlog=100) as server:
        yield f"http://{LOOPBACK}:{server.getsockname()[1]}"


@pytest.fixture
def absent() -> str:
    """A port on which nothing listens."""
    return f"http://{LOOPBACK}:{unused_port()}"


@pytest.mark.parametrize("engine", ["silent", "absent"])
def test_every_route_says_try_again(
    engine: str, environment: dict[str, str], monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    for name, value in (environment | {"ALTO_OPENSEARCH_URL": request.getfixturevalue(engine)}).items():
        monkeypatch.setitem(os.environ, name, value)

    with instances(1) as pool:
        given = pool.submit(in_instance(responses, 3.0)).result()

    assert [response["statusCode"] for response in given] == [503] * len(REQUESTS)
    for response in given:
        assert '"code":"search_engine_unavailable"' in response["body"]
        assert response["headers"]["Retry-After"] == "5"
