"""The reranker: Bedrock, with the credentials that apply."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from lambdas.observability import logger
from lambdas.reranking.model import RerankModel
from lambdas.reranking.reranker import RerankCounts, Reranker
from lambdas.wiring.embedding import aws_caller

# As many searches as one request may hold.
CONNECTIONS = 20


def reranker(session: Any, environment: Mapping[str, str]) -> Reranker:
    """A reranker that signs with the botocore session's credentials where nothing more specific is given."""
    return Reranker(aws_caller(session, environment, CONNECTIONS), report=_log)


def _log(model: RerankModel, taken: RerankCounts) -> None:
    """One line for each job: what it took, and nothing of what was in it."""
    logger.info("reranked", extra={"model": model.target, "model_region": model.region} | asdict(taken))
