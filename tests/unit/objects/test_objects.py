import math
from typing import Any

import pytest

from lambdas.errors import InvalidObjectError
from lambdas.objects.document import document, stored_object
from lambdas.objects.merge import apply_patch, merge_patch
from lambdas.objects.model import ObjectInput, ObjectPatch, StoredObject, parse_object
from lambdas.objects.values import check_properties, lengths
from lambdas.objects.vectors import check_vectors
from tests.builders import NOW, collection

EVERYTHING = collection(
    properties=[{"name": kind, "type": kind} for kind in ("text", "int", "number", "boolean", "date", "uuid", "geo")]
    + [
        {
            "name": "author",
            "type": "object",
            "properties": [{"name": "name", "type": "text"}, {"name": "born", "type": "date"}],
        },
        {"name": "cast", "type": "object[]", "properties": [{"name": "name", "type": "text"}]},
    ]
    + [{"name": "texts", "type": "text[]"}, {"name": "ints", "type": "int[]"}]
)
ID = "7a3f2e0c-5b1d-4c89-9a57-2f6c1d0e8b34"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("text", ""),
        ("int", -(2**63)),
        ("number", 4),
        ("number", 4.5),
        ("boolean", False),
        ("date", "2026-11-23T09:30:00Z"),
        ("date", "2026-11-23T09:30:00.123+01:00"),
        ("date", "2026-11-23T09:30:00-18:00"),
        ("uuid", ID),
        ("date", "2016-12-31T23:59:59.123456789Z"),
        ("uuid", ID.upper()),
        ("geo", {"lat": -90, "lon": 180.0}),
        ("author", {"name": "A. B.", "born": "1970-01-01T00:00:00Z"}),
        ("author", {}),
        ("cast", [{"name": "A"}, {}]),
        ("texts", []),
        ("ints", [1, 2]),
    ],
)
def test_values_that_fit_their_type_pass(name: str, value: Any) -> None:
    check_properties(EVERYTHING, {name: value})


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("text", 5, "'properties.text' must be text in quotes, not 5"),
        ("int", True, "must be a whole number such as 42, not true"),
        ("int", 4.0, "must be a whole number such as 42, not 4.0"),
        ("int", 2**63, "must be a whole number"),
        ("number", "4", 'must be a finite number such as 4.2, not "4"'),
        ("number", math.inf, "must be a finite number"),
        ("boolean", 1, "must be true or false, not 1"),
        ("date", "2026-11-23", "must be a date with time and zone such as"),
        ("date", "2026-11-23T09:30:00", "must be a date with time and zone"),
        ("date", "2026-11-23 09:30:00Z", "must be a date with time and zone"),
        ("date", "20261123T093000Z", "must be a date with time and zone"),
        ("date", "2026-02-30T00:00:00Z", "must be a date that exists"),
        ("date", "2026-11-23T09:30:00+25:00", "must have an offset of 18:00"),
        ("date", "2026-11-23T09:30:00-18:01", "must have an offset of 18:00"),
        ("number", 10**400, "must be a finite number"),
        ("uuid", "x", "must be a UUID such as"),
        ("uuid", ID.replace("-", ""), "must be a UUID such as"),
        ("geo", {"lat": 91, "lon": 0}, "must be a place such as"),
        ("geo", {"lat": 1}, "must be a place such as"),
        ("geo", [13.4, 52.5], "must be a place such as"),
        ("author", "x", 'must be an object in braces, not "x"'),
        ("author", {"born": 1970}, "'properties.author.born' must be a date"),
        ("author", {"age": 3}, "'properties.author.age' is not a property"),
        ("cast", [{"name": "A"}, {"name": 1}], "'properties.cast.name' must be text in quotes, not 1"),
        ("cast", [1], "'properties.cast' must be an object in braces, not 1"),
        ("texts", "x", 'must be a list of text, not "x"'),
        ("ints", [1, "x"], 'must be a whole number such as 42, not "x"'),
        ("plot", "x", "'properties.plot' is not a property: add it to the collection or leave it out"),
    ],
)
def test_a_value_that_does_not_fit_is_named(name: str, value: Any, message: str) -> None:
    with pytest.raises(InvalidObjectError, match=message):
        check_properties(EVERYTHING, {name: value})


def test_every_wrong_value_is_in_the_details() -> None:
    with pytest.raises(InvalidObjectError, match="1 more in details") as caught:
        check_properties(EVERYTHING, {"text": 1, "int": "x", "number": 1})

    assert [detail.field for detail in caught.value.details] == ["properties.text", "properties.int"]


def test_an_object_without_an_id_gets_a_random_or_the_given_one() -> None:
    assert parse_object({}, "Film").id != parse_object({}, "Film").id
    assert parse_object({}, "Film", default_id=ID).id == ID


def test_an_objects_own_id_is_written_in_the_standard_form() -> None:
    assert parse_object({"id": ID.upper().replace("-", "")}, "Film").id == ID


def test_a_null_property_is_as_good_as_none() -> None:
    assert parse_object({"properties": {"text": None, "int": 1}}, "Film").properties == {"int": 1}


