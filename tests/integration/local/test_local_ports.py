"""Which ports a stack takes. Ports are real ones, servers are not needed."""

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from local.errors import LocalStackError
from local.processes import is_free, unused_port
from local.stack import SERVERS, Stack


@pytest.fixture
def taken() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def test_every_server_has_a_free_port_of_its_own(tmp_path: Path) -> None:
    ports = Stack(tmp_path)._ports()

    assert ports.keys() == set(SERVERS)
    assert len(set(ports.values())) == len(SERVERS)
    assert all(map(is_free, ports.values()))


def test_the_ports_of_the_last_run_are_taken_again(tmp_path: Path) -> None:
    first = Stack(tmp_path)._ports()

    with socket.create_server(("127.0.0.1", first["api"])):
        while_one_is_taken = Stack(tmp_path)._ports()

    assert while_one_is_taken["api"] != first["api"]
    assert while_one_is_taken == {**first, "api": while_one_is_taken["api"]}


def test_a_port_that_was_asked_for_is_the_apis(tmp_path: Path) -> None:
    port = unused_port()

    assert Stack(tmp_path, port=port)._ports()["api"] == port


def test_a_requested_port_in_use_is_an_error_with_a_remedy(tmp_path: Path, taken: int) -> None:
    with pytest.raises(LocalStackError, match=f"port {taken} is taken: .*another --port"):
        Stack(tmp_path, port=taken)._ports()


def test_the_port_in_the_state_of_the_account_is_never_exchanged(tmp_path: Path, taken: int) -> None:
    (tmp_path / "ports.json").write_text(f'{{"account": {taken}, "opensearch": {taken}}}')
    (tmp_path / "account" / "services").mkdir(parents=True)

    ports = Stack(tmp_path)._ports()

    assert ports["account"] == taken
    assert ports["opensearch"] != taken
