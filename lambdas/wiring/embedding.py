"""The embedder: Bedrock and SageMaker, with the credentials that apply."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from lambdas.embedding.aws_caller import AwsCaller
from lambdas.embedding.config import Text2VecAws
from lambdas.embedding.credentials import CredentialChain, credentials_from_environment
from lambdas.embedding.embedder import CONCURRENCY, Embedder
from lambdas.embedding.families import InputType
from lambdas.embedding.model_client import AwsModel
from lambdas.embedding.run import EmbeddingCounts
from lambdas.embedding.signed_http import SignedHttp, sts_clients
from lambdas.invocation import current
from lambdas.observability import logger


def embedder(session: Any, environment: Mapping[str, str]) -> Embedder:
    """An embedder that signs with the botocore session's credentials where nothing more specific is given."""
    return Embedder(AwsModel(aws_caller(session, environment, CONCURRENCY)), report=_report)


def aws_caller(session: Any, environment: Mapping[str, str], connections: int) -> AwsCaller:
    """Calls models, over so many connections to each endpoint."""
    http = SignedHttp(session, connections)
    chain = CredentialChain(
        own=http.own_credentials, sts=sts_clients(session), environment=credentials_from_environment(environment)
    )
    return AwsCaller(http, chain)


def _report(config: Text2VecAws, input_type: InputType, taken: EmbeddingCounts) -> None:
    """What a job that asked a model took, and nothing of what was in it: a line of the log, and the metrics."""
    said = {"model": config.target, "model_region": config.region, "input_type": input_type}
    logger.info("embedded", extra=said | asdict(taken))
    current.add("EmbeddingTime", 1000 * taken.seconds)
    current.add("EmbeddedTexts", taken.texts)
    current.add("EmbeddingCalls", taken.calls)
    current.add("EmbeddingRetries", taken.retries)
    current.add("EmbeddingThrottles", taken.throttled)
