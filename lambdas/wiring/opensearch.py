"""The OpenSearch client: opensearch-py's transport, signed with the function's own role."""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import orjson
from opensearchpy import SerializationError, Transport, Urllib3HttpConnection
from opensearchpy.serializer import Serializer

from lambdas.aws.http import HttpRequest, sign
from lambdas.embedding.embedder import CONCURRENCY
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


def connect(settings: EngineSettings, aws: Aws) -> OpenSearch:
    """Return a client for the domain, or for any other OpenSearch at that URL."""
    url = urlsplit(settings.opensearch_url)
    transport = Transport(
        [{"host": url.hostname, "port": url.port or _PORTS[url.scheme], "scheme": url.scheme}],
        connection_class=Urllib3HttpConnection,
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
