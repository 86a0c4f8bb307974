"""Creating, changing and deleting collections."""

from collections.abc import Callable
from datetime import UTC, datetime

from lambdas.aws.credentials import AwsCredentials
from lambdas.aws.stage_roles import StageRoles
from lambdas.collections.analysis import ANALYSIS_VERSION
from lambdas.collections.checks import check_shards, validate
from lambdas.collections.index_body import KEY_MAPPING, KnnEngine, index_body, mapping_update
from lambdas.collections.indices import CollectionIndices
from lambdas.collections.lock import CollectionLock
from lambdas.collections.model import Collection, CollectionConfig, CollectionUpdate, Rebuild
from lambdas.collections.model_completion import ModelCompletion
from lambdas.collections.names import alias_of, index_name
from lambdas.collections.properties import Property, unite
from lambdas.collections.registry import CollectionRegistry, other_indices, stored_alias, stored_identity
from lambdas.deadline import Deadline
from lambdas.embedding.embedder import Embedder
from lambdas.errors import AltoError, CollectionExistsError, CollectionNotFoundError, ConflictError
from lambdas.opensearch import EffectUnknownError, IndexExistsError, IndexMissingError, OpenSearch

# Settings that a change replaces as a whole, and removes where it says null.
REPLACED = frozenset({"default_vector", "documents", "expiry", "generative", "reranker"})
# How long an insert waits for its new properties.
SCHEMA_SECONDS = 10.0


