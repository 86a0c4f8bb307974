"""The note of a running stack: where it listens and which processes belong to it.

A lock that its process holds shows that it still runs: the system releases it however the process ends, so that a
note left behind by a crash is ignored.
"""

import fcntl
import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO


@dataclass(frozen=True)
class RunningStack:
    """The addresses of a running stack. `endpoint` is the local account's, for boto3 and the AWS command line."""

    url: str
    bucket: str
    region: str
    endpoint: str
    opensearch_url: str
    emulator_url: str
    logs: str
    pid: int
    servers: dict[str, int]


class StateLock:
    """Held by the process whose stack works in a state folder."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "lock"
        self._file: IO[str] | None = None

    def take(self) -> bool:
        """Whether the lock was free and is held now."""
        file = self._path.open("w")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            file.close()
            return False
        self._file = file
        return True

    def release(self) -> None:
        if self._file:
            self._file.close()
            self._file = None


def write_note(folder: Path, running: RunningStack) -> None:
    aside = folder / "stack.json.partial"
    aside.write_text(json.dumps(asdict(running), indent=2) + "\n")
    aside.replace(folder / "stack.json")


def remove_note(folder: Path) -> None:
    (folder / "stack.json").unlink(missing_ok=True)


def find_running(folder: Path) -> RunningStack | None:
    """The stack that is up on the folder's state, or None. A note whose writer is gone counts as none."""
    try:
        running = RunningStack(**json.loads((folder / "stack.json").read_text()))
    except (OSError, ValueError, TypeError):
        return None
    lock = StateLock(folder)
    if lock.take():
        lock.release()
        return None
    return running
