from typing import Any

import pytest

from lambdas.errors import InvalidRequestError
from lambdas.search.distances import DISTANCES, SCORES, smallest_score
from lambdas.search.modes import NearVector
from lambdas.search.query_vector import mean, moved_away, moved_to
from tests.builders import collection


def near(**fields: float) -> NearVector:
    return NearVector.model_validate({"vector": [1.0]} | fields)


def config_of(distance: str) -> Any:
    own = {"vectorizer": "none", "dimensions": 3, "index": {"distance": distance}}
    return collection(vectors={"default": own}).vectors["default"]


@pytest.mark.parametrize("measure", ["cosine", "dot", "l2_squared"])
@pytest.mark.parametrize("distance", [0.0, 0.3, 1.0, 1.9])
def test_scores_and_distances_are_each_others_inverse(measure: str, distance: float) -> None:
    assert DISTANCES[measure](SCORES[measure](distance)) == pytest.approx(distance)


def test_a_dot_product_may_be_nearer_than_zero() -> None:
    assert DISTANCES["dot"](SCORES["dot"](-2.5)) == pytest.approx(-2.5)


def test_certainty_is_for_cosine_only() -> None:
    with pytest.raises(InvalidRequestError, match="for the distance 'cosine' only, but this vector has 'dot'"):
        smallest_score(near(certainty=0.9), config_of("dot"))


def test_a_distance_that_cannot_be_is_refused() -> None:
    with pytest.raises(InvalidRequestError, match=r"distance -0\.1 is below 0"):
        smallest_score(near(distance=-0.1), config_of("l2_squared"))


def test_a_search_without_threshold_has_none() -> None:
    assert smallest_score(near(), config_of("cosine")) is None


def test_concepts_are_averaged() -> None:
    assert mean([[1.0, 0.0], [0.0, 1.0]]) == [0.5, 0.5]


def test_a_move_goes_half_of_the_way_at_most() -> None:
    assert moved_to([1.0, 0.0], [0.0, 1.0], 1.0) == [0.5, 0.5]
    assert moved_to([1.0, 0.0], [0.0, 1.0], 0.0) == [1.0, 0.0]
    assert moved_away([1.0, 0.0], [0.0, 1.0], 1.0) == [1.5, -0.5]
