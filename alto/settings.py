"""The settings of a client. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from alto.errors import AltoConfigurationError
from alto.requests import Phase
from alto.retries import RetryPolicy

CREDENTIAL_HEADERS = frozenset(
    {"authorization", "x-api-key", "x-aws-access-key", "x-aws-secret-key", "x-aws-session-token"}
)
# Of `make up` and of the command line.
DEFAULT_PORT = 8700
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


@dataclass(frozen=True, slots=True)
class Timeout:
    """Seconds to wait for a response: at the start, for a query, for a write.

    An API Gateway HTTP API ends a request after 30 s; the defaults are a little longer, so that its response arrives.
    `init` covers the cold start of a function.

        AdditionalConfig(timeout=Timeout(query=5, insert=60))
    """

    init: float = 10.0
    query: float = 32.0
    insert: float = 32.0
    connect: float = 5.0

    def of(self, phase: Phase) -> float:
        """The timeout of a phase."""
        return {Phase.INIT: self.init, Phase.QUERY: self.query, Phase.INSERT: self.insert}[phase]


@dataclass(frozen=True, slots=True)
class AdditionalConfig:
    """Settings that are rarely needed.

        config = AdditionalConfig(timeout=Timeout(query=5), retries=RetryPolicy(attempts=2), connections=50)
        client = alto.connect_to_local(additional_config=config)

    As in Weaviate, `timeout` may be a pair: seconds for queries and for writes.

    Attributes:
        timeout: How long to wait for responses.
        retries: How often to send a request again.
        trust_env: Whether the proxy settings of the environment count.
        connections: The largest number of connections.
        typed_values: Whether values have the types of their properties (`datetime`, `UUID`, `float`,
            `GeoCoordinate`), for which the client reads a collection's configuration once a minute; otherwise they are
            as JSON has them.
        word_filters: Whether `equal`, `not_equal` and `contains_...` of a text property compare words, as in Weaviate,
            instead of the whole value.
    """

    timeout: Timeout = field(default_factory=Timeout)
    retries: RetryPolicy = field(default_factory=RetryPolicy)
    trust_env: bool = True
    connections: int = 20
    typed_values: bool = True
    word_filters: bool = False

    def __post_init__(self) -> None:
        pair: Any = self.timeout
        if isinstance(pair, tuple):
            object.__setattr__(self, "timeout", Timeout(query=pair[0], insert=pair[1]))


@dataclass(frozen=True, slots=True)
class ConnectionParams:
    """The address of an Alto, in Weaviate's form. It has no gRPC: those parameters have no effect."""

    url: str

    @classmethod
    def from_url(cls, url: str, grpc_port: int | None = None, grpc_secure: bool = False) -> "ConnectionParams":  # noqa: ARG003 (Weaviate's)
        """By an address.

        Args:
            url: The address.
            grpc_port: Has no effect.
            grpc_secure: Has no effect.
        """
        return cls(url)

    @classmethod
    def from_params(  # noqa: PLR0917 (Weaviate's)
        cls,
        http_host: str,
        http_port: int,
        http_secure: bool,
        grpc_host: str | None = None,  # noqa: ARG003 (Weaviate's)
        grpc_port: int | None = None,  # noqa: ARG003 (Weaviate's)
        grpc_secure: bool = False,  # noqa: ARG003 (Weaviate's)
    ) -> "ConnectionParams":
        """By the parts of an address.

        Args:
            http_host: The host.
            http_port: The port.
            http_secure: Whether it is https.
            grpc_host: Has no effect.
            grpc_port: Has no effect.
            grpc_secure: Has no effect.
        """
        return cls(f"{'https' if http_secure else 'http'}://{http_host}:{http_port}")


def check_url(url: str, headers: dict[str, str], *, signed: bool = False) -> str:
    """The address without a slash at its end.

    Raises `AltoConfigurationError` if it is not an address, or if credentials would cross a network in clear text.
    """
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise AltoConfigurationError(
            f"url: '{_without_password(url)}' is not an address: write one such as "
            "'https://abc123.execute-api.us-east-1.amazonaws.com'"
        )
    if parts.username or parts.password:
        raise AltoConfigurationError("url: leave user and password out of it, and send them with 'headers' or 'auth'")
    secret = signed or any(name.lower() in CREDENTIAL_HEADERS for name in headers)
    if secret and parts.scheme == "http" and parts.hostname not in _LOOPBACK:
        raise AltoConfigurationError(
            f"url: '{url}' would carry credentials in clear text: write https:// (http:// is for this machine only)"
        )
    return url.rstrip("/")


def check_headers(headers: Mapping[str, str | None]) -> dict[str, str]:
    """The headers. Raises `AltoConfigurationError` for one without a value: mostly a variable that is not set."""
    for name, value in headers.items():
        if not isinstance(value, str):
            raise AltoConfigurationError(
                f"headers: '{name}' has no value ({type(value).__name__}): is its environment variable set?"
            )
    return {name: value for name, value in headers.items() if value is not None}


def _without_password(url: str) -> str:
    return url.rpartition("@")[2]
