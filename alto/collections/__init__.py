"""A collection and its batches, under Weaviate's names: for annotations."""

from alto.aio.collection import CollectionAsync
from alto.batches.batch import Batch as BatchCollection
from alto.sync.batch import Batches as CollectionBatchingContextManager
from alto.sync.collection import Collection

__all__ = ["BatchCollection", "Collection", "CollectionAsync", "CollectionBatchingContextManager"]
