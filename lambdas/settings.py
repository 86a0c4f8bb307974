"""A function's settings, read from its environment.

One class for each function, so that each declares exactly what it needs (`import_settings.py` has those of imports).
Nothing here reads the environment on its own: `wiring` passes it in.
"""

from collections.abc import Mapping
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError


class SettingsError(Exception):
    """A function cannot start: a setting is missing or wrong. Names the variable and its value."""


class FunctionSettings(BaseModel):
    """Settings of every function."""

    model_config = ConfigDict(frozen=True, extra="ignore", populate_by_name=True, defer_build=True)

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
    """Settings of the functions that talk to OpenSearch. The query function has only these."""

    opensearch_url: str = Field(alias="ALTO_OPENSEARCH_URL", pattern=r"^https?://[^/]+$")
    knn_engine: Literal["lucene", "faiss"] = Field(default="lucene", alias="ALTO_KNN_ENGINE")
