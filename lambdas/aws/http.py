"""Signed requests over connections that are kept open."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import NamedTuple, Protocol

from urllib3 import PoolManager, Timeout

from lambdas.aws.credentials import AwsCredentials
from lambdas.aws.signing import HttpRequest, signed_headers

CONNECT_SECONDS = 5.0


class HttpAnswer(NamedTuple):
    """What came back. Header names are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Transport(Protocol):
    """Something that signs and sends."""

    def send(self, request: HttpRequest, credentials: AwsCredentials, timeout_seconds: float) -> HttpAnswer:
        """Send one request. Raises the errors of urllib3 when there is no answer."""
        ...


def connections(at_once: int, ca_bundle: str | None) -> PoolManager:
    """Keeps as many connections open to each host as there are requests in flight.

    Without `ca_bundle`, a file, the certificate authorities of the system are trusted.
    """
    return PoolManager(num_pools=32, maxsize=at_once, cert_reqs="CERT_REQUIRED", ca_certs=ca_bundle)


class SignedHttp:
    """Signs and sends. Safe to share between threads."""

    def __init__(self, pool: PoolManager) -> None:
        self._pool = pool

    def send(self, request: HttpRequest, credentials: AwsCredentials, timeout_seconds: float) -> HttpAnswer:
        """Send one request and wait no longer than this for the answer. Raises the errors of urllib3."""
        response = self._pool.request(
            request.method,
            request.url,
            body=request.body or None,
            headers=signed_headers(request, credentials, datetime.now(UTC)),
            timeout=Timeout(connect=min(CONNECT_SECONDS, timeout_seconds), read=timeout_seconds, total=timeout_seconds),
            retries=False,
            redirect=False,
        )
        return HttpAnswer(
            response.status, {name.lower(): value for name, value in response.headers.items()}, response.data
        )
