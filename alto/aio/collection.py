"""One collection: its objects, its searches, its configuration."""

from collections.abc import AsyncIterator
from typing import NoReturn
from uuid import UUID

from alto.aio.batch import BatchesAsync
from alto.aio.data import DataAsync
from alto.aio.query import QueryAsync
from alto.aio.transport import AsyncTransport
from alto.classes.query import Object
from alto.operations import collections, objects
from alto.operations.collections import CollectionConfig
from alto.refusals import refuse


class ConfigAsync:
    """`collection.config`."""

    def __init__(self, transport: AsyncTransport, name: str) -> None:
        self._transport = transport
        self._name = name

    async def get(self, simple: bool = False) -> CollectionConfig:  # noqa: ARG002 (Weaviate's)
        """The configuration, every default written out."""
        return await self._transport.run(collections.get(self._name))


class CollectionAsync:
    """A collection. Cheap to make; holds no state but that of its batches."""

    def __init__(self, transport: AsyncTransport, name: str) -> None:
        self._transport = transport
        self.name = name[:1].upper() + name[1:]
        self.config = ConfigAsync(transport, self.name)
        self.data = DataAsync(transport, self.name)
        self.query = QueryAsync(transport, self.name)
        self.batch = BatchesAsync(transport, self.name)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.name!r}, {self._transport.url!r})"

    async def iterator(self, include_vector: bool = False, *, after: UUID | None = None) -> AsyncIterator[Object]:
        """All objects by id, in pages of 100. Those that nobody writes meanwhile come exactly once."""
        while True:
            found, after = await self._transport.run(objects.page(self.name, after=after, vectors=include_vector))
            for each in found:
                yield each
            if after is None:
                return

    async def exists(self) -> bool:
        """Whether the collection exists."""
        return await self._transport.run(collections.exists(self.name))

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
