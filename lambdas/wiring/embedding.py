"""The embedder: Bedrock and SageMaker, with the credentials that apply."""

from dataclasses import asdict

from lambdas.aws.stage_roles import StageRoles
from lambdas.embedding.aws_caller import AwsCaller
from lambdas.embedding.config import Text2VecAws
from lambdas.embedding.credential_chain import CredentialChain, credentials_from_environment
from lambdas.embedding.embedder import Embedder
from lambdas.embedding.embedding_run import EmbeddingCounts
from lambdas.embedding.families import InputType
from lambdas.embedding.model_client import AwsModel
from lambdas.invocation import current
from lambdas.observability import logger
from lambdas.settings import ModelSettings
from lambdas.wiring.aws import Aws, assume


def stage_roles(aws: Aws) -> StageRoles:
    """Return the roles that the stage's functions may assume to call models."""
    return StageRoles(ModelSettings.from_environment(aws.environment).roles)


def model_caller(aws: Aws) -> AwsCaller:
    """Return a caller of models, with the function's own credentials where no more specific ones are given."""
    chain = CredentialChain(aws.own, assume, credentials_from_environment(aws.environment))
    return AwsCaller(aws.http, chain, aws.environment, stage_roles(aws))


def embedder(caller: AwsCaller) -> Embedder:
    """Return an embedder that reports what it did."""
    return Embedder(AwsModel(caller), report=_report)


def _report(config: Text2VecAws, input_type: InputType, taken: EmbeddingCounts) -> None:
    """Log what a job that called a model took, and add it to the metrics. Nothing of its texts is logged."""
    said = {"model": config.target, "model_region": config.region, "input_type": input_type}
    logger.info("embedded", extra=said | asdict(taken))
    current.add("EmbeddingTime", 1000 * taken.seconds)
    current.add("EmbeddedTexts", taken.texts)
    current.add("EmbeddingCalls", taken.calls)
    current.add("EmbeddingRetries", taken.retries)
    current.add("EmbeddingThrottles", taken.throttled)
