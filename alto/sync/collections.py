"""`client.collections`: create, find and delete collections."""

from collections.abc import Sequence
from typing import Any

from alto.sync.collection import Collection
from alto.sync.transport import Transport
from alto.classes.config import Property, VectorConfig
from alto.operations import collections
from alto.operations.collections import CollectionConfig
from alto.unsupported import reject_given
from alto.values import expect


class Collections:
    """All collections of an Alto."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def create(
        self,
        name: str,
        *,
        description: str | None = None,
        properties: Sequence[Property] | None = None,
        vector_config: VectorConfig | list[VectorConfig] | None = None,
        vectorizer_config: VectorConfig | list[VectorConfig] | None = None,
        auto_schema: bool = True,
        generative_config: object = None,
        inverted_index_config: object = None,
        multi_tenancy_config: object = None,
        object_ttl_config: object = None,
        references: object = None,
        replication_config: object = None,
        reranker_config: object = None,
        sharding_config: object = None,
        vector_index_config: object = None,
        data_model_properties: object = None,
        data_model_references: object = None,
        skip_argument_validation: bool = False,  # noqa: ARG002 (Weaviate's)
    ) -> Collection:
        """Create a collection; its models are checked now.

        Args:
            name: Its name; the first letter becomes a capital.
            description: A text about it.
            properties: Its properties: `Property(name="title", data_type=DataType.TEXT)`.
            vector_config: Its vectors: `Configure.Vectors...`, one or several.
            vectorizer_config: The older name of `vector_config`.
            auto_schema: Whether the first insert of an object with another property adds that property, as in
                Weaviate; otherwise such an object is an error.
            generative_config: Not supported, as all that follow.
            inverted_index_config: Not supported.
            multi_tenancy_config: Not supported.
            object_ttl_config: Not supported.
            references: Not supported.
            replication_config: Not supported.
            reranker_config: Not supported.
            sharding_config: Not supported.
            vector_index_config: Not supported.
            data_model_properties: Not supported.
            data_model_references: Not supported.
            skip_argument_validation: Has no effect.

        Raises `AltoConflictError` if the name is taken, `AltoInvalidRequestError` naming the field that is wrong.
        """
        reject_given(
            generative_config=generative_config,
            inverted_index_config=inverted_index_config,
            multi_tenancy_config=multi_tenancy_config,
            object_ttl_config=object_ttl_config,
            references=references,
            replication_config=replication_config,
            reranker_config=reranker_config,
            sharding_config=sharding_config,
            vector_index_config=vector_index_config,
            data_model_properties=data_model_properties,
            data_model_references=data_model_references,
        )
        for index, each in enumerate(properties or ()):
            expect(f"properties[{index}]", each, Property, "Property(name='title', data_type=DataType.TEXT)")
        made = self._transport.run(
            collections.create(
                name,
                description=description,
                properties=properties or (),
                vectors=vector_config if vector_config is not None else vectorizer_config,
                auto_schema=auto_schema,
            )
        )
        return self.use(made.name)

    def create_from_dict(self, config: dict[str, Any]) -> Collection:
        """Create a collection from the JSON of the HTTP API.

        Args:
            config: As `export_config(name).to_dict()` returns it.
        """
        made = self._transport.run(collections.create_from_dict(config))
        return self.use(made.name)

    def use(
        self,
        name: str,
        data_model_properties: object = None,
        data_model_references: object = None,
        skip_argument_validation: bool = False,  # noqa: ARG002 (Weaviate's)
    ) -> Collection:
        """The collection of this name. Sends no request: a missing collection is an error of its first use.

        Args:
            name: Its name.
            data_model_properties: Not supported.
            data_model_references: Not supported.
            skip_argument_validation: Has no effect.
        """
        expect("name", name, str, "'Film'")
        reject_given(data_model_properties=data_model_properties, data_model_references=data_model_references)
        return Collection(self._transport, name)

    get = use

    def exists(self, name: str) -> bool:
        """Return whether the collection exists.

        Args:
            name: Its name.
        """
        return self._transport.run(collections.exists(name))

    def list_all(self, simple: bool = True) -> dict[str, CollectionConfig]:  # noqa: ARG002 (Weaviate's)
        """All collections by name.

        Args:
            simple: Has no effect: the whole configuration is returned.
        """
        return self._transport.run(collections.list_all())

    def export_config(self, name: str) -> CollectionConfig:
        """The configuration of a collection, with every default.

        Args:
            name: Its name.
        """
        return self._transport.run(collections.get(name))

    def create_from_config(self, config: CollectionConfig) -> Collection:
        """Create a collection with the configuration of another.

        Args:
            config: As `export_config(name)` returns it.
        """
        return self.create_from_dict(config.to_dict())

    def delete_all(self) -> None:
        """Delete all collections and all their objects."""
        self.delete(list(self.list_all()))

    def delete(self, name: str | Sequence[str]) -> None:
        """Delete collections and all their objects. One that does not exist is ignored.

        Args:
            name: A name, or several.
        """
        for each in [name] if isinstance(name, str) else name:
            self._transport.run(collections.delete(each))
