from typing import Any

import pytest
from pydantic import TypeAdapter

from lambdas.errors import InvalidRequestError
from lambdas.search.filters import Filter, filter_query
from tests.builders import collection

PROPERTIES = [
    {"name": "title", "type": "text"},
    {"name": "tags", "type": "text[]"},
    {"name": "year", "type": "int"},
    {"name": "rating", "type": "number"},
    {"name": "seen", "type": "boolean"},
    {"name": "released", "type": "date"},
    {"name": "secret", "type": "text", "filterable": False},
]
FILMS = collection(properties=PROPERTIES)


def query(**condition: Any) -> dict[str, Any]:
    return filter_query(FILMS, TypeAdapter(Filter).validate_python(condition))


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
            {"range": {"properties.released": {"gte": "2009-05-29T00:00:00Z"}}},
        ),
        (("seen", "equal", True), {"term": {"properties.seen": True}}),
        (("tags", "contains_any", ["new", "old"]), {"terms": {"properties.tags.keyword": ["new", "old"]}}),
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
        (("year", "equal", "2009"), "is int: the value must be a whole number such as 42, not '2009'"),
        (("year", "equal", True), "is int: the value must be a whole number such as 42, not True"),
        (("released", "equal", 2009), "is date: the value must be a date with time and zone"),
        (("seen", "equal", 1), "is boolean: the value must be true or false, not 1"),
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
