"""The functions' logs: what Lambda and Alto report of invocations."""

import json
import re
import time
from collections.abc import Iterable, Iterator
from typing import Any

from conformance.scenario import Stage

REPORT = "REPORT RequestId"
FIGURE = re.compile(r"\b(Init Duration|Restore Duration|Duration|Max Memory Used): ([\d.]+) (?:ms|MB)")
# A line is shown some seconds after it was written.
SECONDS_FOR_A_LINE = 90
SECONDS_BETWEEN_LOOKS = 2


def lines(stage: Stage, function: str, text: str, since: float) -> Iterable[str]:
    """The lines of a function's log that have a text."""
    return stage.log(function, text, since) if stage.log else _cloudwatch(stage, function, text, since)


def reports(stage: Stage, function: str, since: float) -> list[dict[str, float]]:
    """Lambda's own report of each invocation, in milliseconds and megabytes."""
    return [
        {name: float(value) for name, value in FIGURE.findall(line)}
        for line in lines(stage, function, REPORT, since)
        if line.startswith(REPORT)
    ]


def awaited_records(stage: Stage, function: str, text: str, since: float, least: int) -> list[dict[str, Any]]:
    """The lines of Alto's own log that have a text, once there are so many of them, or after a minute and a half."""
    until = time.monotonic() + SECONDS_FOR_A_LINE
    while True:
        found = [json.loads(line) for line in lines(stage, function, text, since) if line.startswith("{")]
        if len(found) >= least or time.monotonic() > until:
            return found
        time.sleep(SECONDS_BETWEEN_LOOKS)


def _cloudwatch(stage: Stage, function: str, text: str, since: float) -> Iterator[str]:
    physical = stage.functions()[function]
    configuration = stage.service("lambda").get_function_configuration(FunctionName=physical)
    group = configuration.get("LoggingConfig", {}).get("LogGroup") or f"/aws/lambda/{physical}"
    pages = stage.service("logs").get_paginator("filter_log_events")
    for page in pages.paginate(logGroupName=group, filterPattern=f'"{text}"', startTime=int(since * 1000)):
        for event in page["events"]:
            yield from (line for line in event["message"].splitlines() if text in line)
