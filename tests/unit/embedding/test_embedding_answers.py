from typing import Any

import pytest

from lambdas.embedding.model_responses import tokens_of, truncated_of, vectors_of
from lambdas.errors import ModelAnswerError, ModelInputError

A, B = [1.0, 0.0], [0.0, 1.0]


@pytest.mark.parametrize(
    "response",
    [
        [A, B],
        {"embedding": [A, B]},
        {"embeddings": [A, B]},
        {"embeddings": {"float": [A, B]}},
        {"embeddings": [{"embeddingType": "TEXT", "embedding": A}, {"embeddingType": "TEXT", "embedding": B}]},
        {"data": [{"index": 1, "embedding": B}, {"index": 0, "embedding": A}]},
        [{"embedding": A}, {"embedding": B}],
        [[A], [B]],
    ],
)
def test_every_known_shape_is_read(response: Any) -> None:
    assert vectors_of(response, 2, 2, "none") == [A, B]


@pytest.mark.parametrize(
    "response", [A, [A], {"embedding": A}, {"embedding": [A]}, {"embeddings": [A]}, [[A]], [[[A]]]]
)
def test_the_vector_of_a_single_text_is_read_however_deep_it_lies(response: Any) -> None:
    assert vectors_of(response, 1, 2, "none") == [A]


def test_titans_response_is_read_with_what_it_holds_beside_the_vector() -> None:
    response = {"embedding": A, "embeddingsByType": {"float": A}, "inputTextTokenCount": 7}

    assert vectors_of(response, 1, 2, "none") == [A]
    assert tokens_of(response) == 7


def test_one_vector_per_token_is_averaged_when_asked_for() -> None:
    response = [[A, B], [[2.0, 2.0], [4.0, 0.0], [0.0, 1.0]]]

    assert vectors_of(response, 2, 2, "mean") == [[0.5, 0.5], [2.0, 1.0]]


def test_the_extra_level_of_a_hugging_face_pipeline_is_seen_through() -> None:
    assert vectors_of([[[A, B]], [[B, B]]], 2, 2, "mean") == [[0.5, 0.5], B]


def test_token_vectors_without_pooling_are_an_error_naming_it() -> None:
    [error] = vectors_of([[A, B]], 1, 2, "none")

    assert isinstance(error, ModelAnswerError)
    assert "2 vectors for one text" in error.message
    assert "'pooling' to 'mean'" in error.message


@pytest.mark.parametrize(
    ("vector", "problem"),
    [
        ([1.0, 2.0, 3.0], "a vector of 3 numbers, but the collection's vectors have 2"),
        ([1.0, float("inf")], "not finite"),
        ([float("nan"), 1.0], "not finite"),
        ([10**400, 1], "not finite"),
        ([1.0, "2"], "other than numbers"),
        ([1.0, None], "other than numbers"),
        ([0.0, 0.0], "zeros"),
        ("text", "other than numbers"),
        (None, "other than numbers"),
    ],
)
def test_a_bad_vector_is_an_error_and_its_neighbour_is_kept(vector: Any, problem: str) -> None:
    kept, error = vectors_of([A, vector], 2, 2, "none")

    assert kept == A
    assert isinstance(error, ModelAnswerError)
    assert problem in error.message


@pytest.mark.parametrize("response", [{}, {"outputs": []}, [], "text", None, 7, {"embeddings": []}, {"data": ["a"]}])
def test_a_response_without_vectors_is_an_error(response: Any) -> None:
    with pytest.raises(ModelAnswerError, match="vectors"):
        vectors_of(response, 1, 2, "none")


def test_another_number_of_vectors_than_texts_is_an_error() -> None:
    with pytest.raises(ModelAnswerError, match="1 vectors for 2 texts"):
        vectors_of([A], 2, 2, "none")


def test_a_model_that_cuts_a_text_says_so() -> None:
    assert truncated_of({"embeddings": [{"embedding": A, "truncatedCharLength": 8000}]})
    assert not truncated_of({"embeddings": [{"embedding": A}]})


def test_an_error_message_sent_as_a_success_is_an_error() -> None:
    with pytest.raises(ModelInputError, match="image too large"):
        vectors_of({"embedding": None, "message": "image too large"}, 1, 2, "none")
