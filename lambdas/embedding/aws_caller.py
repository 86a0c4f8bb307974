"""Calls to AWS with the credentials that apply; everything that can go wrong is one kind of exception."""

from collections.abc import Mapping

from urllib3.exceptions import HTTPError

from lambdas.aws.credentials import AwsAccessError, AwsCredentials
from lambdas.aws.http import HttpRequest, HttpResponse, Transport
from lambdas.aws.services import SERVICES, service_url
from lambdas.aws.stage_roles import StageRoles
from lambdas.embedding.credential_chain import CredentialChain
from lambdas.embedding.model_target import HttpCall, ModelTarget
from lambdas.embedding.vendor_errors import connection_failure, credentials_failure, failure_of


class AwsCaller:
    """Signs and sends. Safe to share between threads."""

    def __init__(
        self,
        transport: Transport,
        credentials: CredentialChain,
        environment: Mapping[str, str],
        roles: StageRoles | None = None,
    ) -> None:
        """`environment` may say where the services are; `roles` are the only ones that are assumed."""
        self._roles = roles or StageRoles()
        self._transport = transport
        self._credentials = credentials
        self._environment = environment

    def send(
        self, target: ModelTarget, call: HttpCall, *, credentials: AwsCredentials | None, timeout_seconds: float
    ) -> HttpResponse:
        """Return a successful call's response. `credentials` are the caller's own. Raises `CallFailedError`."""
        try:
            # A caller's own credentials come before any role.
            is_assumed = target.role_arn is not None and credentials is None
            role = self._roles.role_to_assume(str(target.role_arn), target.region) if is_assumed else None
            resolved = self._credentials.resolve(credentials, role)
        except AwsAccessError as error:
            raise credentials_failure(error, target) from None
        service = SERVICES[call.service].signing_name
        url = service_url(call.service, call.region, self._environment) + call.path
        request = HttpRequest("POST", url, call.headers, call.body, service, call.region)
        try:
            response = self._transport.send(request, resolved, timeout_seconds)
        except HTTPError as error:
            raise connection_failure(error, target) from None
        if response.status != 200:
            raise failure_of(response, target)
        return response
