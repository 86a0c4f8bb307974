import random
from typing import Any

import numpy as np
import pytest

from lambdas.errors import InvalidRequestError
from lambdas.search.body import build_search_body
from lambdas.search.request import SearchRequest
from lambdas.search.response import Explanation, Leg
from lambdas.search.results.candidate import Candidate
from lambdas.search.results.diversity import Direction
from lambdas.search.results.postprocess import apply_boost, apply_smoothing
from lambdas.search.results.smoothing import Smoothing, compute_neighbour_means
from lambdas.search.vectors.target_vectors import Targets
from lambdas.search.vectors.vector_leg import QueryVector
from tests.builders import collection

FILMS = collection()
VECTOR = QueryVector(Targets("cosine", [("default", 1.0)]), [("default", [0.1, 0.2, 0.3])])
EAST, NEARLY_EAST, NORTH = map(Direction.of, ([2.0, 0.0], [5.0, 0.5], [0.0, 1.0]))
NOWHERE = Direction.of(None)


def candidate(key: str, score: float, vector: list[float] | None = None, **fields: Any) -> Candidate:
    vectors = {} if vector is None else {"default": vector}
    return Candidate(key, {}, score, found={"_source": {"vectors": vectors}}, **fields)


def request(**fields: Any) -> SearchRequest:
    return SearchRequest.model_validate(fields)


def test_the_nearest_others_make_up_the_mean() -> None:
    assert compute_neighbour_means([0.9, 0.5, 0.1], [EAST, NEARLY_EAST, NORTH], 1) == [0.5, 0.9, 0.5]
    assert compute_neighbour_means([0.9, 0.5, 0.1], [EAST, NEARLY_EAST, NORTH], 5) == pytest.approx([0.3, 0.5, 0.7])


def test_a_candidate_without_a_vector_or_without_others_keeps_its_score() -> None:
    assert compute_neighbour_means([0.9, 0.5, 0.1], [EAST, NOWHERE, NORTH], 2) == [0.1, 0.5, 0.9]
    assert compute_neighbour_means([0.9, 0.5], [EAST, NOWHERE], 2) == [0.9, 0.5]
    assert compute_neighbour_means([], [], 2) == []


def test_of_equal_neighbours_the_first_count() -> None:
    assert compute_neighbour_means([0.9, 0.5, 0.1], [EAST, EAST, EAST], 1) == [0.5, 0.9, 0.9]


def test_the_means_are_those_of_the_definition() -> None:
    draw = random.Random(5)
    scores = [draw.random() for _ in range(40)]
    vectors = np.array([[draw.gauss(0, 1) for _ in range(8)] for _ in range(40)])
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    cosines = unit @ unit.T
    np.fill_diagonal(cosines, -np.inf)
    nearest = np.argsort(-cosines, axis=1)[:, :5]

    means = compute_neighbour_means(scores, [Direction.of(each) for each in vectors.tolist()], 5)

    assert means == pytest.approx(np.array(scores)[nearest].mean(axis=1))


def test_hits_like_good_ones_rise() -> None:
    hits = [candidate("a", 1.0, [1, 0]), candidate("b", 0.5, [0, 1]), candidate("c", 0.45, [1, 0.1])]
    mode = request(bm25={"query": "x"}).mode
    assert mode

    found = apply_smoothing(hits, mode, Smoothing(neighbours=1), "default", explain=False)

    assert [hit.id for hit in found] == ["a", "c", "b"]
    assert [hit.score for hit in found] == pytest.approx(
        [0.8 * 1.0 + 0.2 * 0.45, 0.8 * 0.45 + 0.2 * 1.0, 0.8 * 0.5 + 0.2 * 0.45]
    )


def test_candidates_beyond_those_that_are_smoothed_are_left_out() -> None:
    hits = [candidate(key, score, [1, 0]) for key, score in (("a", 0.9), ("b", 0.8), ("c", 0.7))]
    mode = request(bm25={"query": "x"}).mode
    assert mode

    found = apply_smoothing(hits, mode, Smoothing(candidates=2), "default", explain=False)

    assert [hit.id for hit in found] == ["a", "b"]


def test_contributions_add_up_to_a_smoothed_score() -> None:
    legs = Explanation(legs=[Leg(leg="vector", score=0.7, normalized=0.6, weight=0.75, contribution=0.45)])
    boost = {"conditions": [{"property": "year", "modifier": "none"}], "weight": 0.4}
    asked = request(hybrid={"query": "x"}, boost=boost, explain=True)
    assert asked.mode
    assert asked.boost
    hits = [candidate("a", 0.45, [1, 0], explanation=legs), candidate("b", 0.3, [1, 0], explanation=legs)]
    boosted = apply_boost(hits, asked.mode, asked.boost, [1.0, 0.0], explain=True)

    [first, _] = apply_smoothing(boosted, asked.mode, Smoothing(weight=0.5), "default", explain=True)

    assert first.explanation
    assert first.explanation.boost
    assert first.explanation.smoothing
    parts: list[Any] = [*first.explanation.legs, first.explanation.boost, first.explanation.smoothing]
    assert [part.contribution for part in parts] == pytest.approx([0.45 * 0.6 * 0.5, 0.4 * 0.5, 0.3 * 0.6 * 0.5])
    assert sum(part.contribution for part in parts) == pytest.approx(first.score)


def test_a_search_with_one_leg_explains_its_smoothed_score() -> None:
    mode = request(bm25={"query": "x"}).mode
    assert mode

    [first, _] = apply_smoothing(
        [candidate("a", 8.0, [1, 0]), candidate("b", 6.0, [1, 0])], mode, Smoothing(), "default", explain=True
    )

    assert first.explanation
    assert first.explanation.model_dump(exclude_none=True) == {
        "legs": [{"leg": "bm25", "score": 8.0, "normalized": 8.0, "weight": 0.8, "contribution": 6.4}],
        "smoothing": {"value": 6.0, "weight": 0.2, "contribution": pytest.approx(1.2)},
    }


def test_the_vectors_that_are_compared_are_read() -> None:
    near = {"near_vector": {"vector": [1.0, 0.0]}}

    body = build_search_body(FILMS, request(**near, smoothing={"candidates": 30}), VECTOR)

    assert body["size"] == 30
    assert "vectors.default" in body["_source"]["includes"]


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"bm25": {"query": "x"}, "smoothing": {"candidates": 20}, "limit": 30}, "of smoothing"),
        ({"sort": [{"property": "year"}], "smoothing": {}}, "smoothing changes the hits of a search"),
        ({"bm25": {"query": "x"}, "smoothing": {"candidates": 101}}, "less than or equal to 100"),
        (
            {"bm25": {"query": "x"}, "smoothing": {}, "diversity": {"skip": 50}, "limit": 5},
            "beyond the 100 candidates of smoothing: raise smoothing.candidates, or lower diversity.skip",
        ),
    ],
)
def test_smoothing_that_cannot_be_is_refused(fields: dict[str, Any], problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        request(**fields)


def test_a_vector_that_does_not_exist_is_named() -> None:
    asked = request(bm25={"query": "x"}, smoothing={"target_vector": "plot"})

    with pytest.raises(InvalidRequestError, match="plot"):
        build_search_body(FILMS, asked, None)
