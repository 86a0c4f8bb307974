"""A function's settings, read from its environment.

One class for each function, so that each declares exactly what it needs (`import_settings.py` has those of imports).
Nothing here reads the environment on its own: `wiring` passes it in.
"""

from collections.abc import Mapping
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, Json, ValidationError

from lambdas.aws.stage_roles import StageRole


class SettingsError(Exception):
    """A function cannot start: a setting is missing or wrong. Names the variable and its value."""


class Settings(BaseModel):
    """Settings that come from the environment."""

    model_config = ConfigDict(frozen=True, extra="ignore", populate_by_name=True, defer_build=True)

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


class FunctionSettings(Settings):
    """Settings of every function."""

    region: str = Field(alias="AWS_REGION", min_length=1)


class EngineSettings(FunctionSettings):
    """Settings of the functions that talk to OpenSearch. The query function has only these."""

    opensearch_url: str = Field(alias="ALTO_OPENSEARCH_URL", pattern=r"^https?://[^/]+$")
    knn_engine: Literal["lucene", "faiss"] = Field(default="lucene", alias="ALTO_KNN_ENGINE")
    # No function reads more of one response: a response of 64 MB takes several times as much memory while it is parsed.
    response_bytes: int = Field(default=64_000_000, ge=1_000_000, alias="ALTO_LIMIT_ENGINE_RESPONSE_BYTES")
    # The replicas of a collection that does not ask for a number; without it, OpenSearch's own default.
    default_replicas: int | None = Field(default=None, alias="ALTO_DEFAULT_REPLICAS", ge=0, le=5)


class ModelSettings(Settings):
    """Settings of the functions that call models: the roles that they may assume for it."""

    roles: Json[tuple[StageRole, ...]] = Field(default=(), alias="ALTO_MODEL_ROLES")
    # One of `roles`, by its ARN: only the query function reranks.
    rerank_role: str | None = Field(default=None, alias="ALTO_RERANK_ROLE", min_length=1)


class RequestLimits(Settings):
    """The most that one request may cost; of a multi-search, its queries together. See docs/limits.md.

    Each is a variable of the environment, such as `ALTO_LIMIT_LIKE_PATTERNS`.
    """

    like_patterns: int = Field(default=20, ge=0, alias="ALTO_LIMIT_LIKE_PATTERNS")
    leading_wildcards: int = Field(default=5, ge=0, alias="ALTO_LIMIT_LEADING_WILDCARDS")
    fuzzy_words: int = Field(default=32, ge=0, alias="ALTO_LIMIT_FUZZY_WORDS")
    fuzzy_fields: int = Field(default=256, ge=0, alias="ALTO_LIMIT_FUZZY_FIELDS")
    clauses: int = Field(default=10_000, ge=1, alias="ALTO_LIMIT_CLAUSES")
    candidates: int = Field(default=20_000, ge=1, alias="ALTO_LIMIT_CANDIDATES")
    objects: int = Field(default=5_000, ge=1, alias="ALTO_LIMIT_OBJECTS")
    vector_bytes: int = Field(default=6_000_000, ge=1, alias="ALTO_LIMIT_VECTOR_BYTES")
    compared_vector_bytes: int = Field(default=24_000_000, ge=1, alias="ALTO_LIMIT_COMPARED_VECTOR_BYTES")
    rerank_texts: int = Field(default=2_000, ge=1, alias="ALTO_LIMIT_RERANK_TEXTS")
    embedded_characters: int = Field(default=1_000_000, ge=1, alias="ALTO_LIMIT_EMBEDDED_CHARACTERS")
    grouped_medians: int = Field(default=200, ge=0, alias="ALTO_LIMIT_GROUPED_MEDIANS")
    buckets: int = Field(default=60_000, ge=1, alias="ALTO_LIMIT_BUCKETS")
    highlighted_texts: int = Field(default=20_000, ge=1, alias="ALTO_LIMIT_HIGHLIGHTED_TEXTS")
    read_characters: int = Field(default=20_000_000, ge=1, alias="ALTO_LIMIT_READ_CHARACTERS")


class GenerationLimits(Settings):
    """The most that one generative search may cost, before retries, and how many calls are in flight."""

    calls: int = Field(default=100, ge=1, alias="ALTO_LIMIT_GENERATION_CALLS")
    tokens: int = Field(default=1_000_000, ge=1, alias="ALTO_LIMIT_GENERATION_TOKENS")
    concurrency: int = Field(default=40, ge=1, le=64, alias="ALTO_LIMIT_GENERATION_CONCURRENCY")
