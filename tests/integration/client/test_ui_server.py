"""The server of the console: token, Host, Origin, no path out of /v1, and what it passes on."""

import http.client
import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread
from typing import Any

import httpx
import pytest

from alto.cli.connection import Auth, Connection
from alto.cli.exits import CommandError
from alto.cli.ui import open_console
from alto.ui.server import MOST_BYTES, Console

ROOT = Path(__file__).parents[3]
TOKEN = "a-token"
FOREIGN = "evil.example"


class Upstream:
    """An Alto that remembers requests."""

    def __init__(self) -> None:
        self.asked: list[httpx.Request] = []
        self.reply: httpx.Response | Exception = httpx.Response(200, json={"version": "1"})

    def respond(self, request: httpx.Request) -> httpx.Response:
        request.read()
        self.asked.append(request)
        if isinstance(self.reply, Exception):
            raise self.reply
        return self.reply


@contextmanager
def console(upstream: Upstream, folder: Path, **connection: Any) -> Iterator[Console]:
    transport = httpx.MockTransport(upstream.respond)
    settings = {"url": "http://localhost:8700"} | connection
    made = open_console(Connection(**settings, transport=transport), judgements=str(folder), token=TOKEN)
    thread = Thread(target=made.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield made
    finally:
        made.shutdown()
        made.server_close()


@pytest.fixture
def upstream() -> Upstream:
    return Upstream()


@pytest.fixture
def server(upstream: Upstream, tmp_path: Path) -> Iterator[Console]:
    with console(upstream, tmp_path) as running:
        yield running


def send(
    server: Console, method: str, path: str, body: bytes | None = None, **headers: str
) -> tuple[int, dict[str, str], bytes]:
    """A request with exactly this path and these headers, as no well-behaved client would send it."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    connection.putrequest(method, path, skip_host="host" in given, skip_accept_encoding=True)
    for name, value in given.items():
        connection.putheader(name, value)
    if body is not None and "content-length" not in given:
        connection.putheader("content-length", str(len(body)))
    connection.endheaders(body)
    response = connection.getresponse()
    content = response.read()
    connection.close()
    return response.status, {name.lower(): value for name, value in response.getheaders()}, content


def code_of(content: bytes) -> str:
    code: str = json.loads(content)["error"]["code"]
    return code


def test_the_page_is_served_with_the_token(server: Console) -> None:
    status, headers, content = send(server, "GET", f"/{TOKEN}/")

    assert status == 200
    assert headers["content-type"] == "text/html; charset=utf-8"
    assert b"app.js" in content


@pytest.mark.parametrize(
    "path", ["/", "/app.js", "/wrong/", f"/{TOKEN}x/", f"/{TOKEN}", f"/?token={TOKEN}", "/v1/meta"]
)
def test_a_request_without_the_token_is_rejected(server: Console, upstream: Upstream, path: str) -> None:
    status, _, content = send(server, "GET", path)

    assert (status, code_of(content)) == (403, "wrong_token")
    assert upstream.asked == []


@pytest.mark.parametrize("host", [FOREIGN, "127.0.0.1", "127.0.0.1:1", "localhost.evil.example", ""])
def test_a_foreign_host_is_rejected(server: Console, upstream: Upstream, host: str) -> None:
    status, _, content = send(server, "GET", f"/{TOKEN}/v1/meta", host=host)

    assert (status, code_of(content)) == (403, "foreign_host")
    assert upstream.asked == []


@pytest.mark.parametrize("origin", [f"https://{FOREIGN}", "null", "http://127.0.0.1", "http://localhost:1"])
def test_a_foreign_origin_is_rejected(server: Console, upstream: Upstream, origin: str) -> None:
    status, _, content = send(server, "POST", f"/{TOKEN}/v1/collections", b"{}", origin=origin)

    assert (status, code_of(content)) == (403, "foreign_origin")
    assert upstream.asked == []


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_a_request_of_another_site_is_rejected(server: Console, site: str) -> None:
    status, _, content = send(server, "GET", f"/{TOKEN}/v1/meta", sec_fetch_site=site)

    assert (status, code_of(content)) == (403, "foreign_origin")


@pytest.mark.parametrize("name", ["127.0.0.1", "localhost"])
def test_the_own_origin_is_served(server: Console, name: str) -> None:
    host = f"{name}:{server.port}"

    status, _, _ = send(server, "GET", f"/{TOKEN}/v1/meta", host=host, origin=f"http://{host}")

    assert status == 200


@pytest.mark.parametrize("path", ["", "app.js", "v1/meta", "nowhere", "local/about"])
def test_every_response_has_the_security_headers(server: Console, path: str) -> None:
    _, headers, _ = send(server, "GET", f"/{TOKEN}/{path}")

    assert headers["content-security-policy"].startswith("default-src 'none'; script-src 'self';")
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert "unsafe" not in headers["content-security-policy"]
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["cache-control"] == "no-store"
    assert "access-control-allow-origin" not in headers


def test_a_request_is_passed_on_with_its_body_and_query(server: Console, upstream: Upstream) -> None:
    upstream.reply = httpx.Response(201, json={"id": "x"}, headers={"x-secret": "s", "retry-after": "3"})

    status, headers, content = send(
        server,
        "POST",
        f"/{TOKEN}/v1/collections/Film%2FA/objects?consistency=wait",
        b'{"a": 1}',
        content_type="application/json",
        idempotency_key="k",
        cookie="c",
        x_aws_access_key="AKID",
    )

    [sent] = upstream.asked
    assert (status, json.loads(content)) == (201, {"id": "x"})
    assert str(sent.url) == "http://localhost:8700/v1/collections/Film%2FA/objects?consistency=wait"
    assert (sent.content, sent.headers["idempotency-key"]) == (b'{"a": 1}', "k")
    assert not {"cookie", "origin", "x-aws-access-key"} & set(sent.headers)
    assert headers["retry-after"] == "3"
    assert "x-secret" not in headers


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"])
def test_every_method_of_the_api_is_passed_on(server: Console, upstream: Upstream, method: str) -> None:
    send(server, method, f"/{TOKEN}/v1/collections/Film")

    assert [each.method for each in upstream.asked] == [method]


def test_an_empty_response_is_passed_on(server: Console, upstream: Upstream) -> None:
    upstream.reply = httpx.Response(204)

    assert send(server, "DELETE", f"/{TOKEN}/v1/collections/Film")[::2] == (204, b"")


def test_a_token_of_the_command_is_sent_and_not_shown(upstream: Upstream, tmp_path: Path) -> None:
    with console(upstream, tmp_path, token="jwt-secret", auth=Auth.BEARER) as server:
        send(server, "GET", f"/{TOKEN}/v1/meta")
        _, _, about = send(server, "GET", f"/{TOKEN}/local/about")

    assert upstream.asked[0].headers["authorization"] == "Bearer jwt-secret"
    assert b"jwt-secret" not in about
    assert json.loads(about)["auth"] == "bearer"


def test_requests_are_signed_with_the_credentials_of_the_command(
    upstream: Upstream, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    url = "https://abc123.execute-api.eu-west-1.amazonaws.com"

    with console(upstream, tmp_path, url=url) as server:
        send(server, "POST", f"/{TOKEN}/v1/collections/Film/search", b"{}", content_type="application/json")

    sent = upstream.asked[0]
    assert str(sent.url).startswith(url)
    assert "Credential=AKIDEXAMPLE/" in sent.headers["authorization"]
    assert "/eu-west-1/execute-api/" in sent.headers["authorization"]


@pytest.mark.parametrize(
    "path",
    [
        "../server.py",
        "%2e%2e/server.py",
        "vendor/../../server.py",
        "/etc/passwd",
        "..%2fserver.py",
        "index.html/",
        "//evil.example/v1/meta",
        "@evil.example/v1/meta",
        "v1",
    ],
)
def test_only_files_of_the_page_are_served(server: Console, upstream: Upstream, path: str) -> None:
    status, _, content = send(server, "GET", f"/{TOKEN}/{path}")

    assert (status, code_of(content)) == (404, "not_found")
    assert upstream.asked == []


def test_a_traversal_does_not_reach_alto(server: Console, upstream: Upstream) -> None:
    status, _, content = send(server, "GET", f"/{TOKEN}/v1/%2e%2e/admin")

    assert (status, code_of(content)) == (400, "wrong_path")
    assert upstream.asked == []


def test_a_body_beyond_the_limit_is_rejected_unread(server: Console, upstream: Upstream) -> None:
    status, _, content = send(server, "POST", f"/{TOKEN}/v1/collections", b"", content_length=str(MOST_BYTES + 1))

    assert (status, code_of(content)) == (413, "request_too_large")
    assert upstream.asked == []


@pytest.mark.parametrize(
    ("headers", "status"), [({"content_length": "ten"}, 400), ({"transfer_encoding": "chunked"}, 411)]
)
def test_a_body_without_a_length_is_rejected(server: Console, headers: dict[str, str], status: int) -> None:
    assert send(server, "POST", f"/{TOKEN}/v1/collections", None, **headers)[0] == status


def test_an_alto_that_is_down_is_an_error_that_names_it(server: Console, upstream: Upstream) -> None:
    upstream.reply = httpx.ConnectError("refused")

    status, _, content = send(server, "GET", f"/{TOKEN}/v1/meta")

    assert (status, code_of(content)) == (502, "no_connection")
    assert b"http://localhost:8700" in content
    assert TOKEN.encode() not in content


def test_redirects_are_not_followed(server: Console, upstream: Upstream) -> None:
    upstream.reply = httpx.Response(302, headers={"location": "http://evil.example/"})

    status, headers, _ = send(server, "GET", f"/{TOKEN}/v1/meta")

    assert status == 302
    assert "location" not in headers
    assert len(upstream.asked) == 1


def test_every_console_has_a_token_of_its_own(upstream: Upstream, tmp_path: Path) -> None:
    made = [open_console(Connection(url="http://localhost:1"), judgements=str(tmp_path)) for _ in range(2)]
    for each in made:
        each.server_close()

    assert made[0].token != made[1].token
    assert len(made[0].token) >= 32
    assert made[0].url == f"http://127.0.0.1:{made[0].port}/{made[0].token}/"


class CountedTransport(httpx.MockTransport):
    closed = 0

    def close(self) -> None:
        self.closed += 1


def test_closing_the_console_closes_its_connections_to_alto_and_s3(tmp_path: Path) -> None:
    transport = CountedTransport(lambda _: httpx.Response(200))
    open_console(Connection(url="http://localhost:1", transport=transport), judgements=str(tmp_path)).server_close()

    # The requests of the page, those of the client, and its transfers.
    assert transport.closed == 3


def test_files_are_compressed_where_the_browser_takes_it(server: Console) -> None:
    _, headers, packed = send(server, "GET", f"/{TOKEN}/style.css", accept_encoding="gzip, br")
    _, _, plain = send(server, "GET", f"/{TOKEN}/style.css")

    assert headers["content-encoding"] == "gzip"
    assert len(packed) < len(plain) / 2


def test_a_port_in_use_is_named_with_the_option(server: Console, tmp_path: Path) -> None:
    transport = CountedTransport(lambda _: httpx.Response(200))
    connection = Connection(url="http://localhost:1", transport=transport)

    with pytest.raises(CommandError, match=f"Port {server.port} cannot be used .*--port"):
        open_console(connection, port=server.port, judgements=str(tmp_path))

    assert transport.closed == 3


def test_the_command_prints_the_address_of_the_page() -> None:
    command = [sys.executable, "-m", "alto", "ui", "--port", "0", "--no-browser", "--url", "http://localhost:1"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as running:
        assert running.stdout is not None
        try:
            address = running.stdout.readline().removeprefix("The console is at ").strip()
            page = httpx.get(address, trust_env=False, timeout=60)
        finally:
            running.terminate()

    assert page.status_code == 200
    assert "<title>Alto</title>" in page.text
