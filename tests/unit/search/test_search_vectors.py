from typing import Any

import pytest
from pydantic import ValidationError

from lambdas.errors import InvalidRequestError
from lambdas.search.modes import NearVector
from lambdas.search.vectors.relative import build_range_bodies, scale_vector
from lambdas.search.vectors.target_vectors import DISTANCES, SCORES, Targets, resolve_targets, scale_targets
from lambdas.search.vectors.vector_leg import QueryVector
from lambdas.search.vectors.vector_recipes import compute_mean, move_away_from, move_towards
from tests.builders import collection


def targets(distance: str, **target: Any) -> Targets:
    own = {"vectorizer": "none", "dimensions": 3, "index": {"distance": distance}}
    asked = {"vectors": ["a", "b"]} | target
    several = collection(vectors={"a": own, "b": own, "other": own | {"index": {"distance": "l2_squared"}}})
    return resolve_targets(several, NearVector.model_validate({"vector": [1.0], "target_vector": asked}))


@pytest.mark.parametrize("measure", ["cosine", "dot", "l2_squared"])
@pytest.mark.parametrize("distance", [0.0, 0.3, 1.0, 1.9])
def test_scores_and_distances_are_each_others_inverse(measure: str, distance: float) -> None:
    assert DISTANCES[measure](SCORES[measure](distance)) == pytest.approx(distance)


def test_a_dot_product_may_be_nearer_than_zero() -> None:
    assert DISTANCES["dot"](SCORES["dot"](-2.5)) == pytest.approx(-2.5)


def test_certainty_is_for_cosine_only() -> None:
    with pytest.raises(InvalidRequestError, match="for the distance 'cosine' only, but this vector has 'dot'"):
        targets("dot").threshold(None, 0.9)


def test_a_distance_that_cannot_be_is_refused() -> None:
    with pytest.raises(InvalidRequestError, match=r"distance: -0\.1 is below 0"):
        targets("l2_squared").threshold(-0.1, None)


def test_a_search_without_threshold_has_none() -> None:
    assert targets("cosine").threshold(None, None) is None


@pytest.mark.parametrize(
    ("target", "shares", "factor", "combine"),
    [
        ({}, {"a": 0.5, "b": 0.5}, 1, "minimum"),
        ({"combine": "average"}, {"a": 0.5, "b": 0.5}, 1, "mean"),
        ({"combine": "sum"}, {"a": 0.5, "b": 0.5}, 2, "mean"),
        ({"combine": "manual_weights", "weights": {"a": 1, "b": 3}}, {"a": 0.25, "b": 0.75}, 4, "mean"),
    ],
)
def test_distances_are_combined_by_a_mean_or_the_minimum(target: Any, shares: Any, factor: float, combine: str) -> None:
    found = targets("cosine", **target)

    assert (dict(found.shares), found.factor, found.combine) == (shares, factor, combine)
    assert found.distance(0.9) == pytest.approx(0.2 * factor)
    assert found.threshold(0.2 * factor, None) == pytest.approx(0.9, abs=2e-6)


def test_a_sum_of_distances_has_no_certainty() -> None:
    summed = targets("cosine", combine="sum")

    assert summed.certainty(0.5) is None
    assert targets("cosine", combine="average").certainty(0.5) == 0.75
    with pytest.raises(InvalidRequestError, match="combined by a sum, or scaled: send distance"):
        summed.threshold(None, 0.9)


def test_distances_of_several_kinds_cannot_be_combined() -> None:
    with pytest.raises(InvalidRequestError, match="'a' has 'cosine', 'other' has 'l2_squared': search them one by one"):
        targets("cosine", vectors=["a", "other"])


def test_vectors_by_name_need_no_list_of_targets() -> None:
    own = {"vectorizer": "none", "dimensions": 1}
    mode = NearVector.model_validate({"vectors": {"b": [1.0], "a": [2.0]}})

    found = resolve_targets(collection(vectors={"a": own, "b": own}), mode)

    assert (found.names, found.combine) == (["b", "a"], "minimum")


def test_concepts_are_averaged() -> None:
    assert compute_mean([[1.0, 0.0], [0.0, 1.0]]) == [0.5, 0.5]


