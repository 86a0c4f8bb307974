from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from lambdas.embedding.config import SelfProvided, Text2VecAws, VectorConfig
from lambdas.embedding.families import FAMILIES, KNOWN_MODELS

PARSER: TypeAdapter[VectorConfig] = TypeAdapter(VectorConfig)
OPAQUE = "arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/abc123"


def bedrock(**settings: Any) -> Text2VecAws:
    given = {"vectorizer": "text2vec-aws", "region": "us-east-1", "model": "amazon.titan-embed-text-v2:0"} | settings
    config = PARSER.validate_python(given)
    assert isinstance(config, Text2VecAws)
    return config


def sagemaker(**settings: Any) -> Text2VecAws:
    return bedrock(**{"service": "sagemaker", "model": None, "endpoint": "my-endpoint"} | settings)


def refusal(**settings: Any) -> str:
    with pytest.raises(ValidationError) as caught:
        bedrock(**settings)
    return " ".join(problem["msg"] for problem in caught.value.errors())


def test_bedrock_and_the_models_dimensions_are_defaults() -> None:
    config = bedrock()

    assert (config.service, config.resolved_dimensions, config.index.distance) == ("bedrock", 1024, "cosine")


def test_own_vectors_need_their_dimensions() -> None:
    assert isinstance(PARSER.validate_python({"vectorizer": "none", "dimensions": 3}), SelfProvided)
    with pytest.raises(ValidationError, match="dimensions"):
        PARSER.validate_python({"vectorizer": "none"})


def test_a_missing_model_is_rejected_with_the_known_models() -> None:
    message = refusal(model=None)

    assert "'model' is missing" in message
    assert all(model in message for model in KNOWN_MODELS)


def test_an_unknown_model_is_rejected_with_the_models_and_family() -> None:
    message = refusal(model="amazon.titan-embed-text-v2")

    assert "'amazon.titan-embed-text-v2' is not a model that Alto knows" in message
    assert "amazon.titan-embed-text-v2:0" in message
    assert "'family'" in message


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)
def test_an_unsupported_dimension_is_rejected_with_those_supported(family: Any) -> None:
    message = refusal(model=family.models[0], dimensions=333)

    assert "no vectors of 333 dimensions" in message
    assert all(str(dimension) in message for dimension in family.dimensions)


@pytest.mark.parametrize(
    ("model", "dimensions"),
    [(model, dimensions) for family in FAMILIES for model in family.models for dimensions in family.dimensions],
)
def test_every_dimension_of_every_model_is_accepted(model: str, dimensions: int) -> None:
    assert bedrock(model=model, dimensions=dimensions).resolved_dimensions == dimensions


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"region": "mars"}, "'mars' is not an AWS region"),
        ({"region": ""}, "'' is not an AWS region"),
        ({"service": "openai"}, "'bedrock' or 'sagemaker'"),
        ({"endpoint": "mine"}, "'endpoint' does not apply to service 'bedrock'"),
        ({"target_model": "m.tar.gz"}, "'target_model' does not apply to service 'bedrock'"),
        ({"pooling": "mean"}, "'payload' and 'pooling' do not apply to service 'bedrock'"),
        ({"model": "cohere.embed-english-v3", "normalize": True}, "'normalize' is not a setting of"),
        ({"family": "titan-text-v9"}, "'titan-text-v9' is not a model family"),
        ({"family": "cohere-v3"}, "belongs to the family 'titan-text-v2', not to 'cohere-v3'"),
        ({"model": OPAQUE}, "'family'"),
        ({"model": OPAQUE, "family": "cohere-v4", "region": "eu-west-1"}, "is in the region 'us-east-1'"),
        ({"external_id": "abc"}, "it is part of the stage's setting 'model_roles'"),
        ({"role_arn": "a b"}, "pattern"),
        ({"source_properties": []}, "at least 1 item"),
        ({"source_properties": ["title", "title"]}, "'title' is listed twice"),
        ({"truncate": True}, "'none', 'start' or 'end'"),
        ({"modle": "x"}, "Extra inputs"),
        ({"service": "sagemaker"}, "did you mean 'target_model' or 'endpoint'?"),
        ({"service": "sagemaker", "model": None}, "'endpoint' is missing"),
        ({"service": "sagemaker", "model": None, "endpoint": "e", "normalize": True}, "'normalize' does not apply"),
        ({"service": "sagemaker", "model": None, "endpoint": "e", "truncate": "end"}, "'truncate' does not apply"),
        ({"service": "sagemaker", "model": None, "endpoint": "e", "family": "cohere-v3"}, "'family' does not apply"),
        ({"service": "sagemaker", "model": None, "endpoint": "a/../b"}, "pattern"),
        ({"service": "sagemaker", "model": None, "endpoint": "e", "target_model": "a\r\nX: y"}, "pattern"),
    ],
)
def test_a_setting_that_cannot_work_is_refused_with_what_to_write_instead(
    settings: dict[str, Any], expected: str
) -> None:
    assert expected in refusal(**settings)


def test_the_region_is_required() -> None:
    with pytest.raises(ValidationError, match="region"):
        PARSER.validate_python({"vectorizer": "text2vec-aws", "model": "cohere.embed-v4:0"})


def test_an_opaque_profile_takes_its_limits_from_the_family_that_is_named() -> None:
    config = bedrock(model=OPAQUE, family="cohere-v4")

    assert (config.model_family.name, config.resolved_dimensions) == ("cohere-v4", 1536)


def test_an_endpoint_tells_no_dimensions_by_itself() -> None:
    assert sagemaker().resolved_dimensions is None
    assert sagemaker(dimensions=384).resolved_dimensions == 384


def test_a_configuration_survives_being_stored() -> None:
    config = bedrock(dimensions=256, normalize=False, truncate="end", source_properties=["title"])

    assert PARSER.validate_json(config.model_dump_json()) == config
