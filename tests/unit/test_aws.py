"""What Alto does of AWS by itself: signatures, endpoints, credentials, roles."""

import json
import random
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, quote

import botocore.auth
import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import ReadOnlyCredentials
from botocore.loaders import Loader
from botocore.session import get_session
from urllib3.exceptions import ProtocolError

from lambdas.aws.credentials import (
    RENEW_SECONDS,
    AccessRefusedError,
    AwsCredentials,
    CredentialsUnavailableError,
    NoCredentialsError,
    OwnCredentials,
)
from lambdas.aws.endpoints import SERVICES, endpoint
from lambdas.aws.http import HttpAnswer
from lambdas.aws.signing import HttpRequest, signed_headers
from lambdas.aws.sts import ATTEMPTS, Role, Sts, assume_role_request, role_session

NOW = datetime(2026, 11, 25, 9, 8, 7, tzinfo=UTC)
KEYS = AwsCredentials("AKIAEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCY")
SESSION = AwsCredentials("ASIAEXAMPLE", "secret", "FwoGZXIvYXdzE==//+")
ARN = "arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/abc"
JSON = {"Content-Type": "application/json"}


LETTERS = "abcXYZ019-_.~ :/?#[]@!$&'()*+,;=%äß中"


def a_request(number: int) -> HttpRequest:
    """Requests of every form that Alto sends, and some that it does not."""
    pick = random.Random(number)

    def word(length: int, safe: str = "") -> str:
        return quote("".join(pick.choices(LETTERS, k=length)).strip(". ") or "x", safe=safe)

    path = "".join(f"/{word(pick.randint(1, 12), '*')}" for _ in range(pick.randint(0, 3)))
    query = "&".join(f"{word(4)}={word(5)}" for _ in range(pick.randint(0, 4)))
    host = f"host-{number}.eu-west-1.amazonaws.com{pick.choice(['', ':9200'])}"
    return HttpRequest(
        pick.choice(["GET", "POST", "HEAD"]),
        f"https://{host}{path or '/'}{query and f'?{query}'}",
        {**JSON, "Accept": "a  spaced   value"} if number % 3 else {},
        word(50).encode() if number % 2 else b"",
        pick.choice(["es", "bedrock"]),
        "eu-west-1",
    )


