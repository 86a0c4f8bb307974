"""AWS credentials, and where a function finds its own. Every failure to get some is an `AwsAccessError`."""

import hashlib
import json
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from threading import Lock
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from urllib3 import PoolManager, Retry, Timeout
from urllib3.exceptions import HTTPError

# Temporary credentials are renewed this long before they end, so that nothing is signed with what expires on its way.
RENEW_SECONDS = 300.0
# Whom the token for credentials may be shown without encryption: what answers on this machine.
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "[::1]"})
_SALT = secrets.token_bytes(16)


class AwsAccessError(Exception):
    """There are no credentials to sign with. Never leaves Alto. Says nothing of any key."""


class NoCredentialsError(AwsAccessError):
    """Nobody gave the function any."""


class CredentialsUnavailableError(AwsAccessError):
    """They could not be fetched now."""


class AccessRefusedError(AwsAccessError):
    """STS refused. `code` is its own word for why."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True, repr=False)
class AwsCredentials:
    """One set of AWS keys. Shows nothing of them when printed."""

    access_key: str
    secret_key: str
    session_token: str | None = None

    def __repr__(self) -> str:
        return "AwsCredentials(hidden)"

    @property
    def fingerprint(self) -> str:
        """Tells sets apart within this process, without keeping or revealing the keys."""
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
    """The credentials of the function's role, as Lambda gives them. Safe to share between threads.

    A function finds them in its environment; one that is started from a snapshot asks a server on its own machine
    (`AWS_CONTAINER_CREDENTIALS_FULL_URI`), because what a snapshot holds would expire.

    Args:
        environment: the process's environment; it is read at each call.
        pool: makes the connection to that server.
        clock: seconds since the epoch, the time in which AWS tells when credentials end.
    """

    def __init__(
        self, environment: Mapping[str, str], pool: PoolManager, clock: Callable[[], float] = time.time
    ) -> None:
        self._environment = environment
        self._pool = pool
        self._clock = clock
        self._lock = Lock()
        self._session: Session | None = None

    def __call__(self) -> AwsCredentials:
        """The credentials as they are now. Raises `NoCredentialsError` and `CredentialsUnavailableError`."""
        access_key = self._environment.get("AWS_ACCESS_KEY_ID")
        secret_key = self._environment.get("AWS_SECRET_ACCESS_KEY")
        if access_key and secret_key:
            return AwsCredentials(access_key, secret_key, self._environment.get("AWS_SESSION_TOKEN") or None)
        url = self._environment.get("AWS_CONTAINER_CREDENTIALS_FULL_URI")
        if not url:
            raise NoCredentialsError
        with self._lock:
            if self._session is None or self._session.is_old(self._clock()):
                self._session = self._renewed(url)
            return self._session.credentials

    def _renewed(self, url: str) -> Session:
        try:
            answer = self._fetch(url)
            fetched = AwsCredentials(answer["AccessKeyId"], answer["SecretAccessKey"], answer["Token"])
            return Session(fetched, datetime.fromisoformat(answer["Expiration"]).timestamp())
        except (HTTPError, ValueError, KeyError, TypeError):
            if self._session is None or self._session.expires <= self._clock():
                raise CredentialsUnavailableError from None
            return self._session

    def _fetch(self, url: str) -> Any:
        parts = urlsplit(url)
        if parts.scheme != "https" and parts.netloc.rpartition(":")[0] not in _LOOPBACK:
            raise ValueError("The server of credentials is neither on this machine nor asked over TLS.")
        token = self._environment.get("AWS_CONTAINER_AUTHORIZATION_TOKEN")
        answer = self._pool.request(
            "GET",
            url,
            headers={"Authorization": token} if token else {},
            timeout=Timeout(total=2.0),
            retries=Retry(total=2, redirect=False),
        )
        if answer.status != 200:
            raise ValueError(f"The server of credentials answered {answer.status}.")
        return json.loads(answer.data)
