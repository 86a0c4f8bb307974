"""The embedder: Bedrock and SageMaker, with the credentials that apply."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from lambdas.embedding.config import Text2VecAws
from lambdas.embedding.credentials import CredentialChain, credentials_from_environment
from lambdas.embedding.embedder import CONCURRENCY, Embedder
from lambdas.embedding.families import InputType
from lambdas.embedding.model_client import AwsModel
from lambdas.embedding.run import EmbeddingCounts
from lambdas.embedding.signed_http import SignedHttp, sts_clients
from lambdas.observability import logger


def embedder(session: Any, environment: Mapping[str, str]) -> Embedder:
    """An embedder that signs with the botocore session's credentials where nothing more specific is given."""
    http = SignedHttp(session, connections=CONCURRENCY)
    chain = CredentialChain(
        own=http.own_credentials, sts=sts_clients(session), environment=credentials_from_environment(environment)
    )
    return Embedder(AwsModel(http, chain), report=_log)


def _log(config: Text2VecAws, input_type: InputType, taken: EmbeddingCounts) -> None:
    """One line for each job that asked a model: what it took, and nothing of what was in it."""
    said = {"model": config.target, "model_region": config.region, "input_type": input_type}
    logger.info("embedded", extra=said | asdict(taken))
