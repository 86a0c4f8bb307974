"""A supervised child process with a log file, and free ports on the loopback interface."""

import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import httpx

from local.errors import LocalStackError

LOOPBACK = "127.0.0.1"

# Below the range from which Linux and macOS take ports for outgoing connections: a port noted in one run is then
# most likely still free in the next.
FIRST_PORT = 8700
LAST_PORT = 9700


# Ends a child (with SIGTERM, so that it can save its state) when its starter ended without having stopped it.
# `exec` makes the process that was started the child itself.
UNDER_WATCH = """\
parent=$PPID
(while kill -0 $parent && kill -0 $$; do sleep 2; done; kill $$) >/dev/null 2>&1 &
exec "$@"
"""


def is_free(port: int) -> bool:
    """Whether nothing listens on the port of the loopback interface."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
    return True


def free_ports(count: int, besides: Sequence[int] = ()) -> list[int]:
    """The first `count` free ports that are not in `besides`."""
    found: list[int] = []
    for port in range(FIRST_PORT, LAST_PORT):
        if len(found) == count:
            return found
        if port not in besides and is_free(port):
            found.append(port)
    raise LocalStackError(f"fewer than {count} ports between {FIRST_PORT} and {LAST_PORT} are free: stop some servers")


def unused_port() -> int:
    """A port that the system chooses: two processes that ask at once are given two, unlike by `free_ports`."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.bind((LOOPBACK, 0))
        port: int = probe.getsockname()[1]
        return port


def last_lines(log: Path, count: int = 15) -> str:
    """The end of a log file, indented for an error message; empty without a log."""
    if not log.exists():
        return ""
    with log.open("rb") as file:
        file.seek(max(0, log.stat().st_size - 65_536))
        lines = file.read().decode("utf-8", "replace").splitlines()
    return "".join(f"\n    {line}" for line in lines[-count:])


class Process:
    """One child process: its output goes to a log file, it is stopped by its own pid."""

    def __init__(
        self, name: str, command: Sequence[str], log: Path, *, environment: Mapping[str, str], folder: Path
    ) -> None:
        self.name = name
        self.command = list(command)
        self.log = log
        self.environment = dict(environment)
        self.folder = folder
        self._child: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int | None:
        return self._child.pid if self._child else None

    def start(self) -> None:
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with self.log.open("wb") as output:
            # Its own session: Ctrl-C reaches only us, and we stop the children in order.
            self._child = subprocess.Popen(
                ["/bin/sh", "-c", UNDER_WATCH, self.name, *self.command],
                cwd=self.folder,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def poll(self) -> int | None:
        """The exit code of a process that ended or was stopped, else None."""
        return self._child.poll() if self._child else None

    def wait(self) -> int:
        """The exit code, once the process has ended."""
        assert self._child, "start() comes first"
        return self._child.wait()

    def death_notice(self) -> str:
        """The message for a process that ended without having been stopped."""
        return f"{self.name} ended with exit code {self.poll()}. The end of {self.log}:{last_lines(self.log)}"

    def wait_until(self, ready: Callable[[], bool], seconds: float) -> None:
        """Waits until `ready()`; raises LocalStackError with the log's end if the process dies or is too slow."""
        deadline = time.monotonic() + seconds
        while not ready():
            if self.poll() is not None:
                raise LocalStackError(self.death_notice())
            if time.monotonic() > deadline:
                raise LocalStackError(
                    f"{self.name} did not respond within {seconds:g} s. The end of {self.log}:{last_lines(self.log)}"
                )
            time.sleep(0.05)

    def stop(self, grace: float = 15.0) -> None:
        """SIGTERM, after the grace SIGKILL for what is left of the process and its own children."""
        if self._child is None:
            return
        if self._child.poll() is None:
            self._child.terminate()
            try:
                self._child.wait(grace)
            except subprocess.TimeoutExpired:
                self._child.kill()
                self._child.wait()
        # The child leads its session and group, so that its number names only what it started.
        with suppress(ProcessLookupError):
            os.killpg(self._child.pid, signal.SIGKILL)


def responds(url: str) -> bool:
    """Whether a GET of the URL succeeds."""
    try:
        return httpx.get(url, timeout=5, trust_env=False).is_success
    except httpx.HTTPError:
        return False
