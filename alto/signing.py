"""Signature Version 4, by botocore, for an API that asks for IAM."""

import re
from collections.abc import Generator
from typing import Any
from urllib.parse import urlsplit

import httpx

from alto.errors import AltoAuthenticationError, AltoConfigurationError

SERVICE = "execute-api"
_API_HOST = re.compile(r"\.execute-api\.(?P<region>[a-z0-9-]+)\.amazonaws\.com(\.cn)?$")
# Headers that are signed: those that a proxy may change or add must not be.
_SIGNED = ("host", "content-type")


class SigV4(httpx.Auth):
    """Signs each request with the credentials that botocore finds, refreshed when they expire."""

    requires_request_body = True

    def __init__(self, credentials: Any, region: str) -> None:
        self._credentials = credentials
        self.region = region

    def __repr__(self) -> str:
        return f"SigV4(region={self.region!r})"

    @property
    def identity(self) -> str:
        """Whose credentials these are: the end of the key's id, and where botocore found it. No secret.

        Raises `AltoAuthenticationError` when they are missing or expired, as after the end of an SSO session.
        """
        return f"key …{self._frozen().access_key[-4:]} from {self._credentials.method}"

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response]:
        """The hook of httpx: one request, signed."""
        from botocore.auth import SigV4Auth
        from botocore.awsrequest import AWSRequest

        signed = AWSRequest(
            request.method,
            str(request.url),
            headers={name: request.headers[name] for name in _SIGNED if name in request.headers},
            data=request.content,
        )
        SigV4Auth(self._frozen(), SERVICE, self.region).add_auth(signed)
        for name in ("Authorization", "X-Amz-Date", "X-Amz-Security-Token"):
            if name in signed.headers:
                request.headers[name] = signed.headers[name]
        yield request

    def _frozen(self) -> Any:
        from botocore.exceptions import BotoCoreError

        try:
            return self._credentials.get_frozen_credentials()
        except BotoCoreError as error:
            raise AltoAuthenticationError(
                f"The AWS credentials are missing or could not be refreshed: {error}. Run `aws sso login`, or "
                "provide new keys.",
                code="credentials_unusable",
            ) from None


def sigv4(url: str, *, region: str | None = None, profile: str | None = None) -> SigV4:
    """The signer for an address.

    The region is the given one, that of the address, or that of the profile. Raises `AltoConfigurationError` when there
    is none, or the profile does not exist, `AltoAuthenticationError` when there are no credentials.
    """
    from botocore.exceptions import ProfileNotFound
    from botocore.session import Session

    session = Session(profile=profile)
    try:
        credentials = session.get_credentials()
        found = region or region_of(url) or session.get_config_variable("region")
    except ProfileNotFound as error:
        raise AltoConfigurationError(f"profile: {error}. `aws configure list-profiles` lists the profiles") from None
    if not found:
        raise AltoConfigurationError("region: neither given nor part of the url: write region='us-east-1'")
    if credentials is None:
        raise AltoAuthenticationError(
            "AWS credentials are missing: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, name a profile, or run "
            "`aws sso login`.",
            code="no_credentials",
        )
    return SigV4(credentials, found)


def region_of(url: str) -> str | None:
    """The region that the address of an API Gateway stage names."""
    found = _API_HOST.search(urlsplit(url).hostname or "")
    return found["region"] if found else None
