"""The emulator from Python: for tests in a thread, for benchmarks in a process of its own."""

import asyncio
import http.client
import json
import subprocess
import sys
import threading
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

from local.emulator.server import Options, serve
from local.errors import LocalStackError

ROOT = Path(__file__).resolve().parents[2]
START_SECONDS = 120.0  # the first start builds the model's graph


class Emulator:
    """`with Emulator(model="stub", faults={"latency_ms": 80}) as emulator: ... emulator.url`.

    process: run in a child process, so that the caller's own CPU can be measured; it ends with this one. Options are
    those of `server.Options`. Raises LocalStackError if it does not start.
    """

    def __init__(self, model: str = "stub", *, process: bool = False, **options: Any) -> None:
        self._given = {"model": model, **options}
        self._host: _Thread | _Process = _Process(self._given) if process else _Thread(Options.parse(self._given))
        self.url = ""

    def __enter__(self) -> Self:
        self.url = self._host.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._host.stop()

    def faults(self, **plan: Any) -> None:
        """Puts a fault plan in force (see FaultPlan); its call numbers count from now."""
        self._control("PUT", "faults", plan)

    def counters(self) -> dict[str, Any]:
        """Calls, texts, concurrency, statuses and the last requests, since the start or the last reset."""
        return self._control("GET", "counters")

    def reset(self) -> None:
        """Counters to zero, faults to what the options said."""
        self._control("DELETE", "counters")
        self._control("DELETE", "faults")

    def _control(self, method: str, resource: str, document: Any = None) -> dict[str, Any]:
        connection = http.client.HTTPConnection(urlsplit(self.url).netloc, timeout=30)
        try:
            connection.request(method, f"/_emulator/{resource}", json.dumps(document))
            response = connection.getresponse()
            response_body: dict[str, Any] = json.load(response)
        finally:
            connection.close()
        if response.status != 200:
            raise ValueError(response_body["message"])
        return response_body


class _Thread:
    """An event loop in a daemon thread."""

    def __init__(self, options: Options) -> None:
        self._options = options
        self._ready = threading.Event()
        self._url = ""
        self._failure: Exception | None = None
        self._loop: asyncio.AbstractEventLoop
        self._stop: asyncio.Event
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()), name="emulator", daemon=True)

    def start(self) -> str:
        self._thread.start()
        if not self._ready.wait(START_SECONDS):
            raise LocalStackError(f"The emulator did not start within {START_SECONDS:.0f} s.")
        if self._failure is not None:
            raise self._failure
        return self._url

    def stop(self) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()

    async def _run(self) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        try:
            await serve(self._options, self._announce, self._stop)
        except Exception as failure:  # noqa: BLE001 - raised in the thread that waits for the start
            self._failure = failure
            self._ready.set()

    def _announce(self, url: str) -> None:
        self._url = url
        self._ready.set()


class _Process:
    """`python -m local.emulator` as a child that ends when its standard input does, so it cannot outlive this one."""

    def __init__(self, options: dict[str, Any]) -> None:
        self._options = options
        self._child: subprocess.Popen[str]

    def start(self) -> str:
        command = [
            sys.executable,
            "-m",
            "local.emulator",
            "--until-stdin-closes",
            "--options",
            json.dumps(self._options),
        ]
        self._child = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert self._child.stdout is not None
        line = self._child.stdout.readline()
        if not line:
            raise LocalStackError(f"The emulator ended with {self._child.wait()}; its messages are above.")
        url: str = json.loads(line)["url"]
        return url

    def stop(self) -> None:
        assert self._child.stdin is not None
        assert self._child.stdout is not None
        self._child.stdin.close()
        self._child.stdout.close()
        self._child.wait()
