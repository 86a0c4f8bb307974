"""One OpenSearch node as a child process: its settings, its user, its start and its stop."""

import fcntl
import json
import os
import re
import shutil
import time
from pathlib import Path
from types import TracebackType
from typing import Self

import httpx

from local.errors import LocalStackError
from local.opensearch.java import find_java
from local.processes import LOOPBACK, Process, is_free, last_lines, responds

PREDECESSOR_TIMEOUT_S = 5.0  # an orphan notices within 2 s and closes within 1
START_TIMEOUT_S = 120.0  # 6 s is usual; a cold disk and a busy machine were seen to take 20 s

# Without the optimizing compiler a start costs 6 s of CPU time instead of 14. Once all is warm, k-NN is 1.3, hybrid
# 1.6 and bulk 1.3 times slower (3,000 vectors of 1,024); start, load and 1,260 searches took 29 s instead of 41.
NO_OPTIMIZING_COMPILER = "-XX:TieredStopAtLevel=1"
JVM_OPTIONS = [
    "-XX:+UseSerialGC",
    "-XX:+ExitOnOutOfMemoryError",
    "-XX:-UsePerfData",  # a file in the system's temporary folder per process
    # The runtime has no locale data of its own for Thai, without which no analyzer is built at all: ICU's is in lib/.
    "-Djava.locale.providers=CLDR,SPI",
    "-Djava.awt.headless=true",
    "-Djna.nosys=true",
    "-Dlog4j.shutdownHookEnabled=false",  # OpenSearch closes the log itself, after the node
    "--enable-native-access=ALL-UNNAMED",
    "-Dopensearch.distribution.type=tar",
]
LOGGING = """\
status = error
appender.console.type = Console
appender.console.name = console
appender.console.layout.type = PatternLayout
appender.console.layout.pattern = %d{HH:mm:ss} %-5p %c{1.} %m%n
rootLogger.level = info
rootLogger.appenderRef.console.ref = console
logger.fusion.name = org.opensearch.neuralsearch.processor.factory
logger.fusion.level = warn
"""
# By default OpenSearch Service divides an index into five shards; the engine itself does not.
SERVICE_DEFAULTS = {
    "index_patterns": ["alto-*"],
    "priority": 0,
    "template": {"settings": {"index": {"number_of_shards": 5, "number_of_replicas": 1}}},
}
HTTP_ADDRESS = re.compile(rf"AbstractHttpServerTransport publish_address {{{re.escape(LOOPBACK)}:(\d+)}}")
STACK_FRAME = re.compile(r"\s+(at |\.\.\. \d+ more)")

UNPRIVILEGED_USER = 65534
# Numbers of Linux capabilities, the milder one first. A container's root often has the second only.
CAPABILITIES = {"dac_read_search": 2, "dac_override": 1}


