"""The client: a connection to one Alto."""

from collections.abc import Mapping
from types import TracebackType
from typing import Any

import httpx
from typing_extensions import Self

from alto.aio.alias import AliasesAsync
from alto.aio.batch import ClientBatchesAsync
from alto.aio.collections import CollectionsAsync
from alto.aio.imports import ImportsAsync
from alto.aio.storage import AsyncStorage
from alto.aio.transport import AsyncTransport
from alto.errors import AltoError
from alto.operations import service
from alto.requests import Operation, Phase
from alto.settings import AdditionalConfig, ConnectionParams, check_headers, check_url
from alto.unsupported import ALTERNATIVES, Unsupported, raise_unsupported


class AltoAsyncClient:
    """A connection to one Alto; `alto.connect_to_…` and `alto.use_async_with_…` make it. Safe to share."""

    backup = export = Unsupported("backups", ALTERNATIVES["backup"])
    cluster = Unsupported("cluster", ALTERNATIVES["cluster"])
    debug = Unsupported("client.debug", ALTERNATIVES["debug"])
    get_open_id_configuration = Unsupported("get_open_id_configuration", ALTERNATIVES["auth"])
    graphql_raw_query = Unsupported("GraphQL", ALTERNATIVES["graphql"])
    groups = roles = users = Unsupported("roles and users", ALTERNATIVES["permissions"])
    integrations = Unsupported("integrations", ALTERNATIVES["integrations"])
    tokenization = Unsupported("client.tokenization", ALTERNATIVES["tokenize"])

    def __init__(
        self,
        url: str | ConnectionParams | None = None,
        *,
        connection_params: ConnectionParams | None = None,
        additional_headers: Mapping[str, str | None] | None = None,
        auth_client_secret: object = None,
        headers: Mapping[str, str | None] | None = None,
        auth: httpx.Auth | None = None,
        additional_config: AdditionalConfig | None = None,
        skip_init_checks: bool = False,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        """Make a client; `connect` or the first request opens its connections.

        Args:
            url: The address of Alto.
            connection_params: The address, in Weaviate's form.
            additional_headers: Weaviate's name of `headers`.
            auth_client_secret: Not supported.
            headers: Headers of every request, such as credentials for the models.
            auth: Authentication of httpx.
            additional_config: Time limits, retries, proxies, connections.
            skip_init_checks: Whether `connect` sends no request.
            transport: Another network than httpx's own, for tests.

        Raises `AltoConfigurationError` if the address is not one or would carry credentials in clear text, or if a
        header has no value.
        """
        if auth_client_secret is not None:
            raise_unsupported("auth_client_secret", ALTERNATIVES["auth"])
        sent = check_headers({**(additional_headers or {}), **(headers or {})})
        given = url if connection_params is None else connection_params
        address = check_url(
            given.url if isinstance(given, ConnectionParams) else given or "", sent, signed=auth is not None
        )
        config = additional_config or AdditionalConfig()
        self._transport = AsyncTransport(address, config, headers=sent, auth=auth, transport=transport)
        self._storage = AsyncStorage(config, transport)
        self._skip_init_checks = skip_init_checks
        self.collections = CollectionsAsync(self._transport)
        self.alias = AliasesAsync(self._transport)
        self.batch = ClientBatchesAsync(self._transport)
        self.imports = ImportsAsync(self._transport, self._storage)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._transport.url!r})"

    async def connect(self) -> None:
        """Check that Alto responds; a closed client is opened again.

        Raises the `AltoError` of the response, or `AltoConnectionError`.
        """
        self._transport.open()
        self._storage.open()
        if not self._skip_init_checks:
            await self._transport.run(service.get_meta(Phase.INIT))

    async def close(self) -> None:
        """Close the connections."""
        await self._transport.close()
        await self._storage.close()

    async def __aenter__(self) -> Self:
        try:
            await self.connect()
        except BaseException:
            await self.close()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    def is_connected(self) -> bool:
        """Whether the client is open."""
        return not self._transport.is_closed

    async def is_ready(self) -> bool:
        """Whether searches would succeed now. False also without a connection, and of a closed client."""
        return await self._holds(service.is_ready())

    async def is_live(self) -> bool:
        """Whether Alto responds at all."""
        return await self._holds(service.is_live())

    async def get_meta(self) -> dict[str, Any]:
        """Version, region and modules."""
        return await self._transport.run(service.get_meta())

    async def call(
        self, method: str, path: str, body: Any = None, *, query: dict[str, str] | None = None, repeatable: bool = False
    ) -> Any:
        """Send any request of the HTTP API (docs/openapi.json), for operations without a method here.

        Args:
            method: The HTTP method.
            path: The path, such as `/v1/collections`.
            body: The JSON body.
            query: The query parameters.
            repeatable: Executing it twice has the effect of once, so that it may be sent again when its response was
                lost; a GET always is.

        Returns:
            The body of the response; None if it is empty.
        """
        return await self._transport.run(
            service.call(method, path, body, query=query or {}, repeatable=repeatable or method == "GET")
        )

    async def _holds(self, question: Operation[bool]) -> bool:
        try:
            return await self._transport.run(question)
        except AltoError:
            return False
