"""The command line in this process, with a function for a server."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
from typer.testing import CliRunner

from alto.cli.main import app

URL = "http://localhost:8700"
STORAGE = "http://127.0.0.1:4566"

Reply = httpx.Response | Exception | Callable[[httpx.Request], httpx.Response]


def reply(body: Any = None, status: int = 200, **headers: str) -> httpx.Response:
    return httpx.Response(status, json=body, headers=headers)


def error(status: int, code: str, *details: dict[str, str]) -> httpx.Response:
    body = {"code": code, "message": "It is so.", "details": list(details), "request_id": "req-1"}
    return reply({"error": body}, status)


def let_time_pass(monkeypatch: pytest.MonkeyPatch, seconds: int, *modules: str) -> None:
    """Each look of these modules at the clock is so much later; other threads keep the clock of the process."""
    passed = 0

    def monotonic() -> float:
        nonlocal passed
        passed += seconds
        return float(passed)

    for module in modules:
        monkeypatch.setattr(f"{module}.time", SimpleNamespace(monotonic=monotonic, sleep=lambda _: None))


@dataclass
class FakeAlto:
    """Sends the replies in turn, and remembers the requests."""

    replies: Iterator[Reply]
    asked: list[httpx.Request] = field(default_factory=list)

    def respond(self, request: httpx.Request) -> httpx.Response:
        request.read()
        self.asked.append(request)
        given = next(self.replies)
        if isinstance(given, Exception):
            raise given
        return given(request) if callable(given) else given

    @property
    def paths(self) -> list[str]:
        return [f"{request.method} {request.url.raw_path.decode()}" for request in self.asked]

    def body(self, at: int = -1) -> Any:
        return json.loads(self.asked[at].content)


@dataclass(frozen=True)
class Outcome:
    """How a command ended."""

    code: int
    out: str
    err: str
    server: FakeAlto


def alto(*arguments: str, replies: tuple[Reply, ...] = (), stdin: str | None = None, **env: str) -> Outcome:
    """Run a command. What goes wrong in it must be an exit code, not an exception."""
    server = FakeAlto(iter(replies))
    environment = dict.fromkeys(("ALTO_URL", "ALTO_AUTH", "ALTO_REGION", "ALTO_PROFILE", "ALTO_TOKEN")) | env
    done = CliRunner().invoke(
        app, list(arguments), input=stdin, env=environment, obj=httpx.MockTransport(server.respond)
    )
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    return Outcome(done.exit_code, done.stdout, done.stderr, server)
