"""`collection.config`: the configuration of a collection, and its changes."""

from typing import NoReturn

from alto.sync.transport import Transport
from alto.classes.config import Property
from alto.operations import collections
from alto.operations.collections import CollectionConfig
from alto.unsupported import raise_unsupported, reject_given
from alto.values import expect


class Config:
    """The configuration of one collection."""

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

    def update(
        self,
        *,
        description: str | None = None,
        auto_schema: bool | None = None,
        replicas: int | None = None,
        refresh_seconds: int | None = None,
        property_descriptions: object = None,
        inverted_index_config: object = None,
        multi_tenancy_config: object = None,
        object_ttl_config: object = None,
        replication_config: object = None,
        vector_index_config: object = None,
        vectorizer_config: object = None,
        vector_config: object = None,
        generative_config: object = None,
        reranker_config: object = None,
    ) -> None:
        """Change some settings; the others stay.

        Args:
            description: A text about the collection.
            auto_schema: Whether an insert may add properties.
            replicas: Copies of the index.
            refresh_seconds: How often searches see new objects.
            property_descriptions: Not supported, as all that follow.
            inverted_index_config: Not supported.
            multi_tenancy_config: Not supported.
            object_ttl_config: Not supported.
            replication_config: Not supported.
            vector_index_config: Not supported.
            vectorizer_config: Not supported.
            vector_config: Not supported.
            generative_config: Not supported.
            reranker_config: Not supported.
        """
        reject_given(
            property_descriptions=property_descriptions,
            inverted_index_config=inverted_index_config,
            multi_tenancy_config=multi_tenancy_config,
            object_ttl_config=object_ttl_config,
            replication_config=replication_config,
            changed_vector_config=vector_index_config or vectorizer_config or vector_config,
            generative_config=generative_config,
            reranker_config=reranker_config,
        )
        self._transport.run(
            collections.update(
                self._name,
                description=description,
                auto_schema=auto_schema,
                replicas=replicas,
                refresh_seconds=refresh_seconds,
            )
        )

    def add_reference(self, ref: object) -> NoReturn:  # noqa: ARG002 (Weaviate's)
        """Not supported; raises `AltoNotSupportedError`."""
        raise_unsupported("references")

    def add_vector(self, *, vector_config: object) -> NoReturn:  # noqa: ARG002 (Weaviate's)
        """Not supported; raises `AltoNotSupportedError`."""
        raise_unsupported("changed_vector_config")

    def get_shards(self) -> NoReturn:
        """Not supported; raises `AltoNotSupportedError`."""
        raise_unsupported("shards")

    def update_shards(self, *_: object, **__: object) -> NoReturn:
        """Not supported; raises `AltoNotSupportedError`."""
        raise_unsupported("shards")

    def delete_property_index(self, *_: object, **__: object) -> NoReturn:
        """Not supported; raises `AltoNotSupportedError`."""
        raise_unsupported("delete_index")

    def delete_vector_index(self, *_: object, **__: object) -> NoReturn:
        """Not supported; raises `AltoNotSupportedError`."""
        raise_unsupported("changed_vector_config")
