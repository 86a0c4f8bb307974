"""The dashboard: a row of graphs for each question, from the callers down to the bill."""

from collections.abc import Sequence

from aws_cdk import aws_cloudwatch as cloudwatch

from infra.monitoring.measures import FIVE_MINUTES, FUNCTIONS, Measures
from infra.monitoring.watched_parts import WatchedParts

COLUMNS = 24


def rows(parts: WatchedParts) -> list[list[cloudwatch.IWidget]]:
    """The graphs of a stack's dashboard."""
    measures = Measures(parts)
    return [
        _requests(measures),
        _parts(measures),
        _imports(parts, measures),
        _domain(measures),
        _texts(measures),
        _cost(measures),
    ]


def _requests(measures: Measures) -> list[cloudwatch.IWidget]:
    return _row(
        _graph("Requests", [measures.api("Count"), measures.api("4xx"), measures.api("5xx")]),
        _graph("Latency, ms", [measures.api("Latency", statistic) for statistic in ("p50", "p95", "p99")]),
        _graph("Errors of functions", [measures.function("Errors", name) for name in FUNCTIONS]),
        _graph("Cold starts", [measures.own("ColdStart", name) for name in FUNCTIONS]),
    )


def _parts(measures: Measures) -> list[cloudwatch.IWidget]:
    """Where the time of a request goes. Averages, because percentiles of parts do not add up to that of the whole."""
    return _row(
        *(_shares(measures, name, f"Time of a {what}, ms") for name, what in (("query", "query"), ("write", "write"))),
        _graph(
            "Throttled by models", [measures.own("EmbeddingThrottles", name) for name in ("query", "write", "load")]
        ),
        _graph("Throttled by Lambda", [measures.function("Throttles", name) for name in FUNCTIONS]),
    )


def _shares(measures: Measures, function: str, title: str) -> cloudwatch.GraphWidget:
    engine = measures.own("EngineTime", function, "Average").with_(label="search")
    embedding = measures.own("EmbeddingTime", function, "Average").with_(label="embed")
    rest = cloudwatch.MathExpression(
        expression="whole - engine - embedding",
        label="rest",
        period=FIVE_MINUTES,
        using_metrics={
            "whole": measures.function("Duration", function, "Average"),
            "engine": engine,
            "embedding": embedding,
        },
    )
    return _graph(title, [embedding, engine, rest], stacked=True)


def _imports(parts: WatchedParts, measures: Measures) -> list[cloudwatch.IWidget]:
    imports = parts.imports
    queues = {"split": imports.split_queue, "extract": imports.extract_queue, "load": imports.load_queue}
    dead = {"split": imports.split_dead_letters, "load": imports.load_dead_letters}
    return _row(
        _graph(
            "Records imported in 5 minutes",
            [
                measures.own(name, "load").with_(label=name)
                for name in ("RecordsLoaded", "RecordsUnchanged", "RecordsFailed")
            ],
        ),
        _graph(
            "Messages waiting",
            [measures.queue("ApproximateNumberOfMessagesVisible", queue, name) for name, queue in queues.items()],
        ),
        _graph(
            "Age of the oldest message, s",
            [measures.queue("ApproximateAgeOfOldestMessage", queue, name) for name, queue in queues.items()],
        ),
        _graph(
            "Dead letters",
            [measures.queue("NumberOfMessagesReceived", queue, f"{name}, noted", "Sum") for name, queue in dead.items()]
            + [measures.queue("ApproximateNumberOfMessagesVisible", queue, name) for name, queue in dead.items()],
        ),
    )


def _domain(measures: Measures) -> list[cloudwatch.IWidget]:
    return _row(
        _graph("Domain: red, yellow", [measures.domain(f"ClusterStatus.{colour}") for colour in ("red", "yellow")]),
        _graph("Domain: CPU, memory, %", [measures.domain("CPUUtilization"), measures.domain("JVMMemoryPressure")]),
        _graph(
            "Domain: latency, ms", [measures.domain(f"{kind}Latency", "Average") for kind in ("Search", "Indexing")]
        ),
        _graph("Domain: free storage, MiB", [measures.domain("FreeStorageSpace", "Minimum")]),
    )


def _texts(measures: Measures) -> list[cloudwatch.IWidget]:
    """Generative searches: what was written, in what time, and what failed."""

    def own(title: str, *names: str, statistic: str = "Sum") -> cloudwatch.GraphWidget:
        return _graph(title, [measures.own(name, "query", statistic).with_(label=name) for name in names])

    return _row(
        own("Texts written", "GeneratedTexts", "GenerationFailures"),
        own("Time of the texts of a request, ms", "GenerationTime", statistic="p95"),
        own("Calls for texts", "GenerationCalls", "GenerationThrottles"),
        own("Tokens for texts", "GenerationInputTokens", "GenerationOutputTokens"),
    )


def _cost(measures: Measures) -> list[cloudwatch.IWidget]:
    """The quantities that the bill grows with. The domain's own price is fixed."""
    return _row(
        _graph("Tokens by model", [measures.models("InputTokenCount")]),
        _graph("Texts embedded", [measures.own("EmbeddedTexts", name) for name in ("query", "write", "load")]),
        _graph("Lambda, ms in all", [measures.function("Duration", name) for name in FUNCTIONS]),
        _graph("Requests of the API", [measures.api("Count")]),
    )


def _row(*graphs: cloudwatch.GraphWidget) -> list[cloudwatch.IWidget]:
    return list(graphs)


def _graph(title: str, metrics: Sequence[cloudwatch.IMetric], *, stacked: bool = False) -> cloudwatch.GraphWidget:
    return cloudwatch.GraphWidget(title=title, left=list(metrics), stacked=stacked, width=COLUMNS // 4, height=6)