def test_a_move_goes_half_of_the_way_at_most() -> None:
    assert move_towards([1.0, 0.0], [0.0, 1.0], 1.0) == [0.5, 0.5]
    assert move_towards([1.0, 0.0], [0.0, 1.0], 0.0) == [1.0, 0.0]
    assert move_away_from([1.0, 0.0], [0.0, 1.0], 1.0) == [1.5, -0.5]


@pytest.mark.parametrize(
    ("target", "shares", "factor", "combine"),
    [
        (None, [("a", 1 / 3), ("b", 1 / 3), ("b", 1 / 3)], 1, "minimum"),
        ({"combine": "sum"}, [("a", 1 / 3), ("b", 1 / 3), ("b", 1 / 3)], 3, "mean"),
        (
            {"combine": "manual_weights", "weights": {"a": 2, "b": [1, 5]}},
            [("a", 1 / 4), ("b", 1 / 8), ("b", 5 / 8)],
            8,
            "mean",
        ),
        (
            {"combine": "manual_weights", "weights": {"a": 2, "b": 3}},
            [("a", 1 / 4), ("b", 3 / 8), ("b", 3 / 8)],
            8,
            "mean",
        ),
    ],
)
def test_each_of_several_vectors_for_a_target_counts(target: Any, shares: Any, factor: float, combine: str) -> None:
    own = {"vectorizer": "none", "dimensions": 1}
    asked = {} if target is None else {"target_vector": {"vectors": ["a", "b"]} | target}
    mode = NearVector.model_validate({"vectors": {"a": [1.0], "b": [[2.0], [3.0]]}} | asked)

    found = resolve_targets(collection(vectors={"a": own, "b": own}), mode)

    assert (list(found.shares), found.factor, found.combine) == (shares, factor, combine)


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        ({"vectors": {"a": [1.0], "b": [[1.0], [2.0]]}}, "weights.b has 3 weights for 2 vectors"),
        ({"vector": [1.0]}, "weights.b has 3 weights for 1 vectors"),
        ({"vectors": {"a": [1.0], "b": [[1.0]] * 20}}, "vectors has 21 vectors, and a search has 20 at most"),
    ],
)
def test_vectors_and_weights_of_a_target_fit_together(body: dict[str, Any], problem: str) -> None:
    target = {"vectors": ["a", "b"], "combine": "manual_weights", "weights": {"a": 1, "b": [1, 2, 3]}}
    with pytest.raises(ValidationError, match=problem):
        NearVector.model_validate(body | {"target_vector": target})


def test_relative_scores_are_weighted_distances_between_the_nearest_and_the_farthest() -> None:
    relative = targets("cosine", combine="relative_score", weights={"a": 3, "b": 1})

    scaled = scale_targets(relative, [(0.1, 0.3), (0.5, 0.9)])

    assert (relative.is_relative, scaled.is_relative) == (True, False)
    mean = sum(share * distance for (_, share), distance in zip(scaled.shares, (0.2, 0.9), strict=True))
    assert scaled.distance(SCORES["cosine"](mean)) == pytest.approx(3 * 0.5 + 1 * 1.0)
    assert scaled.certainty(0.5) is None


def test_distances_that_are_all_equal_count_nothing_in_a_relative_score() -> None:
    scaled = scale_targets(targets("cosine", combine="relative_score", weights={"a": 3, "b": 1}), [(0.4, 0.4), (0, 1)])

    assert [share for _, share in scaled.shares] == [0, 1]


def test_the_nearest_objects_of_each_vector_give_its_range() -> None:
    relative = targets("l2_squared", combine="relative_score", weights={"a": 1, "b": 1})
    vector = QueryVector(relative, [("a", [1.0]), ("b", [2.0])])
    films = collection(vectors={name: {"vectorizer": "none", "dimensions": 1} for name in "ab"})

    bodies = build_range_bodies(films, vector, [{"term": {"x": 1}}])
    found = [{"hits": {"hits": [{"_score": score} for score in scores]}} for scores in ([1, 0.5], [])]

    assert [next(iter(body["query"]["knn"])) for body in bodies] == ["vectors.a", "vectors.b"]
    assert all(each["filter"] == {"term": {"x": 1}} for body in bodies for each in body["query"]["knn"].values())
    assert [share for _, share in scale_vector(vector, found).targets.shares] == [1, 0]
