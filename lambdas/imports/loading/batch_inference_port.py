"""The loader's interface to batch inference: a chunk has to wait, or can be loaded by a given writer. Pure."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from lambdas.deadline import Deadline
from lambdas.imports.loading.record_batches import RecordWriter
from lambdas.jobs.chunk import Chunk
from lambdas.records.read_records import ImportRecord

NO_BATCH = "This deployment of Alto has no role for batch inference. Import with options.embedding 'on_demand'."

type RecordReader = Callable[[Chunk], Iterator[ImportRecord]]


class Wait(NamedTuple):
    """The chunk must be delivered again after `seconds`. `is_held_up`: it waits for the account's quota."""

    chunk: Chunk
    seconds: int
    why: str
    is_held_up: bool = False


@dataclass(frozen=True, slots=True)
class Ready[C]:
    """The chunk can be loaded by this writer, up to the end of its batch."""

    chunk: Chunk
    writer: RecordWriter[C]

    @property
    def loadable(self) -> Chunk:
        """The part of the chunk that its batch inference covers."""
        batch = self.chunk.batch
        return self.chunk if batch is None else self.chunk.model_copy(update={"end": min(self.chunk.end, batch.end)})


class BatchSteps[C](Protocol):
    """Embeds chunks by batch inference, step by step."""

    def advance(self, chunk: Chunk, collection: C, records: RecordReader, deadline: Deadline) -> Wait | Ready[C]:
        """Take the next step. Raises `JobFailedError` when batch inference failed or is unavailable."""
        ...

    def stop(self, chunk: Chunk) -> None:
        """Stop what is under way for a chunk, because its import was cancelled."""
        ...
