"""How a collection configures one of its vectors. Everything that can be checked without AWS is checked here."""

import re
from collections.abc import Iterator
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, StringConstraints, field_validator, model_validator

from lambdas.embedding.families import (
    FAMILY_NAMES,
    KNOWN_MODELS,
    Family,
    RequestSettings,
    Truncation,
    base_model,
    family_named,
    family_of,
    region_of,
)
from lambdas.embedding.payloads import PAYLOADS, Payload
from lambdas.models import StrictModel

_REGION = re.compile(r"[a-z]{2,4}(-[a-z]+)+-\d{1,2}")


def _looks_like_a_region(region: str) -> str:
    if not _REGION.fullmatch(region):
        raise ValueError(f"'{region}' is not an AWS region: write one such as 'us-east-1' or 'eu-west-1'")
    return region


Region = Annotated[str, AfterValidator(_looks_like_a_region)]
EndpointName = Annotated[str, StringConstraints(pattern=r"^[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}$")]
HeaderText = Annotated[str, StringConstraints(pattern=r"^[!-~]([ -~]*[!-~])?$", max_length=1024)]
ModelId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9:._/-]*$", max_length=2048)]
RoleReference = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_+=,.@:/-]*$", max_length=2048)]

# Settings that only one of the two services knows.
_BEDROCK_ONLY = {"model": "did you mean 'target_model' or 'endpoint'?", "family": "remove it"}
_SAGEMAKER_ONLY = {
    "endpoint": 'Bedrock takes \'model\'; for an endpoint of your own write "service": "sagemaker"',
    "target_model": "Bedrock takes 'model'",
    "target_variant": "remove it",
    "inference_component": "remove it",
}


class HnswIndex(StrictModel):
    """How the vectors are indexed: distance, and the size and care of the HNSW graph."""

    distance: Literal["cosine", "dot", "l2_squared"] = "cosine"
    m: int = Field(default=16, ge=2, le=100, description="Neighbours of each vector in the graph.")
    ef_construction: int = Field(default=128, ge=2, le=4096, description="Candidates looked at while building.")
    ef_search: int = Field(default=256, ge=1, le=10000, description="Candidates looked at while searching.")
    compression: Literal["4x"] | None = Field(
        default=None,
        description="`4x`: the graph is searched by one byte for each number of a vector instead of four, in a quarter "
        "of the memory; the nearest are then compared by their whole vectors, so distances are exact. It needs the "
        "engine `lucene`. A rebuild switches it on and off (`null`).",
    )


class PassageSettings(StrictModel):
    """The passages of an object's text."""

    words: int = Field(default=90, ge=30, le=500, description="About how many words each passage has.")


class SelfProvided(StrictModel):
    """A vector that comes with each object: Alto embeds nothing."""

    vectorizer: Literal["none"]
    dimensions: int = Field(ge=1, le=16000, description="Length of every vector.")
    index: HnswIndex = Field(default_factory=HnswIndex)

    @property
    def resolved_dimensions(self) -> int:
        """The length of the vectors, as for a vector that Alto makes."""
        return self.dimensions


class RoleOfStage(StrictModel):
    """Settings whose `role_arn` names a role of the stage, which also has the external id of the role."""

    @model_validator(mode="before")
    @classmethod
    def _external_id_is_the_stages(cls, data: object) -> object:
        if isinstance(data, dict) and "external_id" in data:
            raise ValueError(
                "'external_id' cannot be sent: it is part of the stage's setting 'model_roles'. Remove it, and name "
                "the role in 'role_arn'"
            )
        return data


