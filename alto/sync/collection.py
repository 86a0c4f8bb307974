"""One collection: its objects, its searches, its configuration."""

from collections.abc import Iterator, Sequence
from typing import Any, Generic, Literal
from uuid import UUID

from alto.sync.aggregate import Aggregate
from alto.sync.batch import Batches
from alto.sync.config import Config
from alto.sync.data import Data
from alto.sync.generate import Generate
from alto.sync.migration import Migration
from alto.sync.query import Query
from alto.sync.schemas import Schemas
from alto.sync.transport import Transport
from alto.classes.names import ConsistencyLevel
from alto.classes.query import IncludeVector, ReturnMetadata, ReturnProperties
from alto.classes.results import Object, P, R
from alto.operations import aggregates, collections, objects
from alto.operations.searches import MOST_OF_A_PAGE, MOST_TEXTS, embed
from alto.unsupported import ALTERNATIVES, Unsupported, reject_given

PAGE = 100


class Collection(Generic[P, R]):
    """One collection. It holds no state except that of its batches.

    Attributes:
        name: Its name.
        consistency_level: The one that `with_consistency_level` was given; it changes nothing.
        tenant: None: Alto has no tenants.
    """

    backup = Unsupported("backups", ALTERNATIVES["backup"])
    shards = Unsupported("the shards of a collection", ALTERNATIVES["shards"])
    tenants = Unsupported("tenants", ALTERNATIVES["tenant"])
    with_tenant = Unsupported("with_tenant", ALTERNATIVES["tenant"])

    def __init__(self, transport: Transport, name: str) -> None:
        self._transport = transport
        self.name = name[:1].upper() + name[1:]
        self._schemas = Schemas(transport, self.name)
        self.config = Config(transport, self.name)
        self.data = Data(transport, self.name)
        self.query = Query[P](transport, self.name)
        self.generate = Generate[P](transport, self.name)
        self.aggregate = Aggregate(transport, self.name)
        self.batch = Batches(transport, self.name)
        self.migration = Migration(transport, self.name)
        self.consistency_level: ConsistencyLevel | None = None
        self.tenant: None = None

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.name!r}, {self._transport.url!r})"

    def to_string(self) -> str:
        """As `repr`."""
        return repr(self)

    def __len__(self) -> int:
        """The number of objects, as searches see them."""
        return self._transport.run(aggregates.count(self.name))

    def iterator(
        self,
        include_vector: IncludeVector = False,
        return_metadata: ReturnMetadata = None,  # noqa: ARG002 (times are always there)
        *,
        return_properties: ReturnProperties = None,
        return_references: object = None,
        after: UUID | str | None = None,
        cache_size: int | None = None,
    ) -> Iterator[Object[P]]:
        """Iterate over all objects by id; objects that are not written meanwhile come exactly once.

        Args:
            include_vector: Return the vectors: True for all, or their names.
            return_metadata: Has no effect: times are always returned.
            return_properties: The properties to return; all if not given.
            return_references: Not supported.
            after: The id of the last object of an earlier iteration.
            cache_size: Objects in a request; 100 if not given, 1,000 at most.
        """
        reject_given(return_references=return_references)
        while True:
            operation = objects.page(
                self.name,
                after=after,
                limit=min(cache_size or PAGE, MOST_OF_A_PAGE),
                include_vector=include_vector,
                return_properties=return_properties,
            )
            page: Any = self._schemas.run(operation)
            found, after = page
            self._schemas.type(found)
            for each in found:
                yield each
            if after is None:
                return

    def embed(
        self,
        texts: Sequence[str],
        *,
        input_type: Literal["query", "document"] = "query",
        target_vector: str | None = None,
    ) -> list[list[float]]:
        """The vectors of texts by the model of this collection, 96 texts in a request. Alto's own.

        Searches and writes embed their texts without this.

        Args:
            texts: The texts, in any number.
            input_type: "query" or "document": some models embed them differently.
            target_vector: The vector whose model embeds, if there are several.
        """
        vectors: list[list[float]] = []
        for start in range(0, len(texts), MOST_TEXTS):
            part = texts[start : start + MOST_TEXTS]
            vectors += self._transport.run(embed(self.name, part, input_type, target_vector))
        return vectors

    def exists(self) -> bool:
        """Whether the collection exists."""
        return self._transport.run(collections.exists(self.name))

    def with_consistency_level(self, consistency_level: ConsistencyLevel | None = None) -> "Collection[P, R]":
        """The same collection: all copies that are in sync confirm each write, at every level.

        Args:
            consistency_level: ONE, QUORUM or ALL.
        """
        same = Collection[P, R](self._transport, self.name)
        same.consistency_level = consistency_level
        return same
