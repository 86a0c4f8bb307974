"""Ways to a client: of an Alto on this machine, in AWS, or anywhere."""

from collections.abc import Mapping
from typing import TypedDict

import httpx
from typing_extensions import Unpack

from alto.aio.client import AltoAsyncClient
from alto.classes.search_settings import check_keywords, show_keywords
from alto.settings import DEFAULT_PORT, AdditionalConfig, ConnectionParams
from alto.signing import sigv4
from alto.sync.client import AltoClient
from alto.weaviate_names import refused_names

__all__ = [
    "ConnectionParams",
    "connect_to_aws",
    "connect_to_custom",
    "connect_to_local",
    "use_async_with_aws",
    "use_async_with_custom",
    "use_async_with_local",
]


class ClientSettings(TypedDict, total=False):
    """The settings that all ways to a client share."""

    headers: Mapping[str, str | None] | None
    additional_config: AdditionalConfig | None
    skip_init_checks: bool


@show_keywords
def connect_to_local(
    host: str = "localhost", port: int = DEFAULT_PORT, **settings: Unpack[ClientSettings]
) -> AltoClient:
    """Connect to the Alto that `make up` runs on this machine.

    Args:
        host: Its host.
        port: Its port: 8700 unless `make up ARGS="--port N"` chose another.
        **settings: `headers` for every request, such as credentials for the models; `additional_config`, time limits
            and retries; `skip_init_checks`, send no first request.

    Raises `AltoConnectionError` if no Alto runs there.
    """
    check_keywords(ClientSettings, settings, "connect_to_local")
    return _connect(AltoClient(_local_url(host, port), **_local(settings)))


@show_keywords
def connect_to_aws(
    url: str, *, region: str | None = None, profile: str | None = None, **settings: Unpack[ClientSettings]
) -> AltoClient:
    """Connect to a deployed Alto; requests are signed (SigV4) as the AWS command line signs them.

    Args:
        url: The output `ApiUrl` of the stack.
        region: Its region; that of the address if not given.
        profile: The profile of the AWS credentials.
        **settings: As of `connect_to_local`.
    """
    check_keywords(ClientSettings, settings, "connect_to_aws")
    return _connect(AltoClient(url, auth=sigv4(url, region=region, profile=profile), **settings))


@show_keywords
def connect_to_custom(url: str, *, auth: httpx.Auth | None = None, **settings: Unpack[ClientSettings]) -> AltoClient:
    """Connect to an Alto at any address.

    Args:
        url: Its address.
        auth: Authentication of httpx.
        **settings: As of `connect_to_local`.
    """
    check_keywords(ClientSettings, settings, "connect_to_custom")
    return _connect(AltoClient(url, auth=auth, **settings))


@show_keywords
def use_async_with_local(
    host: str = "localhost", port: int = DEFAULT_PORT, **settings: Unpack[ClientSettings]
) -> AltoAsyncClient:
    """As `connect_to_local`, for `async with`.

    Args:
        host: Its host.
        port: Its port.
        **settings: As of `connect_to_local`.
    """
    check_keywords(ClientSettings, settings, "use_async_with_local")
    return AltoAsyncClient(_local_url(host, port), **_local(settings))


@show_keywords
def use_async_with_aws(
    url: str, *, region: str | None = None, profile: str | None = None, **settings: Unpack[ClientSettings]
) -> AltoAsyncClient:
    """As `connect_to_aws`, for `async with`.

    Args:
        url: The output `ApiUrl` of the stack.
        region: Its region; that of the address if not given.
        profile: The profile of the AWS credentials.
        **settings: As of `connect_to_local`.
    """
    check_keywords(ClientSettings, settings, "use_async_with_aws")
    return AltoAsyncClient(url, auth=sigv4(url, region=region, profile=profile), **settings)


@show_keywords
def use_async_with_custom(
    url: str, *, auth: httpx.Auth | None = None, **settings: Unpack[ClientSettings]
) -> AltoAsyncClient:
    """As `connect_to_custom`, for `async with`.

    Args:
        url: Its address.
        auth: Authentication of httpx.
        **settings: As of `connect_to_local`.
    """
    check_keywords(ClientSettings, settings, "use_async_with_custom")
    return AltoAsyncClient(url, auth=auth, **settings)


def _local_url(host: str, port: int) -> str:
    return f"http://{host}:{port}"


def _local(settings: ClientSettings) -> ClientSettings:
    """A proxy of the environment is not for this machine."""
    config = settings.get("additional_config") or AdditionalConfig(trust_env=False)
    return {**settings, "additional_config": config}


def _connect(client: AltoClient) -> AltoClient:
    try:
        client.connect()
    except BaseException:
        client.close()
        raise
    return client


__getattr__ = refused_names(__name__)
