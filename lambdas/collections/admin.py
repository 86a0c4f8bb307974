"""Creating, changing and deleting collections."""

import re
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

from pydantic import ValidationError

from lambdas.aws.credentials import AwsCredentials
from lambdas.aws.stage_roles import StageRoles
from lambdas.collections.analysis import ANALYSIS_VERSION
from lambdas.collections.index_body import (
    KEY_MAPPING,
    KnnEngine,
    collection_from_mapping,
    index_body,
    index_settings,
    mapping_update,
)
from lambdas.collections.lock import CollectionLock
from lambdas.collections.model import (
    Collection,
    CollectionConfig,
    CollectionUpdate,
    IndexSettings,
    IndexUpdate,
    Rebuild,
    alias_of,
    index_name,
)
from lambdas.collections.properties import Property, unite
from lambdas.collections.registry import (
    MAPPING_FILTER,
    CollectionRegistry,
    other_indices,
    stored_alias,
    stored_identity,
)
from lambdas.deadline import Deadline
from lambdas.embedding.config import Text2VecAws, VectorConfig
from lambdas.embedding.embedder import Embedder
from lambdas.errors import (
    AltoError,
    CollectionExistsError,
    CollectionNotFoundError,
    ConflictError,
    InvalidRequestError,
    abbreviate,
)
from lambdas.generation.settings import GenerativeConfig
from lambdas.opensearch import (
    DocumentMissingError,
    EffectUnknownError,
    IndexExistsError,
    IndexMissingError,
    OpenSearch,
)

# How often an index is deleted whose deletion got no response and had no effect.
DELETIONS = 2
# Settings that a change replaces as a whole, and removes where it says null.
REPLACED = frozenset({"default_vector", "documents", "expiry", "generative", "reranker"})
# How long an insert waits for its new properties.
SCHEMA_SECONDS = 10.0


def check_vector_names(names: Iterable[str]) -> None:
    """Reject capital letters in names of new vectors.

    OpenSearch's derived source does not return a vector whose field name has one: such an object could neither be read
    with its vectors nor updated. Collections that were created earlier stay readable.
    """
    for name in names:
        if name != name.lower():
            lower = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()
            raise InvalidRequestError.at(
                f"vectors.{name}", f"a name with capital letters cannot be read back by the engine: write '{lower}'"
            )


def check_shards(index: IndexSettings, replicas: int | None, limit: int) -> None:
    """Reject an index of more shards than a stage allows. `replicas` is the number when the index names none."""
    copies = 1 + (index.replicas if index.replicas is not None else replicas or 0)
    shards = index.shards or 1
    if shards * copies > limit:
        problem = f"{shards} shards of {copies} copies each are {shards * copies}, and a collection may have {limit}"
        raise InvalidRequestError.at("index", f"{problem}: ask for fewer shards or replicas")


def check_compression(vectors: Mapping[str, VectorConfig], engine: KnnEngine) -> None:
    """Reject a compression that the engine of the stage does not have."""
    for name, config in vectors.items():
        if config.index.compression is not None and engine != "lucene":
            problem = f'"{config.index.compression}" needs the engine lucene, and this stage has {engine}: leave it out'
            raise InvalidRequestError.at(f"vectors.{name}.index.compression", problem)


