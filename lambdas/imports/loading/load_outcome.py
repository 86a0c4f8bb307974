"""The delivery of a chunk, and its result."""

from typing import Literal, NamedTuple

LoadResult = Literal["loaded", "listed", "handed_back", "waiting", "repeated", "ignored", "failed"]


class Delivery(NamedTuple):
    """The delivery of a chunk: `attempt` counts from 1, `receipt_handle` identifies it at SQS."""

    receipt_handle: str
    attempt: int


class LoadOutcome(NamedTuple):
    """The result of a delivery. `records_read` = `records_loaded` + `records_unchanged` + `records_failed`."""

    result: LoadResult
    reason: str | None = None
    records_read: int = 0
    records_loaded: int = 0
    records_unchanged: int = 0
    records_failed: int = 0
    job_completed: bool = False
