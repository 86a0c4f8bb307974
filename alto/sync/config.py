"""`collection.config`: the configuration of a collection, and its changes."""

from typing import Literal

from alto.sync.transport import Transport
from alto.classes.config import Property, VectorConfig
from alto.classes.expiry import ObjectTTLOptions
from alto.classes.generative import GenerativeProvider
from alto.classes.imports import ImportJob
from alto.classes.options import MultiTenancyOptions, ReplicationOptions
from alto.classes.rerankers import RerankerProvider
from alto.operations import collections
from alto.operations.collections import CollectionConfig
from alto.unsupported import ALTERNATIVES, Unsupported, reject_given
from alto.values import expect

_GENERATIVE = "Configure.Generative.aws_bedrock(model='amazon.nova-lite-v1:0', region='us-east-1')"
_EXPIRY = "Reconfigure.ObjectTTL.delete_by_date_property('until')"
_RERANKER = "Configure.Reranker.aws_bedrock(model='cohere.rerank-v3-5:0')"


class Config:
    """The configuration of one collection."""

    add_reference = Unsupported("config.add_reference", ALTERNATIVES["references"])
    get_shards = update_shards = Unsupported("the shards of a collection", ALTERNATIVES["shards"])
    delete_property_index = Unsupported("config.delete_property_index", ALTERNATIVES["delete_index"])
    delete_vector_index = Unsupported("config.delete_vector_index", ALTERNATIVES["changed_vector_config"])

    def __init__(self, transport: Transport, name: str) -> None:
        self._transport = transport
        self._name = name

    def get(self, simple: bool = False) -> CollectionConfig:  # noqa: ARG002 (Weaviate's)
        """The configuration, with every default.

        Args:
            simple: Has no effect: the whole configuration is returned.
        """
        return self._transport.run(collections.get(self._name))

    def add_property(self, prop: Property) -> None:
        """Add a property: objects that are stored already have no value of it.

        Args:
            prop: The property: `Property(name="title", data_type=DataType.TEXT)`.

        Raises `AltoConflictError` if its name is taken.
        """
        expect("prop", prop, Property, "Property(name='title', data_type=DataType.TEXT)")
        self._transport.run(collections.add_property(self._name, prop))

    def add_vector(
        self,
        *,
        vector_config: VectorConfig | list[VectorConfig],
        embedding: Literal["on_demand", "batch"] = "on_demand",
    ) -> list[ImportJob]:
        """Add vectors to the collection while it is used: every write makes them from now on.

        Args:
            vector_config: The vectors, each with a name: `Configure.Vectors.text2vec_aws_bedrock(name="v2", ...)`.
            embedding: `batch` embeds stored objects by Bedrock's batch inference, for half the price.

        Returns:
            The jobs that give the vectors to the objects that are stored: give each to `client.imports.wait`.

        Raises `AltoConflictError` if a name is taken.
        """
        return self._transport.run(collections.add_vectors(self._name, vector_config, embedding))

    def fill_vector(self, name: str, *, embedding: Literal["on_demand", "batch"] = "on_demand") -> ImportJob:
        """Give a vector to all objects that lack it; return the job that does so.

        Args:
            name: The vector.
            embedding: `batch` embeds by Bedrock's batch inference, for half the price.
        """
        return self._transport.run(collections.fill_vector(self._name, name, embedding))

    def update(
        self,
        *,
        description: str | None = None,
        auto_schema: bool | None = None,
        replicas: int | None = None,
        refresh_seconds: int | None = None,
        property_descriptions: object = None,
        inverted_index_config: object = None,
        multi_tenancy_config: MultiTenancyOptions | None = None,
        object_ttl_config: ObjectTTLOptions | None = None,
        replication_config: ReplicationOptions | None = None,
        vector_index_config: object = None,
        vectorizer_config: object = None,
        vector_config: object = None,
        generative_config: GenerativeProvider | None = None,
        reranker_config: RerankerProvider | None = None,
        default_vector: str | None = None,
    ) -> None:
        """Change some settings; the others stay.

        Args:
            description: A text about the collection.
            auto_schema: Whether an insert may add properties.
            replicas: Copies of the index.
            refresh_seconds: How often searches see new objects.
            property_descriptions: Not supported.
            inverted_index_config: Not supported.
            multi_tenancy_config: `Reconfigure.multi_tenancy(enabled=False)`; Alto has no tenants.
            object_ttl_config: When objects expire: `Reconfigure.ObjectTTL.delete_by_date_property("until")`, or
                `.disable()`.
            replication_config: Copies of the index: `Reconfigure.replication(factor=2)`.
            vector_index_config: Not supported.
            vectorizer_config: Not supported.
            vector_config: Not supported.
            generative_config: The model that texts are generated by; it replaces the one before.
            reranker_config: The model that searches rerank with; it replaces the one before.
            default_vector: The vector that searches use which name none. The change is atomic.
        """
        reject_given(
            property_descriptions=property_descriptions,
            inverted_index_config=inverted_index_config,
            multi_tenancy_config=multi_tenancy_config is not None and multi_tenancy_config.enabled,
            changed_vector_config=vector_index_config or vectorizer_config or vector_config,
        )
        expect("replication_config", replication_config, ReplicationOptions, "Reconfigure.replication(factor=2)")
        copies = (replication_config or ReplicationOptions()).to_api().get("replicas")
        self._transport.run(
            collections.update(
                self._name,
                description=description,
                auto_schema=auto_schema,
                replicas=copies if replicas is None else replicas,
                refresh_seconds=refresh_seconds,
                default_vector=default_vector,
                generative=expect("generative_config", generative_config, GenerativeProvider, _GENERATIVE),
                reranker=expect("reranker_config", reranker_config, RerankerProvider, _RERANKER),
                expiry=expect("object_ttl_config", object_ttl_config, ObjectTTLOptions, _EXPIRY),
            )
        )
