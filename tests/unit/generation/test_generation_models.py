"""The table of language models, and the settings that fit them."""

from typing import Any

import pytest
from pydantic import ValidationError

from lambdas.generation.config import GenerationModel, combine, list_problems, resolve_model
from lambdas.generation.models import UNKNOWN, language_model_named, language_model_of
from lambdas.generation.settings import GenerativeConfig

SONNET = "us.anthropic.claude-sonnet-4-5-20250929-v1:0"
PROFILE = "arn:aws:bedrock:eu-west-1:123456789012:inference-profile/eu.amazon.nova-pro-v1:0"
OPAQUE = "arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/abc123"
ROLE = "arn:aws:iam::123456789012:role/Models"


def problems(**settings: Any) -> list[tuple[str, str]]:
    return list(list_problems({"service": "bedrock"} | settings))


@pytest.mark.parametrize(
    ("model", "row"),
    [
        (SONNET, "claude-4"),
        ("global.anthropic.claude-haiku-4-5-20251001-v1:0", "claude-4"),
        ("us.anthropic.claude-opus-4-1-20250805-v1:0", "claude-4"),
        ("us.anthropic.claude-opus-4-7", "claude-without-sampling"),
        ("us.anthropic.claude-sonnet-5", "claude-without-sampling"),
        ("us.anthropic.claude-3-7-sonnet-20250219-v1:0", "claude-3-7"),
        ("anthropic.claude-3-5-haiku-20241022-v1:0", "claude-3-5-haiku"),
        ("anthropic.claude-3-haiku-20240307-v1:0", "claude-3"),
        ("amazon.nova-lite-v1:0", "nova"),
        (PROFILE, "nova"),
        ("us.amazon.nova-premier-v1:0", "nova-profile"),
        ("amazon.titan-text-express-v1", "titan-text"),
        ("meta.llama3-8b-instruct-v1:0", "llama-3"),
        ("us.meta.llama4-scout-17b-instruct-v1:0", "llama"),
        ("mistral.mistral-7b-instruct-v0:2", "mistral-small"),
        ("mistral.mixtral-8x7b-instruct-v0:1", "mistral-small"),
        ("mistral.mistral-large-2407-v1:0", "mistral"),
        ("cohere.command-r-plus-v1:0", "command-r"),
        ("ai21.jamba-1-5-mini-v1:0", "jamba"),
        ("us.deepseek.r1-v1:0", "deepseek-r1"),
        ("openai.gpt-oss-20b-1:0", "gpt-oss"),
        ("arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-micro-v1:0", "nova"),
        (OPAQUE, "other"),
        ("qwen.qwen3-32b-v1:0", "other"),
    ],
)
def test_an_id_a_profile_and_an_arn_have_the_row_of_their_model(model: str, row: str) -> None:
    assert language_model_of(model).name == row


@pytest.mark.parametrize(
    ("settings", "field", "message"),
    [
        ({}, "model", "'model' is missing: write the id of a model"),
        ({"model": SONNET, "temperature": 0.5, "top_p": 0.9}, "top_p", "only one of temperature and top_p"),
        ({"model": "us.anthropic.claude-opus-4-7", "top_k": 5}, "top_k", "neither temperature nor top_p nor top_k"),
        ({"model": SONNET.removeprefix("us.")}, "model", f"by an inference profile: write '{SONNET}'"),
        ({"model": "meta.llama3-8b-instruct-v1:0", "top_k": 5}, "top_k", "has no top_k"),
        ({"model": "amazon.nova-lite-v1:0", "max_tokens": 6000}, "max_tokens", "at most 5,000 tokens"),
        ({"model": "amazon.nova-lite-v1:0", "stop_sequences": list("abcde")}, "stop_sequences", "takes at most 4"),
        ({"model": "openai.gpt-oss-20b-1:0", "stop_sequences": ["a"]}, "stop_sequences", "takes no stop"),
        ({"model": PROFILE, "region": "us-east-1"}, "region", "is in the region 'eu-west-1'"),
        ({"model": SONNET, "family": "nova"}, "family", "belongs to the family 'claude-4'"),
        ({"model": OPAQUE, "family": "gpt"}, "family", "not a family of models: write one of claude-without"),
        ({"model": SONNET, "endpoint": "chat"}, "endpoint", "does not apply to service 'bedrock'"),
        ({"service": "sagemaker"}, "endpoint", "'endpoint' is missing"),
        ({"service": "sagemaker", "endpoint": "c", "model": "m"}, "model", "has 'endpoint' and 'target_model'"),
        ({"service": "sagemaker", "endpoint": "c", "guardrail": {"id": "g", "version": "1"}}, "guardrail", "Bedrock"),
    ],
)
def test_settings_that_do_not_fit_are_named_with_their_remedy(
    settings: dict[str, Any], field: str, message: str
) -> None:
    [(found, problem)] = problems(**settings)

    assert found == field
    assert message in problem


