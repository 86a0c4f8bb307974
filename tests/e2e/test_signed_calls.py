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


def key_of_a_user(alto: Alto, name: str, *paths: str) -> Credentials:
    """The access key of a new IAM user who may invoke what an API has below these paths, or nothing at all."""
    iam = aws_client("iam", alto.stack.endpoint, alto.stack.region)
    iam.create_user(UserName=name)
    if paths:
        resources = [f"arn:aws:execute-api:{alto.stack.region}:{ACCOUNT_ID}:*/{path}" for path in paths]
        statement = {"Effect": "Allow", "Action": "execute-api:Invoke", "Resource": resources}
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
    response = direct.get(LIVE)

    assert (response.status_code, response.json()) == (403, {"message": "Forbidden"})


def test_a_call_that_the_client_signs_gets_through(direct: httpx.Client, alto: Alto) -> None:
    response = ask(direct, alto, key_of_a_user(alto, "ada", "*"))

    assert (response.status_code, response.json()) == (200, {"live": True})


def test_a_caller_without_the_right_to_invoke_is_refused(direct: httpx.Client, alto: Alto) -> None:
    response = ask(direct, alto, key_of_a_user(alto, "bob"))

    assert response.status_code == 403
    assert "execute-api:Invoke" in response.text


def test_a_caller_may_be_given_less_by_method_and_path(direct: httpx.Client, alto: Alto) -> None:
    key = key_of_a_user(alto, "dora", "*/GET/v1/meta")

    assert ask(direct, alto, key, "/v1/meta").status_code == 200
    assert ask(direct, alto, key, "/v1/collections").status_code == 403


FILM = "v1/collections/Film"
READ_FILM = (f"*/GET/{FILM}", f"*/GET/{FILM}/*", f"*/HEAD/{FILM}*", f"*/POST/{FILM}/objects/get")
# The rows of the table in docs/security.md: what a policy allows, and the calls that get beyond it.
ROWS: dict[str, tuple[tuple[str, ...], set[str]]] = {
    "search": ((f"*/POST/{FILM}/search", f"*/POST/{FILM}/aggregate"), {"search", "aggregate"}),
    "have texts embedded and written": ((f"*/POST/{FILM}/embed", f"*/POST/{FILM}/generate"), {"embed", "generate"}),
    "read": (
        (*READ_FILM, f"*/POST/{FILM}/objects/list"),
        {"collection", "exists", "page", "list", "get", "object", "jobs", "job"},
    ),
    "write": (
        (
            f"*/POST/{FILM}/objects*",
            f"*/PUT/{FILM}/objects/*",
            f"*/PATCH/{FILM}/objects/*",
            f"*/DELETE/{FILM}/objects/*",
        ),
        {"list", "get", "insert", "batch", "update", "replace", "delete"},
    ),
    "import": ((f"*/*/{FILM}/imports*",), {"jobs", "job", "start", "cancel", "parts"}),
    "everything of one": (
        (f"*/*/{FILM}", f"*/*/{FILM}/*"),
        {"search", "aggregate", "collection", "exists", "page", "list", "get", "object", "jobs", "job"}
        | {"insert", "batch", "replace", "delete", "start", "cancel", "parts", "drop", "property"}
        | {"embed", "generate", "update", "vector", "fill", "rebuild"},
    ),
    "aliases": (("*/*/v1/aliases*",), {"aliases", "alias", "point"}),
    "jobs of all": (("*/GET/v1/imports*",), {"all jobs", "any job"}),
}
ID = "7a3f2e0c-5b1d-4c89-9a57-2f6c1d0e8b34"
CALLS = {
    "search": ("POST", f"/{FILM}/search"),
    "aggregate": ("POST", f"/{FILM}/aggregate"),
    "embed": ("POST", f"/{FILM}/embed"),
    "generate": ("POST", f"/{FILM}/generate"),
    "collection": ("GET", f"/{FILM}"),
    "exists": ("HEAD", f"/{FILM}"),
    "page": ("GET", f"/{FILM}/objects"),
    "list": ("POST", f"/{FILM}/objects/list"),
    "get": ("POST", f"/{FILM}/objects/get"),
    "object": ("GET", f"/{FILM}/objects/{ID}"),
    "insert": ("POST", f"/{FILM}/objects"),
    "batch": ("POST", f"/{FILM}/objects/batch"),
    "update": ("POST", f"/{FILM}/objects/update"),
    "replace": ("PUT", f"/{FILM}/objects/{ID}"),
    "delete": ("DELETE", f"/{FILM}/objects/{ID}"),
    "jobs": ("GET", f"/{FILM}/imports"),
    "job": ("GET", f"/{FILM}/imports/{ID}"),
    "start": ("POST", f"/{FILM}/imports"),
    "cancel": ("POST", f"/{FILM}/imports/{ID}/cancel"),
    "parts": ("POST", f"/{FILM}/imports/{ID}/upload/parts"),
    "property": ("POST", f"/{FILM}/properties"),
    "vector": ("POST", f"/{FILM}/vectors"),
    "fill": ("POST", f"/{FILM}/vectors/default/fill"),
    "rebuild": ("POST", f"/{FILM}/rebuild"),
    "drop": ("DELETE", f"/{FILM}"),
    "aliases": ("GET", "/v1/aliases"),
    "alias": ("GET", "/v1/aliases/Film"),
    "point": ("PUT", "/v1/aliases/Film"),
    "all jobs": ("GET", "/v1/imports"),
    "any job": ("GET", f"/v1/imports/{ID}"),
    "all collections": ("GET", "/v1/collections"),
    "create": ("POST", "/v1/collections"),
    "search another": ("POST", "/v1/collections/Films/search"),
    "drop another": ("DELETE", "/v1/collections/Book"),
    "import into another": ("POST", "/v1/collections/Book/imports"),
    "start by the old path": ("POST", "/v1/imports"),
}


@pytest.mark.parametrize("row", ROWS)
def test_a_policy_by_path_holds_for_each_action_of_a_collection(direct: httpx.Client, alto: Alto, row: str) -> None:
    paths, expected = ROWS[row]
    key = key_of_a_user(alto, row.replace(" ", "-"), *paths)

    # There is no such collection: beyond the gateway each call is a 400 or a 404, or a 200 without anything.
    statuses = {
        name: direct.request(method, path, auth=SigV4(key, alto.stack.region)).status_code
        for name, (method, path) in CALLS.items()
    }

    assert {name for name, status in statuses.items() if status != 403} == expected
    assert max(statuses.values()) < 500


def test_a_signature_with_another_secret_or_of_nobody_is_refused(direct: httpx.Client, alto: Alto) -> None:
    key = key_of_a_user(alto, "carl", "*")

    assert ask(direct, alto, Credentials(key.access_key, "another secret")).status_code == 403
    assert ask(direct, alto, Credentials("AKIANOBODYNOBODY0000", "a secret")).status_code == 403
