"""Small parts of the local stack: its HTTP server, its steps on the terminal, and the functions' logs."""

import asyncio
import time
from io import StringIO
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws
from rich.console import Console

from local.emulator.http11 import BODY_LIMIT, HEAD_LIMIT, Connection, Request, Response
from local.function_logs import FunctionLogs
from local.steps import Steps


class Wire(asyncio.Transport):
    """A connection to a client that keeps what the server writes."""

    def __init__(self) -> None:
        super().__init__()
        self.written = b""
        self.is_closed = False

    def write(self, data: Any) -> None:
        self.written += data

    def close(self) -> None:
        self.is_closed = True

    def abort(self) -> None:
        self.is_closed = True

    def is_closing(self) -> bool:
        return self.is_closed


async def echo(request: Request) -> Response | None:
    if request.path == "/drop":
        return None
    if request.path == "/fail":
        raise ValueError(request.path)
    return Response(200, f"{request.method} {request.path}?{request.query} ".encode() + request.body)


def talk(*pieces: bytes) -> Wire:
    """Send the pieces one after the other. Returns the connection when every request was handled."""

    async def run() -> Wire:
        wire = Wire()
        connection = Connection(echo, set())
        connection.connection_made(wire)
        for piece in pieces:
            connection.data_received(piece)
            for _ in range(5):
                await asyncio.sleep(0)
        connection.connection_lost(None)
        return wire

    return asyncio.run(run())


def bodies(wire: Wire) -> list[bytes]:
    return [part.partition(b"\r\n\r\n")[2] for part in wire.written.split(b"HTTP/1.1 200 OK")[1:]]


def test_a_request_may_arrive_in_pieces() -> None:
    wire = talk(b"POST /a%20b?x=1 HTTP/1.1\r\nContent-", b"Length: 4\r\n\r\nbo", b"dy")

    assert bodies(wire) == [b"POST /a%20b?x=1 body"]
    assert not wire.is_closed


def test_requests_of_one_piece_are_handled_in_their_order() -> None:
    assert bodies(talk(b"GET /1 HTTP/1.1\r\n\r\nGET /2 HTTP/1.1\r\n\r\n")) == [b"GET /1? ", b"GET /2? "]


def test_a_client_that_asks_whether_to_go_on_is_told_to() -> None:
    wire = talk(b"POST / HTTP/1.1\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n", b"ok")

    assert wire.written.startswith(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n")


def test_the_client_may_end_the_connection() -> None:
    wire = talk(b"GET / HTTP/1.1\r\nConnection: close\r\n\r\n")

    assert b"\r\nConnection: close\r\n" in wire.written
    assert wire.is_closed


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"hello\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nno colon\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n", 411),
        (b"POST / HTTP/1.1\r\nContent-Length: %d\r\n\r\n" % (BODY_LIMIT + 1), 413),
        (b"GET /" + b"x" * HEAD_LIMIT, 431),
    ],
)
def test_an_invalid_request_closes_the_connection(sent: bytes, status: int) -> None:
    wire = talk(sent)

    assert wire.written.startswith(f"HTTP/1.1 {status} ".encode())
    assert wire.is_closed


def test_a_handler_may_drop_the_connection() -> None:
    wire = talk(b"GET /drop HTTP/1.1\r\n\r\n")

    assert (wire.written, wire.is_closed) == (b"", True)


def test_a_failed_handler_is_a_500_and_the_connection_stays() -> None:
    wire = talk(b"GET /fail HTTP/1.1\r\n\r\n", b"GET /next HTTP/1.1\r\n\r\n")

    assert wire.written.startswith(b"HTTP/1.1 500 Internal Server Error\r\n")
    assert bodies(wire) == [b"GET /next? "]


def test_an_unregistered_status_has_a_reason_too() -> None:
    assert Response(599, b"", {"A": "b"}).encode(keep_alive=True) == (
        b"HTTP/1.1 599 Error\r\nContent-Length: 0\r\nA: b\r\n\r\n"
    )


@pytest.mark.parametrize("is_terminal", [False, True])
def test_steps_are_timed_and_shown(is_terminal: bool) -> None:
    shown = StringIO()
    with Steps(Console(file=shown, force_terminal=is_terminal, width=100)) as steps:
        with steps.step("Start OpenSearch"):
            steps.note("on port 9200")
        with pytest.raises(ValueError, match="broken"), steps.step("Deploy"):
            raise ValueError("broken")

    assert list(steps.seconds) == ["Start OpenSearch"]
    assert "Start OpenSearch" in shown.getvalue()
    assert "on port 9200" in shown.getvalue()


class Account:
    """The clients of an account with two functions, one of which has not run yet."""

    def __init__(self, logs: Any) -> None:
        self.logs = logs

    def client(self, service: str) -> Any:
        return self.logs if service == "logs" else self

    def get_paginator(self, _: str) -> "Account":
        return self

    def paginate(self) -> list[Any]:
        named = {"FunctionName": "q", "Environment": {"Variables": {"POWERTOOLS_SERVICE_NAME": "query"}}}
        return [{"Functions": [named | {"LoggingConfig": {"LogGroup": "/alto/q"}}, {"FunctionName": "other"}]}]


def test_the_logs_of_functions_are_moved_into_files(tmp_path: Path) -> None:
    with mock_aws():
        account = Account(boto3.client("logs", region_name="us-east-1"))
        account.logs.create_log_group(logGroupName="/alto/q")
        account.logs.create_log_stream(logGroupName="/alto/q", logStreamName="one")
        events = [{"timestamp": int(1000 * time.time()) + place, "message": f"line {place}"} for place in range(2)]
        account.logs.put_log_events(logGroupName="/alto/q", logStreamName="one", logEvents=events)
        logs = FunctionLogs(account, tmp_path)  # type: ignore[arg-type]

        logs.collect()

        assert logs.files == [tmp_path / "other.log", tmp_path / "query.log"]
        assert (tmp_path / "query.log").read_text() == "line 0\nline 1\n"
        assert account.logs.describe_log_streams(logGroupName="/alto/q")["logStreams"] == []