@pytest.mark.parametrize(
    "settings",
    [
        {"model": SONNET, "temperature": 0.5, "max_tokens": 32_000},
        {"model": "anthropic.claude-3-haiku-20240307-v1:0", "temperature": 0.5, "top_p": 0.9, "top_k": 5},
        {"model": OPAQUE, "family": "claude-4", "top_p": 0.9},
        {"model": "us.anthropic.claude-opus-4-7", "max_tokens": 64_000},
        {"service": "sagemaker", "endpoint": "chat", "payload": "inputs", "target_model": "a.tar.gz"},
    ],
)
def test_settings_that_fit_have_no_problems(settings: dict[str, Any]) -> None:
    assert problems(**settings) == []


def test_a_collections_settings_are_checked_when_they_are_stored() -> None:
    with pytest.raises(ValidationError, match="only one of temperature and top_p"):
        GenerativeConfig.model_validate({"model": SONNET, "temperature": 0.5, "top_p": 0.9})


def test_each_setting_of_a_request_overrides_the_collections() -> None:
    default = {"service": "bedrock", "model": SONNET, "max_tokens": 100, "temperature": 0.1, "role_arn": ROLE}

    assert combine(default, {"max_tokens": 50}) == default | {"max_tokens": 50}
    assert combine(default, {"model": "amazon.nova-lite-v1:0"}) == default | {"model": "amazon.nova-lite-v1:0"}
    assert combine(None, {"model": SONNET}) == {"service": "bedrock", "model": SONNET}


def test_another_service_takes_nothing_of_the_collections_place() -> None:
    default = {
        "service": "bedrock",
        "region": "eu-west-1",
        "model": SONNET,
        "top_k": 5,
        "max_tokens": 100,
        "system": "Be kind.",
        "role_arn": ROLE,
        "guardrail": {"id": "g", "version": "1"},
    }

    assert combine(default, {"service": "sagemaker", "endpoint": "chat"}) == {
        "service": "sagemaker",
        "endpoint": "chat",
        "max_tokens": 100,
        "system": "Be kind.",
    }


def test_another_model_leaves_the_family_of_the_old_one() -> None:
    default = {"model": OPAQUE, "family": "nova", "role_arn": ROLE}

    other = {"model": SONNET, "role_arn": "models"}

    assert combine(default, other) == {"service": "bedrock"} | other


def test_a_model_is_resolved_with_every_default() -> None:
    assert resolve_model({"service": "bedrock", "model": PROFILE}, "us-east-1") == GenerationModel(
        service="bedrock",
        region="eu-west-1",
        target=PROFILE,
        row=language_model_of("amazon.nova-pro-v1:0"),
        max_tokens=512,
        context_tokens=8_000,
    )
    assert resolve_model({"service": "sagemaker", "endpoint": "chat"}, "us-east-1") == GenerationModel(
        service="sagemaker", region="us-east-1", target="chat", row=UNKNOWN, payload="openai"
    )
    assert resolve_model({"service": "bedrock", "model": OPAQUE, "family": "nova"}, "x").row == language_model_named(
        "nova"
    )
