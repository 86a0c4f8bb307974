"""The OpenSearch client: signed with the function's own role, kept open between invocations."""

from typing import Any
from urllib.parse import urlsplit

from opensearchpy import OpenSearch as VendorClient
from opensearchpy import Urllib3AWSV4SignerAuth, Urllib3HttpConnection

from lambdas.invocation import current
from lambdas.opensearch import OpenSearch, OrjsonSerializer
from lambdas.settings import EngineSettings

# Enough for the bulk writes of one invocation that are under way at once.
CONNECTIONS = 16


def connect(settings: EngineSettings, session: Any) -> OpenSearch:
    """A client for the domain, or for whatever else speaks its protocol at that URL."""
    url = urlsplit(settings.opensearch_url)
    secure = url.scheme == "https"
    client = VendorClient(
        hosts=[{"host": url.hostname, "port": url.port or (443 if secure else 80)}],
        http_auth=Urllib3AWSV4SignerAuth(session.get_credentials(), settings.region, "es"),
        use_ssl=secure,
        verify_certs=secure,
        connection_class=Urllib3HttpConnection,
        pool_maxsize=CONNECTIONS,
        # `OpenSearch` tries again by itself, because it knows how much time is left.
        max_retries=0,
        serializer=OrjsonSerializer(),
    )
    return OpenSearch(
        client, time_left=current.remaining, waited=lambda seconds: current.add("EngineTime", 1000 * seconds)
    )
