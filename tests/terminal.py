"""A command on a terminal of its own, as a person sees it."""

import os
import pty
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path


def run_on_terminal(
    command: Sequence[str], *, environment: Mapping[str, str], folder: Path | None = None
) -> tuple[int, str]:
    """Return the exit code of a command and all that it writes."""
    ours, theirs = pty.openpty()
    with subprocess.Popen(command, cwd=folder, env=environment, stdin=theirs, stdout=theirs, stderr=theirs) as process:
        os.close(theirs)
        shown = b""
        # The end of a terminal without its program is an error, on Linux.
        try:
            while block := os.read(ours, 65_536):
                shown += block
        except OSError:
            pass
        os.close(ours)
    return process.returncode, shown.decode()
