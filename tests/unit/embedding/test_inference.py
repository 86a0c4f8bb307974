from typing import Any

import pytest

from lambdas.errors import InvalidObjectError
from lambdas.objects.auto_schema import extend_for_objects, with_new_properties
from tests.builders import FILM_PROPERTIES, collection

ID = "7a3f2e0c-5b1d-4c89-9a57-2f6c1d0e8b34"


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        ("Up", "text"),
        ("2026-11-23T09:30:00Z", "date"),
        ("2026-11-23", "text"),
        (ID, "uuid"),
        (4, "number"),
        (True, "boolean"),
        (["a", ID], "text[]"),
        ([ID, ID], "uuid[]"),
        ([1, 2.5], "number[]"),
        ({"lat": 1, "lon": 2}, "geo"),
    ],
)
def test_a_type_is_told_from_its_value(value: Any, kind: str) -> None:
    assert with_new_properties(collection(), {"new": value}).properties[-1].type == kind


def test_objects_are_described_on_every_level_and_grow() -> None:
    first = with_new_properties(collection(), {"cast": [{"name": "A"}, {"born": "1970-01-01T00:00:00Z"}]})
    second = with_new_properties(first, {"cast": [{"home": {"city": "Rome"}}]})

    nested = second.properties[-1].properties or []
    assert [(item.name, item.type) for item in nested] == [("name", "text"), ("born", "date"), ("home", "object")]


@pytest.mark.parametrize(
    ("values", "path", "twin"),
    [
        ({"Title": "Up"}, "properties.Title", "title"),
        ({"Name": "a", "name": "b"}, "properties.name", "Name"),
        ({"maker": {"Name": "a", "name": "b"}}, "properties.maker.name", "Name"),
    ],
)
def test_a_name_with_another_first_letter_is_no_second_property(values: Any, path: str, twin: str) -> None:
    with pytest.raises(InvalidObjectError) as caught:
        with_new_properties(collection(), values)

    assert caught.value.details[0].field == path
    assert caught.value.message.endswith(f"only in the case of its first letter: write '{twin}'.")


def test_what_is_described_already_changes_nothing() -> None:
    films = collection()

    assert with_new_properties(films, {"title": "Up", "year": "no number", "plot": None}) is films
    assert [item.name for item in films.properties] == [item["name"] for item in FILM_PROPERTIES]


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"new": []}, "an empty list has no type"),
        ({"new": {}}, "an empty object has no properties"),
        ({"new": [1, "x"]}, "several types"),
        ({"new": [[1]]}, r"no type of property fits \[1\]"),
        ({"new": [{"lat": 1, "lon": 2}]}, "lists of places are not supported"),
        ({"new-er": 1}, "should match pattern"),
        ({"id": 1}, "'id' is taken"),
    ],
)
def test_what_cannot_be_described_is_refused(values: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidObjectError, match=message):
        with_new_properties(collection(auto_schema=True), values)


def test_a_request_whose_names_are_values_adds_no_property() -> None:
    films = collection(auto_schema=True)
    objects: list[dict[str, Any]] = [{"title": "Up"}, *({"views": {f"v{place}": 1}} for place in range(201))]

    extended, errors = extend_for_objects(films, objects)

    assert extended is films
    assert sorted(errors) == list(range(1, 202))
    # "views" itself is one of them.
    assert "have 202 properties that 'Film' lacks" in errors[1].message
    assert errors[1].details[0].field == "properties"


def test_a_request_may_add_many_properties() -> None:
    films = collection(auto_schema=True)

    extended, errors = extend_for_objects(films, [{f"new{place}": place for place in range(200)}, {"new0": []}])

    assert errors == {}
    assert len(extended.properties) == len(films.properties) + 200


def test_an_object_that_cannot_be_described_does_not_keep_others_from_growing() -> None:
    extended, errors = extend_for_objects(collection(auto_schema=True), [{"a": []}, {"b": 1}])

    assert [item.name for item in extended.properties[-1:]] == ["b"]
    assert list(errors) == [0]
