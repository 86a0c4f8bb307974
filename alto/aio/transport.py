"""Sends requests: connections, time limits, and retries where they are safe."""

import asyncio
import itertools
import random
from typing import Any, TypeVar

import httpx

from alto.errors import AltoClosedClientError, AltoServerError, error_from_response
from alto.http_errors import error_without_response, was_sent
from alto.operations.schemas import Schema
from alto.requests import Operation, Request, Response
from alto.settings import AdditionalConfig
from alto.values import to_json
from alto.version import VERSION

T = TypeVar("T")


class AsyncTransport:
    """One pool of connections to one Alto. Safe to share."""

    def __init__(
        self,
        url: str,
        config: AdditionalConfig,
        *,
        headers: dict[str, str],
        auth: httpx.Auth | None,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self.url = url
        self._config = config
        self._headers = {"User-Agent": f"alto-python/{VERSION}"} | headers
        self._auth = auth
        self.typed_values = config.typed_values
        self.word_filters = config.word_filters
        # By collection: its schema, and when it was read.
        self.schemas: dict[str, tuple[Schema, float]] = {}
        self._transport = transport
        self._client = self._make_client()

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.url!r})"

    @property
    def is_closed(self) -> bool:
        """Whether it was closed."""
        return self._client.is_closed

    def open(self) -> None:
        """Make new connections after `close`."""
        if self.is_closed:
            self._client = self._make_client()

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    def require_open(self) -> None:
        """Raise `AltoClosedClientError` if it was closed."""
        if self.is_closed:
            raise AltoClosedClientError(
                f"The client of {self.url} is closed: call connect(), or do this inside its `with` block.",
                code="client_closed",
            )

    async def run(self, operation: Operation[T]) -> T:
        """Send the request of an operation and read its response.

        Raises the `AltoError` that the response is, or `AltoTimeoutError` or `AltoConnectionError` without a response.
        """
        request = operation.request
        response = await self._request(request)
        success = 200 <= response.status < 300 and (response.body is not None or response.status == 204)
        if not success and response.status not in request.accept:
            raise error_from_response(response.status, response.headers, response.body)
        try:
            return operation.read(response)
        except (KeyError, TypeError, ValueError, AttributeError):
            raise AltoServerError(
                f"{request.method} {request.path}: the response of {self.url} is not one of Alto's. "
                "Is this the address of an Alto, and does its version fit this client's?",
                code="unreadable_response",
                status=response.status,
            ) from None

    async def _request(self, request: Request) -> Response:
        """The response to the last attempt."""
        self.require_open()
        for attempt in itertools.count(1):
            try:
                response = await self._send(request)
            except httpx.RequestError as error:
                sent = was_sent(error)
                wait = self._config.retries.wait_after_failure(request, attempt, random.random(), was_sent=sent)
                if wait is None:
                    # Without its cause, which holds the request with all its headers.
                    raise error_without_response(error, request, self.url, self._config.timeout) from None
            else:
                wait = self._wait_after(request, response, attempt)
                if wait is None:
                    return response
            await asyncio.sleep(wait)
        raise AssertionError  # an endless count

    def _wait_after(self, request: Request, response: Response, attempt: int) -> float | None:
        """Seconds until the next attempt; None if this response is the result."""
        if response.status < 400 or response.status in request.accept:
            return None
        return self._config.retries.wait_after_response(request, response, attempt, random.random())

    async def _send(self, request: Request) -> Response:
        content = request.content if request.body is None else to_json(request.body)
        timeout = self._config.timeout
        response = await self._client.request(
            request.method,
            request.path,
            params=dict(request.query) or None,
            content=content,
            headers=dict(request.headers) | ({} if content is None else {"Content-Type": "application/json"}),
            timeout=httpx.Timeout(timeout.of(request.phase), connect=timeout.connect),
        )
        return Response(response.status_code, response.headers, _parse(response))

    def _make_client(self) -> httpx.AsyncClient:
        return httpx.AsyncClient(
            base_url=self.url,
            headers=self._headers,
            auth=self._auth,
            transport=self._transport,
            trust_env=self._config.trust_env,
            limits=httpx.Limits(max_connections=self._config.connections),
        )


def _parse(response: httpx.Response) -> Any:
    try:
        return response.json() if response.content else None
    except ValueError:
        return None
