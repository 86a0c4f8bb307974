"""State changes of jobs, told to whoever listens: EventBridge events of the account's default bus."""

from collections.abc import Callable
from typing import Any, Protocol

from lambdas.jobs.job import Job
from lambdas.jobs.job_response import response_of

SOURCE = "alto"
DETAIL_TYPE = "Alto Import State Change"


def event_of(job: Job) -> dict[str, str]:
    """The event that says what state a job is in now."""
    shown = response_of(job)
    detail = shown.model_dump_json(
        include={"id", "state", "reason", "collection", "bucket", "key", "counts", "chunks", "error_file"}
    )
    return {"Source": SOURCE, "DetailType": DETAIL_TYPE, "Detail": detail}


class EventBridge(Protocol):
    """What is needed of its client."""

    def put_events(self, *, Entries: list[dict[str, str]]) -> Any:  # noqa: N803 - AWS names it so
        """Publish events."""
        ...


class JobEvents:
    """Publishes events. One that cannot be published is told to `warn` and lost: an import does not fail for it."""

    def __init__(self, client: EventBridge, warn: Callable[[str], None]) -> None:
        self._client = client
        self._warn = warn

    def announce(self, job: Job) -> None:
        """Tell that the job has come into its state."""
        try:
            answer = self._client.put_events(Entries=[event_of(job)])
        except Exception as error:  # noqa: BLE001 - whatever it is, the import goes on
            self._warn(f"{job.state} of import {job.id} was not published: {type(error).__name__}")
            return
        if answer["FailedEntryCount"]:
            self._warn(f"{job.state} of import {job.id} was not published: {answer['Entries'][0].get('ErrorCode')}")
