"""The HTTP API under one plain address.

The local account serves an HTTP API under a Host header of its own and, where the routes ask for IAM, to signed
requests only. This proxy adds both, so that `curl http://127.0.0.1:8700/v1/meta` works. Where they ask for tokens it
adds none: the local account checks the caller's against the issuer, as API Gateway does. It also keeps the limits and
error responses of API Gateway and Lambda, which the local account does not have: what is too large in the cloud is too
large here. `/docs` is its own: the reference of the API.
"""

import json
import logging
import re
from http.client import HTTPConnection, HTTPException, HTTPResponse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import quote

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from local.errors import LocalStackError
from local.processes import LOOPBACK
from local.site.api_page import local_page

log = logging.getLogger(__name__)
log.propagate = False

# https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html
MOST_BODY_BYTES = 10 * 1024 * 1024
MOST_HEADER_BYTES = 10_240
# Lambda's limits for one synchronous event and for the JSON of its response.
MOST_LAMBDA_BYTES = 6 * 1024 * 1024
MOST_RESPONSE_BYTES = 6_291_556
# Status, names of fields and the headers of a response.
ENVELOPE_BYTES = 200
# The longest that an HTTP API waits, and a little for the local account itself.
UPSTREAM_SECONDS = 35

# Headers that speak about one connection only.
HOP_BY_HOP = frozenset({"connection", "keep-alive", "transfer-encoding", "te", "upgrade", "proxy-connection", "expect"})
# How the local account reports that a function did not respond.
FUNCTION_FAILURE = re.compile(rb'\{"errorMessage": ".*", "errorType": "([^"]*)"', re.DOTALL)
MESSAGES = {
    403: "Forbidden",
    413: "Request Entity Too Large",
    431: "Request Header Fields Too Large",
    500: "Internal Server Error",
    503: "Service Unavailable",
}


class GatewayError(Exception):
    """A request or response that API Gateway itself would reject; carries the status."""

    def __init__(self, status: int) -> None:
        super().__init__(MESSAGES[status])
        self.status = status


def status_as_in_aws(status: int, body: bytes) -> int:
    """The status that API Gateway gives where the local account says 502: a function that failed or took too long.

    A 502 that the function itself returned stays one.
    """
    if status == 502 and (failure := FUNCTION_FAILURE.match(body)):
        return 503 if failure[1] == b"Sandbox.Timedout" else 500
    if response_bytes(body) > MOST_RESPONSE_BYTES:
        return 500
    return status


