import fcntl
import os
import sys
from pathlib import Path

import pytest

from local.errors import LocalStackError
from local.processes import Process, last_lines


def child(folder: Path, program: str) -> Process:
    return Process(
        "The child",
        [sys.executable, "-c", program],
        folder / "logs" / "child.log",
        environment=dict(os.environ),
        folder=folder,
    )


def test_a_process_that_dies_at_start_reports_its_last_lines(tmp_path: Path) -> None:
    process = child(tmp_path, "print('no disk left'); raise SystemExit(3)")
    process.start()

    with pytest.raises(LocalStackError, match=r"The child ended with exit code 3(?s:.*)no disk left"):
        process.wait_until(lambda: False, seconds=30)


def test_a_process_that_starts_too_slowly_reports_the_wait(tmp_path: Path) -> None:
    process = child(tmp_path, "import signal; signal.pause()")
    process.start()
    try:
        with pytest.raises(LocalStackError, match=r"did not respond within 0\.2 s"):
            process.wait_until(lambda: False, seconds=0.2)
    finally:
        process.stop()


def test_a_process_may_tidy_up_when_it_is_stopped(tmp_path: Path) -> None:
    process = child(
        tmp_path,
        "import signal, sys, pathlib\n"
        "def tidy(*_): pathlib.Path('tidied').touch(); sys.exit(0)\n"
        "signal.signal(signal.SIGTERM, tidy)\n"
        "pathlib.Path('ready').touch()\n"
        "signal.pause()\n",
    )
    process.start()
    process.wait_until((tmp_path / "ready").exists, seconds=30)

    process.stop()

    assert (tmp_path / "tidied").exists()
    assert process.poll() == 0


def test_a_process_that_ignores_the_request_is_killed_after_the_grace(tmp_path: Path) -> None:
    process = child(
        tmp_path,
        "import signal, pathlib\n"
        "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "pathlib.Path('ready').touch()\n"
        "while True: signal.pause()\n",
    )
    process.start()
    process.wait_until((tmp_path / "ready").exists, seconds=30)

    process.stop(grace=0.2)

    assert process.poll() == -9


def test_what_a_process_started_itself_ends_with_it(tmp_path: Path) -> None:
    holds_a_lock = "import fcntl, signal; f = open('lock', 'w'); fcntl.flock(f, 2); open('locked', 'w'); signal.pause()"
    process = child(
        tmp_path,
        f"import signal, subprocess, sys; subprocess.Popen([sys.executable, '-c', {holds_a_lock!r}]); signal.pause()",
    )
    process.start()
    process.wait_until((tmp_path / "locked").exists, seconds=30)

    process.stop()

    with (tmp_path / "lock").open() as file:
        # Waits for the system to end the one that holds it; a grandchild that lives on would hold it for ever.
        fcntl.flock(file, fcntl.LOCK_EX)


def test_the_end_of_a_log_is_its_last_lines(tmp_path: Path) -> None:
    (tmp_path / "log").write_text("".join(f"line {number}\n" for number in range(50)))

    assert last_lines(tmp_path / "log", 2) == "\n    line 48\n    line 49"
    assert last_lines(tmp_path / "missing") == ""
