"""Writes objects until each is stored or has failed for good."""

import asyncio
import random
from collections.abc import Mapping, Sequence
from typing import Any

from alto.aio.schemas import AsyncSchemas
from alto.aio.transport import AsyncTransport
from alto.classes.data import ErrorObject
from alto.errors import AltoError
from alto.operations import objects
from alto.operations.chunks import Item, Settled, all_failed, is_unknown, settle

ATTEMPTS = 4
FIRST_WAIT_SECONDS = 0.5


class AsyncWriter:
    """Writes the objects of one collection."""

    def __init__(self, transport: AsyncTransport, collection: str) -> None:
        self._transport = transport
        self.collection = collection
        self._schemas = AsyncSchemas(transport, collection)

    async def rename(self, properties: Mapping[str, Any]) -> Mapping[str, Any]:
        """The properties of an object, with the first letters that the collection has, or small ones."""
        return await self._schemas.rename(properties)

    async def write(
        self, items: Sequence[Item], *, wait: bool, idempotency_key: str | None = None
    ) -> tuple[list[Item], list[ErrorObject]]:
        """Write items; returns those that are stored and those that failed: each is in one of the two.

        An object with a transient error (a throttled model) is sent again. A request that failed as a whole is an
        error of each of its objects, except those that are found to be stored. Raises only
        `AltoClosedClientError`, before anything is sent.
        """
        self._transport.require_open()
        stored: list[Item] = []
        failed: list[ErrorObject] = []
        left = list(items)
        for attempt in range(1, ATTEMPTS + 1):
            # Each attempt has other objects, and so needs another key.
            key = None if idempotency_key is None else f"{idempotency_key}-{attempt}"
            settled = await self._once(left, wait=wait, is_last=attempt == ATTEMPTS, key=key)
            stored += settled.stored
            failed += settled.failed
            left = settled.again
            if not left:
                break
            await asyncio.sleep(random.random() * FIRST_WAIT_SECONDS * 2**attempt)
        return stored, failed

    async def _once(self, items: list[Item], *, wait: bool, is_last: bool, key: str | None) -> Settled:
        bodies = [each.body for each in items]
        operation = objects.write_batch(self.collection, bodies, wait=wait, idempotency_key=key)
        try:
            outcomes = await self._transport.run(operation)
        except AltoError as error:
            if error.status != 413 or len(items) == 1:
                stored = await self._found(items) if is_unknown(error) else []
                return Settled(stored, all_failed([each for each in items if each not in stored], error), [])
        else:
            return settle(items, outcomes, is_last=is_last)
        # Escapes can make a request larger on its way than it was here.
        half = len(items) // 2
        first = await self._once(items[:half], wait=wait, is_last=is_last, key=key and f"{key}-a")
        second = await self._once(items[half:], wait=wait, is_last=is_last, key=key and f"{key}-b")
        return Settled(first.stored + second.stored, first.failed + second.failed, first.again + second.again)

    async def _found(self, items: list[Item]) -> list[Item]:
        """The stored ones of the items whose ids no other writer can have used; none if that is unknown."""
        own = [each for each in items if each.original_uuid is None]
        if not own:
            return []
        ids = [each.object_.uuid for each in own]
        operation = objects.get_many(self.collection, ids, include_vector=False, return_properties=[])
        try:
            there = {each.uuid for each in await self._transport.run(operation)}
        except AltoError:
            return []
        return [each for each in own if each.object_.uuid in there]
