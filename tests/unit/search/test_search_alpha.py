from typing import Any

import pytest

from lambdas.search.alpha import settle_alpha
from lambdas.search.request import SearchRequest
from tests.builders import OWN, collection

FILMS = collection()
DOTS = collection(vectors={"default": OWN | {"index": {"distance": "dot"}}})


def alpha_of(within: Any = FILMS, **hybrid: Any) -> float:
    settled = settle_alpha(within, SearchRequest.model_validate({"hybrid": hybrid}))
    assert settled.hybrid is not None
    return settled.hybrid.alpha


@pytest.mark.parametrize(
    ("words", "alpha"),
    [
        ("AB-4711", 0.55),
        ("who was the emperor of rome", 0.75),
        ("one two three four five six seven eight", 0.75),
        ("one two three four five six seven eight nine", 0.65),
    ],
)
def test_alpha_follows_the_number_of_content_words(words: str, alpha: float) -> None:
    assert alpha_of(query=words) == alpha


@pytest.mark.parametrize("alpha", [0, 0.3, 0.55, 1])
def test_an_alpha_that_is_given_stays(alpha: float) -> None:
    assert alpha_of(query="two words", alpha=alpha) == alpha


def test_scores_without_a_perfect_match_keep_the_fixed_alpha() -> None:
    assert alpha_of(query="two words", fusion="ranked") == 0.55
    assert alpha_of(DOTS, query="two words") == 0.55


def test_an_unknown_vector_is_left_to_the_check_of_vectors() -> None:
    assert alpha_of(query="two words", target_vector="other") == 0.55


def test_other_searches_have_no_alpha() -> None:
    request = SearchRequest.model_validate({"bm25": {"query": "two words"}})

    assert settle_alpha(FILMS, request) is request
