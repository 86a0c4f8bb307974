"""Ways to a client: of an Alto on this machine, in AWS, or anywhere."""

from collections.abc import Mapping

import httpx

from alto.aio.client import AltoAsyncClient
from alto.settings import AdditionalConfig
from alto.signing import sigv4
from alto.sync.client import AltoClient

LOCAL_PORT = 8700


def connect_to_local(
    host: str = "localhost",
    port: int = LOCAL_PORT,
    *,
    headers: Mapping[str, str | None] | None = None,
    additional_config: AdditionalConfig | None = None,
    skip_init_checks: bool = False,
) -> AltoClient:
    """A client of the Alto that `make up ARGS="--port 8700"` runs on this machine.

    Raises `AltoConnectionError` when none runs there.
    """
    config = additional_config or AdditionalConfig(trust_env=False)
    return _connected(
        AltoClient(
            _local(host, port), headers=headers, auth=None, additional_config=config, skip_init_checks=skip_init_checks
        )
    )


def connect_to_aws(
    url: str,
    *,
    region: str | None = None,
    profile: str | None = None,
    headers: Mapping[str, str | None] | None = None,
    additional_config: AdditionalConfig | None = None,
    skip_init_checks: bool = False,
) -> AltoClient:
    """A client of a deployed Alto, whose requests are signed (SigV4) as the AWS command line would.

    `url` is the output `ApiUrl` of the stack; the region is taken from it. `headers` may carry credentials for
    the models.
    """
    auth = sigv4(url, region=region, profile=profile)
    return _connected(
        AltoClient(
            url, headers=headers, auth=auth, additional_config=additional_config, skip_init_checks=skip_init_checks
        )
    )


def connect_to_custom(
    url: str,
    *,
    auth: httpx.Auth | None = None,
    headers: Mapping[str, str | None] | None = None,
    additional_config: AdditionalConfig | None = None,
    skip_init_checks: bool = False,
) -> AltoClient:
    """A client of an Alto at any address, with headers and authentication (of httpx) as given."""
    return _connected(
        AltoClient(
            url, headers=headers, auth=auth, additional_config=additional_config, skip_init_checks=skip_init_checks
        )
    )


def use_async_with_local(
    host: str = "localhost",
    port: int = LOCAL_PORT,
    *,
    headers: Mapping[str, str | None] | None = None,
    additional_config: AdditionalConfig | None = None,
    skip_init_checks: bool = False,
) -> AltoAsyncClient:
    """As `connect_to_local`, for `async with`."""
    config = additional_config or AdditionalConfig(trust_env=False)
    return AltoAsyncClient(
        _local(host, port), headers=headers, auth=None, additional_config=config, skip_init_checks=skip_init_checks
    )


def use_async_with_aws(
    url: str,
    *,
    region: str | None = None,
    profile: str | None = None,
    headers: Mapping[str, str | None] | None = None,
    additional_config: AdditionalConfig | None = None,
    skip_init_checks: bool = False,
) -> AltoAsyncClient:
    """As `connect_to_aws`, for `async with`."""
    auth = sigv4(url, region=region, profile=profile)
    return AltoAsyncClient(
        url, headers=headers, auth=auth, additional_config=additional_config, skip_init_checks=skip_init_checks
    )


def use_async_with_custom(
    url: str,
    *,
    auth: httpx.Auth | None = None,
    headers: Mapping[str, str | None] | None = None,
    additional_config: AdditionalConfig | None = None,
    skip_init_checks: bool = False,
) -> AltoAsyncClient:
    """As `connect_to_custom`, for `async with`."""
    return AltoAsyncClient(
        url, headers=headers, auth=auth, additional_config=additional_config, skip_init_checks=skip_init_checks
    )


def _local(host: str, port: int) -> str:
    return f"http://{host}:{port}"


def _connected(client: AltoClient) -> AltoClient:
    try:
        client.connect()
    except BaseException:
        client.close()
        raise
    return client
