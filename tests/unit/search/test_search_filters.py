from typing import Any

import pytest
from pydantic import TypeAdapter

from lambdas.errors import InvalidRequestError
from lambdas.search.clauses.filter_model import Filter
from lambdas.search.clauses.filters import build_filter
from tests.builders import collection

ID = "7a3f2e0c-5b1d-4c89-9a57-2f6c1d0e8b34"
PROPERTIES = [
    {"name": "title", "type": "text"},
    {"name": "tags", "type": "text[]"},
    {"name": "year", "type": "int"},
    {"name": "rating", "type": "number"},
    {"name": "seen", "type": "boolean"},
    {"name": "released", "type": "date"},
    {"name": "place", "type": "geo"},
    {"name": "author", "type": "object", "properties": [{"name": "name", "type": "text"}]},
    {"name": "secret", "type": "text", "filterable": False},
]
FILMS = collection(properties=PROPERTIES)


def query(**condition: Any) -> dict[str, Any]:
    return build_filter(FILMS, TypeAdapter(Filter).validate_python(condition))


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        (("title", "equal", "Up"), {"term": {"properties.title.keyword": "Up"}}),
        (("tags", "equal", "new"), {"term": {"properties.tags.keyword": "new"}}),
        (("year", "not_equal", 2009), {"bool": {"must_not": [{"term": {"properties.year": 2009}}]}}),
        (("year", "less_than", 2009), {"range": {"properties.year": {"lt": 2009}}}),
        (("rating", "less_or_equal", 4.5), {"range": {"properties.rating": {"lte": 4.5}}}),
        (("rating", "greater_than", 4), {"range": {"properties.rating": {"gt": 4}}}),
        (
            ("released", "greater_or_equal", "2009-05-29T00:00:00Z"),
            {"range": {"properties.released": {"gte": "2009-05-29T00:00:00.000+00:00"}}},
        ),
        (("seen", "equal", True), {"term": {"properties.seen": True}}),
        (("tags", "contains_any", ["new", "old"]), {"terms": {"properties.tags.keyword": ["new", "old"]}}),
        (
            ("tags", "contains_all", ["new", "old"]),
            {
                "bool": {
                    "filter": [
                        {"term": {"properties.tags.keyword": "new"}},
                        {"term": {"properties.tags.keyword": "old"}},
                    ]
                }
            },
        ),
        (("year", "contains_none", [1]), {"bool": {"must_not": [{"terms": {"properties.year": [1]}}]}}),
        (
            ("title", "like", "U*"),
            {"wildcard": {"properties.title.keyword": {"value": "U*", "case_insensitive": True}}},
        ),
        (("title", "is_null", False), {"exists": {"field": "lengths.title"}}),
        (("year", "is_null", True), {"bool": {"must_not": [{"exists": {"field": "properties.year"}}]}}),
        (
            ("author", "is_null", False),
            {
                "bool": {
                    "should": [{"exists": {"field": "properties.author"}}, {"exists": {"field": "lengths.author-*"}}],
                    "minimum_should_match": 1,
                }
            },
        ),
        (("author.name", "equal", "A"), {"term": {"properties.author.name.keyword": "A"}}),
        (
            ("place", "within_geo_range", {"lat": 1, "lon": 2, "meters": 500}),
            {"geo_distance": {"distance": "500.0m", "properties.place": {"lat": 1, "lon": 2}}},
        ),
        (("_id", "contains_any", [ID]), {"terms": {"id": [ID]}}),
        (
            ("title", "has_words", "quick FOX"),
            {"match": {"properties.title": {"query": "quick FOX", "operator": "and"}}},
        ),
        (
            ("_created", "less_than", "2026-01-01T00:00:00Z"),
            {"range": {"created": {"lt": "2026-01-01T00:00:00.000+00:00"}}},
        ),
    ],
)
def test_each_operator_becomes_its_query(condition: tuple[str, str, Any], expected: dict[str, Any]) -> None:
    name, operator, value = condition

    assert query(property=name, operator=operator, value=value) == expected


def test_filters_nest() -> None:
    old = {"property": "year", "operator": "less_than", "value": 1980}
    seen = {"property": "seen", "operator": "equal", "value": True}

    assert query(**{"and": [{"or": [old, seen]}, {"not": seen}]}) == {
        "bool": {
            "filter": [
                {
                    "bool": {
                        "should": [{"range": {"properties.year": {"lt": 1980}}}, {"term": {"properties.seen": True}}],
                        "minimum_should_match": 1,
                    }
                },
                {"bool": {"must_not": [{"term": {"properties.seen": True}}]}},
            ]
        }
    }


