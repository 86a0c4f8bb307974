from typing import Any

import pytest

from lambdas.errors import InvalidRequestError
from lambdas.search.results.candidate import Candidate
from lambdas.search.results.grouping import Group, GroupHits, check_group_property, group_hits
from tests.builders import collection

PROPERTIES: list[dict[str, Any]] = [
    {"name": name, "type": kind}
    for name, kind in (
        ("genre", "text"),
        ("tags", "text[]"),
        ("year", "int"),
        ("lent", "boolean"),
        ("shown", "date"),
        ("series", "uuid"),
        ("place", "geo"),
    )
]
PROPERTIES.append({"name": "cast", "type": "object[]", "properties": [{"name": "name", "type": "text"}]})
FILMS = collection(properties=PROPERTIES)


def found(*values: Any, name: str = "genre") -> list[Candidate]:
    return [
        Candidate(str(place), {} if value is None else {name: value}, score=1 - place / 10, distance=place / 10)
        for place, value in enumerate(values)
    ]


def grouped(hits: list[Candidate], **settings: Any) -> list[Group]:
    return group_hits(hits, FILMS, GroupHits.model_validate({"property": "genre", **settings}))


def test_groups_are_in_the_order_of_their_best_hits() -> None:
    hits = found("noir", "western", "noir", "noir", None)

    assert grouped(hits, objects_per_group=2) == [
        Group(value="noir", size=3, min_distance=0.0, max_distance=0.2, objects=[hits[0], hits[2]]),
        Group(value="western", size=1, min_distance=0.1, max_distance=0.1, objects=[hits[1]]),
    ]


def test_hits_without_a_distance_make_groups_without_one() -> None:
    [group] = grouped([Candidate(id="a", properties={"genre": "noir"}, score=0.5)])

    assert (group.min_distance, group.max_distance) == (None, None)
    assert group.objects[0].score == 0.5


def test_a_hit_is_in_the_group_of_each_of_its_values_once() -> None:
    groups = grouped(found(["a", "b"], ["b", "b"], [], name="tags"), property="tags")

    assert {group.value: [hit.id for hit in group.objects] for group in groups} == {"a": ["0"], "b": ["0", "1"]}


@pytest.mark.parametrize(
    ("name", "values", "groups"),
    [
        ("year", [1999, 2000, 1999], [1999, 2000]),
        ("lent", [True, False, True], [True, False]),
        ("shown", ["2020-01-01T00:00:00Z", "2020-01-01T01:00:00+01:00"], ["2020-01-01T00:00:00Z"]),
        ("shown", ["9999-12-31T23:59:59-08:00", "9999-12-31T22:59:59-09:00"], ["9999-12-31T23:59:59-08:00"]),
        (
            "series",
            ["7A3F2E0C-5B1D-4C89-9A57-2F6C1D0E8B34", "7a3f2e0c-5b1d-4c89-9a57-2f6c1d0e8b34"],
            ["7A3F2E0C-5B1D-4C89-9A57-2F6C1D0E8B34"],
        ),
    ],
)
def test_values_of_every_type_that_are_the_same_are_one_group(name: str, values: list[Any], groups: list[Any]) -> None:
    assert [group.value for group in grouped(found(*values, name=name), property=name)] == groups


def test_a_property_of_objects_in_a_list_groups_by_each() -> None:
    hits = found([{"name": "Ann"}, {"name": "Bob"}], [{"name": "Bob"}, {}], name="cast")

    groups = grouped(hits, property="cast.name")

    assert {group.value: group.size for group in groups} == {"Ann": 1, "Bob": 2}


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("plot", "'plot' is not a property of 'Film'. It can be grouped by: genre, tags, year, lent, shown, series"),
        ("place", "'place' is geo"),
        ("cast", r"'cast' is object\[\]"),
    ],
)
def test_a_property_without_values_to_group_by_is_refused(name: str, message: str) -> None:
    with pytest.raises(InvalidRequestError, match=message):
        check_group_property(FILMS, GroupHits(property=name))
