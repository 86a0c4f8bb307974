"""What the loader knows of batch inference: a chunk has to wait, or can be loaded by a writer of its own. Pure."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from lambdas.deadline import Deadline
from lambdas.imports.record_batches import ObjectWriter
from lambdas.jobs.chunk import Chunk
from lambdas.records.read_records import Entry

NO_BATCH = "This deployment of Alto has no role for batch inference. Import with options.embedding 'on_demand'."

type Entries = Callable[[Chunk], Iterator[Entry]]


class Wait(NamedTuple):
    """The chunk is to come again after `seconds`. `is_held_up`: it is not its own work that takes the time."""

    chunk: Chunk
    seconds: int
    why: str
    is_held_up: bool = False


@dataclass(frozen=True, slots=True)
class Ready[Collection]:
    """The chunk can be loaded by this writer, up to the end of its batch."""

    chunk: Chunk
    writer: ObjectWriter[Collection]

    @property
    def loadable(self) -> Chunk:
        """The chunk as far as its batch goes."""
        batch = self.chunk.batch
        return self.chunk if batch is None else self.chunk.model_copy(update={"end": min(self.chunk.end, batch.end)})


class BatchSteps[Collection](Protocol):
    """Embeds chunks by batch inference, step by step."""

    def advance(
        self, chunk: Chunk, collection: Collection, entries: Entries, deadline: Deadline
    ) -> Wait | Ready[Collection]:
        """Do what can be done now. Raises `JobFailedError` when batch inference failed or cannot be had."""
        ...

    def stop(self, chunk: Chunk) -> None:
        """Stop what is under way for a chunk, because its import was cancelled."""
        ...
