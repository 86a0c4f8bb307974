"""AWS credentials, and those of the function's own role. Every failure to get some is an `AwsAccessError`."""

import hashlib
import secrets
from collections.abc import MutableMapping
from dataclasses import dataclass
from threading import Lock
from typing import NamedTuple

from botocore.credentials import ContainerProvider, CredentialResolver, Credentials, EnvProvider
from botocore.exceptions import BotoCoreError

# Temporary credentials are renewed this long before they end, so that no request is signed with credentials that
# expire on its way.
RENEW_SECONDS = 300.0
_SALT = secrets.token_bytes(16)


class AwsAccessError(Exception):
    """There are no credentials to sign with. Never leaves Alto. Its text holds no part of a key."""


class NoCredentialsError(AwsAccessError):
    """The function was given no credentials."""


class CredentialsUnavailableError(AwsAccessError):
    """The credentials could not be fetched now."""


class AccessRefusedError(AwsAccessError):
    """STS refused to let the role be assumed. `code` is its error code."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True, repr=False)
class AwsCredentials:
    """One set of AWS keys. Its printed form shows none of them."""

    access_key: str
    secret_key: str
    session_token: str | None = None

    def __repr__(self) -> str:
        return "AwsCredentials(hidden)"

    @property
    def fingerprint(self) -> str:
        """A hash that is the same for the same keys, in this process only. The keys cannot be found from it."""
        parts = (self.access_key, self.secret_key, self.session_token or "")
        return hashlib.blake2b("\0".join(parts).encode(), key=_SALT, digest_size=16).hexdigest()


class Session(NamedTuple):
    """Temporary credentials, and when they end, in seconds since the epoch."""

    credentials: AwsCredentials
    expires: float

    def is_old(self, now: float) -> bool:
        """Whether it is time to renew them."""
        return self.expires - RENEW_SECONDS <= now


class OwnCredentials:
    """The credentials of the function's role, by botocore's providers. Safe to share between threads.

    Lambda puts them into the environment. A function that is started from a snapshot asks a server on its own machine
    (`AWS_CONTAINER_CREDENTIALS_FULL_URI`), because the credentials in a snapshot would expire; botocore renews them.
    Profiles and instance metadata are not consulted: a Lambda has neither.
    """

    def __init__(self, environment: MutableMapping[str, str]) -> None:
        self._resolver = CredentialResolver([EnvProvider(environment), ContainerProvider(environment)])
        self._lock = Lock()
        self._credentials: Credentials | None = None

    def __call__(self) -> AwsCredentials:
        """Return the current credentials. Raises `NoCredentialsError` and `CredentialsUnavailableError`."""
        try:
            with self._lock:
                if self._credentials is None:
                    self._credentials = self._resolver.load_credentials()
            if self._credentials is None:
                raise NoCredentialsError
            frozen = self._credentials.get_frozen_credentials()
        except (BotoCoreError, ValueError):
            # ValueError: the URL of the server is neither on this machine nor HTTPS.
            raise CredentialsUnavailableError from None
        if not (frozen.access_key and frozen.secret_key):
            raise NoCredentialsError
        return AwsCredentials(frozen.access_key, frozen.secret_key, frozen.token or None)
