"""Signatures, endpoints, credentials and roles by botocore; and how their failures are mapped."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import botocore.auth
import pytest
from botocore.exceptions import ConnectTimeoutError
from botocore.loaders import Loader
from botocore.session import get_session
from botocore.stub import Stubber
from botocore.utils import ContainerMetadataFetcher

from lambdas.aws.credentials import (
    AccessRefusedError,
    AwsCredentials,
    CredentialsUnavailableError,
    NoCredentialsError,
    OwnCredentials,
)
from lambdas.aws.http import HttpRequest, sign
from lambdas.aws.roles import Role, assume_role
from lambdas.aws.services import SERVICES, service_url
from lambdas.wiring.aws import aws_access
from lambdas.wiring.opensearch import signer

NOW = datetime(2026, 11, 25, 9, 8, 7, tzinfo=UTC)
UNUSED = {"aws_access_key_id": "unused", "aws_secret_access_key": "unused"}


def test_the_signature_of_awss_own_example(monkeypatch: pytest.MonkeyPatch) -> None:
    """The case "get-vanilla-query-order-key-case" of the test suite of Signature Version 4."""
    at = datetime(2015, 8, 30, 12, 36, tzinfo=UTC)
    monkeypatch.setattr(botocore.auth, "get_current_datetime", lambda: at)
    request = HttpRequest(
        "GET", "https://example.amazonaws.com/?Param2=value2&Param1=value1", {}, b"", "service", "us-east-1"
    )
    keys = AwsCredentials("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")

    assert sign(request, keys)["Authorization"] == (
        "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, "
        "SignedHeaders=host;x-amz-date, "
        "Signature=b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500"
    )


def test_the_requests_own_headers_and_the_session_token_are_signed() -> None:
    headers = {"Content-Type": "application/json"}
    request = HttpRequest("POST", "https://example.amazonaws.com/", headers, b"{}", "bedrock", "us-east-1")

    signed = sign(request, AwsCredentials("ASIA", "s", "token"))

    assert signed["Content-Type"] == "application/json"
    assert signed["X-Amz-Security-Token"] == "token"
    assert "SignedHeaders=content-type;host;x-amz-date;x-amz-security-token" in signed["Authorization"]


CANONICAL = {
    "/a?a-b=1&a=2": ("/a", "a=2&a-b=1"),
    "/a?a=%2B&b=%20": ("/a", "a=%2B&b=%20"),
    "/alto-a%2Bb/_doc/x": ("/alto-a%252Bb/_doc/x", ""),
    "/a//b/./c/../d?b=1&a=": ("/a/b/d", "a=&b=1"),
}


@pytest.mark.parametrize("target", CANONICAL)
def test_the_signed_request_is_canonical(target: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """As "Create a signed AWS API request" describes it: parameters sorted by name, the path normalized and encoded."""
    canonical: list[str] = []
    string_to_sign = botocore.auth.SigV4Auth.string_to_sign

    def keep(auth: Any, request: Any, text: str) -> Any:
        canonical.append(text)
        return string_to_sign(auth, request, text)

    monkeypatch.setattr(botocore.auth.SigV4Auth, "string_to_sign", keep)

    sign(HttpRequest("GET", f"https://search.example{target}", {}, b"", "es", "us-east-1"), AwsCredentials("AKIA", "s"))

    assert tuple(canonical[0].splitlines()[1:3]) == CANONICAL[target]


@pytest.mark.parametrize("query", ["?a=%20", "?a=1&a-b=2", "?v=1&v1=2", "?pretty", ""])
def test_opensearchs_requests_are_signed_as_they_are_sent(query: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(botocore.auth, "get_current_datetime", lambda: NOW)
    url = f"https://search.example/alto-film/_search{query}"
    aws = aws_access({"AWS_ACCESS_KEY_ID": "AKIA", "AWS_SECRET_ACCESS_KEY": "s"})

    headers = signer(aws, "us-east-1")("POST", url, b"{}")

    assert headers == sign(HttpRequest("POST", url, {}, b"{}", "es", "us-east-1"), AwsCredentials("AKIA", "s"))


REGIONS = [
    region
    for partition in Loader().load_data("partitions")["partitions"]
    for region in partition["regions"]
    if not region.endswith("-global")
]


@pytest.mark.parametrize("service", SERVICES)
def test_endpoints_and_signing_names_are_those_of_botocores_clients(service: str) -> None:
    session: Any = get_session()
    assert len(REGIONS) > 40

    for region in REGIONS:
        client = session.create_client(service, region_name=region, **UNUSED)
        assert service_url(service, region, {}) == client.meta.endpoint_url
        assert SERVICES[service].signing_name == client.meta.service_model.signing_name


def test_the_environment_overrides_where_a_service_is() -> None:
    environment = {
        "AWS_ENDPOINT_URL": "http://127.0.0.1:1/",
        "AWS_ENDPOINT_URL_SAGEMAKER_RUNTIME": "http://127.0.0.1:2",
    }

    assert service_url("bedrock-runtime", "eu-west-1", environment) == "http://127.0.0.1:1"
    assert service_url("sagemaker-runtime", "eu-west-1", environment) == "http://127.0.0.1:2"


def test_a_function_finds_its_credentials_in_its_environment() -> None:
    environment = {"AWS_ACCESS_KEY_ID": "ASIA", "AWS_SECRET_ACCESS_KEY": "s", "AWS_SESSION_TOKEN": "t"}

    assert OwnCredentials(environment | SNAPSHOT)() == AwsCredentials("ASIA", "s", "t")
    assert OwnCredentials({**environment, "AWS_SESSION_TOKEN": ""})() == AwsCredentials("ASIA", "s")


SNAPSHOT = {
    "AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://127.0.0.1:9001/2021-04-23/credentials",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN": "a-token",
}


class Server:
    """Lambda's server of credentials on the function's own machine, as botocore's session asks it."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str | None]] = []
        self.status = 200
        self.seconds = 3600

    def send(self, request: Any) -> Any:
        self.asked.append((request.url, request.headers.get("Authorization")))
        ends = (datetime.now(UTC) + timedelta(seconds=self.seconds)).strftime("%Y-%m-%dT%H:%M:%SZ")
        keys = {"AccessKeyId": f"ASIA{len(self.asked)}", "SecretAccessKey": "s", "Token": "t", "Expiration": ends}
        body = json.dumps(keys).encode()
        return type("Response", (), {"status_code": self.status, "content": body, "text": body.decode()})()


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Server:
    server = Server()
    monkeypatch.setattr("botocore.utils.botocore.httpsession.URLLib3Session", lambda **_: server)
    monkeypatch.setattr(ContainerMetadataFetcher, "SLEEP_TIME", 0)
    return server