class CollectionAdmin:
    """Creates, changes and deletes collections."""

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
        self._roles = roles or StageRoles()
        self._engine = engine
        self._replicas = replicas
        self._registry = registry
        self._embedder = embedder
        self._knn_engine = knn_engine
        self._now = now
        self._lock = CollectionLock(engine)

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
        vectors = self.complete_vectors(config.vectors, deadline, credentials)
        generative = self._with_generative_role(config.generative)
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
            self._delete_index(config.name, index_name(config.name), collection.alias)
            raise _alias_exists(config.name)
        return collection

    def complete_vectors(
        self, vectors: Mapping[str, VectorConfig], deadline: Deadline, credentials: AwsCredentials | None
    ) -> dict[str, VectorConfig]:
        """Return the vectors with the ARNs of their roles and with their dimensions. Raises as `create` does."""
        check_vector_names(vectors)
        check_compression(vectors, self._knn_engine)
        return {
            name: self._with_dimensions(self._with_role(name, vector), deadline, credentials)
            for name, vector in vectors.items()
        }

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
                given["generative"] = self._with_generative_role(change.generative)
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
                self._settle(before.alias, before, after)
                if after.alias != before.alias:
                    # Requests about aliases take the name of an index.
                    self._engine.request("PUT", f"/{self.index_of(name)}/_alias/{after.alias}", repeat=True)
                body = mapping_update(before, after, self._knn_engine)
                self._engine.request("PUT", f"/{before.alias}/_mapping", body, repeat=True)
            except IndexMissingError:
                raise _gone(name) from None
            except AltoError:
                self._settle(before.alias, after, before)
                raise
            finally:
                self._registry.forget(name)
            self.retire(after, before.alias)
        return after

    def _change_rebuilt(
        self, collection: Collection, rebuild: Rebuild, changed: Callable[[Collection], Collection]
    ) -> None:
        """Change the configuration in the index that is to replace this one. If that was done before, nothing."""
        index = index_name(collection.name, rebuild.index_number)
        before = self.stored_in(index)
        try:
            after = changed(before)
        except ConflictError:
            return
        self.store_in(index, before, after)

    def stored_in(self, index: str) -> Collection:
        """Return the configuration that an index has in its mapping. Raises `IndexMissingError`."""
        return collection_from_mapping({"_meta": {"alto": self.meta_of(index)}})

    def store_in(self, index: str, before: Collection, after: Collection) -> None:
        """Store a configuration in an index that is not the collection's own, next to what else its mapping notes."""
        self._settle(index, before, after)
        body = mapping_update(before, after, self._knn_engine)
        body["_meta"]["alto"] = self.meta_of(index) | body["_meta"]["alto"]
        self._engine.request("PUT", f"/{index}/_mapping", body, repeat=True)

    def meta_of(self, index: str) -> dict[str, Any]:
        """Return all that the mapping of an index notes about it. Raises `IndexMissingError`."""
        found = self._engine.request("GET", f"/{index}/_mapping", params=MAPPING_FILTER)
        noted: dict[str, Any] = found[index]["mappings"]["_meta"]["alto"]
        return noted

    def check_shards(self, collection: Collection) -> None:
        """Raise `InvalidRequestError` if the collection has more shards than the stage allows."""
        check_shards(collection.index, self._replicas, self._max_shards)

    def create_index(self, collection: Collection, alias: str) -> None:
        """Create another index of a collection, with no alias but this one. One that is there already is deleted.

        Raises `InvalidRequestError` for a compression that the engine of the stage does not have.
        """
        check_compression(collection.vectors, self._knn_engine)
        index = index_name(collection.name, collection.index_number)
        self.drop(index)
        body = index_body(collection, self._knn_engine, self._replicas) | {"aliases": {alias: {}}}
        body["settings"]["index"]["knn"] = True
        self._engine.request("PUT", f"/{index}", body, repeat=True, timeout=30.0)

    def retire(self, collection: Collection, alias: str) -> None:
        """Remove the alias of a former generation. Removing it again has no effect."""
        if alias != collection.alias:
            with suppress(DocumentMissingError, IndexMissingError):
                self._engine.request("DELETE", f"/{self.index_of(collection.name)}/_alias/{alias}", repeat=True)

    def retire_others(self, collection: Collection) -> None:
        """Remove the aliases of former generations that are left, because a function died while it changed them."""
        index = self.index_of(collection.name)
        found = self._engine.request("GET", f"/{index}/_alias")[index]["aliases"]
        former = [each for each in found if each.startswith(collection.identity) and each != collection.alias]
        for each in former:
            self.retire(collection, each)

    def index_of(self, name: str) -> str:
        """Return the name of the index that the collection has now. Raises `CollectionNotFoundError`."""
        return next(iter(self._registry.mappings(name)))

    def _settle(self, path: str, before: Collection, after: Collection) -> None:
        """Apply to an index the settings of `after`. A value that it no longer names becomes the engine's default."""
        old, new = (
            index_settings(IndexUpdate(**item.index.model_dump(exclude={"shards", "bm25_b", "bm25_k1"})))
            for item in (before, after)
        )
        if old != new:
            body = {"index": dict.fromkeys(old) | new}
            self._engine.request("PUT", f"/{path}/_settings", body, repeat=True)

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
                    self.drop(other)
                deleted = [self._delete_index(name, index, stored_alias(mapping)) for index, mapping in found.items()]
        finally:
            self._registry.forget(name)
        if not any(deleted):
            raise _gone(name)

    def drop(self, index: str) -> None:
        """Delete an index that is not the collection's own: a new or a former one. Repeating it has no effect."""
        with suppress(IndexMissingError):
            self._engine.request("DELETE", f"/{index}", repeat=True)

    def _delete_index(self, name: str, index: str, alias: str) -> bool:
        """Delete an index that has this unique alias. False if it is gone, or has become another collection's."""
        try:
            self._engine.request("DELETE", f"/{index}/_alias/{alias}", repeat=True)
        except IndexMissingError:
            return False
        except DocumentMissingError:
            # The alias is gone. The index is still this collection's if an earlier deletion stopped here.
            if not self._is_index_of(name, index, alias):
                return False
        for attempt in range(1, DELETIONS + 1):
            try:
                self._engine.request("DELETE", f"/{index}")
            except EffectUnknownError:
                if self._is_index_of(name, index, alias):
                    if attempt == DELETIONS:
                        raise
                    continue
            except IndexMissingError:
                return attempt > 1
            return True
        raise AssertionError  # the last attempt returns or raises

    def _is_index_of(self, name: str, index: str, alias: str) -> bool:
        """Whether the index is there, and that of the collection with this unique alias."""
        try:
            found = self._registry.mappings(name)
        except CollectionNotFoundError:
            return False
        return index in found and stored_alias(found[index]) == alias

    def _with_role(self, name: str, config: VectorConfig) -> VectorConfig:
        """Return the configuration with the ARN of its role, which it may name by the stage's short name for it."""
        if not isinstance(config, Text2VecAws) or config.role_arn is None:
            return config
        return config.model_copy(update={"role_arn": self._find_role(f"vectors.{name}.role_arn", config.role_arn)})

    def _with_generative_role(self, config: GenerativeConfig | None) -> GenerativeConfig | None:
        """Return the settings with the ARN of their role."""
        if config is None or config.role_arn is None:
            return config
        return config.model_copy(update={"role_arn": self._find_role("generative.role_arn", config.role_arn)})

    def _find_role(self, field: str, name_or_arn: str) -> str:
        """Return the ARN of a role of the stage. Raises `InvalidRequestError`."""
        role = self._roles.find(name_or_arn)
        if role is None:
            raise InvalidRequestError.at(
                field,
                f"{abbreviate(name_or_arn)} is not a role of this stage; its roles are: {self._roles.listed}. "
                "Roles are added to 'model_roles' in cdk.json",
            )
        return role.role_arn

    def _with_dimensions(
        self, config: VectorConfig, deadline: Deadline, credentials: AwsCredentials | None
    ) -> VectorConfig:
        """The configuration with its dimensions settled. Only an endpoint has to be called for them."""
        if not isinstance(config, Text2VecAws) or config.dimensions is not None:
            return config
        dimensions = config.resolved_dimensions
        if dimensions is None:
            dimensions = self._embedder.probe_dimensions(config, deadline=deadline, credentials=credentials)
        return config.model_copy(update={"dimensions": dimensions})


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


def validate(changed: Collection) -> Collection:
    """Validate the changed collection. Raises `InvalidRequestError` if the change does not fit the rest."""
    try:
        return Collection.model_validate(changed.model_dump())
    except ValidationError as error:
        raise InvalidRequestError(f"{error.errors()[0]['msg']}.") from None