def test_the_single_vector_is_the_default_one() -> None:
    assert parse_object({"vector": [1, 2]}, "Film").vectors == {"default": [1, 2]}


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        ({"title": "Up"}, 'Unknown field "title": an object has id, key, properties, vector and vectors'),
        ({"id": "x"}, 'id: must be a UUID such as .*, not "x"'),
        ({"properties": [1]}, r"properties: must be an object, not \[1\]"),
        ({"vector": "x"}, 'vectors.default: must be a list of numbers, not "x"'),
        ({"vectors": {"a": [1, "x"]}}, r"vectors.a: must be a list of numbers, not \[1, \"x\"\]"),
        ({"vectors": [1]}, "vectors: must map the name of a vector to its numbers"),
        ({"vector": [1], "vectors": {"default": [1]}}, "vector: is the vector 'default', which 'vectors' has too"),
    ],
)
def test_an_object_of_the_wrong_form_is_refused(raw: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidObjectError, match=message):
        parse_object(raw, "Film")


@pytest.mark.parametrize(
    ("vectors", "message"),
    [
        ({"default": [1.0]}, "vectors.default: must have 3 numbers, not 1"),
        ({"plot": [1.0]}, "vectors.plot: is not a vector of the collection 'Film'. It has these: default"),
        ({"default": [0.0, 0.0, 0.0]}, "is shorter than 1e-18"),
        ({"default": [1e-200, 0.0, 0.0]}, "is shorter than 1e-18"),
        ({"default": [1e308, 0.0, 0.0]}, r"is longer than 1e\+18 or not finite"),
        ({"default": [1e17, 1e18, 0.0]}, r"is longer than 1e\+18 or not finite"),
        ({"default": [math.nan, 0.0, 0.0]}, r"is longer than 1e\+18 or not finite"),
    ],
)
def test_a_vector_that_does_not_fit_is_refused(vectors: dict[str, list[float]], message: str) -> None:
    with pytest.raises(InvalidObjectError, match=message):
        check_vectors(collection(), vectors)


def test_a_document_holds_the_object_and_gives_it_back() -> None:
    item = ObjectInput(ID, {"title": "Up"}, {})
    now = NOW.isoformat()

    stored = document(
        collection(), item, vectors={"default": [1.0]}, text_hashes={"default": "h"}, created=now, updated=now
    )

    assert stored == {
        "id": ID,
        "lengths": {"title": 2},
        "created": now,
        "updated": now,
        "properties": {"title": "Up"},
        "vectors": {"default": [1.0]},
        "text_hash": {"default": "h"},
    }
    found = {"_id": ID, "_source": stored, "_primary_term": 1, "_seq_no": 7}
    assert stored_object(collection(), found, vectors=True) == StoredObject(
        id=ID,
        collection="Film",
        properties={"title": "Up"},
        created=NOW,
        updated=NOW,
        version="1.7",
        vectors={"default": [1.0]},
    )


def test_lengths_are_characters_of_text_and_items_of_lists_on_every_level() -> None:
    values = {
        "text": "Zoë",
        "texts": ["a", "a"],
        "int": 5,
        "author": {"name": ""},
        "cast": [{"name": "Al"}, {}, {"name": "B"}],
    }

    assert lengths(EVERYTHING.properties, values) == {
        "text": 3,
        "texts": 2,
        "author.name": 0,
        "cast": 3,
        "cast.name": [2, 1],
    }


@pytest.mark.parametrize(
    ("patch", "merged"),
    [
        ({}, {"a": 1, "o": {"x": 1, "y": [1]}}),
        ({"a": 2}, {"a": 2, "o": {"x": 1, "y": [1]}}),
        ({"a": None}, {"o": {"x": 1, "y": [1]}}),
        ({"o": {"x": None, "y": [2]}}, {"a": 1, "o": {"y": [2]}}),
        ({"o": [3]}, {"a": 1, "o": [3]}),
        ({"new": {"z": None, "w": 1}}, {"a": 1, "o": {"x": 1, "y": [1]}, "new": {"w": 1}}),
    ],
)
def test_a_patch_is_merged_as_rfc_7396_says(patch: dict[str, Any], merged: dict[str, Any]) -> None:
    assert merge_patch({"a": 1, "o": {"x": 1, "y": [1]}}, patch) == merged


def test_patch_keeps_supplied_vectors_and_drops_those_of_old_text() -> None:
    source = {
        "properties": {"title": "Up"},
        "vectors": {"own": [1.0], "text": [2.0], "other": [3.0]},
        "text_hash": {"text": "h"},
    }
    found = {"_id": ID, "_source": source, "_primary_term": 1, "_seq_no": 7}

    item = apply_patch(found, ObjectPatch(properties={"year": 2009}, vectors={"other": [4.0]}), "Film")

    assert item == ObjectInput(ID, {"title": "Up", "year": 2009}, {"own": [1.0], "other": [4.0]}, if_version="1.7")


def test_null_is_absent_at_any_depth_and_negative_zero_is_zero() -> None:
    raw = {"a": None, "ob": {"x": "1", "k": None}, "tags": ["a", None], "list": [{"k": None}], "n": -0.0, "ns": [-0.0]}

    stored = parse_object({"properties": raw}, "Film").properties

    assert stored == {"ob": {"x": "1"}, "tags": ["a"], "list": [{}], "n": 0.0, "ns": [0.0]}
    assert math.copysign(1, stored["n"]) == math.copysign(1, stored["ns"][0]) == 1
