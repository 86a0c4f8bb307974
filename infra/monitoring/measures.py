"""The metrics of Alto: those that AWS publishes of each part, and its own."""

import aws_cdk as cdk
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_sqs as sqs

from infra.constructs.functions import metrics_namespace
from infra.monitoring.watched_parts import WatchedParts

FIVE_MINUTES = cdk.Duration.minutes(5)
FUNCTIONS = ("query", "write", "split", "extract", "load")


class Measures:
    """Makes metrics of one stack, with periods of five minutes."""

    def __init__(self, parts: WatchedParts) -> None:
        self._parts = parts

    def own(self, name: str, function: str, statistic: str = "Sum") -> cloudwatch.Metric:
        """A metric that Alto publishes itself (`lambdas/observability.py`), of one function."""
        return self._metric(metrics_namespace(self._parts.settings), name, statistic, {"service": function})

    def function(self, name: str, function: str, statistic: str = "Sum") -> cloudwatch.Metric:
        """A metric that Lambda publishes of a function."""
        deployed = self._parts.functions[function].function
        return self._metric("AWS/Lambda", name, statistic, {"FunctionName": deployed.function_name}, function)

    def api(self, name: str, statistic: str = "Sum") -> cloudwatch.Metric:
        """A metric that API Gateway publishes of the API."""
        return self._metric("AWS/ApiGateway", name, statistic, {"ApiId": self._parts.api.api_id})

    def queue(self, name: str, queue: sqs.Queue, label: str, statistic: str = "Maximum") -> cloudwatch.Metric:
        """A metric that SQS publishes of a queue."""
        return self._metric("AWS/SQS", name, statistic, {"QueueName": queue.queue_name}, label)

    def domain(self, name: str, statistic: str = "Maximum") -> cloudwatch.Metric:
        """A metric that OpenSearch Service publishes of the domain, also of one that existed before."""
        dimensions = {
            "DomainName": self._parts.settings.domain_name,
            "ClientId": cdk.Stack.of(self._parts.search).account,
        }
        return self._metric("AWS/ES", name, statistic, dimensions)

    def models(self, name: str) -> cloudwatch.MathExpression:
        """A metric that Bedrock publishes of each model that is called in this account and region."""
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
