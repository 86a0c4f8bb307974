"""`collection.batch`: batches of one collection."""

from alto.batches.batch import Batch
from alto.batches.factory import BatchFactory, BatchFailureWarning
from alto.batches.pace import Pace
from alto.sync.transport import Transport
from alto.sync.writer import Writer

__all__ = ["BatchFailureWarning", "Batches"]


class Batches(BatchFactory[Batch]):
    """Begins batches of one collection."""

    def __init__(self, transport: Transport, collection: str) -> None:
        super().__init__()
        self._transport = transport
        self._collection = collection

    def _make(self, pace: Pace, concurrency: int) -> Batch:
        return Batch(Writer(self._transport, self._collection), pace, concurrency)
