from typing import Any

import pytest

from lambdas.search.modes import Hybrid
from lambdas.search.results.candidate import Candidate
from lambdas.search.results.explain import add_explanations, build_leg_bodies

WORDS: dict[str, Any] = {"match_all": {}}
NEAR: dict[str, Any] = {"knn": {"vectors.default": {"vector": [1.0], "k": 500}}}
SETTINGS: dict[str, Any] = {"size": 500, "_source": False, "track_total_hits": False}


def response(**scores: float) -> dict[str, Any]:
    return {"hits": {"hits": [{"_id": key, "_score": score} for key, score in scores.items()]}}


def test_legs_are_searched_as_they_are_in_the_whole() -> None:
    assert build_leg_bodies({"queries": [WORDS, NEAR]}) == [{"query": WORDS} | SETTINGS, {"query": NEAR} | SETTINGS]


@pytest.mark.parametrize(
    ("fusion", "contributions"),
    [
        ("relative_score", {"a": [0.75, 0.25 * 0.5], "b": [0.75 * 0.001], "c": [0.25]}),
        ("ranked", {"a": [0.75 / 61, 0.25 / 62], "b": [0.75 / 62], "c": [0.25 / 61]}),
    ],
)
def test_a_leg_that_did_not_find_an_object_gives_nothing(fusion: str, contributions: dict[str, list[float]]) -> None:
    mode = Hybrid.model_validate({"query": "x", "alpha": 0.25, "fusion": fusion})
    found = [Candidate(id=key, properties={}, score=1) for key in "abc"]

    hits = add_explanations(found, mode, [response(a=4.0, b=2.0), response(c=0.9, a=0.8, d=0.7)])

    parts = {hit.id: [leg.contribution for leg in hit.explanation.legs] for hit in hits if hit.explanation}
    assert parts.keys() == contributions.keys()
    for key, expected in contributions.items():
        assert parts[key] == pytest.approx(expected)
