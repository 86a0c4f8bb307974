"""The language models that Alto knows: one row each. Adding a model is adding a row (and its test).

A row is what a request must respect so that Converse accepts it. A model without a row is called with the careful
settings of `UNKNOWN`, so new models work before they have one. The sources are AWS's pages on SearchResultBlock, on
inference parameters and on inference profiles, and Anthropic's on search results, read 2026-11-28.
"""

import re
from typing import Any, Literal, NamedTuple

# How many of temperature and top_p one request may have.
Sampling = Literal["both", "one", "none"]
TopK = Literal["top_k", "inferenceConfig.topK"]


class LanguageModel(NamedTuple):
    """One row of the table."""

    name: str
    # Matches the beginning of a model id, without the prefix of an inference profile.
    models: str
    # Takes `searchResult` blocks and cites them.
    cites: bool = False
    sampling: Sampling = "both"
    # The field of `additionalModelRequestFields` for top_k; None for a model that has no such setting.
    top_k: TopK | None = None
    # On-demand calls need an inference profile, such as `us.` before the id.
    profile_only: bool = False
    takes_system: bool = True
    max_tokens: int = 8_192
    stop_sequences: int = 10


UNKNOWN = LanguageModel("other", r"")
LANGUAGE_MODELS: tuple[LanguageModel, ...] = (
    LanguageModel(
        "claude-without-sampling",
        r"anthropic\.claude-(opus-4-[7-9]|(opus|sonnet|haiku)-[5-9])",
        cites=True,
        sampling="none",
        profile_only=True,
        max_tokens=64_000,
    ),
    LanguageModel(
        "claude-4",
        r"anthropic\.claude-(opus|sonnet|haiku)-4",
        cites=True,
        sampling="one",
        top_k="top_k",
        profile_only=True,
        max_tokens=32_000,
    ),
    LanguageModel(
        "claude-3-7", r"anthropic\.claude-3-7", cites=True, top_k="top_k", profile_only=True, max_tokens=64_000
    ),
    LanguageModel("claude-3-5-haiku", r"anthropic\.claude-3-5-haiku", cites=True, top_k="top_k"),
    LanguageModel("claude-3", r"anthropic\.claude-3", top_k="top_k", max_tokens=4_096),
    LanguageModel(
        "nova-profile", r"amazon\.nova-(premier|2)", top_k="inferenceConfig.topK", profile_only=True, stop_sequences=4
    ),
    LanguageModel("nova", r"amazon\.nova-", top_k="inferenceConfig.topK", max_tokens=5_000, stop_sequences=4),
    LanguageModel("titan-text", r"amazon\.titan-text", takes_system=False, max_tokens=3_072),
    LanguageModel("llama-3", r"meta\.llama3-(8b|70b|1-)", max_tokens=2_048, stop_sequences=0),
    LanguageModel("llama", r"meta\.llama", profile_only=True, stop_sequences=0),
    LanguageModel("mistral-small", r"mistral\.mi[sx]tral-(7b|8x7b)", takes_system=False, max_tokens=4_096),
    LanguageModel("mistral", r"mistral\."),
    LanguageModel("command-r", r"cohere\.command-r", max_tokens=4_000, stop_sequences=4),
    LanguageModel("jamba", r"ai21\.jamba", max_tokens=4_096),
    LanguageModel("deepseek-r1", r"deepseek\.r1", profile_only=True, max_tokens=32_000),
    LanguageModel("gpt-oss", r"openai\.gpt-oss", max_tokens=32_000, stop_sequences=0),
)
MODEL_NAMES = tuple(row.name for row in (*LANGUAGE_MODELS, UNKNOWN))
EXAMPLES = "us.anthropic.claude-sonnet-4-5-20250929-v1:0 or amazon.nova-lite-v1:0"

_ARN = re.compile(r"arn:aws[a-z-]*:bedrock:[a-z0-9-]+:\d*:(?P<kind>[a-z-]+)/(?P<name>.+)")
_NAMING_ARNS = frozenset({"foundation-model", "inference-profile"})
_PROFILE = re.compile(
    r"(?:global|[a-z]{2,5}(?:-gov)?)\.(?=(?:amazon|anthropic|meta|mistral|cohere|ai21|deepseek|openai)\.)"
)


def language_model_of(model: str) -> LanguageModel:
    """Return the row of a model id, an inference profile or an ARN; `UNKNOWN` for a model without a row."""
    arn = _ARN.fullmatch(model)
    name = arn["name"] if arn and arn["kind"] in _NAMING_ARNS else model
    profile = _PROFILE.match(name)
    base = name[profile.end() :] if profile else name
    return next((row for row in LANGUAGE_MODELS if re.match(row.models, base)), UNKNOWN)


def language_model_named(name: str) -> LanguageModel | None:
    """Return the row of this name."""
    return next((row for row in (*LANGUAGE_MODELS, UNKNOWN) if row.name == name), None)


def is_plain_id(model: str) -> bool:
    """Whether a model is named by its own id, and not by an inference profile or an ARN."""
    return not model.startswith("arn:") and not _PROFILE.match(model)


def additional_fields(row: LanguageModel, top_k: int | None) -> dict[str, Any] | None:
    """Return the model's own request fields, if there are any."""
    if top_k is None or row.top_k is None:
        return None
    return {"top_k": top_k} if row.top_k == "top_k" else {"inferenceConfig": {"topK": top_k}}
