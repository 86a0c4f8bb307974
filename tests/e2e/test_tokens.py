"""The template with `auth: jwt`, deployed into a local account, and an issuer of tokens on the loopback interface.

OpenSearch is not needed: whether a request gets through to a function is asked of `/v1/.well-known/live`.
"""

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import RSAKey

from local.account import LocalAccount, aws_client
from local.deployment import Deployment
from local.environments import install_environment
from local.gateway import Gateway
from local.processes import LOOPBACK, unused_port
from local.stack import PROJECT, TOOLS, api_id

AUDIENCE = "alto"
REGION = "eu-west-1"
LIVE = "/v1/.well-known/live"


class _Documents(BaseHTTPRequestHandler):
    """The documents that an issuer publishes: the location of its keys, and its keys."""

    server: "_IssuerServer"

    def do_GET(self) -> None:
        document = self.server.documents.get(self.path)
        body = json.dumps(document).encode()
        self.send_response(200 if document else 404)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None: ...


class _IssuerServer(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__((LOOPBACK, 0), _Documents)
        self.documents: dict[str, Any] = {}


@dataclass(frozen=True)
class Issuer:
    """Signs tokens with a key of its own."""

    url: str
    key: RSAKey

    def token(self, *, key: RSAKey | None = None, **claims: Any) -> str:
        now = int(time.time())
        said = {"iss": self.url, "sub": "ada", "aud": AUDIENCE, "iat": now - 10, "exp": now + 300}
        said |= {"scope": "openid alto.read"} | claims
        return jwt.encode({"alg": "RS256", "kid": self.key.kid}, said, key or self.key)


@pytest.fixture(scope="module")
def issuer() -> Iterator[Issuer]:
    key = RSAKey.generate_key(2048, {"kid": "first", "use": "sig", "alg": "RS256"})
    server = _IssuerServer()
    url = f"http://{LOOPBACK}:{server.server_address[1]}"
    server.documents = {
        "/.well-known/openid-configuration": {"issuer": url, "jwks_uri": f"{url}/keys"},
        "/keys": {"keys": [key.as_dict(private=False)]},
    }
    Thread(target=server.serve_forever, daemon=True).start()
    yield Issuer(url, key)
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def outputs(issuer: Issuer, account: LocalAccount, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    folder = tmp_path_factory.mktemp("deployment")
    (folder / "logs").mkdir()
    settings = {"auth": "jwt", "jwt_issuer": issuer.url, "jwt_audience": json.dumps([AUDIENCE])}
    settings |= {f"jwt_{access}_scopes": json.dumps([f"alto.{access}"]) for access in ("read", "write", "admin")}
    deployment = Deployment(PROJECT, folder, account, f"http://{LOOPBACK}:9", settings)
    deployment.synthesize()
    return deployment.deploy()


@pytest.fixture(scope="module")
def account(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalAccount]:
    folder = tmp_path_factory.mktemp("account")
    port = unused_port()
    running = LocalAccount(folder / "state", folder / "account.log", port, REGION, {})
    running.start(install_environment("ministack", PROJECT / "requirements" / "ministack.txt", TOOLS))
    try:
        running.bootstrap()
        yield running
    finally:
        running.stop()


@pytest.fixture(scope="module")
def api(
    account: LocalAccount, outputs: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[httpx.Client]:
    log = tmp_path_factory.mktemp("gateway") / "gateway.log"
    gateway = Gateway(0, account.port, api_id(outputs["ApiUrl"]), REGION, log, signs=False)
    gateway.start()
    with httpx.Client(base_url=gateway.url, timeout=40, trust_env=False) as client:
        yield client
    gateway.stop()


def ask(api: httpx.Client, token: str | None, path: str = LIVE) -> httpx.Response:
    return api.get(path, headers={"authorization": f"Bearer {token}"} if token else {})


def test_the_template_that_is_deployed_asks_for_the_issuers_tokens(
    account: LocalAccount, outputs: dict[str, str], issuer: Issuer
) -> None:
    gateway = aws_client("apigatewayv2", account.endpoint, REGION)

    [authorizer] = gateway.get_authorizers(ApiId=api_id(outputs["ApiUrl"]))["Items"]

    assert authorizer["JwtConfiguration"] == {"Audience": [AUDIENCE], "Issuer": issuer.url}


def test_a_valid_token_gets_through(api: httpx.Client, issuer: Issuer) -> None:
    reply = ask(api, issuer.token())

    assert (reply.status_code, reply.json()) == (200, {"live": True})


def test_a_token_made_for_several_is_for_each_of_them(api: httpx.Client, issuer: Issuer) -> None:
    assert ask(api, issuer.token(aud=["another", AUDIENCE])).status_code == 200


@pytest.mark.parametrize(
    "claims",
    [
        {"aud": "another"},
        {"iss": "https://another.example.com"},
        {"exp": 1_700_000_000},
        {"nbf": 4_000_000_000},
    ],
    ids=lambda claims: next(iter(claims)),
)
def test_a_token_that_is_not_for_now_or_not_for_alto_is_refused(
    api: httpx.Client, issuer: Issuer, claims: dict[str, Any]
) -> None:
    reply = ask(api, issuer.token(**claims))

    assert (reply.status_code, reply.json()) == (401, {"message": "Unauthorized"})


def test_a_token_signed_by_somebody_else_is_refused(api: httpx.Client, issuer: Issuer) -> None:
    assert ask(api, issuer.token(key=RSAKey.generate_key(2048))).status_code == 401


@pytest.mark.parametrize("token", [None, "nonsense", "a.b.c"])
def test_what_is_no_token_is_refused(api: httpx.Client, token: str | None) -> None:
    reply = ask(api, token)

    assert (reply.status_code, reply.json()) == (401, {"message": "Unauthorized"})


@pytest.mark.parametrize("path", ["/v1/meta", "/v1/collections", "/v1/imports", "/v1/nothing"])
def test_no_route_answers_without_a_token(api: httpx.Client, path: str) -> None:
    assert ask(api, None, path).status_code == 401


# A row for each kind of operation in the table of docs/security.md.
OPERATIONS = {
    "read": [
        ("GET", "/v1/meta"),
        ("POST", "/v1/collections/Film/search"),
        ("GET", "/v1/collections"),
        ("HEAD", "/v1/collections/Film"),
        ("POST", "/v1/collections/Film/objects/list"),
        ("GET", "/v1/collections/Film/imports"),
        ("GET", "/v1/imports"),
        ("GET", "/v1/nothing"),
    ],
    "write": [
        ("POST", "/v1/collections/Film/objects"),
        ("POST", "/v1/collections/Film/objects/batch"),
        ("PUT", "/v1/collections/Film/objects/1"),
        ("DELETE", "/v1/collections/Film/objects/1"),
        ("POST", "/v1/collections/Film/imports"),
        ("POST", "/v1/collections/Film/imports/1/cancel"),
    ],
    "admin": [
        ("POST", "/v1/collections"),
        ("PATCH", "/v1/collections/Film"),
        ("DELETE", "/v1/collections/Film"),
        ("POST", "/v1/collections/Film/properties"),
    ],
}
LEVELS = ["none", "read", "write", "admin"]


@pytest.mark.parametrize("held", LEVELS)
@pytest.mark.parametrize(
    ("needed", "method", "path"),
    [(access, *operation) for access, operations in OPERATIONS.items() for operation in operations],
)
def test_a_token_needs_the_scope_of_the_operation_or_a_higher_one(
    api: httpx.Client, issuer: Issuer, *, held: str, needed: str, method: str, path: str
) -> None:
    token = issuer.token(scope=f"openid alto.{held}")

    # Without a body or OpenSearch: beyond the authorizer it is a 400 or a 503, which does not matter here.
    response = api.request(method, path, headers={"authorization": f"Bearer {token}"})

    admitted = LEVELS.index(held) >= LEVELS.index(needed)
    assert (response.status_code in (401, 403)) != admitted
