"""The gateway in front of a stand-in for the local account, over real connections."""

import json
import re
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import httpx
import pytest

from lambdas.api_examples import EXAMPLES
from local.gateway import MOST_BODY_BYTES, MOST_LAMBDA_BYTES, MOST_RESPONSE_BYTES, Gateway


class _Account(BaseHTTPRequestHandler):
    """Returns the request that it was sent; some paths fail."""

    protocol_version = "HTTP/1.1"

    def respond(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        status, response = (
            200,
            json.dumps({"path": self.path, "headers": dict(self.headers), "body": body.decode()}).encode(),
        )
        match self.path:
            case "/fails":
                status, response = 502, b'{"errorMessage": "secret", "errorType": "Runtime.HandlerError"}'
            case "/times-out":
                status, response = 502, b'{"errorMessage": "Task timed out", "errorType": "Sandbox.Timedout"}'
            case "/quotes":
                response = b'"' * (MOST_RESPONSE_BYTES // 2)
            case "/too-much":
                response = b"x" * (MOST_LAMBDA_BYTES + 1)
            case "/hangs-up":
                self.close_connection = True
                return
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(response)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(response)

    do_GET = do_HEAD = do_POST = respond  # noqa: N815

    def log_message(self, *_: Any) -> None: ...


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    account = ThreadingHTTPServer(("127.0.0.1", 0), _Account)
    account.daemon_threads = True
    Thread(target=account.serve_forever, daemon=True).start()
    log = Path(tmp_path_factory.mktemp("gateway")) / "gateway.log"
    gateway = Gateway(0, account.server_address[1], "ab12cd34", "eu-west-1", log)
    gateway.start()
    with httpx.Client(base_url=gateway.url, trust_env=False, timeout=30) as client:
        client.headers["x-log"] = str(log)
        yield client
    gateway.stop()
    account.shutdown()
    account.server_close()


def test_a_plain_request_arrives_signed_and_under_the_host_of_the_api(api: httpx.Client) -> None:
    headers = {name.lower(): value for name, value in api.get("/v1/meta").json()["headers"].items()}

    assert headers["host"].startswith("ab12cd34.execute-api.localhost:")
    assert "/eu-west-1/execute-api/aws4_request" in headers["authorization"]
    assert "x-amz-date" in headers


def test_a_callers_own_authorization_is_left_alone(api: httpx.Client) -> None:
    response = api.get("/v1/meta", headers={"Authorization": "Bearer token"}).json()

    assert {name.lower(): value for name, value in response["headers"].items()}["authorization"] == "Bearer token"


def test_path_query_and_body_arrive_as_they_were_sent(api: httpx.Client) -> None:
    response = api.post("/v1/collections/a%20b?x=1&x=%2C", content='{"ä": 1}'.encode()).json()

    assert response["path"] == "/v1/collections/a%20b?x=1&x=%2C"
    assert response["body"] == '{"ä": 1}'


def test_a_body_sent_in_chunks_arrives_whole(api: httpx.Client) -> None:
    assert api.post("/v1/x", content=iter([b"one ", b"", b"two"])).json()["body"] == "one two"


def test_many_requests_share_one_connection(api: httpx.Client) -> None:
    first = api.get("/a").extensions["network_stream"].get_extra_info("client_addr")
    second = api.get("/b").extensions["network_stream"].get_extra_info("client_addr")

    assert first == second


def test_an_account_that_closed_an_idle_connection_is_asked_again(api: httpx.Client) -> None:
    assert api.get("/hangs-up").status_code == 503
    assert api.get("/v1/meta").status_code == 200


@pytest.mark.parametrize(
    ("path", "status", "message"),
    [
        ("/fails", 500, "Internal Server Error"),
        ("/times-out", 503, "Service Unavailable"),
        ("/too-much", 500, "Internal Server Error"),
        ("/quotes", 500, "Internal Server Error"),
    ],
)
def test_a_failed_function_is_answered_as_api_gateway_does(
    api: httpx.Client, path: str, status: int, message: str
) -> None:
    response = api.get(path)

    assert (response.status_code, response.json()) == (status, {"message": message})


def test_what_api_gateway_hides_is_in_the_log(api: httpx.Client) -> None:
    api.get("/fails")

    assert "GET /fails -> 500: " in Path(api.headers["x-log"]).read_text()


@pytest.mark.parametrize("size", [MOST_LAMBDA_BYTES + 1, MOST_BODY_BYTES + 1])
def test_a_body_too_large_for_the_cloud_is_refused(api: httpx.Client, size: int) -> None:
    assert api.post("/v1/x", content=b"x" * size).status_code == 413


def test_headers_too_large_for_the_cloud_are_refused(api: httpx.Client) -> None:
    assert api.get("/v1/x", headers={"x-long": "x" * 10_241}).status_code == 431


def test_a_head_request_is_answered_without_a_body(api: httpx.Client) -> None:
    response = api.head("/v1/meta")

    assert (response.status_code, response.content) == (200, b"")


def test_the_reference_of_the_api_is_served_with_every_operation_and_no_outside_request(api: httpx.Client) -> None:
    page = api.get("/docs")

    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert set(re.findall(r'<section id="(\w+)">', page.text)) == set(EXAMPLES)
    assert page.text.count("<summary>TypeScript</summary>") == len(EXAMPLES)
    assert not re.search(r"<(?:script|link|img)|url\(|@import", page.text)
    assert api.head("/docs/").status_code == 200


def test_other_paths_that_begin_alike_go_to_the_api(api: httpx.Client) -> None:
    assert api.get("/docs2?x=1").json()["path"] == "/docs2?x=1"
