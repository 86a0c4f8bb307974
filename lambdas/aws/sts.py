"""STS: the one call of it that Alto makes.

https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
"""

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple
from urllib.parse import urlencode

from urllib3.exceptions import HTTPError

from lambdas.aws.credentials import AccessRefusedError, AwsCredentials, CredentialsUnavailableError, Session
from lambdas.aws.endpoints import SERVICES, endpoint
from lambdas.aws.http import HttpAnswer, Transport
from lambdas.aws.signing import HttpRequest

# The longest that a role may be assumed for by another role.
SESSION_SECONDS = 3600
ATTEMPTS = 2
TIMEOUT_SECONDS = 5.0


class Role(NamedTuple):
    """A role to assume. The region only says which STS is asked."""

    arn: str
    external_id: str | None
    region: str


class Sts:
    """Assumes roles. Safe to share between threads."""

    def __init__(self, transport: Transport, environment: Mapping[str, str]) -> None:
        self._transport = transport
        self._environment = environment

    def assume(self, role: Role, credentials: AwsCredentials) -> Session:
        """Become the role, as whoever the credentials are of.

        Raises `AccessRefusedError`, and `CredentialsUnavailableError` if there is no answer.
        """
        request = assume_role_request(role, endpoint("sts", role.region, self._environment))
        for attempts_left in reversed(range(ATTEMPTS)):
            try:
                answer = self._transport.send(request, credentials, TIMEOUT_SECONDS)
            except HTTPError:
                continue
            if answer.status < 500 or not attempts_left:
                return role_session(answer)
        raise CredentialsUnavailableError


def assume_role_request(role: Role, url: str) -> HttpRequest:
    """AssumeRole of the query API."""
    form = {
        "Action": "AssumeRole",
        "Version": "2011-06-15",
        "RoleArn": role.arn,
        "RoleSessionName": "alto-embedding",
        "DurationSeconds": SESSION_SECONDS,
    }
    if role.external_id:
        form["ExternalId"] = role.external_id
    headers = {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"}
    return HttpRequest("POST", f"{url}/", headers, urlencode(form).encode(), SERVICES["sts"].signing_name, role.region)


def role_session(answer: HttpAnswer) -> Session:
    """What STS answered, which is XML. Raises `AccessRefusedError`, and `CredentialsUnavailableError` for nonsense."""
    # Few functions ever assume a role, so that the others do not load it.
    from xml.etree import ElementTree as ET  # noqa: PLC0415

    try:
        found = ET.fromstring(answer.body)  # noqa: S314 - STS's own answer, over TLS
    except ET.ParseError:
        raise CredentialsUnavailableError from None
    text = {element.tag.rpartition("}")[2]: element.text or "" for element in found.iter()}
    if answer.status != 200:
        raise AccessRefusedError(text.get("Code", ""))
    try:
        credentials = AwsCredentials(text["AccessKeyId"], text["SecretAccessKey"], text["SessionToken"])
        return Session(credentials, datetime.fromisoformat(text["Expiration"]).timestamp())
    except (KeyError, ValueError):
        raise CredentialsUnavailableError from None
