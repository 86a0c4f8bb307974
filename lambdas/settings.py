"""What each function is told by its environment.

One class a function, so that each declares exactly what it needs. Nothing here reads the environment by itself:
`wiring.py` hands it in.
"""

from collections.abc import Mapping
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError

# Some thousand records of 1 kB: enough that batches of a chunk overlap for most of its time. What a slow model leaves
# undone is handed back.
CHUNK_BYTES = 1_048_576


class SettingsError(Exception):
    """A function cannot start: a setting is missing or wrong. Names the variable and its value."""


class FunctionSettings(BaseModel):
    """Settings of every function."""

    model_config = ConfigDict(frozen=True, extra="ignore", populate_by_name=True)

    region: str = Field(alias="AWS_REGION", min_length=1)

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Self:
        """Read the settings, or raise `SettingsError` naming each variable that is missing or wrong."""
        try:
            return cls.model_validate(dict(environment))
        except ValidationError as error:
            problems = "; ".join(
                f"{problem['loc'][0]}: {problem['msg']}"
                + (f", not {problem['input']!r}" if problem["type"] != "missing" else "")
                for problem in error.errors()
            )
            raise SettingsError(f"Alto cannot start. {problems}") from None


class EngineSettings(FunctionSettings):
    """Settings of the functions that talk to OpenSearch."""

    opensearch_url: str = Field(alias="ALTO_OPENSEARCH_URL", pattern=r"^https?://[^/]+$")
    knn_engine: Literal["lucene", "faiss"] = Field(default="lucene", alias="ALTO_KNN_ENGINE")


class ImportSettings(FunctionSettings):
    """Settings of the functions that know about import jobs."""

    jobs_table: str = Field(alias="ALTO_JOBS_TABLE", min_length=1)
    import_bucket: str = Field(alias="ALTO_IMPORT_BUCKET", min_length=1)


class QuerySettings(EngineSettings):
    """Settings of the query function."""


class WriteSettings(EngineSettings, ImportSettings):
    """Settings of the write function."""

    split_queue_url: str = Field(alias="ALTO_SPLIT_QUEUE_URL", min_length=1)
    chunk_bytes: int = Field(default=CHUNK_BYTES, ge=1024, alias="ALTO_CHUNK_BYTES")


class SplitSettings(ImportSettings):
    """Settings of the split function. `chunk_bytes` is how much of a file one message loads."""

    chunk_queue_url: str = Field(alias="ALTO_CHUNK_QUEUE_URL", min_length=1)
    split_queue_url: str = Field(alias="ALTO_SPLIT_QUEUE_URL", min_length=1)
    chunk_bytes: int = Field(default=CHUNK_BYTES, ge=1024, alias="ALTO_CHUNK_BYTES")


class LoadSettings(EngineSettings, ImportSettings):
    """Settings of the load function. Without a role there is no batch inference."""

    chunk_queue_url: str = Field(alias="ALTO_CHUNK_QUEUE_URL", min_length=1)
    batch_role_arn: str | None = Field(default=None, alias="ALTO_BATCH_ROLE_ARN", pattern=r"^arn:aws[a-z-]*:iam::")
