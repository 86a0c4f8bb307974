"""The connection of a command to Alto."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import alto
from alto.cli.exits import CommandError, ExitCode
from alto.compatibility import StrEnum
from alto.settings import DEFAULT_PORT

if TYPE_CHECKING:
    import httpx

DEFAULT_URL = f"http://localhost:{DEFAULT_PORT}"
TOKEN_VARIABLE = "ALTO_TOKEN"  # noqa: S105 (its name)


class Auth(StrEnum):
    """How requests are authenticated."""

    IAM = "iam"
    NONE = "none"
    BEARER = "bearer"


@dataclass(frozen=True, slots=True)
class Connection:
    """An address and the way to it. `transport` is another network than the real one, as tests have one."""

    url: str | None = None
    auth: Auth | None = None
    region: str | None = None
    profile: str | None = None
    token: str | None = field(default=None, repr=False)
    transport: "httpx.BaseTransport | None" = field(default=None, repr=False)

    @property
    def address(self) -> str:
        """Where Alto is: by default, where `alto up` starts it."""
        return self.url or DEFAULT_URL

    @property
    def is_local(self) -> bool:
        """Whether it is on this machine, where no proxy has a say."""
        return urlsplit(self.address).hostname in {"localhost", "127.0.0.1", "::1"}

    @property
    def method(self) -> Auth:
        """How requests are authenticated: as asked, else signed if the address is one of API Gateway's."""
        from alto.signing import region_of

        if self.auth:
            return self.auth
        return Auth.BEARER if self.token else Auth.IAM if region_of(self.address) else Auth.NONE

    def credentials(self) -> "tuple[httpx.Auth | None, dict[str, str]]":
        """The authentication of httpx for requests, or headers.

        Raises `AltoError` when AWS's are missing or unusable, `CommandError` without a token.
        """
        from alto.signing import sigv4

        match self.method:
            case Auth.IAM:
                return sigv4(self.address, region=self.region, profile=self.profile), {}
            case Auth.BEARER if self.token:
                return None, {"Authorization": f"Bearer {self.token}"}
            case Auth.BEARER:
                raise CommandError(f"--auth bearer: put the token into {TOKEN_VARIABLE}.", ExitCode.USAGE)
            case _:
                return None, {}

    def open(self) -> "alto.AltoClient":
        """A client, not yet connected: the first response shows whether Alto runs there."""
        from alto.settings import AdditionalConfig

        auth, headers = self.credentials()
        return alto.AltoClient(
            self.address,
            headers=headers,
            auth=auth,
            additional_config=AdditionalConfig(trust_env=not self.is_local, typed_values=False),
            skip_init_checks=True,
            transport=self.transport,
        )
