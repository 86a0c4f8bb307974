"""Requests that the TypeScript client signs, compared with botocore's signature of what a server receives."""

import json
import os
import subprocess
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import NamedTuple

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from tests.integration.client.test_typescript import CLIENT, PATH, _installed

__all__ = ["_installed"]  # a fixture

REGION = "eu-west-1"
CREDENTIALS = Credentials("AKIDEXAMPLE", "secret", "session")
PROGRAM = """
import alto from "./src/index.ts";
const credentials = { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "secret", sessionToken: "session" };
const headers = { "X-AWS-Access-Key": "model" };
const client = await alto.connectToAWS({ url: process.argv[1], region: "eu-west-1", credentials, headers });
const films = client.collections.use("Film");
await films.query.nearText("Gespenster für 3 €", { limit: 2 });
await films.query.fetchObjectById("a b/ü+%", { includeVector: true });
await client.alias.listAll({ collection: "Film & more" }).catch(() => undefined);
"""


class Received(NamedTuple):
    method: str
    target: str
    headers: dict[str, str]
    body: bytes


@pytest.fixture
def server() -> Iterator[tuple[str, list[Received]]]:
    """The address of a server that keeps requests, and what it received."""
    received: list[Received] = []

    class Handler(BaseHTTPRequestHandler):
        def keep(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            headers = {name.lower(): value for name, value in self.headers.items()}
            received.append(Received(self.command, self.path, headers, body))
            content = json.dumps({"objects": [], "aliases": [], "took_ms": 0}).encode()
            self.send_response(200)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = keep  # noqa: N815 (http.server's names)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (http.server's name)
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as running:
        Thread(target=running.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{running.server_address[1]}", received
        running.shutdown()


def sign(request: Received) -> str:
    """Botocore's signature of a request, of the headers that the client signed at its time."""
    [signed] = [part for part in request.headers["authorization"].split(", ") if part.startswith("SignedHeaders=")]
    names = signed.removeprefix("SignedHeaders=").split(";")
    same = AWSRequest(
        request.method,
        f"http://{request.headers['host']}{request.target}",
        {name: request.headers[name] for name in names},
        request.body,
    )
    same.context["timestamp"] = request.headers["x-amz-date"]
    signer = SigV4Auth(CREDENTIALS, "execute-api", REGION)
    return str(signer.signature(signer.string_to_sign(same, signer.canonical_request(same)), same))


def test_signatures_are_those_of_botocore(server: tuple[str, list[Received]]) -> None:
    url, received = server

    subprocess.run(
        ["node", "--input-type=module-typescript", "--eval", PROGRAM, url],
        cwd=CLIENT,
        env=os.environ | {"PATH": PATH},
        check=True,
        capture_output=True,
    )

    assert len(received) == 4
    assert [each.headers["x-amz-security-token"] for each in received] == ["session"] * 4
    assert [each.headers["authorization"].rpartition("Signature=")[2] for each in received] == list(map(sign, received))
