"""Alto's HTTP API on a port of this machine, without the local stack: the functions run in this process."""

import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread
from types import TracebackType
from typing import Self
from urllib.parse import parse_qsl, urlsplit

from tests.api import Api


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = 65_536
    disable_nagle_algorithm = True
    server: "_Server"

    def forward(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length") or 0)).decode() or None
        parts = urlsplit(self.path)
        # A function of Lambda serves one request at a time, and its router counts on it.
        with self.server.lock:
            response = self.server.api(
                self.command, parts.path, body, query=dict(parse_qsl(parts.query)), headers=dict(self.headers)
            )
        content = b"" if response.body is None else json.dumps(response.body).encode()
        self.send_response(response.status)
        for name, value in response.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = forward  # noqa: N815 (http.server's names)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (http.server's name)
        pass


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, api: Api) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.api = api
        self.lock = Lock()


class ApiServer:
    """Serves an `Api` at `127.0.0.1:port` while its block lasts."""

    def __init__(self, api: Api) -> None:
        self._server = _Server(api)
        self._thread = Thread(target=self._server.serve_forever, daemon=True)

    @property
    def port(self) -> int:
        return int(self._server.server_address[1])

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
