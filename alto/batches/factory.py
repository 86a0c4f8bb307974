"""The ways to begin a batch, of a collection or of a client, and how it ends."""

import time
import warnings
from abc import ABC, abstractmethod
from collections.abc import Generator
from contextlib import contextmanager
from typing import Generic, Protocol, TypeVar
from uuid import UUID

from alto.batches.pace import Dynamic, FixedSize, Pace, RateLimit
from alto.batches.results import BatchResult
from alto.classes.data import BatchObjectReturn, ErrorObject
from alto.errors import AltoConfigurationError
from alto.operations.objects import MAX_BATCH_OBJECTS

DEFAULT_CONCURRENCY = 2
MAX_CONCURRENCY = 64


class BatchFailureWarning(UserWarning):
    """Objects of a batch were not stored."""


class Ending(Protocol):
    """The parts of a batch that ending it requires."""

    @property
    def number_stored(self) -> int:
        """Objects that are stored."""

    @property
    def failed_objects(self) -> list[ErrorObject]:
        """Objects that are not."""

    @property
    def uuids(self) -> dict[int, UUID]:
        """The ids of those that are stored, by a number."""

    def close(self, *, abandon: bool = False) -> None:
        """Flush and end. `abandon`: objects that were not sent yet count as failed."""


B = TypeVar("B", bound=Ending)


class BatchFactory(ABC, Generic[B]):
    """Begins batches. `failed_objects` is about the last one that ended."""

    def __init__(self) -> None:
        self.failed_objects: list[ErrorObject] = []
        # Alto has no references, so none of them fail.
        self.failed_references: list[ErrorObject] = []
        self._results = BatchResult()

    @contextmanager
    def fixed_size(self, batch_size: int = 100, concurrent_requests: int = DEFAULT_CONCURRENCY) -> Generator[B]:
        """Requests of `batch_size` objects (at most 1,000), `concurrent_requests` at a time.

        Args:
            batch_size: Objects in a request, 1,000 at most.
            concurrent_requests: Requests at a time.
        """
        check_number("batch_size", batch_size, MAX_BATCH_OBJECTS)
        check_number("concurrent_requests", concurrent_requests, MAX_CONCURRENCY)
        with self._run(FixedSize(batch_size), concurrent_requests) as batch:
            yield batch

    @contextmanager
    def dynamic(self) -> Generator[B]:
        """Requests that grow and shrink with the time that they take."""
        with self._run(Dynamic(), DEFAULT_CONCURRENCY) as batch:
            yield batch

    @contextmanager
    def rate_limit(self, requests_per_minute: int) -> Generator[B]:
        """At most so many objects a minute, as each may cost a call of the model.

        Args:
            requests_per_minute: The largest number of objects a minute.
        """
        check_number("requests_per_minute", requests_per_minute, 10_000_000)
        with self._run(RateLimit(requests_per_minute), DEFAULT_CONCURRENCY) as batch:
            yield batch

    @contextmanager
    def stream(self, concurrency: int | None = None) -> Generator[B]:
        """As `dynamic`, with `concurrency` requests at a time: Weaviate's name for batches that the server paces.

        Args:
            concurrency: Requests at a time; 2 if not given.
        """
        concurrency = DEFAULT_CONCURRENCY if concurrency is None else concurrency
        check_number("concurrency", concurrency, MAX_CONCURRENCY)
        with self._run(Dynamic(), concurrency) as batch:
            yield batch

    experimental = stream

    def wait_for_vector_indexing(self, shards: object = None, how_many_failures: int = 5) -> None:
        """Does nothing: a vector is indexed with its object, and the end of a batch waits until searches see it.

        Args:
            shards: Has no effect.
            how_many_failures: Has no effect.
        """

    @property
    def results(self) -> BatchResult:
        """The results of the last batch that ended: its errors, and the ids of its first 100,000 stored objects."""
        return self._results

    @abstractmethod
    def _make(self, pace: Pace, concurrency: int) -> B:
        """A new batch."""

    @contextmanager
    def _run(self, pace: Pace, concurrency: int) -> Generator[B]:
        """End the batch in any case, and warn of objects that failed."""
        batch = self._make(pace, concurrency)
        started = time.monotonic()
        self.failed_objects = []
        abandon = False
        try:
            yield batch
        except Exception:
            raise
        except BaseException:
            abandon = True
            raise
        finally:
            try:
                batch.close(abandon=abandon)
            finally:
                self.failed_objects = batch.failed_objects
                errors = {each.object_.index: each for each in self.failed_objects}
                self._results = BatchResult(BatchObjectReturn(time.monotonic() - started, batch.uuids, errors))
                warn_of_failures(self.failed_objects, batch.number_stored)


def warn_of_failures(failed: list[ErrorObject], stored: int) -> None:
    """Warn of objects that were not stored."""
    if failed:
        first = failed[0]
        warnings.warn(
            f"{len(failed):,} of {len(failed) + stored:,} objects were not stored; see batch.failed_objects of the "
            f"collection or client. The first, {first.object_.uuid}: {first.message} ({first.code})",
            BatchFailureWarning,
            # The line of the user's `with`, through contextlib.
            stacklevel=6,
        )


def check_number(name: str, value: int, most: int) -> None:
    """Raise `AltoConfigurationError` for a number that is not from 1 to `most`."""
    if not 1 <= value <= most:
        raise AltoConfigurationError(f"{name}: {value} is not from 1 to {most:,}")
