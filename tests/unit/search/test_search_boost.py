from datetime import UTC, datetime
from typing import Any

import pytest

from lambdas.errors import InvalidRequestError
from lambdas.search.body import plan_search
from lambdas.search.clauses.boost import Boost, build_marking_filter, list_boost_fields, rate_hits
from lambdas.search.modes import Bm25, Hybrid
from lambdas.search.request import SearchRequest
from lambdas.search.response import BoostPart, Explanation, Leg
from lambdas.search.results.candidate import Candidate
from lambdas.search.results.postprocess import apply_boost
from lambdas.search.vectors.target_vectors import Targets
from lambdas.search.vectors.vector_leg import QueryVector
from tests.builders import FILM_PROPERTIES, collection

NOW = datetime(2026, 11, 25, tzinfo=UTC)
SHOWN: list[dict[str, Any]] = [
    {"name": "shown", "type": "date"},
    {"name": "ratings", "type": "number[]"},
    {"name": "maker", "type": "object", "properties": [{"name": "born", "type": "date"}]},
]
FILMS = collection(properties=FILM_PROPERTIES + SHOWN)
VECTOR = QueryVector(Targets("cosine", [("default", 1.0)]), [("default", [0.1, 0.2, 0.3])])
EARLY = {"property": "year", "operator": "less_than", "value": 2000}


def boost(*conditions: dict[str, Any], **settings: Any) -> Boost:
    return Boost.model_validate({"conditions": list(conditions), **settings})


@pytest.mark.parametrize(
    ("curve", "at_scale", "at_twice"), [("gauss", 0.5, 0.0625), ("exp", 0.5, 0.25), ("linear", 0.5, 0.0)]
)
def test_a_decay_is_whole_up_to_the_offset_and_half_at_offset_and_scale(
    curve: str, at_scale: float, at_twice: float
) -> None:
    asked = boost({"property": "year", "origin": 2000, "scale": 10, "offset": 2, "curve": curve})

    years = [2000, 1998, 2002, 1988, 2012, 2022]
    given = rate_hits(asked, NOW, [{"_source": {"properties": {"year": year}}} for year in years])

    assert given == pytest.approx([1, 1, 1, at_scale, at_scale, at_twice])


@pytest.mark.parametrize(
    ("condition", "source", "given"),
    [
        ({"property": "shown", "scale": "30d"}, {"properties": {"shown": "2026-10-26T00:00:00Z"}}, 0.5),
        ({"property": "shown", "scale": "30d"}, {"properties": {"shown": "2026-10-26T02:00:00.123456789+02:00"}}, 0.5),
        ({"property": "_updated", "scale": "12h", "decay": 0.9}, {"updated": "2026-11-24T12:00:00Z"}, 0.9),
        (
            {"property": "maker.born", "origin": "1950-01-01T00:00:00Z", "scale": "52w", "curve": "linear"},
            {"properties": {"maker": {"born": "1950-01-01T00:00:00Z"}}},
            1.0,
        ),
        ({"property": "ratings", "origin": 5, "scale": 1}, {"properties": {"ratings": [1, 4, 9]}}, 0.5),
        ({"property": "ratings", "origin": 5, "scale": 1}, {"properties": {"ratings": []}}, 0.0),
        ({"property": "year", "origin": 5, "scale": 1}, {"properties": {"year": None}}, 0.0),
        ({"property": "year", "origin": -1e308, "scale": 1e-300}, {"properties": {"year": 1e308}}, 0.0),
    ],
)
def test_the_nearest_value_counts_and_none_counts_nothing(
    condition: dict[str, Any], source: dict[str, Any], given: float
) -> None:
    assert rate_hits(boost(condition), NOW, [{"_source": source}]) == pytest.approx([given], abs=1e-6)


@pytest.mark.parametrize(
    ("modifier", "values", "given"),
    [
        ("none", [10, 30, 20, None, []], [0, 1, 0.5, 0, 0]),
        ("none", [-10, 10, [-10, 0]], [0, 1, 0.5]),
        ("none", [-1.7e308, 1.7e308, 0], [0, 1, 0.5]),
        ("log1p", [0, 99, 9, -5], [0, 1, 0.5, 0]),
        ("sqrt", [0, 16, 4, -5], [0, 1, 0.5, 0]),
        ("log1p", [7, 7], [1, 1]),
    ],
)
def test_a_number_counts_by_its_place_among_the_candidates(modifier: str, values: Any, given: Any) -> None:
    asked = boost({"property": "year", "modifier": modifier})

    documents = [{"_source": {"properties": {"year": each}}} for each in values]
    columns = [
        {"fields": {"properties.year": each if isinstance(each, list) else [each]} if each not in (None, []) else {}}
        for each in values
    ]

    assert rate_hits(asked, NOW, documents) == pytest.approx(given)
    assert rate_hits(asked, NOW, columns) == pytest.approx(given)


@pytest.mark.parametrize(("name", "problem"), [("shown", "is date"), ("none", "is not a property of 'Film'")])
def test_only_numbers_can_be_large(name: str, problem: str) -> None:
    with pytest.raises(InvalidRequestError, match=f"'{name}' {problem}. These have numbers: year, ratings"):
        list_boost_fields(FILMS, boost({"property": name, "modifier": "none"}))
    assert list_boost_fields(FILMS, boost({"property": "ratings", "modifier": "none"})) == ["properties.ratings"]


def test_conditions_are_weighed_against_each_other() -> None:
    asked = boost({"filter": EARLY, "weight": 3}, {"property": "year", "origin": 2000, "scale": 10})

    hit = {"fields": {"properties.year": [2010]}}

    assert rate_hits(asked, NOW, [hit | {"matched_queries": ["boost.0"]}, hit]) == pytest.approx([3.5 / 4, 0.5 / 4])


