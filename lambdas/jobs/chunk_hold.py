"""Holds a chunk while it is loaded: its message stays hidden, its counts are shown, and an ended job is noticed.

A thread does this every few seconds. When the loader is killed, the thread ends with it and the message is delivered
again after `HIDDEN_SECONDS`, not after the queue's own visibility timeout, which must be longer than the function's.
"""

import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from threading import Event, Thread
from types import TracebackType
from typing import Self

from lambdas.errors import ImportNotFoundError
from lambdas.jobs.chunk import Chunk, LiveChunk
from lambdas.jobs.job_store import JobStore
from lambdas.jobs.queues import ChunkQueue

BEAT_SECONDS = 5.0
# The message of a loader that was killed is delivered again after this time.
HIDDEN_SECONDS = 150
EXTEND_SECONDS = 30.0
# A loader whose last beat is older is taken to be dead: later jobs of its file no longer wait for it.
HELD_FOR = timedelta(seconds=60)


class ChunkHold:
    """Keeps a chunk while the `with` block runs."""

    def __init__(
        self,
        chunk: Chunk,
        receipt_handle: str,
        jobs: JobStore,
        queue: ChunkQueue,
        *,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        clock: Callable[[], float] = time.monotonic,
        beat_seconds: float = BEAT_SECONDS,
    ) -> None:
        self._chunk = chunk
        self._receipt_handle = receipt_handle
        self._jobs = jobs
        self._queue = queue
        self._now = now
        self._clock = clock
        self._beat_seconds = beat_seconds
        # Called with each beat, for what else its loader has to look at.
        self.on_beat: Callable[[], object] | None = None
        self._counts = (0, 0, 0)
        self._extended = clock()
        self._ended = Event()
        self._thread = Thread(target=self._beat_until_ended, name="chunk-hold", daemon=True)
        self.has_job_ended = False

    def __enter__(self) -> Self:
        self._jobs.hold(self._chunk, self._live())
        # On failure the message stays hidden for the queue's own time, and a later beat tries again.
        with suppress(Exception):
            self._queue.hide(self._receipt_handle, HIDDEN_SECONDS)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop, and remove the note. A failure to remove it must not hide the block's own error: it expires."""
        self.stop()
        try:
            self._jobs.release(self._chunk)
        except Exception:
            if error is None:
                raise

    def show(self, loaded: int, unchanged: int, failed: int) -> None:
        """Set the counts that the next beat shows."""
        self._counts = (loaded, unchanged, failed)

    def stop(self) -> None:
        """Stop beating. The counts that are shown stay until the chunk is counted or released."""
        self._ended.set()
        if self._thread.is_alive():
            self._thread.join()

    def beat(self) -> None:
        """Show the counts, look at the job, and keep the message hidden."""
        self._jobs.hold(self._chunk, self._live(), only_if_held=True)
        try:
            self.has_job_ended = not self._jobs.get(self._chunk.job_id).unfinished
        except ImportNotFoundError:
            self.has_job_ended = True
        if self._clock() - self._extended >= EXTEND_SECONDS:
            self._queue.hide(self._receipt_handle, HIDDEN_SECONDS)
            self._extended = self._clock()
        if self.on_beat is not None:
            self.on_beat()

    def _live(self) -> LiveChunk:
        return LiveChunk(*self._counts, until=self._now() + HELD_FOR)

    def _beat_until_ended(self) -> None:
        while not self._ended.wait(self._beat_seconds):
            try:
                self.beat()
            except Exception:  # noqa: BLE001, S112 - the next beat tries again; loading must not fail for it
                continue
