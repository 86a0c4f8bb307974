"""Publishes the state changes of jobs as EventBridge events on the account's default bus."""

from collections.abc import Callable
from typing import Any, Protocol

from lambdas.jobs.job import Job
from lambdas.jobs.job_response import response_of

SOURCE = "alto"
DETAIL_TYPE = "Alto Import State Change"


def event_of(job: Job) -> dict[str, str]:
    """Return the event for the current state of a job."""
    shown = response_of(job)
    detail = shown.model_dump_json(
        include={"id", "kind", "state", "reason", "collection", "bucket", "key", "counts", "chunks", "error_file"}
    )
    return {"Source": SOURCE, "DetailType": DETAIL_TYPE, "Detail": detail}


class EventBridge(Protocol):
    """The part of the EventBridge client that is used."""

    def put_events(self, *, Entries: list[dict[str, str]]) -> Any:  # noqa: N803 - AWS names it so
        """Publish events."""
        ...


class JobEvents:
    """Publishes events. A failure is passed to `warn`; it does not stop the import."""

    def __init__(self, client: EventBridge, warn: Callable[[str], None]) -> None:
        self._client = client
        self._warn = warn

    def announce(self, job: Job) -> None:
        """Publish the state that the job has reached."""
        try:
            response = self._client.put_events(Entries=[event_of(job)])
        except Exception as error:  # noqa: BLE001 - the import must continue
            self._warn(f"{job.state} of import {job.id} was not published: {type(error).__name__}")
            return
        if response["FailedEntryCount"]:
            self._warn(f"{job.state} of import {job.id} was not published: {response['Entries'][0].get('ErrorCode')}")
