"""Whose AWS credentials a model is called with, most specific first, always as one set.

1. The caller's own, from the request's headers.
2. The role of the collection, assumed by Alto (with its external id).
3. The environment's AWS_ACCESS_KEY and AWS_SECRET_KEY.
4. The function's own role.
"""

import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from threading import Lock

from lambdas.aws.credentials import AwsCredentials, Session
from lambdas.aws.roles import Role
from lambdas.errors import ErrorDetail, IncompleteCredentialsError

ACCESS_KEY_HEADER = "X-AWS-Access-Key"
SECRET_KEY_HEADER = "X-AWS-Secret-Key"  # noqa: S105 - the name of a header
SESSION_TOKEN_HEADER = "X-AWS-Session-Token"  # noqa: S105 - the name of a header

_ROLES_REMEMBERED = 64


def credentials_from_headers(headers: Mapping[str, str]) -> AwsCredentials | None:
    """The caller's AWS credentials, or None when the request carries none. Header names are of any case.

    Raises `IncompleteCredentialsError`, naming the header that is missing.
    """
    found = {name.lower(): value.strip() for name, value in headers.items() if value}
    access_key = found.get(ACCESS_KEY_HEADER.lower(), "")
    secret_key = found.get(SECRET_KEY_HEADER.lower(), "")
    token = found.get(SESSION_TOKEN_HEADER.lower(), "")
    if not (access_key or secret_key or token):
        return None
    missing = [name for name, value in ((ACCESS_KEY_HEADER, access_key), (SECRET_KEY_HEADER, secret_key)) if not value]
    if missing:
        raise IncompleteCredentialsError(
            f"The request carries only a part of the caller's AWS credentials: {' and '.join(missing)} is missing. "
            "Send it too, or none of the X-AWS headers, so that Alto uses its own role.",
            [ErrorDetail(name, "is missing") for name in missing],
        )
    return AwsCredentials(access_key, secret_key, token or None)


def credentials_from_environment(environment: Mapping[str, str]) -> AwsCredentials | None:
    """The keys of the aliases AWS_ACCESS_KEY and AWS_SECRET_KEY, if both are set.

    Lambda reserves the name AWS_ACCESS_KEY for its own use, so that alone, or with the function's own key in it, it
    says nothing. AWS_SESSION_TOKEN belongs to the standard names and is never mixed in.
    """
    access_key = environment.get("AWS_ACCESS_KEY", "")
    secret_key = environment.get("AWS_SECRET_KEY", "")
    if not (access_key and secret_key) or access_key == environment.get("AWS_ACCESS_KEY_ID"):
        return None
    return AwsCredentials(access_key, secret_key)


class CredentialChain:
    """Finds the credentials for a call. Safe to share between threads.

    Args:
        own: the credentials of the function itself, fresh at every call.
        assume: assumes a role, as the owner of the given credentials.
        environment: the result of `credentials_from_environment`.
        clock: seconds since the epoch, the time in which AWS tells when a session ends.
    """

    def __init__(
        self,
        own: Callable[[], AwsCredentials],
        assume: Callable[[Role, AwsCredentials], Session],
        environment: AwsCredentials | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._own = own
        self._assume = assume
        self._environment = environment
        self._clock = clock
        self._sessions: OrderedDict[Role, Session] = OrderedDict()
        self._lock = Lock()

    def resolve(self, caller: AwsCredentials | None, role: Role | None) -> AwsCredentials:
        """The most specific credentials there are. Raises `AwsAccessError`."""
        if caller is not None:
            return caller
        if role is not None:
            return self._assumed(role)
        return self._base()

    def _base(self) -> AwsCredentials:
        return self._environment if self._environment is not None else self._own()

    def _assumed(self, role: Role) -> AwsCredentials:
        # Asking under the lock makes the many threads of a batch wait for one response instead of asking 64 times.
        with self._lock:
            session = self._sessions.get(role)
            if session is None or session.is_old(self._clock()):
                session = self._sessions[role] = self._assume(role, self._base())
            self._sessions.move_to_end(role)
            while len(self._sessions) > _ROLES_REMEMBERED:
                self._sessions.popitem(last=False)
            return session.credentials
