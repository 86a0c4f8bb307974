"""The metrics by which Alto is watched: those that AWS keeps of each part, and Alto's own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import aws_cdk as cdk
from aws_cdk import aws_cloudwatch as cloudwatch

from infra.functions import metrics_namespace

if TYPE_CHECKING:
    from aws_cdk import aws_sqs as sqs

    from infra.alto_stack import AltoStack
    from infra.functions import AltoFunction

FIVE_MINUTES = cdk.Duration.minutes(5)
FUNCTIONS = ("query", "write", "split", "load")


class Measures:
    """Makes metrics of one stack. Periods are five minutes where nothing else is said."""

    def __init__(self, stack: AltoStack) -> None:
        self._stack = stack

    def own(self, name: str, function: str, statistic: str = "Sum") -> cloudwatch.Metric:
        """A metric that Alto publishes itself (`lambdas/observability.py`), of one function."""
        return self._metric(metrics_namespace(self._stack.settings), name, statistic, {"service": function})

    def function(self, name: str, function: str, statistic: str = "Sum") -> cloudwatch.Metric:
        """What Lambda keeps of a function."""
        deployed: AltoFunction = getattr(self._stack, function)
        return self._metric("AWS/Lambda", name, statistic, {"FunctionName": deployed.function.function_name}, function)

    def api(self, name: str, statistic: str = "Sum") -> cloudwatch.Metric:
        """What API Gateway keeps of the API."""
        return self._metric("AWS/ApiGateway", name, statistic, {"ApiId": self._stack.api.api_id})

    def queue(self, name: str, queue: sqs.Queue, label: str, statistic: str = "Maximum") -> cloudwatch.Metric:
        """What SQS keeps of a queue."""
        return self._metric("AWS/SQS", name, statistic, {"QueueName": queue.queue_name}, label)

    def domain(self, name: str, statistic: str = "Maximum") -> cloudwatch.Metric:
        """What OpenSearch Service keeps of the domain, whether this stack made it or not."""
        dimensions = {"DomainName": self._stack.settings.domain_name, "ClientId": self._stack.account}
        return self._metric("AWS/ES", name, statistic, dimensions)

    def models(self, name: str) -> cloudwatch.MathExpression:
        """What Bedrock keeps of each model that is called in this account and region."""
        search = f"SEARCH('{{AWS/Bedrock,ModelId}} MetricName=\"{name}\"', 'Sum', 300)"
        return cloudwatch.MathExpression(expression=search, label="", period=FIVE_MINUTES, using_metrics={})

    @staticmethod
    def _metric(
        namespace: str, name: str, statistic: str, dimensions: dict[str, str], label: str | None = None
    ) -> cloudwatch.Metric:
        return cloudwatch.Metric(
            namespace=namespace,
            metric_name=name,
            statistic=statistic,
            dimensions_map=dimensions,
            period=FIVE_MINUTES,
            label=label or dimensions.get("service"),
        )
