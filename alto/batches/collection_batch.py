"""`collection.batch`: batches of one collection."""

from collections.abc import Callable

from alto.batches.batch import Batch, Writer
from alto.batches.factory import BatchFactory
from alto.batches.pace import Pace


class CollectionBatchFactory(BatchFactory[Batch]):
    """Begins batches of one collection."""

    def __init__(self, make_writer: Callable[[], Writer]) -> None:
        super().__init__()
        self._make_writer = make_writer

    def _make(self, pace: Pace, concurrency: int) -> Batch:
        return Batch(self._make_writer(), pace, concurrency)
