"""Puts the message of a chunk back after an error, to be delivered again later, and shows the error in its job."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime

from lambdas.errors import (
    AltoError,
    CollectionNotFoundError,
    CredentialsRefusedError,
    EndpointNotFoundError,
    ModelAccessDeniedError,
    ModelNotFoundError,
    RoleRefusedError,
)
from lambdas.imports.loading.load_outcome import Delivery
from lambdas.jobs.chunk import Chunk, Problem
from lambdas.jobs.job import JobFailedError
from lambdas.jobs.job_store import JobStore
from lambdas.jobs.queues import ChunkQueue

# No record of the job can succeed before the cause is fixed, so the job stops instead of failing each of them.
ENDS_THE_JOB = (
    CollectionNotFoundError,
    CredentialsRefusedError,
    EndpointNotFoundError,
    ModelAccessDeniedError,
    ModelNotFoundError,
    RoleRefusedError,
)

FIRST_PUT_BACK_SECONDS = 15
LONGEST_PUT_BACK_SECONDS = 900


class PutBack:
    """Puts back the chunks that could not be loaded."""

    def __init__(self, jobs: JobStore, queue: ChunkQueue, now: Callable[[], datetime]) -> None:
        self._jobs = jobs
        self._queue = queue
        self._now = now

    @contextmanager
    def on_error(self, chunk: Chunk, delivery: Delivery) -> Iterator[None]:
        """Put the chunk's message back if the block fails, and note why; not for an error that ends the job."""
        try:
            yield
        except (JobFailedError, *ENDS_THE_JOB):
            raise
        except Exception as error:
            # The message first: if noting the problem fails too, the chunk is still delivered again soon.
            self._queue.put_back(delivery.receipt_handle, put_back_seconds(delivery.attempt))
            self._jobs.note_problem(chunk.job_id, self._problem(chunk, delivery, error))
            raise

    def _problem(self, chunk: Chunk, delivery: Delivery, error: Exception) -> Problem:
        # Only Alto's own errors are written for people, and contain no text of a vendor.
        shown = error if isinstance(error, AltoError) else AltoError(f"{type(error).__name__}; the log says more.")
        return Problem(
            chunk=chunk.chunk, attempts=delivery.attempt, code=shown.code, message=shown.message, time=self._now()
        )


def put_back_seconds(attempt: int) -> int:
    """Return the seconds before the next attempt: more each time."""
    return min(FIRST_PUT_BACK_SECONDS << (attempt - 1), LONGEST_PUT_BACK_SECONDS)