def test_a_function_from_a_snapshot_asks_its_machine_once(server: Server) -> None:
    own = OwnCredentials(dict(SNAPSHOT))

    assert own() == own() == AwsCredentials("ASIA1", "s", "t")
    assert server.asked == [("http://127.0.0.1:9001/2021-04-23/credentials", "a-token")]


def test_credentials_that_end_soon_are_renewed(server: Server) -> None:
    server.seconds = 60
    own = OwnCredentials(dict(SNAPSHOT))
    first = own()
    server.seconds = 3600

    assert own() != first
    assert own() == own()


def test_a_server_that_fails_means_that_there_are_no_credentials_now(server: Server) -> None:
    server.status = 500

    with pytest.raises(CredentialsUnavailableError):
        OwnCredentials(dict(SNAPSHOT))()


@pytest.mark.parametrize("host", ["10.0.0.1", "127.0.0.1:x@other.example", "localhost.other.example"])
def test_the_token_for_credentials_stays_on_this_machine(server: Server, host: str) -> None:
    with pytest.raises(CredentialsUnavailableError):
        OwnCredentials({**SNAPSHOT, "AWS_CONTAINER_CREDENTIALS_FULL_URI": f"http://{host}/credentials"})()

    assert server.asked == []


@pytest.mark.parametrize(
    ("environment", "error"),
    [({}, NoCredentialsError), ({"AWS_ACCESS_KEY_ID": "ASIA"}, CredentialsUnavailableError)],
)
def test_a_function_without_credentials_says_so(environment: dict[str, str], error: type[Exception]) -> None:
    with pytest.raises(error):
        OwnCredentials(environment)()


ROLE = Role("arn:aws:iam::123456789012:role/embed", "external", "eu-west-1")
KEYS = {"AccessKeyId": "ASIA0123456789ABCDEF", "SecretAccessKey": "s/+", "SessionToken": "t==", "Expiration": NOW}


@pytest.fixture
def sts() -> Any:
    session: Any = get_session()
    return session.create_client("sts", region_name="eu-west-1", **UNUSED)


@pytest.mark.parametrize("external_id", ["external", None])
def test_a_role_is_assumed_for_an_hour_with_its_external_id(sts: Any, external_id: str | None) -> None:
    expected = {"RoleArn": ROLE.arn, "RoleSessionName": "alto-embedding", "DurationSeconds": 3600}
    expected |= {"ExternalId": external_id} if external_id else {}
    with Stubber(sts) as stub:
        stub.add_response("assume_role", {"Credentials": KEYS}, expected)

        session = assume_role(sts, ROLE._replace(external_id=external_id))

    assert session.credentials == AwsCredentials("ASIA0123456789ABCDEF", "s/+", "t==")
    assert session.expires == NOW.timestamp()


def test_a_refusal_of_sts_is_reported_by_its_code_alone(sts: Any) -> None:
    stub = Stubber(sts)
    stub.add_client_error("assume_role", "AccessDenied", "User AKIASECRET is not authorized", 403)

    with stub, pytest.raises(AccessRefusedError, match=r"^AccessDenied$") as refused:
        assume_role(sts, ROLE)

    assert refused.value.code == "AccessDenied"


def test_a_failure_of_sts_is_not_a_refusal(sts: Any) -> None:
    stub = Stubber(sts)
    stub.add_client_error("assume_role", "InternalFailure", "", 500)

    with stub, pytest.raises(CredentialsUnavailableError):
        assume_role(sts, ROLE)


def test_an_sts_that_cannot_be_reached_is_not_a_refusal() -> None:
    class Unreachable:
        def assume_role(self, **_: Any) -> Any:
            raise ConnectTimeoutError(endpoint_url="https://sts.example")

    with pytest.raises(CredentialsUnavailableError):
        assume_role(Unreachable(), ROLE)
