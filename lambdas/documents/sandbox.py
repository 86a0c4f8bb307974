"""Reads documents in a process of their own, which may be killed: their bytes are foreign.

The child gets the bytes and nothing else: no credentials, no network calls to make, and bounded time and memory.
"""

import signal
import subprocess
import sys
from collections.abc import Mapping

import orjson

from lambdas.documents import child
from lambdas.documents.child import failure
from lambdas.documents.limits import LIMITS, Limits
from lambdas.documents.names import DocumentFormat

# The child's own clock stops it first.
GRACE_SECONDS = 5.0
SLOW = "The document takes more than {seconds:.0f} seconds to read, which is the limit."
BROKEN = "The document breaks the program that reads it: it is damaged, or needs more memory than a document may."


class Sandbox:
    """Reads documents. `environment` has what Python needs to start, such as the paths of its libraries."""

    def __init__(self, environment: Mapping[str, str], limits: Limits = LIMITS) -> None:
        self._environment = {**environment, "PYTHONPATH": ":".join(path for path in sys.path if path)}
        self._limits = limits

    def read(self, data: bytes, kind: DocumentFormat) -> bytes:
        """Return the lines of the document, or the line of its error."""
        if len(data) > self._limits.file_bytes:
            return failure(
                f"The document has {len(data):,} bytes, and the limit is {self._limits.file_bytes:,}: split it."
            )
        command = [sys.executable, "-m", child.__name__, kind, orjson.dumps(self._limits._asdict()).decode()]
        try:
            done = subprocess.run(
                command,
                input=data,
                capture_output=True,
                env=self._environment,
                timeout=self._limits.seconds + GRACE_SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return failure(SLOW.format(seconds=self._limits.seconds))
        if done.returncode in (-signal.SIGXCPU, -signal.SIGKILL):
            return failure(SLOW.format(seconds=self._limits.seconds))
        if done.returncode or not done.stdout.endswith(b"\n"):
            return failure(BROKEN)
        return done.stdout
