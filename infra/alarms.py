"""When somebody is to be told: one row an alarm. docs/runbook.md says of each, under its name, what to do."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from aws_cdk import aws_cloudwatch as cloudwatch

from infra.measures import FUNCTIONS, Measures

if TYPE_CHECKING:
    from infra.alto_stack import AltoStack

HOUR = 3_600
# Messages are lost after thirteen days: a day is early enough to act, and longer than any import should wait.
OLD_MESSAGE_SECONDS = 24 * HOUR
SLOW_SEARCH_MILLISECONDS = 3_000
# OpenSearch Service blocks writes when a node has less than a fifth of its volume, or 20 GiB, left.
FREE_STORAGE_SHARE = 0.25


@dataclass(frozen=True)
class Watch:
    """Tell when the metric is at or beyond `at` in all of `periods` periods of five minutes (`below`: at or under)."""

    name: str
    tells: str
    metric: cloudwatch.Metric
    at: float
    periods: int = 1
    below: bool = False


def watches(stack: AltoStack) -> Iterator[Watch]:
    """Everything that is watched in a stack."""
    measures = Measures(stack)
    yield from _api(measures)
    yield from _imports(stack, measures)
    if stack.search.size:
        yield from _domain(stack, measures)


def _api(measures: Measures) -> Iterator[Watch]:
    yield Watch("ServerErrors", "Requests end in 5xx.", measures.api("5xx"), 10, periods=2)
    slow = measures.function("Duration", "query", "p95")
    yield Watch("SlowSearches", "One search in twenty takes 3 s.", slow, SLOW_SEARCH_MILLISECONDS, periods=3)
    throttles = measures.own("EmbeddingThrottles", "query")
    yield Watch("ThrottledQueries", "The model's quota is too small for the queries.", throttles, 10, periods=2)
    for function in FUNCTIONS:
        title = function.capitalize()
        yield Watch(f"{title}Errors", f"The {function} function fails.", measures.function("Errors", function), 5)
    for function in ("query", "write"):
        title = function.capitalize()
        refused = measures.function("Throttles", function)
        yield Watch(f"{title}Throttles", f"Lambda runs no more of the {function} function.", refused, 1)


def _imports(stack: AltoStack, measures: Measures) -> Iterator[Watch]:
    imports = stack.imports
    undelivered = measures.queue("ApproximateNumberOfMessagesVisible", imports.split_dead_letters, "split")
    yield Watch("SplitDeadLetters", "Files were announced and could not be split.", undelivered, 1)
    # The split function takes these at once and notes them in their jobs, so they are hardly ever seen lying there.
    noted = measures.queue("NumberOfMessagesReceived", imports.load_dead_letters, "load", "Sum")
    yield Watch("LoadDeadLetters", "Chunks of an import could not be loaded.", noted, 1)
    for name, queue in {"Split": imports.split_queue, "Load": imports.load_queue}.items():
        age = measures.queue("ApproximateAgeOfOldestMessage", queue, name)
        yield Watch(f"{name}QueueAge", "Imports wait for a day; after 13 they are lost.", age, OLD_MESSAGE_SECONDS)


def _domain(stack: AltoStack, measures: Measures) -> Iterator[Watch]:
    size = stack.search.size
    assert size is not None
    free = FREE_STORAGE_SHARE * 1024 * size.volume_gib
    yield Watch("DomainRed", "Part of the data cannot be searched.", measures.domain("ClusterStatus.red"), 1)
    if size.instance_count > 1:
        # One node has no place for copies, so there yellow is how things are.
        yield Watch("DomainYellow", "Copies are missing.", measures.domain("ClusterStatus.yellow"), 1, periods=3)
    low = measures.domain("FreeStorageSpace", "Minimum")
    yield Watch("DomainStorage", "A node has less than a quarter of its volume left.", low, free, below=True)
    blocked = measures.domain("ClusterIndexWritesBlocked")
    yield Watch("DomainWritesBlocked", "Nothing can be written.", blocked, 1)
    memory = measures.domain("JVMMemoryPressure")
    yield Watch("DomainMemory", "OpenSearch is short of memory.", memory, 85, periods=3)
    busy = measures.domain("CPUUtilization", "Average")
    yield Watch("DomainCpu", "OpenSearch is short of CPU.", busy, 80, periods=6)
    snapshots = measures.domain("AutomatedSnapshotFailure")
    yield Watch("DomainSnapshots", "There is no fresh snapshot.", snapshots, 1)
