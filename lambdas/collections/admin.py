"""Creating, changing and deleting collections."""

import re
from collections.abc import Callable, Iterable
from datetime import UTC, datetime

from pydantic import ValidationError

from lambdas.aws.credentials import AwsCredentials
from lambdas.aws.stage_roles import StageRoles
from lambdas.collections.analysis import ANALYSIS_VERSION
from lambdas.collections.index_body import KEY_MAPPING, KnnEngine, index_body, index_settings, mapping_update
from lambdas.collections.lock import CollectionLock
from lambdas.collections.model import (
    Collection,
    CollectionConfig,
    CollectionUpdate,
    IndexSettings,
    IndexUpdate,
    alias_of,
    first_index_of,
)
from lambdas.collections.properties import Property, unite
from lambdas.collections.registry import CollectionRegistry, stored_alias
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
        check_vector_names(config.vectors)
        check_shards(config.index, self._replicas, self._max_shards)
        if self._is_alias(config.name):
            raise _alias_exists(config.name)
        now = self._now()
        vectors = {
            name: self._with_dimensions(self._with_role(name, vector), deadline, credentials)
            for name, vector in config.vectors.items()
        }
        generative = self._with_generative_role(config.generative)
        described = config.model_dump(exclude={"vectors", "generative"})
        collection = Collection(
            **described, vectors=vectors, generative=generative, created=now, updated=now, analysis=ANALYSIS_VERSION
        )
        body = index_body(collection, self._knn_engine, self._replicas)
        try:
            self._engine.request("PUT", f"/{first_index_of(config.name)}", body, timeout=deadline.remaining())
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
            self._delete_index(config.name, first_index_of(config.name), collection.alias)
            raise _alias_exists(config.name)
        return collection

    def _is_stored(self, collection: Collection) -> bool:
        """Whether this very collection exists: its time of creation is unique."""
        try:
            return self._registry.fresh(collection.name) == collection
        except CollectionNotFoundError:
            return False

    def update(self, name: str, change: CollectionUpdate, *, deadline: Deadline) -> Collection:
        """Change the description, auto-schema, the models that write and rerank, or index settings.

        Omitted settings are kept.

        Raises `CollectionNotFoundError`. When it raises, nothing has changed.
        """

        def change_collection(before: Collection) -> Collection:
            index = before.index.model_copy(update=change.index.model_dump(exclude_none=True) if change.index else {})
            if change.index is not None:
                check_shards(index, self._replicas, self._max_shards)
            given = change.model_dump(exclude_none=True, exclude={"index", "generative", "reranker", "documents"})
            if "documents" in change.model_fields_set:
                given["documents"] = change.documents
            if "generative" in change.model_fields_set:
                given["generative"] = self._with_generative_role(change.generative)
            if "reranker" in change.model_fields_set:
                given["reranker"] = change.reranker
            return _validate(before.model_copy(update=given | {"index": index}))

        return self._change(name, change_collection, deadline)

    def add_property(self, name: str, item: Property, *, deadline: Deadline) -> Collection:
        """Add a property. Raises `CollectionNotFoundError`, and `ConflictError` if the name is taken."""

        def change_collection(before: Collection) -> Collection:
            if before.property_named(item.name):
                raise ConflictError(
                    f"The collection '{before.name}' has a property '{item.name}' already. A property cannot be "
                    "changed: add one of another name, or create another collection."
                )
            return _replace_properties(before, [*before.properties, item])

        return self._change(name, change_collection, deadline)

    def add(self, extended: Collection) -> Collection:
        """Add the properties of `extended` that the stored collection lacks, for auto-schema.

        Raises `CollectionNotFoundError` if another collection has the name by now.
        """

        def change_collection(before: Collection) -> Collection:
            if before.alias != extended.alias:
                raise _gone(extended.name)
            return _replace_properties(before, unite(before.properties, extended.properties))

        return self._change(extended.name, change_collection, Deadline.after(SCHEMA_SECONDS))

    def keep_keys(self, collection: Collection) -> None:
        """Let the collection's index keep keys. One that is older than keys does not; on any other it has no effect."""
        body = {"properties": {"key": KEY_MAPPING}}
        self._engine.request("PUT", f"/{collection.alias}/_mapping", body, repeat=True)

    def _change(self, name: str, changed: Callable[[Collection], Collection], deadline: Deadline) -> Collection:
        """Change the stored collection, one writer at a time, entirely or not at all."""
        alias = alias_of(self._registry.get(name).name)
        with self._lock.held(alias, deadline):
            self._registry.forget(name)
            before = self._registry.get(name)
            after = changed(before)
            if after == before:
                return before
            after = after.model_copy(update={"updated": self._now()})
            try:
                self._settle(before, after)
                self._engine.request("PUT", f"/{before.alias}/_mapping", mapping_update(before, after), repeat=True)
            except IndexMissingError:
                raise _gone(name) from None
            except AltoError:
                self._settle(after, before)
                raise
            finally:
                self._registry.forget(name)
        return after

    def _settle(self, before: Collection, after: Collection) -> None:
        """Apply the index settings of `after`. A value that it no longer names becomes the engine's default."""
        old, new = (
            index_settings(IndexUpdate(**item.index.model_dump(exclude={"shards", "bm25_b", "bm25_k1"})))
            for item in (before, after)
        )
        if old != new:
            body = {"index": dict.fromkeys(old) | new}
            self._engine.request("PUT", f"/{before.alias}/_settings", body, repeat=True)

    def delete(self, name: str, *, deadline: Deadline) -> None:
        """Delete the collection and all its objects. Raises `CollectionNotFoundError`.

        A later collection of this name has an index of the same name. So only one deletion at a time, and only of an
        index that had the unique alias of the collection: what happens late or twice meets no successor.
        """
        found = self._registry.mappings(name)
        try:
            with self._lock.held(alias_of(name), deadline):
                deleted = [self._delete_index(name, index, stored_alias(mapping)) for index, mapping in found.items()]
        finally:
            self._registry.forget(name)
        if not any(deleted):
            raise _gone(name)

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
    return _validate(before.model_copy(update={"properties": properties}))


def _validate(changed: Collection) -> Collection:
    """Validate the changed collection. Raises `InvalidRequestError` if the change does not fit the rest."""
    try:
        return Collection.model_validate(changed.model_dump())
    except ValidationError as error:
        raise InvalidRequestError(f"{error.errors()[0]['msg']}.") from None
