from typing import Any

import numpy as np
import pytest

from local.emulator.bedrock import Bedrock, read_body
from local.emulator.errors import ServiceError
from local.emulator.model import StubEmbedder

TITAN_V1 = "amazon.titan-embed-text-v1"
TITAN_V2 = "amazon.titan-embed-text-v2:0"
TITAN_IMAGE = "amazon.titan-embed-image-v1"
NOVA = "amazon.nova-2-multimodal-embeddings-v1:0"
COHERE_V3 = "cohere.embed-english-v3"
COHERE_V4 = "cohere.embed-v4:0"


def nova(text: str = "a film", *, purpose: str = "GENERIC_INDEX", mode: str = "NONE", **parameters: Any) -> Any:
    text_part = {"truncationMode": mode, "value": text}
    given = {"embeddingPurpose": purpose, "text": text_part, **parameters}
    return {"schemaVersion": "nova-multimodal-embed-v1", "taskType": "SINGLE_EMBEDDING", "singleEmbeddingParams": given}


def cohere(*texts: str, input_type: str = "search_document", **options: Any) -> Any:
    return {"texts": list(texts), "input_type": input_type, **options}


def response(model: str, body: Any, **options: Any) -> Any:
    family = Bedrock(**options).family(model)
    work = family.read(body)
    return family.render(body, work, StubEmbedder.vectors(work.texts, work.dimensions))


def refusal(model: str, body: Any) -> str:
    with pytest.raises(ServiceError) as refused:
        response(model, body)
    assert (refused.value.status, refused.value.code) == (400, "ValidationException")
    return refused.value.message


@pytest.mark.parametrize(
    ("identifier", "model"),
    [
        (COHERE_V4, COHERE_V4),
        *(
            (f"{prefix}.{COHERE_V4}", COHERE_V4)
            for prefix in ("us", "us-gov", "eu", "apac", "jp", "au", "ca", "global")
        ),
        (f"arn:aws:bedrock:eu-west-1::foundation-model/{TITAN_V2}", TITAN_V2),
        (f"arn:aws:bedrock:eu-west-1:123456789012:inference-profile/eu.{TITAN_V2}", TITAN_V2),
        (f"arn:aws-us-gov:bedrock:us-gov-west-1::foundation-model/{TITAN_V1}", TITAN_V1),
    ],
)
def test_a_model_is_found_by_id_profile_and_arn(identifier: str, model: str) -> None:
    assert model in Bedrock().family(identifier).ids


def test_an_opaque_profile_is_found_when_it_was_registered() -> None:
    arn = "arn:aws:bedrock:eu-west-1:123456789012:application-inference-profile/a1b2c3"
    assert Bedrock({arn: f"eu.{COHERE_V3}"}).family(arn).name == "cohere-v3"
    with pytest.raises(ServiceError, match="The provided model identifier is invalid"):
        Bedrock().family(arn)


def test_a_profile_of_an_unknown_model_is_refused_at_once() -> None:
    with pytest.raises(ValueError, match="not a model here"):
        Bedrock({"arn:x": "acme.embed"})


@pytest.mark.parametrize(
    "identifier", ["", "titan", "amazon.titan-embed-text-v2", "xx.cohere.embed-v4:0", "amazon.rerank-v1:0"]
)
def test_an_unknown_model_is_refused_in_the_words_of_aws(identifier: str) -> None:
    with pytest.raises(ServiceError, match=r"^The provided model identifier is invalid\.$"):
        Bedrock().family(identifier)


@pytest.mark.parametrize(
    ("model", "body", "dimensions"),
    [
        (TITAN_V1, {"inputText": "a"}, 1536),
        (TITAN_V2, {"inputText": "a"}, 1024),
        *((TITAN_V2, {"inputText": "a", "dimensions": d}, d) for d in (256, 512, 1024)),
        (TITAN_IMAGE, {"inputText": "a"}, 1024),
        *(
            (TITAN_IMAGE, {"inputText": "a", "embeddingConfig": {"outputEmbeddingLength": d}}, d)
            for d in (256, 384, 1024)
        ),
        (NOVA, nova(), 3072),
        *((NOVA, nova(embeddingDimension=d), d) for d in (256, 384, 1024, 3072)),
        (COHERE_V3, cohere("a"), 1024),
        ("cohere.embed-multilingual-v3", cohere("a", input_type="search_query"), 1024),
        (COHERE_V4, cohere("a"), 1536),
        *((COHERE_V4, cohere("a", output_dimension=d), d) for d in (256, 512, 1024, 1536)),
    ],
)
def test_every_dimension_of_every_model_is_answered(model: str, body: Any, dimensions: int) -> None:
    given = response(model, body)
    vector = given["embedding"] if "embedding" in given else given["embeddings"]
    if isinstance(vector, dict):
        vector = vector["float"][0]
    elif "embedding" not in given:
        vector = vector[0]["embedding"] if isinstance(vector[0], dict) else vector[0]
    assert np.shape(vector) == (dimensions,)


