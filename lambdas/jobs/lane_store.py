"""Keeps lanes in the jobs table: one small item for each quota that held loaders back."""

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from lambdas.jobs.dynamodb_items import attributes
from lambdas.jobs.job_table import JobTable
from lambdas.jobs.lane import LANE_SECONDS, Lane

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient


class LaneStore:
    """Reads and writes lanes. A write succeeds only on the version that was read."""

    def __init__(self, dynamodb: "DynamoDBClient", table: str, clock: Callable[[], float] = time.time) -> None:
        self._table = JobTable(dynamodb, table, time.sleep)
        self._clock = clock

    def now(self) -> int:
        """Return the seconds since 1970."""
        return int(self._clock())

    def get(self, name: str) -> Lane | None:
        """Return a lane; None if no loader was held back in the last minutes."""
        item = self._table.get(_key(name))
        if item is None or item["expires"] <= self.now():
            return None
        return Lane(item["places"], item["holders"], item["changed"], item["turn_seconds"], item["version"])

    def save(self, name: str, lane: Lane, *, is_new: bool = False) -> bool:
        """Write a lane. False if another loader wrote it since it was read, or made it before."""
        now = self.now()
        changes = {
            "places": lane.places,
            "holders": lane.holders,
            "changed": lane.changed,
            "turn_seconds": lane.turn_seconds,
            "version": lane.version + 1,
            "expires": now + LANE_SECONDS,
        }
        condition = "#version = :seen" if not is_new else "attribute_not_exists(pk) OR #expires <= :now"
        return self._table.update(_key(name), changes, condition, {":now": now} if is_new else {":seen": lane.version})


def _key(name: str) -> dict[str, object]:
    return attributes({"pk": f"lane#{name}", "sk": "lane"})
