"""Groups records into batches, writes them while the engine is busy, and runs several batches concurrently."""

import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Executor, Future
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple, Protocol

from lambdas.backoff import backoff
from lambdas.deadline import Deadline
from lambdas.errors import (
    AltoError,
    EmbeddingTimeoutError,
    ModelQuotaError,
    ModelThrottledError,
    ModelUnavailableError,
    SearchEngineUnavailableError,
)
from lambdas.objects.model import ObjectInput
from lambdas.records.read_records import ImportRecord

# 150 records with vectors of 1,024 numbers: the first are indexed while the next are read.
BATCH_BYTES = 2_000_000

# A record that meets one of these is neither loaded nor failed: it is tried again.
TRANSIENT = (
    ModelThrottledError,
    ModelQuotaError,
    ModelUnavailableError,
    EmbeddingTimeoutError,
    SearchEngineUnavailableError,
)

ENGINE_ATTEMPTS = 6
FIRST_PAUSE_SECONDS = 0.4
LONGEST_PAUSE_SECONDS = 8.0


class RecordResult(Protocol):
    """The result of writing one record."""

    @property
    def error(self) -> AltoError | None:
        """Why it was not stored, if it was not."""
        ...

    @property
    def unchanged_since(self) -> datetime | None:
        """The time of the stored object, if that is identical and was therefore not written again."""
        ...


class RecordWriter[C](Protocol):
    """Stores objects and embeds their texts."""

    def write(
        self, collection: C, objects: Sequence[ObjectInput], *, deadline: Deadline, skip_unchanged: bool
    ) -> Sequence[RecordResult]:
        """Return one result for each object, in order."""
        ...


@dataclass(slots=True)
class RecordBatch:
    """Records that are written together."""

    records: list[ImportRecord] = field(default_factory=list)
    size: int = 0


class Failure(NamedTuple):
    """The result of a record that could not be written."""

    error: AltoError
    unchanged_since: None = None


class NoTimeError(EmbeddingTimeoutError):
    """The invocation's time was over before the record's turn."""

    def __init__(self) -> None:
        super().__init__("The time of this invocation was over before all of the chunk was loaded.")


def is_transient(error: AltoError | None) -> bool:
    """Whether the record is to be tried again."""
    return isinstance(error, TRANSIENT)


def group_records(records: Iterable[ImportRecord], batch_objects: int) -> Iterator[RecordBatch]:
    """Group records into batches limited by count and size. Unreadable records are part of them."""
    batch = RecordBatch()
    for record in records:
        is_full = len(batch.records) >= batch_objects or batch.size >= BATCH_BYTES
        # The lines of a damaged region of CSV have one start: what is handed back must not begin inside of it.
        if is_full and record.start != batch.records[-1].start:
            yield batch
            batch = RecordBatch()
        batch.records.append(record)
        batch.size += record.size
    if batch.records:
        yield batch


class BatchWriter[C]:
    """Writes batches into one collection."""

    def __init__(
        self,
        writer: RecordWriter[C],
        collection: C,
        deadline: Deadline,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._writer = writer
        self._collection = collection
        self._deadline = deadline
        self._sleep = sleep

    def __call__(self, batch: RecordBatch) -> list[RecordResult]:
        """Return one result for each record, in order.

        Raises the writer's errors, except that of a busy engine, which becomes the result of each record.
        """
        items = [record.item for record in batch.records if isinstance(record.item, ObjectInput)]
        written = iter(self._write(items))
        return [
            Failure(record.item) if isinstance(record.item, AltoError) else next(written) for record in batch.records
        ]

    def _write(self, items: Sequence[ObjectInput]) -> Sequence[RecordResult]:
        if not items:
            return []
        if self._deadline.passed:
            return [Failure(NoTimeError())] * len(items)
        pauses = backoff(
            FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS, remaining=self._deadline.remaining, attempts=ENGINE_ATTEMPTS
        )
        while True:
            try:
                return self._writer.write(self._collection, items, deadline=self._deadline, skip_unchanged=True)
            except SearchEngineUnavailableError as error:
                pause = next(pauses, None)
                if pause is None:
                    return [Failure(error)] * len(items)
                self._sleep(pause)


def run_in_order[Work, Done](
    work: Iterator[Work], do: Callable[[Work], Done], executor: Executor, most: int
) -> Iterator[tuple[Work, Done]]:
    """Run work concurrently and yield each piece with its result, in order.

    At most `most` pieces are waiting, running or not yet yielded, so memory is bounded however slow one of them is. An
    exception is raised at its piece's turn. A caller that stops early waits for the pieces that are running, so that
    none of them continues in the background.
    """
    in_flight: deque[tuple[Work, Future[Done]]] = deque()
    try:
        for piece in work:
            in_flight.append((piece, executor.submit(do, piece)))
            if len(in_flight) >= most:
                first, future = in_flight.popleft()
                yield first, future.result()
        while in_flight:
            first, future = in_flight.popleft()
            yield first, future.result()
    finally:
        for _, future in in_flight:
            future.cancel()
        for _, future in in_flight:
            if not future.cancelled():
                future.exception()