@pytest.mark.parametrize(
    ("model", "body"),
    [
        (TITAN_V2, {"inputText": "a", "dimensions": 384}),
        (TITAN_V2, {"inputText": "a", "dimensions": "256"}),
        (TITAN_V2, {"inputText": "a", "dimensions": True}),
        (TITAN_V2, {"inputText": "a", "embeddingTypes": ["int8"]}),
        (TITAN_V2, {"inputText": "a", "normalize": "yes"}),
        (TITAN_V1, {"inputText": "a", "dimensions": 256}),
        (TITAN_V1, {"inputText": None}),
        (TITAN_V1, {}),
        (TITAN_V1, []),
        (TITAN_IMAGE, {"inputText": "a", "embeddingConfig": {"outputEmbeddingLength": 512}}),
        (TITAN_IMAGE, {"inputText": "a", "inputImage": "aGk="}),
        (NOVA, {"inputText": "a"}),
        (NOVA, nova(purpose="search_document")),
        (NOVA, nova(embeddingDimension=512)),
        (NOVA, nova(mode="LEFT")),
        (NOVA, nova("")),
        (NOVA, nova(image={})),
        (COHERE_V3, {"texts": ["a"]}),
        (COHERE_V3, cohere()),
        (COHERE_V3, cohere("")),
        (COHERE_V3, cohere("a", output_dimension=256)),
        (COHERE_V3, cohere("a", truncate="LEFT")),
        (COHERE_V3, cohere("a", input_type="document")),
        (COHERE_V3, {"input_type": "image", "images": ["data:image/png;base64,aGk="]}),
        (COHERE_V4, cohere("a", truncate="END")),
        (COHERE_V4, cohere("a", output_dimension=384)),
        (COHERE_V4, cohere("a", max_tokens=0)),
        (COHERE_V4, {**cohere("a"), "inputs": [{"content": [{"type": "text", "text": "a"}]}]}),
    ],
)
def test_a_body_that_the_model_does_not_take_is_a_validation_exception(model: str, body: Any) -> None:
    assert refusal(model, body)


@pytest.mark.parametrize(
    ("model", "body", "detail"),
    [
        (TITAN_V2, {"inputText": ""}, "#/inputText: expected minLength: 1, actual: 0"),
        (TITAN_V2, {"inputText": "a" * 50_001}, "#/inputText: expected maxLength: 50000, actual: 50001"),
        (TITAN_V2, {"inputText": 3}, "#/inputText: expected type: String, found: Integer"),
        (TITAN_V2, {}, "#: required key [inputText] not found"),
        (TITAN_V2, {"inputText": "a", "dimensions": 384}, "#/dimensions: 384 is not a valid enum value"),
        (COHERE_V3, cohere(*["a"] * 97), "#/texts: expected maximum item count: 96, found: 97"),
        (COHERE_V3, cohere("a", "b" * 2_049), "#/texts/1: expected maxLength: 2048, actual: 2049"),
        (
            COHERE_V3,
            {"inputText": "a"},
            (
                "#: required key [input_type] not found#: required key [texts] not found"
                "#: extraneous key [inputText] is not permitted"
            ),
        ),
    ],
)
def test_a_schema_violation_reads_as_on_aws(model: str, body: Any, detail: str) -> None:
    assert refusal(model, body) == f"Malformed input request: {detail}, please reformat your input and try again."


@pytest.mark.parametrize(
    ("model", "body", "limit", "count"),
    [
        (TITAN_V1, {"inputText": "word " * 8_193}, 8_192, 8_193),
        (TITAN_V2, {"inputText": "word " * 9_000}, 8_192, 9_000),
        (TITAN_IMAGE, {"inputText": "word " * 257}, 256, 257),
        (NOVA, nova("word " * 8_173), 8_172, 8_173),
    ],
)
def test_too_many_tokens_are_counted_in_the_message(model: str, body: Any, limit: int, count: int) -> None:
    expected = f"Max input tokens: {limit}, request input token count: {count} "
    assert refusal(model, body) == f"400 Bad Request: Too many input tokens. {expected}"


