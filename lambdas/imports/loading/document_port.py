"""The loader's interface to documents: those of a chunk as records, and what stores their passages. Pure."""

from collections.abc import Callable, Iterator
from typing import Protocol

from lambdas.deadline import Deadline
from lambdas.imports.loading.record_batches import RecordBatch, RecordResult
from lambdas.jobs.chunk import Chunk
from lambdas.jobs.job import Job

NO_DOCUMENTS = "This function cannot load documents."

type WriteBatch = Callable[[RecordBatch], list[RecordResult]]


class DocumentSteps[C](Protocol):
    """Loads documents that were read before."""

    def batches(self, job: Job, chunk: Chunk) -> Iterator[RecordBatch]:
        """Yield the documents of a chunk, each as one record."""
        ...

    def writer(self, job: Job, collection: C, deadline: Deadline) -> WriteBatch:
        """Return what stores a batch. Raises `JobFailedError` if the collection has no settings for documents."""
        ...
