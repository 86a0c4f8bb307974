"""How a collection or a request chooses the model that writes."""

from typing import Annotated, Self

from pydantic import Field, StringConstraints, model_validator

from lambdas.embedding.config import EndpointName, HeaderText, Region, RoleOfStage, RoleReference
from lambdas.generation.defaults import CONTEXT_TOKENS, MAX_PROMPT, MAX_TOKENS, ChatPayload, Service
from lambdas.models import StrictModel

StopSequence = Annotated[str, StringConstraints(min_length=1, max_length=100)]
# A blank text is refused by Bedrock, once for each call.
PromptText = Annotated[str, StringConstraints(max_length=MAX_PROMPT, pattern=r"\S")]
# As the id of an embedding model, but errors name a model that writes.
TextModelId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][-A-Za-z0-9:._/]*$", max_length=2048)]


class Guardrail(StrictModel):
    """A guardrail of Bedrock, which checks the prompt and the text that the model writes."""

    id: Annotated[
        str, StringConstraints(pattern=r"^([a-z0-9]+|arn:aws[a-z-]*:bedrock:[a-z0-9-]+:[0-9]{12}:guardrail/[a-z0-9]+)$")
    ] = Field(max_length=2048, description="The identifier of the guardrail, or its ARN.")
    version: Annotated[str, StringConstraints(pattern=r"^([1-9][0-9]{0,7}|DRAFT)$")] = Field(
        description="A number, or `DRAFT`."
    )


class GenerativeSettings(RoleOfStage):
    """The model that writes texts, and how. In a request, each setting overrides the collection's."""

    service: Service | None = Field(default=None, description="`bedrock`, if not given.")
    region: Region | None = Field(default=None, description="The AWS region of the model; Alto's own, if not given.")
    model: TextModelId | None = Field(
        default=None, description="Bedrock: any model of the Converse API: its id, its inference profile, or an ARN."
    )
    family: str | None = Field(
        default=None,
        max_length=100,
        description="Bedrock: the row of Alto's table of models, for an ARN that does not name its model.",
    )
    endpoint: EndpointName | None = Field(default=None, description="SageMaker: the name of the endpoint.")
    payload: ChatPayload | None = Field(
        default=None,
        description="SageMaker: what the container takes: `openai` (`messages`, the default) or `inputs` "
        "(`inputs` and `parameters`).",
    )
    target_model: HeaderText | None = Field(default=None, description="SageMaker: the model of a multi-model endpoint.")
    target_variant: HeaderText | None = Field(default=None, description="SageMaker: the production variant.")
    inference_component: HeaderText | None = Field(default=None, description="SageMaker: the inference component.")
    max_tokens: int | None = Field(
        default=None, ge=1, le=64_000, description=f"The longest text of one call, in tokens. {MAX_TOKENS} by default."
    )
    temperature: float | None = Field(default=None, ge=0, le=1, description="The model's default, if not given.")
    top_p: float | None = Field(default=None, ge=0, le=1, description="The model's default, if not given.")
    top_k: int | None = Field(default=None, ge=1, le=500, description="Bedrock: only for models that have it.")
    stop_sequences: list[StopSequence] | None = Field(
        default=None, min_length=1, max_length=10, description="Texts at which the model stops writing."
    )
    system: PromptText | None = Field(
        default=None, description="Instructions that hold for every prompt. They follow Alto's own."
    )
    guardrail: Guardrail | None = None
    context_tokens: int | None = Field(
        default=None,
        ge=100,
        le=200_000,
        description=f"Space for passages in a prompt, in tokens of about four bytes. {CONTEXT_TOKENS:,} by default.",
    )
    role_arn: RoleReference | None = Field(
        default=None,
        description="The role that Alto assumes to call the model: name or ARN of one of the stage's `model_roles`.",
    )


class GenerativeConfig(GenerativeSettings):
    """The collection's model for generative search. A request may override each setting."""

    service: Service = "bedrock"

    @model_validator(mode="after")
    def _settings_fit_together(self) -> Self:
        # Every cold start loads this file, and few need the table of models.
        from lambdas.generation.config import list_problems  # noqa: PLC0415

        problems = [problem for _, problem in list_problems(self.model_dump())]
        if problems:
            raise ValueError("; ".join(problems))
        return self
