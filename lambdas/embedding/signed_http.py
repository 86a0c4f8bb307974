"""Signed calls to the runtimes of Bedrock and SageMaker.

This is what a botocore client does, without what it does beside it: measured against a local server, a call costs half
the CPU (0.85 instead of 1.7 ms, `docs/decisions`), which is what bounds a Lambda of one vCPU with 64 calls in flight,
and each call has a time limit of its own, which a client does not offer. Where the service is, and who the function
is, stay botocore's business.
"""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from threading import Lock
from typing import Any, Protocol
from urllib.parse import urlsplit

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.credentials import ReadOnlyCredentials
from botocore.exceptions import NoCredentialsError
from botocore.httpsession import get_cert_path
from urllib3 import PoolManager, Timeout

from lambdas.embedding.credentials import AwsCredentials

CONNECT_SECONDS = 5.0
_SIGNING_NAMES = {"bedrock-runtime": "bedrock", "bedrock-agent-runtime": "bedrock", "sagemaker-runtime": "sagemaker"}


@dataclass(frozen=True, slots=True)
class HttpCall:
    """A call before it is signed. The path is percent-encoded."""

    service: str
    region: str
    path: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class HttpAnswer:
    """What came back. Header names are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Transport(Protocol):
    """Something that signs and sends."""

    def send(self, call: HttpCall, credentials: AwsCredentials, timeout_seconds: float) -> HttpAnswer:
        """Send one call. Raises the errors of urllib3 when there is no answer."""
        ...


class SignedHttp:
    """Sends calls over connections that are kept open. Safe to share between threads.

    Args:
        session: a botocore session; it knows the endpoints, environment overrides included, and the own credentials.
        connections: how many connections are kept open to each endpoint: as many as there are calls in flight.
    """

    def __init__(self, session: Any, connections: int) -> None:
        # At DEBUG, botocore logs what it signs, session tokens included, and the keys that STS answers.
        logging.getLogger("botocore").setLevel(logging.INFO)
        self._session = session
        certificates = session.get_config_variable("ca_bundle") or get_cert_path(True)
        self._pool = PoolManager(num_pools=16, maxsize=connections, ca_certs=certificates, cert_reqs="CERT_REQUIRED")
        self._endpoints: dict[tuple[str, str], str] = {}
        self._lock = Lock()

    def send(self, call: HttpCall, credentials: AwsCredentials, timeout_seconds: float) -> HttpAnswer:
        """Send one call and wait no longer than this for the answer."""
        url = self._endpoint(call.service, call.region) + call.path
        response = self._pool.request(
            "POST",
            url,
            body=call.body,
            headers=_signed_headers(call, url, credentials),
            timeout=Timeout(connect=min(CONNECT_SECONDS, timeout_seconds), read=timeout_seconds, total=timeout_seconds),
            retries=False,
            redirect=False,
        )
        return HttpAnswer(
            response.status, {name.lower(): value for name, value in response.headers.items()}, response.data
        )

    def own_credentials(self) -> AwsCredentials:
        """The function's own credentials, renewed by botocore when they have to be.

        Raises botocore's `NoCredentialsError` and whatever goes wrong where they come from.
        """
        with self._lock:
            credentials = self._session.get_credentials()
        if credentials is None:
            raise NoCredentialsError
        frozen = credentials.get_frozen_credentials()
        return AwsCredentials(frozen.access_key, frozen.secret_key, frozen.token)

    def _endpoint(self, service: str, region: str) -> str:
        with self._lock:
            known = self._endpoints.get((service, region))
            if known is None:
                # A client knows every partition, FIPS, and AWS_ENDPOINT_URL_*; it is made once, and only to be asked.
                unused = {"aws_access_key_id": "unused", "aws_secret_access_key": "unused"}
                client = self._session.create_client(service, region_name=region, **unused)
                known = client.meta.endpoint_url.rstrip("/")
                self._endpoints[service, region] = known
            return known


def sts_clients(session: Any) -> Callable[[str, AwsCredentials], Any]:
    """Makes STS clients that sign with given credentials, for `CredentialChain`."""
    patience = Config(connect_timeout=3, read_timeout=5, retries={"total_max_attempts": 2})

    def sts(region: str, credentials: AwsCredentials) -> Any:
        return session.create_client(
            "sts",
            region_name=region,
            aws_access_key_id=credentials.access_key,
            aws_secret_access_key=credentials.secret_key,
            aws_session_token=credentials.session_token,
            config=patience,
        )

    return sts


def _signed_headers(call: HttpCall, url: str, credentials: AwsCredentials) -> dict[str, str]:
    request = AWSRequest("POST", url, {"Host": urlsplit(url).netloc, **call.headers}, call.body)
    keys = ReadOnlyCredentials(credentials.access_key, credentials.secret_key, credentials.session_token)
    SigV4Auth(keys, _SIGNING_NAMES[call.service], call.region).add_auth(request)
    return dict(request.headers.items())
