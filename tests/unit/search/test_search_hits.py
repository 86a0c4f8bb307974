from datetime import datetime
from typing import Any

import pytest

from lambdas.search.request import SearchRequest
from lambdas.search.response import Hit
from lambdas.search.results.candidate import Candidate
from lambdas.search.results.fusion import read_total
from lambdas.search.results.hits import autocut, read_candidates, render_hit
from lambdas.search.vectors.target_vectors import Targets

RESPONSE = {
    "hits": {
        "hits": [
            {"_id": "a", "_score": 0.75, "_source": {"properties": {"title": "Up"}, "vectors": {"default": [1, 0, 0]}}}
        ]
    }
}


REQUEST = SearchRequest.model_validate({"bm25": {"query": "x"}, "include_vectors": True})


def hits(response: dict[str, Any], targets: Targets | None, request: SearchRequest = REQUEST) -> list[Hit]:
    return [render_hit(each, request, targets) for each in read_candidates(response, targets)]


def test_a_hit_of_words_has_a_score_and_no_distance() -> None:
    [hit] = hits(RESPONSE, None)

    assert (hit.id, hit.score, hit.distance, hit.certainty) == ("a", 0.75, None, None)
    assert hit.properties == {"title": "Up"}
    assert hit.vectors == {"default": [1, 0, 0]}


def test_a_hit_says_its_times_if_they_were_asked_for() -> None:
    time = "2026-01-02T03:04:05.678+00:00"
    source = {"properties": {}, "created": time, "updated": time}

    response = {"hits": {"hits": [{"_id": "a", "_score": 1, "_source": source}]}}
    [hit] = hits(response, None, REQUEST.model_copy(update={"include_times": True}))
    [plain] = hits(RESPONSE, None)

    assert hit.created == hit.updated == datetime.fromisoformat(time)
    assert plain.created is None


@pytest.mark.parametrize(
    ("distance", "score", "expected", "certainty"),
    [
        ("cosine", 0.75, 0.5, 0.75),
        ("dot", 3.0, -2.0, None),
        ("dot", 0.25, 3.0, None),
        ("l2_squared", 0.2, 4.0, None),
    ],
)
def test_a_distance_is_the_inverse_of_the_engines_score(
    distance: Any, score: float, expected: float, certainty: float | None
) -> None:
    [hit] = hits({"hits": {"hits": [{"_id": "a", "_score": score}]}}, Targets(distance, [("default", 1.0)]))

    assert hit.distance == pytest.approx(expected)
    assert hit.certainty == certainty


def with_scores(*scores: float) -> list[Candidate]:
    return [Candidate(id=str(place), properties={}, score=score) for place, score in enumerate(scores)]


@pytest.mark.parametrize(
    ("scores", "jumps", "kept"),
    [
        ([0.9, 0.89, 0.88, 0.3, 0.29, 0.1], 1, 3),
        ([0.9, 0.89, 0.88, 0.3, 0.29, 0.1], 2, 6),
        ([0.9, 0.89, 0.5, 0.49, 0.1, 0.09], 2, 4),
        ([0.5, 0.5, 0.5], 1, 3),
        ([0.5], 1, 1),
        ([], 1, 0),
    ],
)
def test_autocut_keeps_what_comes_before_the_jump(scores: list[float], jumps: int, kept: int) -> None:
    assert len(autocut(with_scores(*scores), jumps)) == kept


@pytest.mark.parametrize(
    ("total", "expected"),
    [({"value": 500, "relation": "eq"}, False), ({"value": 501, "relation": "eq"}, True)],
)
def test_a_response_says_when_pages_cannot_reach_all(total: dict[str, Any], expected: bool) -> None:
    assert read_total({"hits": {"total": total}}).is_beyond(500) is expected


def test_more_than_can_be_counted_is_more_than_can_be_reached() -> None:
    assert read_total({"hits": {"total": {"value": 10_000, "relation": "gte"}}}).is_beyond(10_000)


def test_highlights_are_named_like_properties() -> None:
    found = {"_id": "a", "_score": 1.0, "highlight": {"properties.title": ["<em>Up</em>"]}}

    [hit] = hits({"hits": {"hits": [found]}}, None)

    assert hit.highlights == {"title": ["<em>Up</em>"]}
