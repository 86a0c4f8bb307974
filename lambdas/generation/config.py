"""The model that a request calls: its settings over those of the collection, and whether they fit. Pure."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from lambdas.embedding.families import region_of
from lambdas.generation.defaults import CONTEXT_TOKENS, MAX_TOKENS, ChatPayload, Service
from lambdas.generation.models import (
    EXAMPLES,
    MODEL_NAMES,
    UNKNOWN,
    LanguageModel,
    is_plain_id,
    language_model_named,
    language_model_of,
)

# What belongs to one service and means nothing to the other, with the remedy.
_OF_SERVICE: dict[Service, dict[str, str]] = {
    "bedrock": {
        "model": "an endpoint has 'endpoint' and 'target_model'",
        "family": "remove it",
        "guardrail": "guardrails are a feature of Bedrock: remove it",
        "top_k": "set it in the container: remove it",
    },
    "sagemaker": {
        "endpoint": 'Bedrock has \'model\'; for an endpoint of your own write "service": "sagemaker"',
        "payload": "remove it",
        "target_model": "Bedrock has 'model'",
        "target_variant": "remove it",
        "inference_component": "remove it",
    },
}
# What belongs to the model's place: a request for the other service takes none of it from the collection.
_OF_PLACE = ("region", "role_arn", *_OF_SERVICE["bedrock"], *_OF_SERVICE["sagemaker"])
# Settings that a call takes as they are.
_UNCHANGED = (
    "target_model",
    "target_variant",
    "inference_component",
    "temperature",
    "top_p",
    "top_k",
    "system",
    "role_arn",
)


class GenerationModel(NamedTuple):
    """The model to call, with the settings of its calls. A `ModelTarget`."""

    service: Service
    region: str
    target: str
    row: LanguageModel = UNKNOWN
    payload: ChatPayload = "openai"
    target_model: str | None = None
    target_variant: str | None = None
    inference_component: str | None = None
    max_tokens: int = MAX_TOKENS
    temperature: float | None = None
    top_p: float | None = None
    top_k: int | None = None
    stop_sequences: tuple[str, ...] = ()
    system: str | None = None
    guardrail: tuple[str, str] | None = None
    context_tokens: int = CONTEXT_TOKENS
    role_arn: str | None = None

    @property
    def action(self) -> str:
        """The IAM actions that a call needs."""
        if self.service == "sagemaker":
            return "sagemaker:InvokeEndpoint"
        return "bedrock:InvokeModel" + (" (and bedrock:ApplyGuardrail on the guardrail)" if self.guardrail else "")

    @property
    def input_limit(self) -> str:
        """How much text it takes, in words."""
        return "its context window"

    @property
    def shortening(self) -> str:
        """How to shorten a text that is too long."""
        return "Lower 'context_tokens' or 'max_tokens', or name fewer 'properties' in 'generate'."

    @property
    def load_settings(self) -> str:
        """The settings that lower the load."""
        return " (a lower 'limit' with 'single_prompt')"


def combine(default: Mapping[str, Any] | None, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings of a request over those of its collection. Absent settings are None or missing."""
    below = dict(default or {})
    service = given.get("service") or below.get("service") or "bedrock"
    if below and service != below.get("service", "bedrock"):
        below = {name: value for name, value in below.items() if name not in _OF_PLACE}
    if given.get("model") and given["model"] != below.get("model"):
        below.pop("family", None)
    return below | {name: value for name, value in given.items() if value is not None} | {"service": service}


def list_problems(settings: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield the field and the problem of each setting that does not fit the others."""
    service: Service = settings["service"]
    other: Service = "sagemaker" if service == "bedrock" else "bedrock"
    for field, remedy in _OF_SERVICE[other].items():
        if settings.get(field) is not None:
            yield field, f"'{field}' does not apply to service '{service}': {remedy}"
    if service == "sagemaker":
        if settings.get("endpoint") is None:
            yield "endpoint", "'endpoint' is missing: write the name of the SageMaker endpoint"
        return
    model = settings.get("model")
    if model is None:
        yield "model", f"'model' is missing: write the id of a model or an inference profile, such as {EXAMPLES}"
        return
    yield from _list_model_problems(model, settings)


def _list_model_problems(model: str, settings: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    named = settings.get("family")
    row = language_model_of(model)
    if named is not None:
        if row is not UNKNOWN and named != row.name:
            yield "family", f"'{model}' belongs to the family '{row.name}', not to '{named}': remove 'family'"
        elif language_model_named(named) is None:
            yield "family", f"'{named}' is not a family of models: write one of {', '.join(MODEL_NAMES)}"
        row = language_model_named(named) or row
    region = settings.get("region")
    if region and (own := region_of(model)) and own != region:
        yield "region", f"'{model}' is in the region '{own}', but 'region' says '{region}': make them the same"
    if row.profile_only and is_plain_id(model):
        yield "model", f"'{model}' can only be called by an inference profile: write 'us.{model}' or another of its own"
    yield from _list_call_problems(model, row, settings)


def _list_call_problems(model: str, row: LanguageModel, settings: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    sampling = [name for name in ("temperature", "top_p", "top_k") if settings.get(name) is not None]
    if row.sampling == "none" and sampling:
        yield sampling[0], f"'{model}' takes neither temperature nor top_p nor top_k: remove {' and '.join(sampling)}"
    elif row.sampling == "one" and {"temperature", "top_p"} <= set(sampling):
        yield "top_p", f"'{model}' takes only one of temperature and top_p: remove one of the two"
    elif row.top_k is None and "top_k" in sampling:
        yield "top_k", f"'{model}' has no top_k: remove it"
    if (settings.get("max_tokens") or 0) > row.max_tokens:
        yield "max_tokens", f"'{model}' writes at most {row.max_tokens:,} tokens: write that or less"
    if len(settings.get("stop_sequences") or ()) > row.stop_sequences:
        most = f"at most {row.stop_sequences}" if row.stop_sequences else "no"
        yield "stop_sequences", f"'{model}' takes {most} stop sequences: remove some"


def resolve_model(settings: Mapping[str, Any], own_region: str) -> GenerationModel:
    """Return the model to call. The settings have no problems."""
    name = settings.get("model")
    row = UNKNOWN
    if name:
        row = language_model_named(settings.get("family") or "") or language_model_of(name)
    guardrail = settings.get("guardrail")
    return GenerationModel(
        service=settings["service"],
        region=settings.get("region") or (region_of(name) if name else None) or own_region,
        target=name or settings["endpoint"],
        row=row,
        payload=settings.get("payload") or "openai",
        max_tokens=settings.get("max_tokens") or min(MAX_TOKENS, row.max_tokens),
        stop_sequences=tuple(settings.get("stop_sequences") or ()),
        guardrail=(guardrail["id"], guardrail["version"]) if guardrail else None,
        context_tokens=settings.get("context_tokens") or CONTEXT_TOKENS,
        **{each: settings.get(each) for each in _UNCHANGED},
    )