class CollectionAdmin:
    """Creates, changes and deletes collections.

    Attributes:
        models: completes the models that a configuration names.
        indices: the indices of collections.
    """

    def __init__(
        self,
        engine: OpenSearch,
        registry: CollectionRegistry,
        embedder: Embedder,
        knn_engine: KnnEngine,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        *,
        replicas: int | None = None,
        max_shards: int = 40,
        roles: StageRoles | None = None,
        is_alias: Callable[[str], bool] = lambda _: False,
    ) -> None:
        """`roles` are those that a vector may name, `replicas` the number for collections that do not give one.

        A collection has at most `max_shards`, copies included. `is_alias` says whether an alias has this name, in any
        case.
        """
        self._max_shards = max_shards
        self._is_alias = is_alias
        self._engine = engine
        self._replicas = replicas
        self._registry = registry
        self._knn_engine = knn_engine
        self._now = now
        self._lock = CollectionLock(engine)
        self.models = ModelCompletion(embedder, knn_engine, roles)
        self.indices = CollectionIndices(engine, registry, knn_engine, replicas)

    def create(
        self, config: CollectionConfig, *, deadline: Deadline, credentials: AwsCredentials | None = None
    ) -> Collection:
        """Create the index, its alias and its configuration in one request.

        Raises `InvalidRequestError` for a role that the stage does not list, `CollectionExistsError`,
        `ClusterFullError`, and an `EmbeddingError` when a SageMaker endpoint whose dimensions are not given does not
        respond.
        """
        check_shards(config.index, self._replicas, self._max_shards)
        if self._is_alias(config.name):
            raise _alias_exists(config.name)
        now = self._now()
        vectors = self.models.complete_vectors(config.vectors, deadline, credentials)
        generative = self.models.complete_generative(config.generative)
        described = config.model_dump(exclude={"vectors", "generative"})
        collection = Collection(
            **described, vectors=vectors, generative=generative, created=now, updated=now, analysis=ANALYSIS_VERSION
        )
        body = index_body(collection, self._knn_engine, self._replicas)
        try:
            self._engine.request("PUT", f"/{index_name(config.name)}", body, timeout=deadline.remaining())
        except EffectUnknownError:
            if not self._is_stored(collection):
                raise
        except IndexExistsError:
            raise CollectionExistsError(
                f"A collection '{config.name}' exists already, or one whose name differs only in case. "
                "Delete it first or choose another name."
            ) from None
        self._registry.forget(config.name)
        # Its alias may have been created at the same moment. That request looks for collections after it stored the
        # alias, as this one looks for aliases now: at least one of the two gives way.
        if self._is_alias(config.name):
            self.indices.delete(config.name, index_name(config.name), collection.alias)
            raise _alias_exists(config.name)
        return collection

    def _is_stored(self, collection: Collection) -> bool:
        """Whether this very collection exists: its time of creation is unique."""
        try:
            return self._registry.fresh(collection.name) == collection
        except CollectionNotFoundError:
            return False

    def update(self, name: str, change: CollectionUpdate, *, deadline: Deadline) -> Collection:
        """Change the description, auto-schema, the models that write and rerank, expiry, or index settings.

        Omitted settings are kept.

        Raises `CollectionNotFoundError`. When it raises, nothing has changed.
        """

        def change_collection(before: Collection) -> Collection:
            index = before.index.model_copy(update=change.index.model_dump(exclude_none=True) if change.index else {})
            if change.index is not None:
                check_shards(index, self._replicas, self._max_shards)
            given = change.model_dump(exclude_none=True, exclude={"index", *REPLACED})
            given |= {name: getattr(change, name) for name in REPLACED & change.model_fields_set}
            if "generative" in given:
                given["generative"] = self.models.complete_generative(change.generative)
            return validate(before.model_copy(update=given | {"index": index}))

        return self.change(name, change_collection, deadline)

    def add_property(self, name: str, item: Property, *, deadline: Deadline) -> Collection:
        """Add a property. Raises `CollectionNotFoundError`, and `ConflictError` if the name is taken."""

        def change_collection(before: Collection) -> Collection:
            if before.property_named(item.name):
                raise ConflictError(
                    f"The collection '{before.name}' has a property '{item.name}' already. A property cannot be "
                    "changed: add one of another name, or create another collection."
                )
            return _replace_properties(before, [*before.properties, item])

        return self.change(name, change_collection, deadline)

    def add(self, extended: Collection) -> Collection:
        """Add the properties of `extended` that the stored collection lacks, for auto-schema.

        Raises `CollectionNotFoundError` if another collection has the name by now.
        """

        def change_collection(before: Collection) -> Collection:
            if before.identity != extended.identity:
                raise _gone(extended.name)
            return _replace_properties(before, unite(before.properties, extended.properties))

        return self.change(extended.name, change_collection, Deadline.after(SCHEMA_SECONDS))

    def keep_keys(self, collection: Collection) -> None:
        """Let the collection's index keep keys. One that is older than keys does not; on any other it has no effect."""
        body = {"properties": {"key": KEY_MAPPING}}
        self._engine.request("PUT", f"/{collection.alias}/_mapping", body, repeat=True)

    def change(
        self, name: str, changed: Callable[[Collection], Collection], deadline: Deadline, *, here_only: bool = False
    ) -> Collection:
        """Change the stored collection, one writer at a time, entirely or not at all.

        A new generation has its alias before its configuration is stored, and the former one's is removed after that:
        a function that remembers the former configuration can store nothing more, reads the new one and goes on.

        The index of a rebuild that is under way gets the same change, first, unless it is for `here_only`.
        """
        alias = alias_of(self._registry.get(name).name)
        with self._lock.held(alias, deadline):
            self._registry.forget(name)
            before = self._registry.get(name)
            after = changed(before)
            if after == before:
                return before
            if before.rebuild is not None and not here_only:
                self._change_rebuilt(before, before.rebuild, changed)
            after = after.model_copy(update={"updated": self._now()})
            try:
                self.indices.settle(before.alias, before, after)
                if after.alias != before.alias:
                    # Requests about aliases take the name of an index.
                    self._engine.request("PUT", f"/{self.indices.index_of(name)}/_alias/{after.alias}", repeat=True)
                body = mapping_update(before, after, self._knn_engine)
                self._engine.request("PUT", f"/{before.alias}/_mapping", body, repeat=True)
            except IndexMissingError:
                raise _gone(name) from None
            except AltoError:
                self.indices.settle(before.alias, after, before)
                raise
            finally:
                self._registry.forget(name)
            self.indices.retire(after, before.alias)
        return after

    def _change_rebuilt(
        self, collection: Collection, rebuild: Rebuild, changed: Callable[[Collection], Collection]
    ) -> None:
        """Change the configuration in the index that is to replace this one. If that was done before, nothing."""
        index = index_name(collection.name, rebuild.index_number)
        before = self.indices.stored_in(index)
        try:
            after = changed(before)
        except ConflictError:
            return
        self.indices.store_in(index, before, after)

    def check_shards(self, collection: Collection) -> None:
        """Raise `InvalidRequestError` if the collection has more shards than the stage allows."""
        check_shards(collection.index, self._replicas, self._max_shards)

    def delete(self, name: str, *, deadline: Deadline) -> None:
        """Delete the collection and all its objects. Raises `CollectionNotFoundError`.

        A later collection of this name has an index of the same name. So only one deletion at a time, and only of an
        index that had the unique alias of the collection: what happens late or twice meets no successor.
        """
        before = self._registry.mappings(name)
        try:
            with self._lock.held(alias_of(name), deadline):
                # The holder of the lock before may have replaced the index, or deleted the collection.
                found = self._registry.mappings(name)
                if {*map(stored_identity, found.values())} != {*map(stored_identity, before.values())}:
                    raise _gone(name)
                for other in {each for mapping in found.values() for each in other_indices(mapping)}:
                    self.indices.drop(other)
                deleted = [self.indices.delete(name, index, stored_alias(mapping)) for index, mapping in found.items()]
        finally:
            self._registry.forget(name)
        if not any(deleted):
            raise _gone(name)


def _alias_exists(name: str) -> CollectionExistsError:
    return CollectionExistsError(
        f"An alias '{name}' exists, or one whose name differs only in case. Delete the alias first or choose another "
        "name."
    )


def _gone(name: str) -> CollectionNotFoundError:
    return CollectionNotFoundError(f"The collection '{name}' does not exist: it was just deleted.")


def _replace_properties(before: Collection, properties: list[Property]) -> Collection:
    """Return the collection with these properties. Raises `InvalidRequestError` if they are too many or too deep."""
    return validate(before.model_copy(update={"properties": properties}))
