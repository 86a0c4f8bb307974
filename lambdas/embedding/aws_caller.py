"""Calls to AWS with the credentials that apply; everything that can go wrong is one kind of exception."""

from botocore.exceptions import BotoCoreError, ClientError
from urllib3.exceptions import HTTPError

from lambdas.embedding.called import Called
from lambdas.embedding.credentials import AwsCredentials, CredentialChain, Role
from lambdas.embedding.signed_http import HttpAnswer, HttpCall, Transport
from lambdas.embedding.vendor_errors import connection_failure, credentials_failure, failure_of


class AwsCaller:
    """Signs and sends. Safe to share between threads."""

    def __init__(self, transport: Transport, credentials: CredentialChain) -> None:
        self._transport = transport
        self._credentials = credentials

    def send(
        self, called: Called, call: HttpCall, *, credentials: AwsCredentials | None, timeout_seconds: float
    ) -> HttpAnswer:
        """The answer to a call that succeeded. `credentials` are the caller's own. Raises `CallFailedError`."""
        role = Role(called.role_arn, called.external_id, called.region) if called.role_arn else None
        try:
            resolved = self._credentials.resolve(credentials, role)
        except (BotoCoreError, ClientError) as error:
            raise credentials_failure(error, called) from None
        try:
            answer = self._transport.send(call, resolved, timeout_seconds)
        except (BotoCoreError, HTTPError) as error:
            raise connection_failure(error, called) from None
        if answer.status != 200:
            raise failure_of(answer, called)
        return answer
