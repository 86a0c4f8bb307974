"""`collection.batch` and `client.batch` of the synchronous client."""

from alto.batches.access import Batches
from alto.batches.client_batch import ClientBatches

__all__ = ["Batches", "ClientBatches"]
