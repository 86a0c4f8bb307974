"""Writes objects until each is stored or has failed for good."""

import random
import time
from collections.abc import Sequence

from alto.sync.transport import Transport
from alto.classes.data import ErrorObject
from alto.errors import AltoError
from alto.operations import objects
from alto.operations.chunks import Item, Settled, all_failed, is_unknown, settle

ATTEMPTS = 4
FIRST_WAIT_SECONDS = 0.5


class Writer:
    """Writes the objects of one collection."""

    def __init__(self, transport: Transport, collection: str) -> None:
        self._transport = transport
        self._collection = collection

    def write(self, items: Sequence[Item], *, wait: bool) -> tuple[list[Item], list[ErrorObject]]:
        """The items that are stored, and those that failed: each is in one of the two.

        An object that failed for what passes by itself (a throttled model) is sent again. A request that failed as a
        whole is an error of each of its objects, but for those that are found to be stored; this raises nothing.
        """
        stored: list[Item] = []
        failed: list[ErrorObject] = []
        left = list(items)
        for attempt in range(1, ATTEMPTS + 1):
            settled = self._once(left, wait=wait, is_last=attempt == ATTEMPTS)
            stored += settled.stored
            failed += settled.failed
            left = settled.again
            if not left:
                break
            time.sleep(random.random() * FIRST_WAIT_SECONDS * 2**attempt)
        return stored, failed

    def _once(self, items: list[Item], *, wait: bool, is_last: bool) -> Settled:
        operation = objects.write_batch(self._collection, [each.body for each in items], wait=wait)
        try:
            outcomes = self._transport.run(operation)
        except AltoError as error:
            if error.status != 413 or len(items) == 1:
                stored = self._found(items) if is_unknown(error) else []
                return Settled(stored, all_failed([each for each in items if each not in stored], error), [])
        else:
            return settle(items, outcomes, is_last=is_last)
        # Escapes can make a request larger on its way than it was here.
        half = len(items) // 2
        first = self._once(items[:half], wait=wait, is_last=is_last)
        second = self._once(items[half:], wait=wait, is_last=is_last)
        return Settled(first.stored + second.stored, first.failed + second.failed, first.again + second.again)

    def _found(self, items: list[Item]) -> list[Item]:
        """Those that are stored, of the items whose ids nobody else can have used. None if that cannot be told."""
        own = [each for each in items if each.original_uuid is None]
        if not own:
            return []
        ids = [each.object_.uuid for each in own]
        operation = objects.get_many(self._collection, ids, include_vector=False, return_properties=[])
        try:
            there = {each.uuid for each in self._transport.run(operation)}
        except AltoError:
            return []
        return [each for each in own if each.object_.uuid in there]
