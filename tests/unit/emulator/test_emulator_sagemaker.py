from typing import Any

import numpy as np
import orjson
import pytest

from local.emulator.errors import ServiceError
from local.emulator.sagemaker import SageMaker

JSON = {"content-type": "application/json"}
VECTORS = np.eye(2, 384, dtype=np.float32)


def read(name: str, body: Any, **registered: Any) -> list[str]:
    return SageMaker(registered).endpoint(name).read(JSON, orjson.dumps(body))[1]


def refusal(name: str, body: Any, **registered: Any) -> ServiceError:
    with pytest.raises(ServiceError) as refused:
        read(name, body, **registered)
    return refused.value


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("tei-minilm", {"inputs": ["a", "b"], "truncate": True}),
        ("djl-minilm", {"inputs": ["a", "b"]}),
        ("jumpstart-minilm", {"text_inputs": ["a", "b"], "mode": "embedding"}),
        ("openai-minilm", {"input": ["a", "b"], "model": "minilm"}),
        ("cohere-embed", {"texts": ["a", "b"], "input_type": "search_query"}),
        ("hf-minilm", {"inputs": ["a", "b"]}),
    ],
)
def test_an_endpoint_named_for_a_style_reads_its_payload(name: str, body: Any) -> None:
    assert read(name, body) == ["a", "b"]


@pytest.mark.parametrize(
    ("name", "body", "find"),
    [
        ("tei-x", {"inputs": "a"}, lambda response: response),
        ("jumpstart-x", {"text_inputs": "a"}, lambda response: response["embedding"]),
        ("openai-x", {"input": "a"}, lambda response: [row["embedding"] for row in response["data"]]),
        ("cohere-x", {"texts": ["a", "b"], "input_type": "search_query"}, lambda response: response["embeddings"]),
    ],
)
def test_each_style_answers_in_its_own_shape(name: str, body: Any, find: Any) -> None:
    endpoint = SageMaker().endpoint(name)
    endpoint.read(JSON, orjson.dumps(body))
    np.testing.assert_array_equal(find(endpoint.render(body, VECTORS)), VECTORS)


def test_openai_numbers_its_vectors() -> None:
    body = {"input": ["a", "b"], "model": "m"}
    given = SageMaker().endpoint("openai-x").render(body, VECTORS)
    assert [row["index"] for row in given["data"]] == [0, 1]
    assert given["usage"]["total_tokens"] == 2


@pytest.mark.parametrize(
    ("name", "body", "status"),
    [
        ("tei-x", {"texts": ["a"]}, 422),
        ("tei-x", {"inputs": [1]}, 422),
        ("tei-x", {"inputs": []}, 422),
        ("tei-x", {"inputs": ["a", ""]}, 400),
        ("tei-x", {"inputs": ["a"] * 33}, 413),
        ("tei-x", {"inputs": ["word " * 600]}, 413),
        ("cohere-x", {"inputs": ["a"]}, 422),
        ("cohere-x", {"texts": ["a"]}, 422),
        ("cohere-x", {"texts": ["a"] * 97, "input_type": "search_query"}, 422),
        ("jumpstart-x", {"inputs": ["a"]}, 400),
        ("openai-x", ["a"], 400),
        ("hf-x", {"input": "a"}, 400),
    ],
)
def test_a_payload_of_another_style_returns_the_containers_status(name: str, body: Any, status: int) -> None:
    error = refusal(name, body)
    assert (error.status, error.code, error.extra["OriginalStatusCode"]) == (424, "ModelError", status)
    assert error.extra["OriginalMessage"] in error.message


def test_tei_takes_a_long_text_when_it_may_truncate() -> None:
    assert read("tei-x", {"inputs": ["word " * 600], "truncate": True})


def test_the_content_type_has_to_be_json() -> None:
    with pytest.raises(ServiceError) as refused:
        SageMaker().endpoint("tei-x").read({}, b"{}")
    assert refused.value.extra["OriginalStatusCode"] == 415


def test_a_body_over_six_megabytes_is_refused_before_it_is_parsed() -> None:
    with pytest.raises(ServiceError, match="less than or equal to 6291456") as refused:
        SageMaker().endpoint("tei-x").read(JSON, b" " * 6_291_457)
    assert (refused.value.status, refused.value.code) == (400, "ValidationError")


@pytest.mark.parametrize("name", ["nope", "tei", "titan-x", ""])
def test_an_unknown_endpoint_is_a_validation_error(name: str) -> None:
    with pytest.raises(ServiceError, match=f"Endpoint {name} of account 000000000000 not found") as refused:
        SageMaker().endpoint(name)
    assert (refused.value.status, refused.value.code) == (400, "ValidationError")


def test_an_endpoint_has_a_style_a_length_and_a_batch_limit() -> None:
    registered = {"mine": {"style": "tei", "dimensions": 768, "max_texts": 2}, "plain": "djl"}
    assert SageMaker(registered).endpoint("mine").dimensions == 768
    assert SageMaker(registered).endpoint("plain").dimensions == 384
    assert refusal("mine", {"inputs": ["a"] * 3}, **registered).extra["OriginalStatusCode"] == 413


@pytest.mark.parametrize("given", ["onnx", {"dimensions": 3}, {"style": "tei", "size": 3}])
def test_a_wrong_registration_is_refused_by_name(given: Any) -> None:
    with pytest.raises(ValueError, match="The endpoint mine has"):
        SageMaker({"mine": given})


@pytest.mark.parametrize(
    ("option", "header"),
    [
        ("target_models", "x-amzn-sagemaker-target-model"),
        ("target_variants", "x-amzn-sagemaker-target-variant"),
        ("inference_components", "x-amzn-sagemaker-inference-component"),
    ],
)
def test_an_endpoint_with_listed_targets_wants_one_of_them_named(option: str, header: str) -> None:
    endpoint = SageMaker({"multi": {"style": "tei", option: ["one", "two"]}}).endpoint("multi")
    endpoint.check_target({header: "two"})
    with pytest.raises(ServiceError, match="header is required"):
        endpoint.check_target({})
    with pytest.raises(ServiceError, match="three not found"):
        endpoint.check_target({header: "three"})
