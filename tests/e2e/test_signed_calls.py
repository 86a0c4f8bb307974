"""Calls signed with SigV4, as far as the local account checks them. docs/deploy.md lists what it does not check."""

import json
from collections.abc import Iterator

import httpx
import pytest
from botocore.credentials import Credentials

from alto.signing import SigV4
from local.account import ACCOUNT_ID, aws_client
from local.stack import api_id
from tests.e2e.conftest import Alto

LIVE = "/v1/.well-known/live"


def key_of_a_user(alto: Alto, name: str, path: str | None) -> Credentials:
    """The access key of a new IAM user who may invoke what an API has below a path, or nothing at all."""
    iam = aws_client("iam", alto.stack.endpoint, alto.stack.region)
    iam.create_user(UserName=name)
    if path:
        resource = f"arn:aws:execute-api:{alto.stack.region}:{ACCOUNT_ID}:*/{path}"
        statement = {"Effect": "Allow", "Action": "execute-api:Invoke", "Resource": resource}
        document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        iam.put_user_policy(UserName=name, PolicyName="all", PolicyDocument=document)
    key = iam.create_access_key(UserName=name)["AccessKey"]
    return Credentials(key["AccessKeyId"], key["SecretAccessKey"])


def ask(direct: httpx.Client, alto: Alto, credentials: Credentials, path: str = LIVE) -> httpx.Response:
    return direct.get(path, auth=SigV4(credentials, alto.stack.region))


@pytest.fixture(scope="module")
def direct(alto: Alto) -> Iterator[httpx.Client]:
    """The API under its own host, without the gateway in front, which signs what is not."""
    gateway = aws_client("apigatewayv2", alto.stack.endpoint, alto.stack.region)
    [api] = gateway.get_apis()["Items"]
    port = httpx.URL(alto.stack.endpoint).port
    headers = {"host": f"{api_id(api['ApiEndpoint'])}.execute-api.localhost:{port}"}
    with httpx.Client(base_url=alto.stack.endpoint, headers=headers, trust_env=False, timeout=40) as client:
        yield client


def test_a_call_without_a_signature_is_refused(direct: httpx.Client) -> None:
    answer = direct.get(LIVE)

    assert (answer.status_code, answer.json()) == (403, {"message": "Forbidden"})


def test_a_call_that_the_client_signs_gets_through(direct: httpx.Client, alto: Alto) -> None:
    answer = ask(direct, alto, key_of_a_user(alto, "ada", "*"))

    assert (answer.status_code, answer.json()) == (200, {"live": True})


def test_a_caller_without_the_right_to_invoke_is_refused(direct: httpx.Client, alto: Alto) -> None:
    answer = ask(direct, alto, key_of_a_user(alto, "bob", None))

    assert answer.status_code == 403
    assert "execute-api:Invoke" in answer.text


def test_a_caller_may_be_given_less_by_method_and_path(direct: httpx.Client, alto: Alto) -> None:
    key = key_of_a_user(alto, "dora", "*/GET/v1/meta")

    assert ask(direct, alto, key, "/v1/meta").status_code == 200
    assert ask(direct, alto, key, "/v1/collections").status_code == 403


def test_a_signature_with_another_secret_or_of_nobody_is_refused(direct: httpx.Client, alto: Alto) -> None:
    key = key_of_a_user(alto, "carl", "*")

    assert ask(direct, alto, Credentials(key.access_key, "another secret")).status_code == 403
    assert ask(direct, alto, Credentials("AKIANOBODYNOBODY0000", "a secret")).status_code == 403