class OpenSearchNode(Process):
    """A single-node cluster on the loopback interface, without security; data and logs stay in `work_dir`.

    home: what `artifacts.install()` returned, read only.
    work_dir: a folder for this node alone; one node at a time. Belongs to another user while root runs the node.
    port: for HTTP; 0 lets the system choose one at each start, to be read from `port` then.
    heap: of the Java process, in its notation ("512m", "1g").
    optimized: with Java's optimizing compiler, as in production: slow to start, fast once all is warm.
    like_service: with the defaults of OpenSearch Service where they differ (five shards), and with Alto's own setting
        of its domain (no index names in bodies), so that a request that relies on other defaults shows.
    """

    def __init__(
        self,
        home: Path,
        work_dir: Path,
        port: int = 0,
        heap: str = "1g",
        *,
        optimized: bool = False,
        like_service: bool = False,
    ) -> None:
        work_dir = work_dir.resolve()
        java = find_java()
        command = [
            str(java.program),
            f"-Xms{heap}",
            f"-Xmx{heap}",
            *(java.vector_options if optimized else [NO_OPTIMIZING_COMPILER]),
            *JVM_OPTIONS,
            f"-Djava.io.tmpdir={work_dir / 'tmp'}",
            f"-XX:ErrorFile={work_dir / 'logs' / 'jvm-crash.log'}",
            f"-Dopensearch.path.home={home.resolve()}",
            f"-Dopensearch.path.conf={work_dir / 'config'}",
            "-cp",
            str(home.resolve() / "lib" / "*"),
            "org.opensearch.bootstrap.OpenSearch",
        ]
        super().__init__(
            "OpenSearch",
            [*_unprivileged(), *command],
            work_dir / "logs" / "opensearch.log",
            # Nothing else of ours: JAVA_TOOL_OPTIONS and the like are not meant for this Java.
            environment={"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C.UTF-8"},
            folder=work_dir,
        )
        self.port = port
        self._wanted_port = port
        self._like_service = like_service

    @property
    def url(self) -> str:
        """The address of the running node."""
        return f"http://{LOOPBACK}:{self.port}"

    def start(self) -> None:
        """Start the node and wait until its indices can be searched (health yellow or green).

        Raises LocalStackError when the port or the work_dir is in use, or, with the log's last lines, when the node
        ends or is too slow.
        """
        self._wait_for_predecessor()
        if self._wanted_port and not is_free(self._wanted_port):
            raise LocalStackError(
                f"Port {self._wanted_port}, which OpenSearch is to listen on, is taken: "
                "stop what listens there, or choose another port (0 finds a free one)."
            )
        self._prepare_work_dir()
        super().start()
        try:
            self.wait_until(self._is_ready, START_TIMEOUT_S)
            if self._like_service:
                self._put_service_defaults()
        except BaseException:
            self.stop()
            raise

    def _put_service_defaults(self) -> None:
        httpx.put(f"{self.url}/_index_template/service-defaults", json=SERVICE_DEFAULTS, trust_env=False, timeout=30)

    def death_notice(self) -> str:
        """The exit code and the log's last 15 lines; without stack frames, which would leave no room for the cause."""
        lines = [line for line in last_lines(self.log, 200).splitlines() if line and not STACK_FRAME.match(line)]
        return "\n".join([f"{self.name} ended with exit code {self.poll()}. The end of {self.log}:", *lines[-15:]])

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop()

    def _is_ready(self) -> bool:
        # The port is asked for by the node itself and read from its log: no other process can take it in between.
        address = HTTP_ADDRESS.search(self.log.read_text(errors="replace"))
        if not address:
            return False
        self.port = int(address[1])
        return responds(f"{self.url}/_cluster/health?wait_for_status=yellow&timeout=1s")

    def _wait_for_predecessor(self) -> None:
        # The node of a run that died hard needs a moment to end. Its own lock on the data tells that it lives.
        lock = self.folder / "data" / "nodes" / "0" / "node.lock"
        if not lock.exists():
            return
        deadline = time.monotonic() + PREDECESSOR_TIMEOUT_S
        with lock.open("r+b") as handle:
            while True:
                try:
                    fcntl.lockf(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except OSError:
                    if time.monotonic() > deadline:
                        raise LocalStackError(
                            f"Another OpenSearch node runs on {self.folder}: stop it, or give this one another folder."
                        ) from None
                    time.sleep(0.1)
                else:
                    return

    def _prepare_work_dir(self) -> None:
        shutil.rmtree(self.folder / "tmp", ignore_errors=True)
        for name in ("config", "data", "logs", "tmp"):
            (self.folder / name).mkdir(parents=True, exist_ok=True)
        settings = {
            "cluster.name": "alto-local",
            "node.name": "alto-local",
            "network.host": LOOPBACK,
            "http.port": self._wanted_port,
            "transport.port": 0,
            "discovery.type": "single-node",
            "path.data": str(self.folder / "data"),
            "path.logs": str(self.folder / "logs"),
            # A laptop's disk is often nearly full, which would make every index read-only.
            "cluster.routing.allocation.disk.threshold_enabled": False,
            # Alto creates its indices itself: a write to any other name is a mistake that must show.
            "action.auto_create_index": False,
        }
        if self._like_service:
            settings["rest.action.multi.allow_explicit_index"] = False
        (self.folder / "config" / "opensearch.yml").write_text(json.dumps(settings, indent=2))  # JSON is YAML
        (self.folder / "config" / "log4j2.properties").write_text(LOGGING)
        if os.geteuid() == 0:
            for path in (self.folder, *self.folder.rglob("*")):
                os.chown(path, UNPRIVILEGED_USER, UNPRIVILEGED_USER, follow_symlinks=False)


def _unprivileged() -> list[str]:
    # OpenSearch refuses to run as root. Another user may not get through the folders above home, Java runtime and
    # work_dir (/root is closed to others), so it keeps the one capability that passes through folders. Checks made by
    # access(2) would ignore that capability without no_setuid_fixup.
    if os.geteuid() != 0:
        return []
    setpriv = shutil.which("setpriv")
    if not setpriv:
        raise LocalStackError(
            "OpenSearch does not run as root, and setpriv, which starts it as another user, was not found in PATH: "
            "install util-linux, or run this command as an ordinary user."
        )
    held = re.search(r"^CapEff:\s*(\w+)", Path("/proc/self/status").read_text(), re.MULTILINE)
    names = [name for name, bit in CAPABILITIES.items() if held and int(held[1], 16) >> bit & 1][:1]
    keep = ",".join(["-all", *(f"+{name}" for name in names)])
    return [
        setpriv,
        f"--reuid={UNPRIVILEGED_USER}",
        f"--regid={UNPRIVILEGED_USER}",
        "--clear-groups",
        f"--inh-caps={keep}",
        f"--ambient-caps={keep}",
        "--securebits=+no_setuid_fixup",
    ]
