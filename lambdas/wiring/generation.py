"""The generator: Bedrock and SageMaker, with the credentials that apply; and its metrics, one set for each model."""

from collections.abc import Mapping
from dataclasses import asdict

from aws_lambda_powertools.metrics import EphemeralMetrics

from lambdas.embedding.aws_caller import AwsCaller
from lambdas.generation.config import GenerationModel
from lambdas.generation.generator import GenerationCounts, Generator
from lambdas.generative_search.step import GenerativeSearcher
from lambdas.invocation import current
from lambdas.observability import logger, metrics
from lambdas.search.searcher import Searcher
from lambdas.settings import GenerationLimits


def generative_searcher(
    searcher: Searcher, caller: AwsCaller, region: str, environment: Mapping[str, str]
) -> GenerativeSearcher:
    """Return what runs generative searches. Raises `SettingsError`."""
    limits = GenerationLimits.from_environment(environment)
    return GenerativeSearcher(
        searcher, lambda: Generator(caller, concurrency=limits.concurrency, report=report), region, limits
    )


def report(model: GenerationModel, counts: GenerationCounts) -> None:
    """Log what the texts of a request took, and add it to the metrics. Nothing of prompts and texts is logged."""
    logger.info("generated", extra={"model": model.target, "model_region": model.region} | asdict(counts))
    measures = {
        "GenerationTime": counts.milliseconds,
        "GenerationCalls": counts.calls,
        "GenerationThrottles": counts.throttled,
        "GeneratedTexts": counts.texts,
        "GenerationFailures": counts.texts_failed,
        "GenerationInputTokens": counts.input_tokens,
        "GenerationOutputTokens": counts.output_tokens,
    }
    # For the alarms, without a dimension that they would have to know.
    for name, amount in measures.items():
        current.add(name, amount)
    of_model = EphemeralMetrics(namespace=metrics.namespace)
    of_model.add_dimension("model", model.target)
    for name, amount in measures.items():
        of_model.add_metric(name, "Milliseconds" if name == "GenerationTime" else "Count", amount)
    of_model.flush_metrics()
