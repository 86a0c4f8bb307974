"""The text models of the emulator: what each takes through Converse. A new model is a new row."""

from dataclasses import dataclass


@dataclass(frozen=True)
class TextModel:
    """One model. most_tokens: of a response. window: of prompt and response together, in tokens.

    citations: reads searchResult blocks and cites them. system: takes a system text. profile_only: can be invoked by an
    inference profile only. one_sampler: takes only one of temperature and topP. extra: names that
    additionalModelRequestFields may have.
    """

    ids: tuple[str, ...]
    most_tokens: int = 4_096
    window: int = 128_000
    citations: bool = False
    system: bool = True
    profile_only: bool = False
    one_sampler: bool = False
    extra: frozenset[str] = frozenset()


_CLAUDE = frozenset({"top_k", "thinking", "anthropic_beta"})

MODELS: tuple[TextModel, ...] = (
    TextModel(
        (
            "anthropic.claude-opus-4-5-20251101-v1:0",
            "anthropic.claude-sonnet-4-5-20250929-v1:0",
            "anthropic.claude-haiku-4-5-20251001-v1:0",
        ),
        *(64_000, 200_000),
        citations=True,
        profile_only=True,
        one_sampler=True,
        extra=_CLAUDE,
    ),
    TextModel(
        ("anthropic.claude-opus-4-1-20250805-v1:0",),
        *(32_000, 200_000),
        citations=True,
        profile_only=True,
        one_sampler=True,
        extra=_CLAUDE,
    ),
    TextModel(
        ("anthropic.claude-sonnet-4-20250514-v1:0", "anthropic.claude-3-7-sonnet-20250219-v1:0"),
        *(64_000, 200_000),
        citations=True,
        profile_only=True,
        extra=_CLAUDE,
    ),
    TextModel(
        ("anthropic.claude-3-5-haiku-20241022-v1:0",),
        *(8_192, 200_000),
        citations=True,
        extra=_CLAUDE,
    ),
    TextModel(
        (
            "anthropic.claude-3-haiku-20240307-v1:0",
            "anthropic.claude-3-sonnet-20240229-v1:0",
            "anthropic.claude-3-5-sonnet-20240620-v1:0",
        ),
        *(4_096, 200_000),
        extra=_CLAUDE,
    ),
    TextModel(
        ("amazon.nova-micro-v1:0", "amazon.nova-lite-v1:0", "amazon.nova-pro-v1:0"),
        10_000,
        extra=frozenset({"inferenceConfig"}),
    ),
    TextModel(
        ("amazon.nova-premier-v1:0", "amazon.nova-2-lite-v1:0"),
        10_000,
        profile_only=True,
        extra=frozenset({"inferenceConfig"}),
    ),
    TextModel(("amazon.titan-text-express-v1", "amazon.titan-text-lite-v1"), 4_096, 8_192, system=False),
    TextModel(
        ("meta.llama3-8b-instruct-v1:0", "meta.llama3-1-8b-instruct-v1:0", "meta.llama3-1-70b-instruct-v1:0"), 8_192
    ),
    TextModel(("meta.llama3-3-70b-instruct-v1:0",), 8_192, profile_only=True),
    TextModel(("mistral.mistral-large-2402-v1:0",), 8_192, 32_000, extra=frozenset({"top_k"})),
    TextModel(("mistral.mistral-7b-instruct-v0:2",), 8_192, 32_000, system=False, extra=frozenset({"top_k"})),
    TextModel(("cohere.command-r-v1:0", "cohere.command-r-plus-v1:0"), 4_096, extra=frozenset({"k"})),
    TextModel(("ai21.jamba-1-5-mini-v1:0", "ai21.jamba-1-5-large-v1:0"), 4_096, 256_000),
    TextModel(("openai.gpt-oss-20b-1:0", "openai.gpt-oss-120b-1:0"), 32_000, extra=frozenset({"reasoning_effort"})),
    TextModel(("deepseek.r1-v1:0",), 32_768, profile_only=True),
)

BY_ID = {identifier: model for model in MODELS for identifier in model.ids}
