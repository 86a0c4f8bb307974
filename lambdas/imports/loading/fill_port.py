"""The loader's interface to jobs whose source is the collection: fills of a vector, and rebuilds. Pure."""

from typing import Protocol

from lambdas.deadline import Deadline
from lambdas.imports.loading.batch_inference_port import BatchSteps
from lambdas.imports.loading.record_batches import RecordWriter
from lambdas.jobs.chunk_hold import ChunkHold
from lambdas.jobs.job import Job


class FillSteps[C](Protocol):
    """The steps of a fill that the loader does not know."""

    @property
    def writer(self) -> RecordWriter[C]:
        """Gives stored objects the vectors that they lack."""
        ...

    @property
    def batch(self) -> BatchSteps[C] | None:
        """Embeds by batch inference, if the deployment has it."""
        ...

    def narrow(self, collection: C, vector: str) -> C:
        """Return the collection with only this vector. Raises `JobFailedError` if it has no such vector."""
        ...

    def list_objects(self, job: Job, collection: C, deadline: Deadline) -> None:
        """Write the list of the collection's objects, which is the job's file."""
        ...

    def finish(self, job: Job, collection: C) -> None:
        """Fill what was missed, and note that the vector is filled. Called before the job is completed."""
        ...


class RebuildSteps(Protocol):
    """Runs rebuilds."""

    def advance(self, job: Job, name: str, deadline: Deadline, hold: ChunkHold) -> tuple[int, bool]:
        """Copy for as long as there is time. Return how many documents were copied, and whether the rebuild is done.

        Raises `JobFailedError`.
        """
        ...
