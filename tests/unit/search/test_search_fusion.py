from typing import Any

import pytest

from lambdas.search.modes import Hybrid
from lambdas.search.results.fusion import Total, count_matches, fuse


def response(*, total: int = 0, relation: str = "eq", both: int | None = None, **scores: float) -> dict[str, Any]:
    hits = [{"_score": score, "fields": {"id": [key]}} for key, score in scores.items()]
    counted = {} if both is None else {"aggregations": {"with_words": {"doc_count": both}}}
    return {"hits": {"total": {"value": total, "relation": relation}, "hits": hits}} | counted


def mode(**hybrid: Any) -> Hybrid:
    return Hybrid.model_validate({"query": "x"} | hybrid)


def test_scores_are_the_weighted_sum_of_both_scaled_legs() -> None:
    words, near = response(a=4.0, b=3.0, c=2.0), response(c=0.9, a=0.8, d=0.7)

    found = fuse(mode(alpha=0.25), [words, near], None).list_candidates()

    assert [hit.id for hit in found] == ["a", "b", "c", "d"]
    assert [hit.score for hit in found] == pytest.approx(
        [0.75 + 0.25 * 0.5, 0.75 * 0.5, 0.75 * 0.001 + 0.25, 0.25 * 0.001]
    )


def test_the_vector_is_scaled_to_a_perfect_match() -> None:
    words, near = response(a=4.0, b=2.0), response(a=0.8, b=0.6)

    found = fuse(mode(alpha=0.5), [words, near], 1.0).list_candidates()

    assert {hit.id: hit.score for hit in found} == pytest.approx({"a": 0.5 + 0.5 * 0.5, "b": 0.001})


def test_ranks_are_added_up_as_reciprocals() -> None:
    fusion = fuse(mode(alpha=0.25, fusion="ranked"), [response(a=4.0, b=2.0), response(c=0.9, a=0.8)], 1.0)

    expected = {"a": 0.75 / 61 + 0.25 / 62, "b": 0.75 / 62, "c": 0.25 / 61}
    assert dict(fusion.ranking) == pytest.approx(expected)


@pytest.mark.parametrize("scores", [{"a": 3.0}, {"a": 3.0, "b": 3.0}])
def test_candidates_of_one_score_are_all_the_best(scores: dict[str, float]) -> None:
    found = fuse(mode(alpha=0), [response(**scores)], None).list_candidates()  # type: ignore[arg-type]

    assert {hit.score for hit in found} == {1.0}


def test_hits_of_equal_scores_keep_the_order_of_the_words() -> None:
    found = fuse(mode(alpha=0.5), [response(b=2.0, a=1.0), response(c=2.0, d=1.0)], None).list_candidates()

    assert [hit.id for hit in found] == ["b", "c", "a", "d"]


def test_the_best_are_candidates_with_the_hit_of_the_words() -> None:
    words, near = response(a=4.0, b=2.0), response(b=0.9, c=0.8)

    fusion = fuse(mode(alpha=0.25), [words, near], None)

    assert [(hit.id, hit.found["_score"]) for hit in fusion.list_candidates(2)] == [("a", 4.0), ("b", 2.0)]
    assert [hit.id for hit in fusion.drop_below(0.1).list_candidates()] == ["a", "b"]


def test_an_explanation_has_the_parts_of_the_score() -> None:
    words, near = response(a=4.0, b=2.0), response(c=0.9, a=0.8, d=0.7)

    [best, *_] = fuse(mode(alpha=0.25), [words, near], None).list_candidates(explain=True)

    assert best.explanation is not None
    assert [(leg.leg, leg.score, leg.weight) for leg in best.explanation.legs] == [
        ("bm25", 4.0, 0.75),
        ("vector", 0.8, 0.25),
    ]
    assert sum(leg.contribution for leg in best.explanation.legs) == pytest.approx(best.score)


def test_a_leg_that_did_not_find_an_object_is_left_out_of_its_explanation() -> None:
    found = fuse(mode(alpha=0.25), [response(a=4.0), response(c=0.9)], None).list_candidates(explain=True)

    assert [[leg.leg for leg in hit.explanation.legs] for hit in found if hit.explanation] == [["bm25"], ["vector"]]


@pytest.mark.parametrize(
    ("responses", "total"),
    [
        ([response(total=7), response(total=500, both=3)], Total(504)),
        ([response(total=7)], Total(7)),
        ([response(total=10_000, relation="gte"), response(total=500, both=9)], Total(10_000, is_exact=False)),
        ([response(total=9_800), response(total=500, both=0)], Total(10_000, is_exact=False)),
    ],
)
def test_an_object_that_both_legs_match_counts_once(responses: list[dict[str, Any]], total: Total) -> None:
    assert count_matches(responses) == total