def test_equal_ratings_are_equal_and_none_is_above_1() -> None:
    filters = [{"filter": EARLY, "weight": weight} for weight in (0.6, 0.1, 0.2, 0.3)]
    hits = [{"matched_queries": [f"boost.{place}" for place in met]} for met in ([0], [1, 2, 3], [0, 1, 2, 3])]

    assert rate_hits(boost(*filters), NOW, hits) == [0.5, 0.5, 1.0]


def test_filters_name_the_hits_that_they_let_through_and_drop_none() -> None:
    asked = boost({"property": "year", "origin": 2000, "scale": 10}, {"filter": EARLY})

    assert build_marking_filter(FILMS, asked) == {
        "bool": {
            "must": [{"match_all": {}}],
            "should": [{"bool": {"filter": [{"range": {"properties.year": {"lt": 2000}}}], "_name": "boost.1"}}],
        }
    }
    assert build_marking_filter(FILMS, boost({"property": "year", "origin": 2000, "scale": 10})) is None


def test_a_boosted_search_fetches_candidates_and_fields_of_its_conditions() -> None:
    asked = {"conditions": [{"property": "_created", "scale": "7d"}, {"property": "year", "origin": 0, "scale": 1}]}
    request = SearchRequest.model_validate(
        {"hybrid": {"query": "ghost"}, "boost": asked, "offset": 20, "return_properties": ["title"]}
    )

    plan = plan_search(FILMS, request, VECTOR)

    assert [body["docvalue_fields"] for body in plan.bodies] == [["id", "created", "properties.year"]] * 2
    assert plan.documents
    assert plan.documents["_source"] == {"includes": ["properties.title", "key"]}
    assert list_boost_fields(FILMS, Boost.model_validate(asked)) == ["created", "properties.year"]


@pytest.mark.parametrize(
    ("condition", "message"),
    [
        ({"property": "title", "origin": 1, "scale": 1}, "'title' is text. These have numbers or dates: year, shown"),
        ({"property": "plot", "origin": 1, "scale": 1}, "'plot' is not a property of 'Film'"),
        ({"property": "year", "scale": 1}, "'year' has numbers: write origin, scale and offset as numbers"),
        ({"property": "year", "origin": 1, "scale": "1d"}, "write origin, scale and offset as numbers"),
        ({"property": "year", "origin": 1, "scale": 0}, "boost.conditions.0.scale: is 0"),
        ({"property": "shown", "scale": 30}, "'shown' has dates: write scale and offset as durations"),
        ({"property": "shown", "scale": "1d", "offset": 3}, "write scale and offset as durations"),
        ({"property": "shown", "origin": "yesterday", "scale": "1d"}, '"yesterday" is not a date'),
        ({"property": "shown", "origin": 5, "scale": "1d"}, "5.0 is not a date"),
    ],
)
def test_a_condition_that_does_not_fit_its_property_is_refused(condition: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidRequestError, match=message):
        list_boost_fields(FILMS, boost(condition))


@pytest.mark.parametrize("condition", [{"property": "year", "scale": "1y"}, {"filter": EARLY, "origin": 3}, {}])
def test_a_condition_of_another_form_is_refused(condition: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"conditions\.0"):
        boost(condition)


def hits(**scores: float) -> list[Candidate]:
    return [Candidate(id=key, properties={}, score=score) for key, score in scores.items()]


def test_the_score_is_a_share_of_the_search_and_a_share_of_the_conditions() -> None:
    found = apply_boost(
        hits(a=12.0, b=8.0, c=4.0),
        Bm25(query="x"),
        boost({"filter": EARLY}, weight=0.6),
        [0.0, 0.25, 1.0],
        explain=True,
    )

    assert [hit.id for hit in found] == ["c", "a", "b"]
    assert [hit.score for hit in found] == pytest.approx([0.6, 0.4, 0.35])
    assert found[1].explanation == Explanation(
        legs=[Leg(leg="bm25", score=12.0, normalized=1.0, weight=0.4, contribution=0.4)],
        boost=BoostPart(value=0.0, weight=0.6, contribution=0.0),
    )


@pytest.mark.parametrize(("fusion", "full"), [("relative_score", 1.0), ("ranked", 1 / 61)])
def test_a_hybrid_score_is_scaled_by_what_the_best_could_have(fusion: Any, full: float) -> None:
    legs = [Leg(leg="bm25", score=7.0, normalized=full, weight=0.5, contribution=0.5 * full)]
    [hit] = [Candidate(id="a", properties={}, score=0.5 * full, explanation=Explanation(legs=legs))]
    mode = Hybrid(query="x", alpha=0.5, fusion=fusion)

    [found] = apply_boost([hit], mode, boost({"filter": EARLY}, weight=0.2), [1.0], explain=True)

    assert found.score == pytest.approx(0.8 * 0.5 + 0.2)
    assert found.explanation is not None
    assert found.explanation.boost is not None
    parts = [leg.contribution for leg in found.explanation.legs] + [found.explanation.boost.contribution]
    assert sum(parts) == pytest.approx(found.score)
    assert found.explanation.legs[0].normalized == pytest.approx(1.0)


def test_hits_of_one_score_keep_their_order() -> None:
    found = apply_boost(hits(a=1.0, b=1.0), Bm25(query="x"), boost({"filter": EARLY}), [0.5, 0.5], explain=False)

    assert [hit.id for hit in found] == ["a", "b"]
