from typing import Any

import pytest

from lambdas.embedding.families import FAMILIES, KNOWN_MODELS, InputType, RequestSettings, base_model, family_of
from lambdas.embedding.payloads import PAYLOADS

ARN = "arn:aws:bedrock:eu-west-1:123456789012:inference-profile/eu.cohere.embed-v4:0"


@pytest.mark.parametrize(
    ("model", "family"),
    [
        ("amazon.titan-embed-text-v1", "titan-text-v1"),
        ("amazon.titan-embed-text-v1:2:8k", "titan-text-v1"),
        ("amazon.titan-embed-text-v2:0", "titan-text-v2"),
        ("amazon.titan-embed-image-v1", "titan-image-v1"),
        ("amazon.titan-embed-image-v1:0", "titan-image-v1"),
        ("amazon.nova-2-multimodal-embeddings-v1:0", "nova-2-multimodal"),
        ("cohere.embed-english-v3", "cohere-v3"),
        ("cohere.embed-multilingual-v3:0:512", "cohere-v3"),
        ("cohere.embed-v4:0", "cohere-v4"),
        ("us.cohere.embed-v4:0", "cohere-v4"),
        ("global.cohere.embed-v4:0", "cohere-v4"),
        ("us-gov.amazon.titan-embed-text-v2:0", "titan-text-v2"),
        ("apac.amazon.nova-2-multimodal-embeddings-v1:0", "nova-2-multimodal"),
        (ARN, "cohere-v4"),
        ("arn:aws:bedrock:us-east-1::foundation-model/amazon.titan-embed-text-v2:0", "titan-text-v2"),
        ("arn:aws-us-gov:bedrock:us-gov-west-1::foundation-model/cohere.embed-english-v3", "cohere-v3"),
    ],
)
def test_a_model_is_known_by_its_id_its_inference_profile_and_their_arns(model: str, family: str) -> None:
    known = family_of(model)

    assert known is not None
    assert known.name == family


@pytest.mark.parametrize(
    "model",
    [
        "amazon.titan-text-express-v1",
        "amazon.titan-embed-text-v20",
        "cohere.embed-english-v30",
        "cohere.command-r-v1:0",
        "arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/cohere.embed-v4",
        "arn:aws:bedrock:us-east-1:123456789012:provisioned-model/abc123abc123",
        "",
    ],
)
def test_other_models_and_opaque_arns_belong_to_no_family(model: str) -> None:
    assert family_of(model) is None


def test_every_model_belongs_to_exactly_one_row() -> None:
    assert len(set(KNOWN_MODELS)) == len(KNOWN_MODELS)
    assert all(family_of(model) is family for family in FAMILIES for model in family.models)


def test_the_profile_of_a_model_is_the_model() -> None:
    assert base_model(ARN) == base_model("cohere.embed-v4:0") == "cohere.embed-v4:0"


TITAN_V2 = {"inputText": "a", "dimensions": 256, "normalize": True}


def nova(purpose: str, dimensions: int, truncation: str = "NONE") -> dict[str, Any]:
    return {
        "schemaVersion": "nova-multimodal-embed-v1",
        "taskType": "SINGLE_EMBEDDING",
        "singleEmbeddingParams": {
            "embeddingPurpose": purpose,
            "embeddingDimension": dimensions,
            "text": {"truncationMode": truncation, "value": "a"},
        },
    }


def cohere_v4(input_type: str, dimensions: int, truncate: str = "NONE") -> dict[str, Any]:
    return {
        "texts": ["a"],
        "input_type": input_type,
        "truncate": truncate,
        "embedding_types": ["float"],
        "output_dimension": dimensions,
    }


@pytest.mark.parametrize(
    ("model", "input_type", "settings", "body"),
    [
        ("amazon.titan-embed-text-v1", "document", RequestSettings(1536), {"inputText": "a"}),
        ("amazon.titan-embed-text-v1", "query", RequestSettings(1536), {"inputText": "a"}),
        ("amazon.titan-embed-text-v2:0", "document", RequestSettings(256), TITAN_V2),
        ("amazon.titan-embed-text-v2:0", "query", RequestSettings(256), TITAN_V2),
        (
            "amazon.titan-embed-text-v2:0",
            "document",
            RequestSettings(1024, normalize=False),
            {"inputText": "a", "dimensions": 1024, "normalize": False},
        ),
        (
            "amazon.titan-embed-image-v1",
            "query",
            RequestSettings(384),
            {"inputText": "a", "embeddingConfig": {"outputEmbeddingLength": 384}},
        ),
        ("amazon.nova-2-multimodal-embeddings-v1:0", "document", RequestSettings(3072), nova("GENERIC_INDEX", 3072)),
        ("amazon.nova-2-multimodal-embeddings-v1:0", "query", RequestSettings(256), nova("TEXT_RETRIEVAL", 256)),
        (
            "amazon.nova-2-multimodal-embeddings-v1:0",
            "document",
            RequestSettings(256, truncate="end"),
            nova("GENERIC_INDEX", 256, "END"),
        ),
        (
            "cohere.embed-english-v3",
            "document",
            RequestSettings(1024),
            {"texts": ["a"], "input_type": "search_document", "truncate": "NONE"},
        ),
        (
            "cohere.embed-multilingual-v3",
            "query",
            RequestSettings(1024, truncate="start"),
            {"texts": ["a"], "input_type": "search_query", "truncate": "START"},
        ),
        ("cohere.embed-v4:0", "document", RequestSettings(1536), cohere_v4("search_document", 1536)),
        ("cohere.embed-v4:0", "query", RequestSettings(512, truncate="end"), cohere_v4("search_query", 512, "RIGHT")),
        ("cohere.embed-v4:0", "query", RequestSettings(512, truncate="start"), cohere_v4("search_query", 512, "LEFT")),
    ],
)
def test_each_model_is_asked_in_its_own_words(
    model: str, input_type: InputType, settings: RequestSettings, body: dict[str, Any]
) -> None:
    family = family_of(model)

    assert family is not None
    assert family.request(["a"], input_type, settings) == body


@pytest.mark.parametrize(
    ("payload", "body"),
    [
        ("inputs", {"inputs": ["a", "b"]}),
        ("text_inputs", {"text_inputs": ["a", "b"]}),
        ("openai", {"input": ["a", "b"]}),
        ("cohere", {"texts": ["a", "b"], "input_type": "search_query", "truncate": "NONE"}),
    ],
)
def test_each_container_is_asked_in_its_own_words(payload: Any, body: dict[str, Any]) -> None:
    assert PAYLOADS[payload].request(["a", "b"], "query", RequestSettings(None)) == body
