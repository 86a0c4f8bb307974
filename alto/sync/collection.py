"""One collection: its objects, its searches, its configuration."""

from collections.abc import Iterator
from typing import NoReturn
from uuid import UUID

from alto.sync.batch import Batches
from alto.sync.data import Data
from alto.sync.query import Query
from alto.sync.transport import Transport
from alto.classes.query import Object
from alto.operations import collections, objects
from alto.operations.collections import CollectionConfig
from alto.refusals import refuse


class Config:
    """`collection.config`."""

    def __init__(self, transport: Transport, name: str) -> None:
        self._transport = transport
        self._name = name

    def get(self, simple: bool = False) -> CollectionConfig:  # noqa: ARG002 (Weaviate's)
        """The configuration, every default written out."""
        return self._transport.run(collections.get(self._name))


class Collection:
    """A collection. Cheap to make; holds no state but that of its batches."""

    def __init__(self, transport: Transport, name: str) -> None:
        self._transport = transport
        self.name = name[:1].upper() + name[1:]
        self.config = Config(transport, self.name)
        self.data = Data(transport, self.name)
        self.query = Query(transport, self.name)
        self.batch = Batches(transport, self.name)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.name!r}, {self._transport.url!r})"

    def iterator(self, include_vector: bool = False, *, after: UUID | None = None) -> Iterator[Object]:
        """All objects by id, in pages of 100. Those that nobody writes meanwhile come exactly once."""
        while True:
            found, after = self._transport.run(objects.page(self.name, after=after, vectors=include_vector))
            for each in found:
                yield each
            if after is None:
                return

    def exists(self) -> bool:
        """Whether the collection exists."""
        return self._transport.run(collections.exists(self.name))

    @property
    def generate(self) -> NoReturn:
        """Not there."""
        refuse("generate")

    def with_tenant(self, _: object) -> NoReturn:
        """Not there."""
        refuse("tenant")

    def with_consistency_level(self, _: object) -> NoReturn:
        """Not there."""
        refuse("consistency_level")