@pytest.mark.parametrize("credentials", [KEYS, SESSION], ids=["keys", "session"])
def test_signatures_are_those_of_botocore(credentials: AwsCredentials, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(botocore.auth, "get_current_datetime", lambda: NOW)
    for number in range(200):
        request = a_request(number)
        reference = AWSRequest(request.method, request.url, dict(request.headers), request.body)
        keys = ReadOnlyCredentials(credentials.access_key, credentials.secret_key, credentials.session_token)
        SigV4Auth(keys, request.service, request.region).add_auth(reference)

        signed = signed_headers(request, credentials, NOW)

        assert {name: signed[name] for name in reference.headers} == dict(reference.headers.items()), request.url


def test_the_signature_of_awss_own_example() -> None:
    """The case "get-vanilla-query-order-key-case" of the test suite of Signature Version 4."""
    request = HttpRequest(
        "GET", "https://example.amazonaws.com/?Param2=value2&Param1=value1", {}, b"", "service", "us-east-1"
    )
    keys = AwsCredentials("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")

    signed = signed_headers(request, keys, datetime(2015, 8, 30, 12, 36, tzinfo=UTC))

    assert signed["Authorization"] == (
        "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, "
        "SignedHeaders=host;x-amz-date, "
        "Signature=b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500"
    )


REGIONS = [
    region
    for partition in Loader().load_data("partitions")["partitions"]
    for region in partition["regions"]
    if not region.endswith("-global")
]


@pytest.mark.parametrize("service", SERVICES)
def test_endpoints_are_those_of_botocore_in_every_region(service: str) -> None:
    session: Any = get_session()
    unused = {"aws_access_key_id": "unused", "aws_secret_access_key": "unused"}
    assert len(REGIONS) > 40

    for region in REGIONS:
        reference = session.create_client(service, region_name=region, **unused).meta.endpoint_url
        assert endpoint(service, region, {}) == reference


def test_the_environment_says_where_a_service_is() -> None:
    environment = {"AWS_ENDPOINT_URL": "http://127.0.0.1:1/", "AWS_ENDPOINT_URL_STS": "http://127.0.0.1:2"}

    assert endpoint("bedrock-runtime", "eu-west-1", environment) == "http://127.0.0.1:1"
    assert endpoint("sts", "eu-west-1", environment) == "http://127.0.0.1:2"


class Server:
    """Lambda's server of credentials on the function's own machine, as urllib3 would ask it."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, Mapping[str, str]]] = []
        self.now = NOW.timestamp()
        self.status = 200

    def request(self, method: str, url: str, headers: Mapping[str, str], **_: Any) -> HttpAnswer:
        self.asked.append((f"{method} {url}", headers))
        if self.status == 0:
            raise ProtocolError("reset")
        number = len(self.asked)
        ends = datetime.fromtimestamp(self.now + 3600, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        keys = {"AccessKeyId": f"ASIA{number}", "SecretAccessKey": "s", "Token": "t", "Expiration": ends}
        return Answer(self.status, {}, json.dumps(keys).encode())


class Answer(HttpAnswer):
    __slots__ = ()

    @property
    def data(self) -> bytes:
        return self.body


SNAPSHOT = {
    "AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://127.0.0.1:9001/2021-04-23/credentials",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN": "a-token",
}


def own(environment: Mapping[str, str], server: Server | None = None) -> OwnCredentials:
    server = server or Server()
    return OwnCredentials(environment, server, clock=lambda: server.now)  # type: ignore[arg-type]


def test_a_function_finds_its_credentials_in_its_environment() -> None:
    environment = {"AWS_ACCESS_KEY_ID": "ASIA", "AWS_SECRET_ACCESS_KEY": "s", "AWS_SESSION_TOKEN": "t"}

    assert own(environment | SNAPSHOT)() == AwsCredentials("ASIA", "s", "t")
    assert own({**environment, "AWS_SESSION_TOKEN": ""})() == AwsCredentials("ASIA", "s")


def test_a_function_from_a_snapshot_asks_its_machine_for_credentials_and_renews_them() -> None:
    server = Server()
    credentials = own(SNAPSHOT, server)

    first = credentials()
    server.now += 3600 - RENEW_SECONDS - 1
    assert credentials() == first == AwsCredentials("ASIA1", "s", "t")
    server.now += 1
    assert credentials() == AwsCredentials("ASIA2", "s", "t")
    assert server.asked == 2 * [
        ("GET http://127.0.0.1:9001/2021-04-23/credentials", {"Authorization": "a-token"}),
    ]


@pytest.mark.parametrize("status", [0, 500])
def test_credentials_that_are_still_good_outlive_their_servers_failure(status: int) -> None:
    server = Server()
    credentials = own(SNAPSHOT, server)
    first = credentials()

    server.status, server.now = status, server.now + 3600 - 1
    assert credentials() == first
    server.now += 1
    with pytest.raises(CredentialsUnavailableError):
        credentials()


def test_the_token_for_credentials_is_shown_to_nobody_else() -> None:
    server = Server()

    with pytest.raises(CredentialsUnavailableError):
        own({**SNAPSHOT, "AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://10.0.0.1/credentials"}, server)()
    assert server.asked == []


@pytest.mark.parametrize("environment", [{}, {"AWS_ACCESS_KEY_ID": "ASIA"}])
def test_a_function_without_credentials_says_so(environment: dict[str, str]) -> None:
    with pytest.raises(NoCredentialsError):
        own(environment)()


ROLE = Role("arn:aws:iam::123456789012:role/embed", "external", "eu-west-1")
SUCCESS = b"""<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult>
<AssumedRoleUser><Arn>arn:aws:sts::1:assumed-role/embed/alto</Arn></AssumedRoleUser>
<Credentials><AccessKeyId>ASIA1</AccessKeyId><SecretAccessKey>s/+</SecretAccessKey>
<SessionToken>t==</SessionToken><Expiration>2026-11-25T10:08:07Z</Expiration></Credentials>
</AssumeRoleResult></AssumeRoleResponse>"""
REFUSAL = b"""<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Type>Sender</Type>
<Code>AccessDenied</Code><Message>User AKIASECRET is not authorized</Message></Error></ErrorResponse>"""


def test_a_role_is_asked_for_in_its_region_with_its_external_id() -> None:
    request = assume_role_request(ROLE, "https://sts.eu-west-1.amazonaws.com")

    assert (request.method, request.url) == ("POST", "https://sts.eu-west-1.amazonaws.com/")
    assert (request.service, request.region) == ("sts", "eu-west-1")
    assert parse_qs(request.body.decode()) == {
        "Action": ["AssumeRole"],
        "Version": ["2011-06-15"],
        "RoleArn": [ROLE.arn],
        "RoleSessionName": ["alto-embedding"],
        "DurationSeconds": ["3600"],
        "ExternalId": ["external"],
    }
    assert b"ExternalId" not in assume_role_request(Role(ROLE.arn, None, "eu-west-1"), "").body


def test_the_session_of_a_role_is_read_from_the_answer() -> None:
    session = role_session(HttpAnswer(200, {}, SUCCESS))

    assert session.credentials == AwsCredentials("ASIA1", "s/+", "t==")
    assert session.expires == NOW.timestamp() + 3600


class Transport:
    """Gives these answers in turn."""

    def __init__(self, *answers: HttpAnswer | Exception) -> None:
        self.answers = list(answers)

    def send(self, request: HttpRequest, credentials: AwsCredentials, timeout_seconds: float) -> HttpAnswer:
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


@pytest.mark.parametrize("failure", [ProtocolError("reset"), HttpAnswer(500, {}, b"")], ids=["reset", "500"])
def test_sts_is_asked_again_when_it_does_not_answer(failure: HttpAnswer | Exception) -> None:
    transport = Transport(failure, HttpAnswer(200, {}, SUCCESS))

    assert Sts(transport, {}).assume(ROLE, KEYS).credentials.access_key == "ASIA1"
    with pytest.raises(CredentialsUnavailableError):
        Sts(Transport(*[failure] * ATTEMPTS), {}).assume(ROLE, KEYS)


def test_a_refusal_of_sts_is_told_by_its_code_alone() -> None:
    transport = Transport(HttpAnswer(403, {}, REFUSAL))

    with pytest.raises(AccessRefusedError, match=r"^AccessDenied$") as refused:
        Sts(transport, {}).assume(ROLE, KEYS)

    assert refused.value.code == "AccessDenied"


@pytest.mark.parametrize("body", [b"<html>", b"", SUCCESS.replace(b"AccessKeyId", b"Other"), b"<a/>"])
def test_an_answer_that_is_none_is_no_session(body: bytes) -> None:
    with pytest.raises(CredentialsUnavailableError):
        role_session(HttpAnswer(200, {}, body))
