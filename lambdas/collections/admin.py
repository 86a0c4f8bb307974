"""Creating and deleting collections."""

from collections.abc import Callable
from datetime import UTC, datetime

from lambdas.collections.index_body import KnnEngine, index_body
from lambdas.collections.model import Collection, CollectionConfig, alias_of, first_index_of
from lambdas.collections.registry import MAPPING_FILTER, CollectionRegistry
from lambdas.deadline import Deadline
from lambdas.embedding.config import Text2VecAws, VectorConfig
from lambdas.embedding.credentials import AwsCredentials
from lambdas.embedding.embedder import Embedder
from lambdas.errors import CollectionExistsError, CollectionNotFoundError
from lambdas.opensearch import IndexExistsError, IndexMissingError, OpenSearch


class CollectionAdmin:
    """Creates and deletes collections."""

    def __init__(
        self,
        engine: OpenSearch,
        registry: CollectionRegistry,
        embedder: Embedder,
        knn_engine: KnnEngine,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._engine = engine
        self._registry = registry
        self._embedder = embedder
        self._knn_engine = knn_engine
        self._now = now

    def create(
        self, config: CollectionConfig, *, deadline: Deadline, credentials: AwsCredentials | None = None
    ) -> Collection:
        """Create the index, its alias and its configuration in one request.

        Raises `CollectionExistsError`, and an `EmbeddingError` when a SageMaker endpoint whose dimensions are not
        given does not answer.
        """
        now = self._now()
        vectors = {
            name: self._with_dimensions(vector, deadline, credentials) for name, vector in config.vectors.items()
        }
        described = config.model_dump(exclude={"vectors"})
        collection = Collection(**described, vectors=vectors, created=now, updated=now)
        body = index_body(collection, self._knn_engine)
        try:
            self._engine.request("PUT", f"/{first_index_of(config.name)}", body, timeout=deadline.remaining())
        except IndexExistsError:
            raise CollectionExistsError(
                f"There is a collection '{config.name}' already, or one whose name differs only in case. "
                "Delete it first or choose another name."
            ) from None
        self._registry.forget(config.name)
        return collection

    def delete(self, name: str) -> None:
        """Delete the collection and all its objects. Raises `CollectionNotFoundError`."""
        self._registry.forget(name)
        collection = self._registry.get(name)
        alias = alias_of(collection.name)
        try:
            indices = self._engine.request("GET", f"/{alias}/_mapping", params=MAPPING_FILTER)
            for index in indices:
                self._engine.request("DELETE", f"/{index}")
        except IndexMissingError:
            raise CollectionNotFoundError(f"There is no collection '{name}'. It was deleted a moment ago.") from None
        finally:
            self._registry.forget(name)

    def _with_dimensions(
        self, config: VectorConfig, deadline: Deadline, credentials: AwsCredentials | None
    ) -> VectorConfig:
        """The configuration with its dimensions settled. Only an endpoint has to be asked for them."""
        if not isinstance(config, Text2VecAws) or config.dimensions is not None:
            return config
        dimensions = config.resolved_dimensions
        if dimensions is None:
            dimensions = self._embedder.probe_dimensions(config, deadline=deadline, credentials=credentials)
        return config.model_copy(update={"dimensions": dimensions})
