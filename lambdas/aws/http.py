"""Requests signed by botocore, sent over connections that are kept open."""

from collections.abc import Mapping
from typing import NamedTuple, Protocol
from urllib.parse import urlsplit

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import ReadOnlyCredentials
from urllib3 import PoolManager, Timeout

from lambdas.aws.credentials import AwsCredentials

CONNECT_SECONDS = 5.0


class HttpRequest(NamedTuple):
    """A request before it is signed. The URL is percent-encoded; `service` is the name that AWS signs it by."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes
    service: str
    region: str


class HttpResponse(NamedTuple):
    """A response that was read to its end. Header names are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Transport(Protocol):
    """Signs and sends requests."""

    def send(self, request: HttpRequest, credentials: AwsCredentials, timeout_seconds: float) -> HttpResponse:
        """Send one request. Raises the errors of urllib3 when there is no response."""
        ...


def sign(request: HttpRequest, credentials: AwsCredentials) -> dict[str, str]:
    """Return all headers to send: the request's own, which are signed, and those of the signature (Version 4)."""
    signed = AWSRequest(request.method, request.url, dict(request.headers), request.body)
    keys = ReadOnlyCredentials(credentials.access_key, credentials.secret_key, credentials.session_token)
    SigV4Auth(keys, request.service, request.region).add_auth(signed)
    return dict(signed.headers.items())


def connections(at_once: int, ca_bundle: str | None) -> PoolManager:
    """Return a pool that keeps as many connections to each host as there are requests in flight.

    Without `ca_bundle`, a file, the certificate authorities of the system are trusted.
    """
    return PoolManager(num_pools=32, maxsize=at_once, cert_reqs="CERT_REQUIRED", ca_certs=ca_bundle)


class SignedHttp:
    """Signs and sends requests. Safe to share between threads."""

    def __init__(self, pool: PoolManager) -> None:
        self._pool = pool

    def send(self, request: HttpRequest, credentials: AwsCredentials, timeout_seconds: float) -> HttpResponse:
        """Send one request and wait no longer than this for the response. Raises the errors of urllib3."""
        url = urlsplit(request.url)
        # What `request` of the pool would do for redirects and proxies takes a tenth of a call's processor time.
        host = self._pool.connection_from_host(url.hostname, url.port, url.scheme)
        response = host.urlopen(
            request.method,
            f"{url.path}?{url.query}" if url.query else url.path,
            body=request.body or None,
            headers=sign(request, credentials),
            timeout=Timeout(connect=min(CONNECT_SECONDS, timeout_seconds), read=timeout_seconds, total=timeout_seconds),
            retries=False,
            redirect=False,
            assert_same_host=False,
        )
        return HttpResponse(
            response.status, {name.lower(): value for name, value in response.headers.items()}, response.data
        )