@pytest.mark.parametrize(
    ("condition", "message"),
    [
        (("plot", "equal", "x"), "'plot' is not a property of 'Film'. These can be filtered by: title, tags, year"),
        (("secret", "equal", "x"), "'secret' is not filterable"),
        (("title", "less_than", "x"), "is text, but 'less_than' compares date, int, number"),
        (("year", "equal", "2009"), 'is int: the value must be a whole number such as 42, not "2009"'),
        (("year", "equal", True), "is int: the value must be a whole number such as 42, not true"),
        (("released", "equal", 2009), "is date: the value must be a date with time and zone"),
        (("seen", "equal", 1), "is boolean: the value must be true or false, not 1"),
        (("place", "equal", 1), "is geo, but 'equal' compares boolean, date, int, number, text, uuid"),
        (("year", "like", "1*"), "is int, but 'like' compares text"),
        (("title", "like", "*" * 11), "more than 10 wildcards"),
        (("year", "is_null", 1), "with 'is_null' takes true or false, not 1"),
        (("place", "within_geo_range", 5), "takes a circle with lat, lon and meters, not 5"),
        (("author.age", "equal", 5), "'author.age' is not a property"),
        (("author.name", "has_words", "A"), "is not searchable, so its words cannot be found: compare it by 'like'"),
        (("year", "has_words", "A"), "is int, but 'has_words' compares text"),
        (("title", "has_words", 7), "the value must be text"),
        (("_id", "equal", ""), 'must be an id, or a key of 1 to 512 characters, not ""'),
        (("_created", "equal", 5), "is date: the value must be a date with time and zone"),
        (("year", "contains_any", 1), "takes a list of values, not 1"),
        (("year", "equal", [1]), r"takes one value, not \[1\]"),
    ],
)
def test_a_filter_that_does_not_fit_names_property_value_and_remedy(
    condition: tuple[str, str, Any], message: str
) -> None:
    name, operator, value = condition

    with pytest.raises(InvalidRequestError, match=message):
        query(property=name, operator=operator, value=value)


def test_an_unknown_operator_is_refused_with_the_known_ones() -> None:
    with pytest.raises(ValueError, match="'equal', 'not_equal'"):
        query(property="year", operator="near", value=1)


def test_a_length_is_compared_as_a_whole_number() -> None:
    assert query(property="author.name", operator="less_than", value=5, length=True) == {
        "range": {"lengths.author-name": {"lt": 5}}
    }
    wrong: list[tuple[dict[str, Any], str]] = [
        ({"property": "year", "operator": "equal", "value": 1}, "is int, which has no length"),
        ({"property": "tags", "operator": "like", "value": "x"}, "compares a length with 'like'"),
        ({"property": "tags", "operator": "equal", "value": -1}, "whole number from 0"),
        ({"property": "tags", "operator": "equal", "value": True}, "whole number from 0"),
    ]
    for condition, message in wrong:
        with pytest.raises(InvalidRequestError, match=message):
            query(**condition, length=True)


def test_a_filter_larger_than_the_engine_accepts_is_rejected_before_sending() -> None:
    many = {"property": "year", "operator": "contains_all", "value": list(range(500))}

    with pytest.raises(InvalidRequestError, match="has 1003 conditions"):
        query(**{"and": [many, many]})


def test_a_filter_nested_too_deeply_is_rejected_before_sending() -> None:
    deep: dict[str, Any] = {"property": "year", "operator": "equal", "value": 1}
    for _ in range(33):
        deep = {"not": deep}

    with pytest.raises(InvalidRequestError, match="33 levels deep: send 32 at most"):
        query(**deep)

    assert query(**deep["not"])


@pytest.mark.parametrize(
    ("operator", "value", "matched"),
    [
        ("equal", 1, "match_none"),
        ("less_than", "a", "match_none"),
        ("like", "a*", "match_none"),
        ("has_words", "a", "match_none"),
        ("contains_any", [1], "match_none"),
        ("contains_all", [1], "match_none"),
        ("is_null", False, "match_none"),
        ("within_geo_range", {"lat": 1, "lon": 1, "meters": 1}, "match_none"),
        ("not_equal", 1, "match_all"),
        ("contains_none", [1], "match_all"),
        ("is_null", True, "match_all"),
    ],
)
@pytest.mark.parametrize("name", ["unknown", "author.unknown", "title.unknown"])
def test_an_unknown_property_may_be_one_without_values(name: str, operator: str, value: Any, matched: str) -> None:
    condition = {"property": name, "operator": operator, "value": value}

    assert query(**condition, unknown_property="matches_nothing") == {matched: {}}
    with pytest.raises(InvalidRequestError, match="is not a property of 'Film'"):
        query(**condition)


def test_a_known_property_is_compared_as_always() -> None:
    condition = {"property": "year", "operator": "equal", "value": 1}

    assert query(**condition, unknown_property="matches_nothing") == query(**condition)
    with pytest.raises(InvalidRequestError, match="is not filterable"):
        query(property="secret", operator="equal", value="a", unknown_property="matches_nothing")
    with pytest.raises(InvalidRequestError, match="is int"):
        query(property="year", operator="equal", value="a", unknown_property="matches_nothing")