def response_bytes(body: bytes) -> int:
    """Return the size of a body as Lambda measures it: as a string in JSON, where quotes and backslashes are escaped.

    The JSON around it, with status and headers, counts too.
    """
    return len(body) + body.count(b'"') + body.count(b"\\") + ENVELOPE_BYTES


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Unbuffered writes and delayed acknowledgements together cost 40 ms per request on a kept connection.
    wbufsize = 65_536
    disable_nagle_algorithm = True
    timeout = 75
    server: "_Server"

    def setup(self) -> None:
        super().setup()
        self._upstream = HTTPConnection(LOOPBACK, self.server.account_port, timeout=UPSTREAM_SECONDS)

    def finish(self) -> None:
        self._upstream.close()
        super().finish()

    def forward(self) -> None:
        if self.command in ("GET", "HEAD") and self.path.partition("?")[0].rstrip("/") == "/docs":
            # Of this machine only: the API in the cloud has no such route.
            self._respond(200, [("content-type", "text/html; charset=utf-8")], local_page())
            return
        try:
            status, headers, body = self._ask(self._body())
        except GatewayError as rejected:
            status, headers, body = rejected.status, [], b""
            self.close_connection = True
        except (OSError, HTTPException) as failed:
            log.warning("The local account does not respond: %s", failed)
            status, headers, body = 503, [], b""
        if status in MESSAGES and not body:
            headers, body = [("content-type", "application/json")], json.dumps({"message": MESSAGES[status]}).encode()
        self._respond(status, headers, body)

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = forward  # noqa: N815 (http.server's names)

    def _body(self) -> bytes:
        if len(self.requestline) + sum(len(k) + len(v) + 4 for k, v in self.headers.items()) > MOST_HEADER_BYTES:
            raise GatewayError(431)
        if "chunked" in self.headers.get("transfer-encoding", "").lower():
            body = self._chunks()
        else:
            length = int(self.headers.get("content-length") or 0)
            if length > MOST_BODY_BYTES:
                self._discard(length)
                raise GatewayError(413)
            body = self.rfile.read(length)
        if len(body) > MOST_LAMBDA_BYTES:
            raise GatewayError(413)
        return body

    def _discard(self, length: int) -> None:
        # Many clients read no response before they have sent everything; beyond this the connection is simply closed.
        left = min(length, 4 * MOST_BODY_BYTES)
        while left > 0 and (piece := self.rfile.read(min(left, 65_536))):
            left -= len(piece)

    def _chunks(self) -> bytes:
        body = bytearray()
        while size := int(self.rfile.readline(64).split(b";")[0], 16):
            if len(body) + size > MOST_BODY_BYTES:
                raise GatewayError(413)
            body += self.rfile.read(size)
            self.rfile.readline(64)
        while self.rfile.readline(MOST_HEADER_BYTES).strip():
            pass
        return bytes(body)

    def _ask(self, body: bytes) -> tuple[int, list[tuple[str, str]], bytes]:
        headers = {name.lower(): value for name, value in self.headers.items() if name.lower() not in HOP_BY_HOP}
        headers["host"] = self.server.api_host
        headers["content-length"] = str(len(body))
        if self.server.signs and "authorization" not in headers:
            headers.update(self.server.signature(self.command, self.path))
        response = self._send(body, headers)
        content = response.read()
        status = status_as_in_aws(response.status, content)
        if status >= 500:
            # API Gateway hides what happened, the log must not.
            log.error("%s %s -> %d: %s", self.command, self.path, status, content[:2000].decode("utf-8", "replace"))
        kept = [(name, value) for name, value in response.getheaders() if name.lower() not in HOP_BY_HOP]
        return status, kept, content if status == response.status else b""

    def _send(self, body: bytes, headers: dict[str, str]) -> HTTPResponse:
        reused = self._upstream.sock is not None
        # An address may hold what http.client rejects unless it is quoted.
        path = quote(self.path, safe="/?#[]@!$&'()*+,;=%:~-._")
        try:
            self._upstream.request(self.command, path, body, headers)
            return self._upstream.getresponse()
        except ConnectionError:
            # The account closes connections that were idle; that says nothing about this request.
            self._upstream.close()
            if not reused:
                raise
            self._upstream.request(self.command, path, body, headers)
            return self._upstream.getresponse()

    def _respond(self, status: int, headers: list[tuple[str, str]], body: bytes) -> None:
        self.send_response_only(status)
        for name, value in headers:
            if name.lower() != "content-length":
                self.send_header(name, value)
        self.send_header("content-length", str(len(body)))
        if self.close_connection:
            self.send_header("connection", "close")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Nothing: the functions log their requests."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256

    def __init__(self, port: int, account_port: int, api_id: str, region: str, *, signs: bool) -> None:
        super().__init__((LOOPBACK, port), _Handler)
        self.signs = signs
        self.account_port = account_port
        self.api_host = f"{api_id}.execute-api.localhost:{account_port}"
        self.region = region

    def signature(self, method: str, path: str) -> dict[str, str]:
        """The headers of a SigV4 signature by the local account's root user."""
        request = AWSRequest(method, f"http://{self.api_host}{path}", headers={"host": self.api_host})
        SigV4Auth(Credentials("test", "test"), "execute-api", self.region).add_auth(request)
        return {"authorization": request.headers["Authorization"], "x-amz-date": request.headers["X-Amz-Date"]}


class Gateway:
    """Serves the HTTP API `api_id` of the local account at `url` from a thread of this process."""

    def __init__(
        self, port: int, account_port: int, api_id: str, region: str, log_file: Path, *, signs: bool = True
    ) -> None:
        """`signs` says whether a request without an Authorization is signed, which an API with IAM needs."""
        log_file.parent.mkdir(parents=True, exist_ok=True)
        self._log = logging.FileHandler(log_file, mode="w")
        self._log.setFormatter(logging.Formatter("%(asctime)s %(message)s"))
        log.addHandler(self._log)
        try:
            self._server = _Server(port, account_port, api_id, region, signs=signs)
        except OSError as taken:
            raise LocalStackError(f"port {port} cannot be used ({taken.strerror}): give another --port") from None
        self.url = f"http://{LOOPBACK}:{self._server.server_address[1]}"
        self._thread = Thread(target=self._server.serve_forever, name="gateway", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        if self._thread.is_alive():
            self._server.shutdown()
        self._server.server_close()
        log.removeHandler(self._log)
        self._log.close()
