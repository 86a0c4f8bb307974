"""Batches of records, and writing one: with patience for an engine that is busy, until the deadline."""

import random
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple, Protocol

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
from lambdas.records.read_records import Entry

BATCH_BYTES = 4_000_000

# A record that meets one of these is neither loaded nor failed: it is tried again.
TRANSIENT = (
    ModelThrottledError,
    ModelQuotaError,
    ModelUnavailableError,
    EmbeddingTimeoutError,
    SearchEngineUnavailableError,
)

ENGINE_ATTEMPTS = 6
FIRST_PAUSE_SECONDS = 0.2


class ObjectResult(Protocol):
    """What became of one object."""

    @property
    def error(self) -> AltoError | None:
        """Why it was not stored, if it was not."""
        ...

    @property
    def unchanged_since(self) -> datetime | None:
        """When it was stored, if it was stored before as it is and therefore left alone."""
        ...


class ObjectWriter[Collection](Protocol):
    """Stores objects, embedding what has to be."""

    def write(
        self, collection: Collection, objects: Sequence[ObjectInput], *, deadline: Deadline, skip_unchanged: bool
    ) -> Sequence[ObjectResult]:
        """One result for each object, in order."""
        ...


@dataclass(slots=True)
class Batch:
    """Records that are written together."""

    entries: list[Entry] = field(default_factory=list)
    size: int = 0


class Failure(NamedTuple):
    """The result of a record that could not be written."""

    error: AltoError
    unchanged_since: None = None


class NoTimeError(EmbeddingTimeoutError):
    """There was no time left to begin with the record."""

    def __init__(self) -> None:
        super().__init__("There was no time left to load all of the chunk.")


def is_transient(error: AltoError | None) -> bool:
    """Whether the record is to be tried again."""
    return isinstance(error, TRANSIENT)


def batches(entries: Iterable[Entry], batch_objects: int) -> Iterator[Batch]:
    """The records in batches limited by count and size. Those that cannot be read are among them."""
    batch = Batch()
    for entry in entries:
        batch.entries.append(entry)
        batch.size += entry.size
        if len(batch.entries) >= batch_objects or batch.size >= BATCH_BYTES:
            yield batch
            batch = Batch()
    if batch.entries:
        yield batch


class BatchWriter[Collection]:
    """Writes batches into one collection."""

    def __init__(
        self,
        writer: ObjectWriter[Collection],
        collection: Collection,
        deadline: Deadline,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._writer = writer
        self._collection = collection
        self._deadline = deadline
        self._sleep = sleep

    def __call__(self, batch: Batch) -> list[ObjectResult]:
        """One result for each record, in order. Raises what the writer raises but a busy engine's refusal."""
        items = [entry.item for entry in batch.entries if isinstance(entry.item, ObjectInput)]
        written = iter(self._write(items))
        return [Failure(entry.item) if isinstance(entry.item, AltoError) else next(written) for entry in batch.entries]

    def _write(self, items: Sequence[ObjectInput]) -> Sequence[ObjectResult]:
        if not items:
            return []
        if self._deadline.passed:
            return [Failure(NoTimeError())] * len(items)
        for attempt in range(ENGINE_ATTEMPTS):
            try:
                return self._writer.write(self._collection, items, deadline=self._deadline, skip_unchanged=True)
            except SearchEngineUnavailableError as error:
                pause = FIRST_PAUSE_SECONDS * 2**attempt * (0.5 + random.random())
                if attempt + 1 == ENGINE_ATTEMPTS or self._deadline.remaining() < pause:
                    return [Failure(error)] * len(items)
                self._sleep(pause)
        raise AssertionError("the loop returns")
