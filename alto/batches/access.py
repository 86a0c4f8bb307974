"""`collection.batch`: the ways to begin a batch, and what became of the last one."""

import warnings
from collections.abc import Generator
from contextlib import contextmanager

from alto.batches.batch import Batch
from alto.batches.pace import Dynamic, FixedSize, Pace, RateLimit
from alto.classes.data import ErrorObject
from alto.errors import AltoConfigurationError
from alto.operations.objects import MAX_BATCH_OBJECTS
from alto.sync.transport import Transport
from alto.sync.writer import Writer


class BatchFailureWarning(UserWarning):
    """Objects of a batch were not stored."""


class Batches:
    """Begins batches of one collection. `failed_objects` is about the last one that ended."""

    def __init__(self, transport: Transport, collection: str) -> None:
        self._transport = transport
        self._collection = collection
        self.failed_objects: list[ErrorObject] = []
        # Alto has no references, so none of them fail.
        self.failed_references: list[ErrorObject] = []

    @contextmanager
    def fixed_size(self, batch_size: int = 100, concurrent_requests: int = 2) -> Generator[Batch]:
        """Requests of `batch_size` objects (at most 1,000), `concurrent_requests` at a time."""
        _check("batch_size", batch_size, MAX_BATCH_OBJECTS)
        _check("concurrent_requests", concurrent_requests, 64)
        with self._run(FixedSize(batch_size), concurrent_requests) as batch:
            yield batch

    @contextmanager
    def dynamic(self) -> Generator[Batch]:
        """Requests that grow and shrink with the time that they take."""
        with self._run(Dynamic(), 2) as batch:
            yield batch

    @contextmanager
    def rate_limit(self, requests_per_minute: int) -> Generator[Batch]:
        """At most so many objects a minute, as each may cost a call of the model."""
        _check("requests_per_minute", requests_per_minute, 10_000_000)
        with self._run(RateLimit(requests_per_minute), 2) as batch:
            yield batch

    def wait_for_vector_indexing(self) -> None:
        """Does nothing: a vector is indexed with its object, and the end of a batch waits until searches see it."""

    @contextmanager
    def _run(self, pace: Pace, concurrency: int) -> Generator[Batch]:
        """Ends the batch whatever happens in the block, and says what failed."""
        batch = Batch(Writer(self._transport, self._collection), pace, concurrency)
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
                _warn(batch)


def _warn(batch: Batch) -> None:
    failed = batch.failed_objects
    if failed:
        first = failed[0]
        warnings.warn(
            f"{len(failed):,} of {len(failed) + batch.number_stored:,} objects were not stored; see "
            f"collection.batch.failed_objects. The first, {first.object_.uuid}: {first.message} ({first.code})",
            BatchFailureWarning,
            # The line of the user's `with`, through contextlib.
            stacklevel=6,
        )


def _check(name: str, value: int, most: int) -> None:
    if not 1 <= value <= most:
        raise AltoConfigurationError(f"{name}: {value} is not from 1 to {most:,}")
