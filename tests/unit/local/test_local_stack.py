import os
import sys
from pathlib import Path
from threading import Event

import pytest

from local.errors import LocalStackError
from local.processes import Process
from local.stack import CRASHES_ALLOWED, Stack, _at_once


def test_a_server_that_dies_ends_the_stack_with_its_last_lines(tmp_path: Path) -> None:
    server = Process(
        "OpenSearch",
        [sys.executable, "-c", "print('out of memory'); raise SystemExit(3)"],
        tmp_path / "server.log",
        environment=dict(os.environ),
        folder=tmp_path,
    )
    server.start()
    server.wait()
    stack = Stack(tmp_path)
    stack._servers.append(server)

    with pytest.raises(LocalStackError, match=r"OpenSearch ended with exit code 3(?s:.*)out of memory"):
        stack.watch()


def test_a_crashed_node_is_restarted_until_it_crashes_again_and_again(tmp_path: Path) -> None:
    starts = tmp_path / "starts"
    server = Process(
        "OpenSearch",
        [sys.executable, "-c", f"open({str(starts)!r}, 'a').write('.'); raise SystemExit(3)"],
        tmp_path / "server.log",
        environment=dict(os.environ),
        folder=tmp_path,
    )
    server.start()
    server.wait()
    stack = Stack(tmp_path)
    stack._servers.append(server)
    stack._restartable.append(server)

    with pytest.raises(LocalStackError, match="OpenSearch ended with exit code 3"):
        stack.watch()

    assert starts.read_text() == "." * (1 + CRASHES_ALLOWED)


def test_what_was_started_first_is_stopped_last(tmp_path: Path) -> None:
    stopped: list[str] = []
    stack = Stack(tmp_path)
    stack._stop_later(lambda: stopped.append("account"))
    stack._stop_later(lambda: stopped.append("gateway"))

    stack.down()

    assert stopped == ["gateway", "account"]


def test_a_stack_that_is_being_stopped_starts_no_more_servers(tmp_path: Path) -> None:
    stack = Stack(tmp_path)
    stack.down()

    with pytest.raises(LocalStackError, match="is being stopped"):
        stack._stop_later(lambda: None)


def test_the_first_error_of_several_tasks_is_raised_at_once() -> None:
    never = Event()

    def fails() -> None:
        raise LocalStackError("no Java")

    with pytest.raises(LocalStackError, match="no Java"):
        _at_once(never.wait, fails)


def test_tasks_at_once_are_all_done_when_it_returns() -> None:
    done: list[int] = []

    _at_once(lambda: done.append(1), lambda: done.append(2))

    assert sorted(done) == [1, 2]
