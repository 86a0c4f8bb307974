"""Brings the functions' logs from the local account's CloudWatch Logs into plain files, one per function."""

import logging
from pathlib import Path
from threading import Event, Thread
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from local.account import LocalAccount

log = logging.getLogger(__name__)

SECONDS_BETWEEN_LOOKS = 2.0


class FunctionLogs:
    """Follows the log group of every function from a thread; each invocation is one stream there.

    A stream that was read is deleted: the account keeps logs in memory, and a load test makes many thousands.
    """

    def __init__(self, account: LocalAccount, folder: Path) -> None:
        self._logs = account.client("logs")
        self._files = {group: folder / f"{name}.log" for name, group in _log_groups(account.client("lambda"))}
        self._ended = Event()
        self._thread = Thread(target=self._follow, name="function-logs", daemon=True)

    @property
    def files(self) -> list[Path]:
        return sorted(self._files.values())

    def start(self) -> None:
        for file in self._files.values():
            file.parent.mkdir(parents=True, exist_ok=True)
            file.touch()
        self._thread.start()

    def stop(self) -> None:
        """Ends following, after a last look."""
        self._ended.set()
        if self._thread.is_alive():
            self._thread.join(timeout=10)

    def _follow(self) -> None:
        ended = False
        while not ended:
            ended = self._ended.wait(SECONDS_BETWEEN_LOOKS)
            try:
                self.collect()
            except (BotoCoreError, ClientError) as error:
                # Logs are a convenience: an account that goes away is reported by the watcher of its process.
                log.debug("The functions' logs cannot be read: %s", error)

    def collect(self) -> None:
        """Moves what the account has now into the files."""
        for group, file in self._files.items():
            try:
                streams = self._logs.describe_log_streams(logGroupName=group)["logStreams"]
            except self._logs.exceptions.ResourceNotFoundException:
                continue
            for stream in sorted(streams, key=lambda each: each.get("lastEventTimestamp", 0)):
                where = {"logGroupName": group, "logStreamName": stream["logStreamName"]}
                events = self._logs.get_log_events(**where, startFromHead=True)["events"]
                with file.open("a", encoding="utf-8") as output:
                    output.writelines(f"{event['message']}\n" for event in events)
                self._logs.delete_log_stream(**where)


def _log_groups(functions: Any) -> list[tuple[str, str]]:
    """(short name, log group) of every function in the account."""
    found = []
    for page in functions.get_paginator("list_functions").paginate():
        for function in page["Functions"]:
            variables = function.get("Environment", {}).get("Variables", {})
            name = variables.get("POWERTOOLS_SERVICE_NAME", function["FunctionName"])
            group = function.get("LoggingConfig", {}).get("LogGroup", f"/aws/lambda/{function['FunctionName']}")
            found.append((name, group))
    return found