class Text2VecAws(RoleOfStage):
    """A vector made from the object's text by a model on Amazon Bedrock or SageMaker."""

    vectorizer: Literal["text2vec-aws"]
    service: Literal["bedrock", "sagemaker"] = "bedrock"
    region: Region = Field(description="The AWS region of the model or endpoint, such as us-east-1.")
    model: ModelId | None = Field(default=None, description="Bedrock: a model id, inference profile or their ARN.")
    family: str | None = Field(default=None, description="Bedrock: the model family of an ARN that does not tell it.")
    endpoint: EndpointName | None = Field(default=None, description="SageMaker: the name of the endpoint.")
    target_model: HeaderText | None = Field(default=None, description="SageMaker: the model of a multi-model endpoint.")
    target_variant: HeaderText | None = Field(default=None, description="SageMaker: the production variant.")
    inference_component: HeaderText | None = Field(default=None, description="SageMaker: the inference component.")
    payload: Payload = Field(default="inputs", description="SageMaker: the field in which the container takes texts.")
    pooling: Literal["none", "mean"] = Field(
        default="none", description="SageMaker: what to do with one vector per token: refuse, or take the mean."
    )
    dimensions: int | None = Field(default=None, ge=1, le=16000, description="Length of the vectors.")
    normalize: bool | None = Field(default=None, description="Titan text v2: unit length. The model's default is true.")
    truncate: Truncation = Field(
        default="none",
        description="Which end of a text that is too long is cut away. `none`: such a text is an error of its object.",
    )
    source_properties: list[str] | None = Field(
        default=None, min_length=1, description="The properties that are embedded; all text properties by default."
    )
    vectorize_collection_name: bool = Field(default=False, description="The collection's name is embedded first.")
    passages: PassageSettings | None = Field(
        default=None,
        description="Also embed the passages of a long text, each with the object's title in front; a search then "
        "compares the query with the object (.3) and its nearest passage (.7). At most 100 passages of an object. "
        "Distance `cosine` only.",
    )
    role_arn: RoleReference | None = Field(
        default=None,
        description="The role that Alto assumes to call the model: name or ARN of one of the stage's `model_roles`. "
        "The response has its ARN.",
    )
    requests_per_minute: int | None = Field(default=None, ge=1, description="Never more calls than this.")
    tokens_per_minute: int | None = Field(default=None, ge=1, description="Never more input tokens than this.")
    index: HnswIndex = Field(default_factory=HnswIndex)

    @field_validator("source_properties")
    @classmethod
    def _source_properties_differ(cls, names: list[str] | None) -> list[str] | None:
        for name in names or ():
            if (names or ()).count(name) > 1:
                raise ValueError(f"'{name}' is listed twice: name each property once")
        return names

    @model_validator(mode="after")
    def _passages_are_compared_by_cosine(self) -> Self:
        if self.passages is not None and self.index.distance != "cosine":
            raise ValueError(
                f"'passages' are compared by the distance 'cosine', but index.distance is '{self.index.distance}': "
                "remove one of the two"
            )
        return self

    @model_validator(mode="after")
    def _settings_fit_together(self) -> Self:
        problems = list(self._bedrock_problems() if self.service == "bedrock" else self._sagemaker_problems())
        if problems:
            raise ValueError("; ".join(problems))
        return self

    def _bedrock_problems(self) -> Iterator[str]:
        for field, remedy in _SAGEMAKER_ONLY.items():
            if getattr(self, field) is not None:
                yield f"'{field}' does not apply to service 'bedrock': {remedy}"
        if self.payload != "inputs" or self.pooling != "none":
            yield "'payload' and 'pooling' do not apply to service 'bedrock', where the model decides: remove them"
        if self.model is None:
            yield f"'model' is missing: write one of {', '.join(KNOWN_MODELS)}"
            return
        yield from self._family_problems(self.model)
        if family := self._bedrock_family:
            yield from self._setting_problems(family)

    def _family_problems(self, model: str) -> Iterator[str]:
        named = family_named(self.family) if self.family else None
        told = family_of(model)
        if self.family and named is None:
            yield f"'{self.family}' is not a model family: write one of {', '.join(FAMILY_NAMES)}"
        elif named and told and named is not told:
            yield f"'{model}' belongs to the family '{told.name}', not to '{named.name}': remove 'family'"
        elif not named and not told:
            yield (
                f"'{model}' is not a model that Alto knows: write one of {', '.join(KNOWN_MODELS)}, an inference "
                "profile of these, or, for an ARN that does not tell its model, name that with 'family' "
                f"({', '.join(FAMILY_NAMES)})"
            )
        if (region := region_of(model)) and region != self.region:
            yield f"'{model}' is in the region '{region}', but 'region' says '{self.region}': make them the same"

    def _setting_problems(self, family: Family) -> Iterator[str]:
        if self.dimensions is not None and self.dimensions not in family.dimensions:
            allowed = ", ".join(str(dimension) for dimension in family.dimensions)
            yield (
                f"'{self.model}' has no vectors of {self.dimensions} dimensions: write {allowed}, "
                f"or leave 'dimensions' out for {family.default_dimensions}"
            )
        if self.normalize is not None and not family.normalizes:
            yield f"'normalize' is not a setting of '{self.model}' (only of Titan text v2): remove it"

    def _sagemaker_problems(self) -> Iterator[str]:
        for field, remedy in _BEDROCK_ONLY.items():
            if getattr(self, field) is not None:
                yield f"'{field}' does not apply to service 'sagemaker': {remedy}"
        if self.endpoint is None:
            yield "'endpoint' is missing: write the name of the SageMaker endpoint"
        if self.normalize is not None:
            yield "'normalize' does not apply to service 'sagemaker': set it in the container, or use distance 'cosine'"
        if self.truncate != "none" and self.payload != "cohere":
            yield (
                f"'truncate' does not apply to the payload '{self.payload}': set it in the container "
                "(Text Embeddings Inference: --auto-truncate)"
            )

    @property
    def _bedrock_family(self) -> Family | None:
        return family_of(self.model or "") or family_named(self.family or "")

    @property
    def model_family(self) -> Family:
        """Return the row of the model, or of the payload of the SageMaker container."""
        return (self._bedrock_family if self.service == "bedrock" else None) or PAYLOADS[self.payload]

    @property
    def resolved_dimensions(self) -> int | None:
        """The length of the vectors. None only for a SageMaker endpoint whose configuration does not say it."""
        return self.dimensions or self.model_family.default_dimensions

    @property
    def request_settings(self) -> RequestSettings:
        """The part of the configuration that goes into each request."""
        return RequestSettings(self.resolved_dimensions, self.normalize, self.truncate)

    @property
    def target(self) -> str:
        """The model id or the endpoint, for messages and limits."""
        return self.model or self.endpoint or ""

    @property
    def action(self) -> str:
        """The IAM action that a call needs."""
        return "bedrock:InvokeModel" if self.service == "bedrock" else "sagemaker:InvokeEndpoint"

    @property
    def input_limit(self) -> str:
        """How much text the model takes, in words."""
        return self.model_family.input_limit

    @property
    def shortening(self) -> str:
        """How to shorten a text that is too long."""
        return "Shorten it, or create the collection with 'truncate': 'end'."

    @property
    def load_settings(self) -> str:
        """The settings that lower the load, for messages."""
        return " (requests_per_minute, tokens_per_minute)"

    @property
    def vector_settings(self) -> dict[str, str | int | bool | None]:
        """Everything that makes the same text another vector: the identity of the model and what is asked of it."""
        common: dict[str, str | int | bool | None] = {
            "service": self.service,
            "dimensions": self.resolved_dimensions,
            "truncate": self.truncate,
        }
        if self.passages is not None:
            common["passages"] = self.passages.words
        if self.service == "bedrock":
            normalize = self.normalize is not False if self.model_family.normalizes else None
            return common | {"model": base_model(self.target), "normalize": normalize}
        # An endpoint's name means something only in its region and account.
        names = ("endpoint", "region", "role_arn", "target_model", "target_variant", "inference_component")
        return common | {name: getattr(self, name) for name in (*names, "payload", "pooling")}


VectorConfig = Annotated[Text2VecAws | SelfProvided, Field(discriminator="vectorizer")]
