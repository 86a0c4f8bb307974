"""The server of the console: loopback only, one token, no path out of `/v1/`."""

import json
import secrets
from collections.abc import Mapping
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx

from alto.errors import AltoError
from alto.ui.files import page_files
from alto.ui.guard import HEADERS, Guard, RejectedError, api_path
from alto.ui.local_routes import LocalRoutes

LOOPBACK = "127.0.0.1"
# The largest body of a request to Alto: Lambda takes 6 MB.
MOST_BYTES = 6_291_456
_SENT = ("accept", "content-type", "idempotency-key")
_RETURNED = ("content-type", "retry-after")


class Console(ThreadingHTTPServer):
    """Serves the page, passes on requests to Alto, and serves the `/local/` paths."""

    daemon_threads = True

    def __init__(self, alto: httpx.Client, local: LocalRoutes, *, port: int = 0, token: str | None = None) -> None:
        """`alto` has the address, the authentication and the time limits. Raises `OSError` if the port is in use."""
        # Before the port is opened: where that fails, the server is closed with its clients.
        self.alto = alto
        self.local = local
        super().__init__((LOOPBACK, port), _Handler)
        self.token = token or secrets.token_urlsafe(24)
        self.guard = Guard(self.token, self.port)
        self.files = page_files()

    @property
    def port(self) -> int:
        """The port that it listens on."""
        return int(self.server_address[1])

    @property
    def url(self) -> str:
        """The address to open: it gives the rights of the user."""
        return f"http://{LOOPBACK}:{self.port}/{self.token}/"

    def server_close(self) -> None:
        """Stop listening, and close the connections to Alto and to S3."""
        super().server_close()
        self.alto.close()
        self.local.close()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A browser that closes a connection is not an error worth a trace."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "alto"
    sys_version = ""
    disable_nagle_algorithm = True
    wbufsize = 65_536
    timeout = 120
    server: Console

    def serve(self) -> None:
        """Check a request and respond to it."""
        try:
            path = self.server.guard.path(self.path, {name.lower(): value for name, value in self.headers.items()})
            self._route(path)
        except RejectedError as rejected:
            # The rest of the body is not read: the connection ends.
            self.close_connection = True
            self._send_error(rejected.status, rejected.code, rejected.message)
        except AltoError as error:
            self._send_error(error.status or 502, error.code, error.message)
        except httpx.RequestError as error:
            message = f"Alto does not respond at {self.server.alto.base_url} ({type(error).__name__}: {error})."
            self._send_error(502, "no_connection", f"{message} `alto doctor` finds the cause.")
        except OSError:
            self.close_connection = True

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = serve  # noqa: N815 (http.server's names)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 (http.server's name)
        """Nothing: paths have the token."""

    def _route(self, path: str) -> None:
        plain = path.partition("?")[0]
        if plain.startswith("/v1/"):
            self._pass_on(api_path(path))
        elif plain == "/local/upload" and self.command == "POST":
            query = dict(parse_qsl(urlsplit(path).query))
            self._send_json(202, self.server.local.upload(query, self.rfile, self._length(most=None)))
        elif plain.startswith("/local/"):
            self._send_json(200, self.server.local.respond(self.command, plain, self._body()))
        else:
            self._send_file(plain)

    def _pass_on(self, path: str) -> None:
        headers = {name: self.headers[name] for name in _SENT if name in self.headers}
        response = self.server.alto.request(self.command, path, headers=headers, content=self._body())
        kept = {name: response.headers[name] for name in _RETURNED if name in response.headers}
        self._send(response.status_code, response.content, kept)

    def _send_file(self, path: str) -> None:
        file = self.server.files.get(path)
        if self.command not in {"GET", "HEAD"} or file is None:
            raise RejectedError(404, "not_found", "This page does not exist.")
        packed = "gzip" in self.headers.get("accept-encoding", "")
        headers = {"Content-Type": file.content_type} | ({"Content-Encoding": "gzip"} if packed else {})
        self._send(200, file.compressed if packed else file.plain, headers)

    def _body(self) -> bytes:
        return self.rfile.read(self._length(most=MOST_BYTES))

    def _length(self, most: int | None) -> int:
        if "transfer-encoding" in self.headers:
            raise RejectedError(411, "length_required", "A body needs its length.")
        given = self.headers.get("content-length") or "0"
        if not given.isdecimal():
            raise RejectedError(400, "invalid_request", "Content-Length is not a number.")
        if most is not None and int(given) > most:
            raise RejectedError(413, "request_too_large", f"A request has at most {most:,} bytes.")
        return int(given)

    def _send_error(self, status: int, code: str, message: str) -> None:
        body = {"error": {"code": code, "message": message, "details": [], "request_id": ""}}
        with suppress(OSError):
            self._send_json(status, body)

    def _send_json(self, status: int, body: Any) -> None:
        self._send(status, json.dumps(body, default=str).encode(), {"Content-Type": "application/json"})

    def _send(self, status: int, content: bytes, headers: Mapping[str, str]) -> None:
        self.send_response(status)
        for name, value in {**HEADERS, **headers}.items():
            self.send_header(name, value)
        if status != 204:
            self.send_header("Content-Length", str(len(content)))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD" and status != 204:
            self.wfile.write(content)
