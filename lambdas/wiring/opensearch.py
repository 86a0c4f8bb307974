"""The OpenSearch client: opensearch-py's transport, signed with the function's own role."""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import orjson
from opensearchpy import SerializationError, Transport, Urllib3HttpConnection
from opensearchpy.serializer import Serializer
from urllib3 import HTTPResponse

from lambdas.aws.http import HttpRequest, sign
from lambdas.embedding.embedder import CONCURRENCY
from lambdas.errors import ResponseTooLargeError
from lambdas.invocation import current
from lambdas.opensearch import OpenSearch
from lambdas.settings import EngineSettings
from lambdas.wiring.aws import Aws

_PORTS = {"http": 80, "https": 443}
_SERVICE = "es"


class OrjsonSerializer(Serializer):
    """JSON by orjson, several times as fast as the standard library's. Bodies are bytes already."""

    mimetype = "application/json"

    def dumps(self, data: Any) -> Any:
        """Return the body as it is."""
        return data

    def loads(self, s: str) -> Any:
        """Parse a response. Raises `SerializationError`."""
        try:
            return orjson.loads(s)
        except orjson.JSONDecodeError as error:
            raise SerializationError("The response is not JSON.", error) from None


class BoundedConnection(Urllib3HttpConnection):
    """A connection that reads a response up to a limit.

    Beyond it the connection is closed, whereupon OpenSearch stops the search, and the request has failed with a
    `ResponseTooLargeError`. The function would not survive the rest.
    """

    most_bytes: int

    def _create_urllib3_pool(self) -> None:
        super()._create_urllib3_pool()
        send = self.pool.urlopen

        def send_and_read(*args: Any, **kwargs: Any) -> Any:
            response = send(*args, **kwargs, preload_content=False)
            content = response.read(self.most_bytes + 1, decode_content=True)
            if len(content) > self.most_bytes:
                response.close()
                raise ResponseTooLargeError(
                    f"OpenSearch's response has more than {self.most_bytes:,} bytes: ask for fewer objects (limit) or "
                    "fewer properties (return_properties)."
                )
            response.release_conn()
            return HTTPResponse(content, headers=response.headers, status=response.status)

        self.pool.urlopen = send_and_read


def connect(settings: EngineSettings, aws: Aws) -> OpenSearch:
    """Return a client for the domain, or for any other OpenSearch at that URL."""
    url = urlsplit(settings.opensearch_url)
    connection = type("Connection", (BoundedConnection,), {"most_bytes": settings.response_bytes})
    transport = Transport(
        [{"host": url.hostname, "port": url.port or _PORTS[url.scheme], "scheme": url.scheme}],
        connection_class=connection,
        serializer=OrjsonSerializer(),
        pool_maxsize=CONCURRENCY,
        # Only Alto knows which requests may be sent twice: `lambdas/opensearch.py` repeats those.
        max_retries=0,
        http_auth=signer(aws, settings.region),
        ca_certs=aws.environment.get("AWS_CA_BUNDLE"),
    )
    return OpenSearch(
        transport, time_left=current.remaining, waited=lambda seconds: current.add("EngineTime", 1000 * seconds)
    )


def signer(aws: Aws, region: str) -> Callable[[str, str, bytes | None], dict[str, str]]:
    """Return the function that opensearch-py calls for the headers of a request's signature.

    Its own `Urllib3AWSV4SignerAuth` encodes the query string once more, which signs `a=%20` as `a=+`.
    """

    def signed(method: str, url: str, body: bytes | None) -> dict[str, str]:
        return sign(HttpRequest(method, url, {}, body or b"", _SERVICE, region), aws.own())

    return signed
