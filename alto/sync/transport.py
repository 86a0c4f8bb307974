"""Sends requests: connections, time limits, and trying again where that is safe."""

import random
import time
from typing import Any, TypeVar

import httpx

from alto.errors import AltoConnectionError, AltoError, AltoServerError, AltoTimeoutError, error_from_response
from alto.requests import Operation, Request, Response
from alto.settings import AdditionalConfig
from alto.values import to_json
from alto.version import VERSION

T = TypeVar("T")


class Transport:
    """One pool of connections to one Alto. Safe to share."""

    def __init__(
        self,
        url: str,
        config: AdditionalConfig,
        *,
        headers: dict[str, str],
        auth: httpx.Auth | None,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self.url = url
        self._config = config
        self._client = httpx.Client(
            base_url=url,
            headers={"User-Agent": f"alto-python/{VERSION}"} | headers,
            auth=auth,
            transport=transport,
            trust_env=config.trust_env,
            limits=httpx.Limits(max_connections=config.connections),
        )

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.url!r})"

    def run(self, operation: Operation[T]) -> T:
        """Carry out an operation.

        Raises the `AltoError` that the response is, `AltoTimeoutError` or `AltoConnectionError` when there was none.
        """
        request = operation.request
        response = self._answer(request)
        success = 200 <= response.status < 300 and (response.body is not None or response.status == 204)
        if not success and response.status not in request.accept:
            raise error_from_response(response.status, response.headers, response.body)
        try:
            return operation.read(response)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise AltoServerError(
                f"{request.method} {request.path}: {self.url} answered something that is not Alto's ({error!r:.80}). "
                "Is the address that of an Alto, and of a version that fits this client's?",
                code="unreadable_response",
                status=response.status,
            ) from None

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def _answer(self, request: Request) -> Response:
        """The response to the last attempt."""
        attempt = 0
        while True:
            attempt += 1
            try:
                response = self._send(request)
            except httpx.TransportError as error:
                was_sent = not isinstance(error, httpx.ConnectError | httpx.ConnectTimeout | httpx.PoolTimeout)
                wait = self._config.retries.wait_after_failure(request, attempt, random.random(), was_sent=was_sent)
                if wait is None:
                    # Without its cause: that holds the request with all its headers.
                    raise self._without_answer(request, error, was_sent=was_sent) from None
            else:
                if response.status < 400 or response.status in request.accept:
                    return response
                again = self._config.retries.wait_after_response(request, response, attempt, random.random())
                if again is None:
                    return response
                wait = again
            time.sleep(wait)

    def _send(self, request: Request) -> Response:
        content = request.content if request.body is None else to_json(request.body)
        timeout = self._config.timeout
        response = self._client.request(
            request.method,
            request.path,
            params=dict(request.query) or None,
            content=content,
            headers=None if content is None else {"Content-Type": "application/json"},
            timeout=httpx.Timeout(timeout.of(request.phase), connect=timeout.connect),
        )
        return Response(response.status_code, response.headers, _parsed(response))

    def _without_answer(self, request: Request, error: httpx.TransportError, *, was_sent: bool) -> AltoError:
        what = f"{request.method} {request.path}"
        if isinstance(error, httpx.TimeoutException) and was_sent:
            seconds = self._config.timeout.of(request.phase)
            return AltoTimeoutError(
                f"{what}: no response from {self.url} within {seconds:g} s. Give it longer with "
                f"AdditionalConfig(timeout=Timeout({request.phase.value}=…)).",
                code="timeout",
            )
        if was_sent:
            return AltoConnectionError(
                f"{what}: the connection to {self.url} broke before the response came ({type(error).__name__}).",
                code="connection_lost",
            )
        return AltoConnectionError(
            f"{what}: no connection to {self.url} ({type(error).__name__}: {error}). Does Alto run there? "
            "`make up` starts one on this machine.",
            code="no_connection",
        )


def _parsed(response: httpx.Response) -> Any:
    try:
        return response.json() if response.content else None
    except ValueError:
        return None
