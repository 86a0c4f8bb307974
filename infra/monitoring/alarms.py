"""The alarms, one row each. docs/runbook.md has the remedy of each, under its name."""

from collections.abc import Iterator
from dataclasses import dataclass

from aws_cdk import aws_cloudwatch as cloudwatch

from infra.monitoring.measures import FUNCTIONS, Measures
from infra.monitoring.watched_parts import WatchedParts

HOUR = 3_600
# Messages are lost after thirteen days: a day is early enough to act, and longer than any import should wait.
OLD_MESSAGE_SECONDS = 24 * HOUR
SLOW_SEARCH_MILLISECONDS = 3_000
# OpenSearch Service blocks writes when a node has less than a fifth of its volume, or 20 GiB, left.
FREE_STORAGE_SHARE = 0.25


@dataclass(frozen=True)
class AlarmSpec:
    """Fires when the metric is at or above `at` in all of `periods` periods of five minutes (`below`: at or under)."""

    name: str
    meaning: str
    metric: cloudwatch.Metric
    at: float
    periods: int = 1
    below: bool = False


def alarm_specs(parts: WatchedParts) -> Iterator[AlarmSpec]:
    """All alarms of a parts."""
    measures = Measures(parts)
    yield from _api(measures)
    yield from _imports(parts, measures)
    if parts.search.size:
        yield from _domain(parts, measures)


def _api(measures: Measures) -> Iterator[AlarmSpec]:
    yield AlarmSpec("ServerErrors", "Requests end in 5xx.", measures.api("5xx"), 10, periods=2)
    slow = measures.function("Duration", "query", "p95")
    yield AlarmSpec("SlowSearches", "One search in twenty takes 3 s.", slow, SLOW_SEARCH_MILLISECONDS, periods=3)
    model_throttles = measures.own("EmbeddingThrottles", "query")
    yield AlarmSpec(
        "ThrottledQueries", "The model's quota is too small for the queries.", model_throttles, 10, periods=2
    )
    failures = measures.own("GenerationFailures", "query")
    yield AlarmSpec("FailedTexts", "Generative searches lack texts.", failures, 10, periods=2)
    for function in FUNCTIONS:
        title = function.capitalize()
        yield AlarmSpec(f"{title}Errors", f"The {function} function fails.", measures.function("Errors", function), 5)
    for function in FUNCTIONS:
        dropped = measures.function("RecursiveInvocationsDropped", function)
        meaning = f"Lambda took the {function} function's messages for an endless loop and dropped them."
        yield AlarmSpec(f"{function.capitalize()}RecursionDropped", meaning, dropped, 1)
    for function in ("query", "write"):
        title = function.capitalize()
        throttles = measures.function("Throttles", function)
        yield AlarmSpec(f"{title}Throttles", f"Lambda runs no more of the {function} function.", throttles, 1)


def _imports(parts: WatchedParts, measures: Measures) -> Iterator[AlarmSpec]:
    imports = parts.imports
    undelivered = measures.queue("ApproximateNumberOfMessagesVisible", imports.split_dead_letters, "split")
    yield AlarmSpec("SplitDeadLetters", "Announced files could not be split.", undelivered, 1)
    # The split function records these in their jobs at once, so they hardly ever stay in the queue.
    noted = measures.queue("NumberOfMessagesReceived", imports.load_dead_letters, "load", "Sum")
    yield AlarmSpec("LoadDeadLetters", "Chunks of an import could not be read or loaded.", noted, 1)
    for name, queue in {
        "Split": imports.split_queue,
        "Extract": imports.extract_queue,
        "Load": imports.load_queue,
    }.items():
        age = measures.queue("ApproximateAgeOfOldestMessage", queue, name)
        yield AlarmSpec(f"{name}QueueAge", "Imports wait for a day; after 13 they are lost.", age, OLD_MESSAGE_SECONDS)


def _domain(parts: WatchedParts, measures: Measures) -> Iterator[AlarmSpec]:
    size = parts.search.size
    assert size is not None
    free = FREE_STORAGE_SHARE * 1024 * size.volume_gib
    yield AlarmSpec("DomainRed", "Part of the data cannot be searched.", measures.domain("ClusterStatus.red"), 1)
    if size.instance_count > 1:
        # A domain of one node has no place for copies of an index that asks for some, so yellow is usual there.
        yield AlarmSpec("DomainYellow", "Copies are missing.", measures.domain("ClusterStatus.yellow"), 1, periods=3)
    low = measures.domain("FreeStorageSpace", "Minimum")
    yield AlarmSpec("DomainStorage", "A node has less than a quarter of its volume left.", low, free, below=True)
    blocked = measures.domain("ClusterIndexWritesBlocked")
    yield AlarmSpec("DomainWritesBlocked", "Nothing can be written.", blocked, 1)
    memory = measures.domain("JVMMemoryPressure")
    yield AlarmSpec("DomainMemory", "OpenSearch is short of memory.", memory, 85, periods=3)
    busy = measures.domain("CPUUtilization", "Average")
    yield AlarmSpec("DomainCpu", "OpenSearch is short of CPU.", busy, 80, periods=6)
    snapshots = measures.domain("AutomatedSnapshotFailure")
    yield AlarmSpec("DomainSnapshots", "The last automated snapshot failed.", snapshots, 1)
