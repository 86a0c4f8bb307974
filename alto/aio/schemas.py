"""The schemas of collections, read when a value or a name needs one, and kept for a minute."""

import time
import warnings
from collections.abc import Collection, Mapping
from typing import Any, TypeVar

from alto.aio.transport import AsyncTransport
from alto.classes.results import Object
from alto.errors import AltoAuthenticationError
from alto.operations import collections
from alto.operations.schemas import (
    Schema,
    compare_words,
    has_capitals,
    has_filter,
    is_untyped,
    names_with_capitals,
    rename_keys,
    rename_query,
    type_objects,
)
from alto.requests import Operation

T = TypeVar("T")
KEPT_SECONDS = 60.0


class AsyncSchemas:
    """The schema of one collection."""

    def __init__(self, transport: AsyncTransport, collection: str) -> None:
        self._transport = transport
        self._collection = collection

    async def run(self, operation: Operation[T]) -> T:
        """Run a query, whose names of properties may begin with a capital letter as in Weaviate."""
        if names_with_capitals(operation):
            operation = rename_query(operation, await self._get())
        if self._transport.word_filters and has_filter(operation):
            operation = compare_words(operation, await self._get())
        return await self._transport.run(operation)

    async def rename(self, properties: Mapping[str, Any]) -> Mapping[str, Any]:
        """The properties of an object to write, with the first letters that the collection has, or small ones."""
        if not isinstance(properties, Mapping) or not has_capitals(properties):
            return properties
        return rename_keys(properties, await self._get())

    async def type(self, objects: Collection[Object]) -> None:
        """Give values the types of their properties. Nothing is asked for values that JSON has as they are."""
        if not self._transport.typed_values:
            return
        names = {name for each in objects for name, value in each.properties.items() if is_untyped(value)}
        if names:
            type_objects(objects, await self._get(names))

    async def _get(self, names: Collection[str] = ()) -> Schema:
        """The schema; read again for a property that it does not have."""
        known = self._transport.schemas.get(self._collection)
        now = time.monotonic()
        if known is None or now - known[1] > KEPT_SECONDS or not known[0].has(names):
            try:
                schema = Schema.of(await self._transport.run(collections.get(self._collection)))
            except AltoAuthenticationError as error:
                warnings.warn(
                    f"Values keep the types of JSON, because the collection may not be read ({error.code}): "
                    "AdditionalConfig(typed_values=False) says so without asking.",
                    UserWarning,
                    stacklevel=2,
                )
                schema = Schema(is_readable=False)
            known = self._transport.schemas[self._collection] = (schema, now)
        return known[0]
