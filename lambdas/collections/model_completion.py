"""Completes the models that a configuration names: the ARNs of their roles, and the dimensions of their vectors."""

from collections.abc import Mapping

from lambdas.aws.credentials import AwsCredentials
from lambdas.aws.stage_roles import StageRoles
from lambdas.collections.checks import check_compression, check_vector_names
from lambdas.collections.index_body import KnnEngine
from lambdas.deadline import Deadline
from lambdas.embedding.config import Text2VecAws, VectorConfig
from lambdas.embedding.embedder import Embedder
from lambdas.errors import InvalidRequestError, abbreviate
from lambdas.generation.settings import GenerativeConfig


class ModelCompletion:
    """Completes configurations. `roles` are those that a vector or a model may name."""

    def __init__(self, embedder: Embedder, knn_engine: KnnEngine, roles: StageRoles | None) -> None:
        self._embedder = embedder
        self._knn_engine = knn_engine
        self._roles = roles or StageRoles()

    def complete_vectors(
        self, vectors: Mapping[str, VectorConfig], deadline: Deadline, credentials: AwsCredentials | None
    ) -> dict[str, VectorConfig]:
        """Return the vectors with the ARNs of their roles and with their dimensions.

        Raises `InvalidRequestError` for a name with capital letters, a compression that the engine lacks, and a role
        that the stage does not list; an `EmbeddingError` when a SageMaker endpoint whose dimensions are not given does
        not respond.
        """
        check_vector_names(vectors)
        check_compression(vectors, self._knn_engine)
        return {
            name: self._with_dimensions(self._with_role(name, vector), deadline, credentials)
            for name, vector in vectors.items()
        }

    def complete_generative(self, config: GenerativeConfig | None) -> GenerativeConfig | None:
        """Return the settings with the ARN of their role. Raises `InvalidRequestError`."""
        if config is None or config.role_arn is None:
            return config
        return config.model_copy(update={"role_arn": self._find_role("generative.role_arn", config.role_arn)})

    def _with_role(self, name: str, config: VectorConfig) -> VectorConfig:
        """Return the configuration with the ARN of its role, which it may name by the stage's short name for it."""
        if not isinstance(config, Text2VecAws) or config.role_arn is None:
            return config
        return config.model_copy(update={"role_arn": self._find_role(f"vectors.{name}.role_arn", config.role_arn)})

    def _find_role(self, field: str, name_or_arn: str) -> str:
        """Return the ARN of a role of the stage. Raises `InvalidRequestError`."""
        role = self._roles.find(name_or_arn)
        if role is None:
            raise InvalidRequestError.at(
                field,
                f"{abbreviate(name_or_arn)} is not a role of this stage; its roles are: {self._roles.listed}. "
                "Roles are added to 'model_roles' in cdk.json",
            )
        return role.role_arn

    def _with_dimensions(
        self, config: VectorConfig, deadline: Deadline, credentials: AwsCredentials | None
    ) -> VectorConfig:
        """The configuration with its dimensions settled. Only an endpoint has to be called for them."""
        if not isinstance(config, Text2VecAws) or config.dimensions is not None:
            return config
        dimensions = config.resolved_dimensions
        if dimensions is None:
            dimensions = self._embedder.probe_dimensions(config, deadline=deadline, credentials=credentials)
        return config.model_copy(update={"dimensions": dimensions})
