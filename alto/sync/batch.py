"""`collection.batch` of the synchronous client."""

from alto.batches.access import Batches

__all__ = ["Batches"]
