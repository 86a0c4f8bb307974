"""Logs and metrics. Structured, with ids to follow a request or a job by, and never a body, a header or a key."""

import logging
import os
from collections.abc import Mapping

from aws_lambda_powertools import Logger, Metrics

# The service's name and level come from POWERTOOLS_SERVICE_NAME and POWERTOOLS_LOG_LEVEL.
logger = Logger(log_uncaught_exceptions=False)
# At any level of Alto's own: at DEBUG, botocore logs what it signs, session tokens included, and opensearch-py logs all
# bodies; at WARNING, opensearch-py logs each 404, which Alto expects.
for _vendor, _level in {"boto3": "INFO", "botocore": "INFO", "opensearch": "ERROR", "opensearchpy": "ERROR"}.items():
    logging.getLogger(_vendor).setLevel(_level)

# CloudWatch makes metrics of log lines (embedded metric format), so they cost no call. Each stage has its namespace.
metrics = Metrics(namespace=os.environ.get("POWERTOOLS_METRICS_NAMESPACE", "Alto"))

# Every metric of Alto's own, once an invocation. docs/operations.md explains them.
UNITS = {
    "ColdStart": "Count",
    "EngineTime": "Milliseconds",
    "EmbeddingTime": "Milliseconds",
    "EmbeddedTexts": "Count",
    "EmbeddingCalls": "Count",
    "EmbeddingRetries": "Count",
    "EmbeddingThrottles": "Count",
    "GenerationTime": "Milliseconds",
    "GenerationCalls": "Count",
    "GenerationThrottles": "Count",
    "GeneratedTexts": "Count",
    "GenerationFailures": "Count",
    "GenerationInputTokens": "Count",
    "GenerationOutputTokens": "Count",
    "RecordsLoaded": "Count",
    "RecordsUnchanged": "Count",
    "RecordsFailed": "Count",
    "ObjectsExpired": "Count",
}
# What every invocation has, also when nothing was waited for: averages of the parts then fit the whole.
ALWAYS = {"ColdStart": 0.0, "EngineTime": 0.0, "EmbeddingTime": 0.0}


def publish(amounts: Mapping[str, float], details: Mapping[str, str | int]) -> None:
    """Write one invocation's metrics. `details` can be searched for in the log, but are no dimensions."""
    for measure, amount in (ALWAYS | dict(amounts)).items():
        metrics.add_metric(measure, UNITS[measure], round(amount, 3))
    for name, value in details.items():
        metrics.add_metadata(name, value)
    metrics.flush_metrics()
    # Where metrics are switched off, flushing keeps them.
    metrics.provider.clear_metrics()