def test_titan_vectors_are_of_unit_length_only_where_the_model_normalises() -> None:
    assert np.linalg.norm(response(TITAN_V2, {"inputText": "a"})["embedding"]) == pytest.approx(1)
    assert np.linalg.norm(response(TITAN_V2, {"inputText": "a", "normalize": False})["embedding"]) > 2
    assert np.linalg.norm(response(TITAN_V1, {"inputText": "a"})["embedding"]) > 2


def test_titan_answers_signs_beside_floats_when_asked() -> None:
    given = response(TITAN_V2, {"inputText": "a", "dimensions": 256, "embeddingTypes": ["binary"]})
    assert given["embeddingsByType"].keys() == {"binary"}
    assert (given["embeddingsByType"]["binary"] == (given["embedding"] > 0)).all()


@pytest.mark.parametrize(("mode", "kept"), [("START", "b"), ("END", "a")])
def test_nova_cuts_the_side_it_is_told_to_and_says_how_much_is_left(mode: str, kept: str) -> None:
    text = "a " * 5_000 + "b " * 5_000
    body = nova(text, mode=mode)
    family = Bedrock().family(NOVA)
    (read,) = family.read(body).texts
    assert read.split().count(kept) == 5_000
    assert read.split().count("a" if kept == "b" else "b") == 3_172
    assert response(NOVA, body)["embeddings"][0]["truncatedCharLength"] == len(read)


def test_nova_does_not_speak_of_truncation_when_nothing_was_cut() -> None:
    assert response(NOVA, nova(mode="END"))["embeddings"][0].keys() == {"embeddingType", "embedding"}


@pytest.mark.parametrize(("truncate", "kept"), [("START", "b" * 2_048), ("END", "a" + "b" * 2_047)])
def test_cohere_v3_cuts_to_2048_characters(truncate: str, kept: str) -> None:
    body = cohere("a" + "b" * 3_000, truncate=truncate)
    assert Bedrock().family(COHERE_V3).read(body).texts == [kept]


@pytest.mark.parametrize(("truncate", "kept"), [("LEFT", "three four"), ("RIGHT", "one two")])
def test_cohere_v4_cuts_to_the_tokens_asked_for(truncate: str, kept: str) -> None:
    body = cohere("one two three four", truncate=truncate, max_tokens=2)
    assert Bedrock().family(COHERE_V4).read(body).texts == [kept]
    assert refusal(COHERE_V4, {**body, "truncate": "NONE"}) == "Input is too long for requested model."


def test_cohere_v3_returns_a_list_and_v4_vectors_by_type() -> None:
    body = cohere("a", "b")
    assert response(COHERE_V3, body)["response_type"] == "embeddings_floats"
    assert response(COHERE_V4, body)["embeddings"].keys() == {"float"}
    assert np.shape(response(COHERE_V4, body, cohere_v4_list=True)["embeddings"]) == (2, 1536)


def test_cohere_answers_every_type_it_is_asked_for() -> None:
    types = {"float": 1024, "int8": 1024, "uint8": 1024, "binary": 128, "ubinary": 128}
    for model in (COHERE_V3, "cohere.embed-multilingual-v3"):
        given = response(model, cohere("a", "b", embedding_types=list(types)))["embeddings"]
        assert {name: np.shape(vectors) for name, vectors in given.items()} == {n: (2, d) for n, d in types.items()}


def test_cohere_v4_reads_text_parts_of_inputs() -> None:
    part = {"type": "text", "text": "a film"}
    body = {"inputs": [{"content": [part]}, {"content": [part, part]}], "input_type": "search_document"}
    assert Bedrock().family(COHERE_V4).read(body).texts == ["a film", "a film\na film"]


@pytest.mark.parametrize(
    ("headers", "body", "message"),
    [
        ({}, b"{", "Malformed input request, please reformat your input and try again."),
        (
            {"content-type": "text/plain"},
            b"{}",
            "The Content Type provided is invalid or not supported for this model.",
        ),
        ({"accept": "image/png"}, b"{}", "The Accept Type provided is invalid or not supported for this model."),
        (
            {},
            b" " * 25_000_001,
            (
                "1 validation error detected: Value at 'body' failed to satisfy constraint: Member must "
                "have length less than or equal to 25000000"
            ),
        ),
    ],
)
def test_a_request_that_is_no_json_or_too_large_is_refused(headers: dict[str, str], body: bytes, message: str) -> None:
    with pytest.raises(ServiceError) as refused:
        read_body(headers, body)
    assert refused.value.message == message
