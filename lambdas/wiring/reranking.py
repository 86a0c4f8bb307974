"""The reranker: Bedrock, with the credentials that apply."""

from lambdas.embedding.aws_caller import AwsCaller
from lambdas.observability import logger
from lambdas.search.reranking.model import RerankModel
from lambdas.search.reranking.reranker import RerankCounts, Reranker


def reranker(caller: AwsCaller) -> Reranker:
    """Return a reranker that reports what it did."""
    return Reranker(caller, report=_log)


def _log(model: RerankModel, taken: RerankCounts) -> None:
    """One line for each job: what it took, and nothing of what was in it."""
    logger.info("reranked", extra={"model": model.target, "model_region": model.region} | taken._asdict())
