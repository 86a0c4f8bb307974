import json
from typing import Annotated, Any

import orjson
import pytest
from pydantic import BaseModel, TypeAdapter, ValidationError

from lambdas.aggregate.request import AggregateRequest
from lambdas.collections.model import CollectionConfig, CollectionUpdate
from lambdas.errors import InvalidRequestError
from lambdas.handlers import strict_json
from lambdas.handlers.strict_json import (
    MAX_BODY_FOR_ALL_PROBLEMS,
    MAX_DEPTH,
    StrictJson,
    load_object,
    parse_body,
    parse_plain,
)
from lambdas.imports.import_service import ImportRequest
from lambdas.objects.model import ObjectBatch, ObjectBody, ObjectIds
from lambdas.search.clauses.filter_model import AllOf, AnyOf, Condition
from lambdas.search.request import SearchRequest
from lambdas.validation import MAX_DETAILS

BODY: TypeAdapter[ObjectBody] = TypeAdapter(Annotated[ObjectBody, StrictJson()])


def deep(levels: int) -> Any:
    """A body with so many objects in one another."""
    return orjson.loads('{"properties": ' + '{"a": ' * (levels - 2) + "{}" + "}" * (levels - 1))


def test_a_number_in_quotes_is_no_number() -> None:
    with pytest.raises(InvalidRequestError, match='expected a number, not "1"'):
        BODY.validate_python({"vector": ["1"]})


def test_a_uuid_is_text() -> None:
    sent = {"id": "7a3f2e0c-5b1d-4c89-9a57-2f6c1d0e8b34"}

    assert json.loads(BODY.validate_python(sent).model_dump_json())["id"] == sent["id"]


@pytest.mark.parametrize("levels", [MAX_DEPTH - 1, MAX_DEPTH])
def test_a_body_may_be_deep(levels: int) -> None:
    BODY.validate_python(deep(levels))


@pytest.mark.parametrize("levels", [MAX_DEPTH + 2, 253, 254, 255, 900])
def test_a_body_that_is_too_deep_is_refused_with_the_limit(levels: int) -> None:
    with pytest.raises(InvalidRequestError, match=f"nested too deeply: send at most {MAX_DEPTH} levels"):
        BODY.validate_python(deep(levels))


@pytest.mark.parametrize("levels", [MAX_DEPTH, MAX_DEPTH + 2, 253, 900])
@pytest.mark.parametrize("in_list", [False, True])
def test_a_batch_may_be_as_deep_as_other_bodies(levels: int, in_list: bool) -> None:
    # The batch and its list are two levels, and a list around the object's value is one more.
    inner = deep(levels - 2 - in_list)
    batch = {"objects": [{"properties": {"a": [1.5, inner["properties"]]}} if in_list else inner]}
    if levels == MAX_DEPTH:
        assert parse_plain(ObjectBatch, batch).objects == batch["objects"]
        return
    with pytest.raises(InvalidRequestError, match=f"send at most {MAX_DEPTH} levels"):
        parse_plain(ObjectBatch, batch)


@pytest.mark.parametrize(
    "body", [{}, {"objects": []}, {"objects": [1]}, {"objects": {"a": 1}}, {"objects": [{}], "more": 1}, {"objects": 2}]
)
def test_a_batch_is_refused_as_other_bodies_are(body: dict[str, Any]) -> None:
    with pytest.raises(InvalidRequestError) as strict:
        parse_body(ObjectBatch, body)
    with pytest.raises(InvalidRequestError) as plain:
        parse_plain(ObjectBatch, body)

    assert (str(plain.value), plain.value.details) == (str(strict.value), strict.value.details)


def test_a_batch_is_not_written_and_parsed_again(monkeypatch: pytest.MonkeyPatch) -> None:
    adapter: TypeAdapter[ObjectBatch] = TypeAdapter(Annotated[ObjectBatch, StrictJson(is_plain=True)])
    monkeypatch.delattr(strict_json, "parse_body")

    assert adapter.validate_python({"objects": [{"vector": [1.5, 2]}]}).objects == [{"vector": [1.5, 2]}]


def test_a_model_shows_the_lengths_of_long_values() -> None:
    vectors = {"default": [0.5] * 1024, "short": [0.5]}
    body = ObjectBody(properties={"title": "A"}, vectors=vectors)

    assert repr(body) == (
        "ObjectBody(properties={'title': 'A'}, vector=None, vectors={'default': <list of 1024>, 'short': [0.5]}, "
        "id=None, key=None)"
    )
    assert repr(ObjectBatch(objects=[{}] * 51)) == "ObjectBatch(objects=<list of 51>)"


def test_a_list_is_not_a_body() -> None:
    with pytest.raises(InvalidRequestError, match=r"body: expected a JSON object, not \[\{\}\]"):
        load_object("[{}]")


@pytest.mark.parametrize(
    ("body", "name"),
    [
        ('{"limit": 1, "limit": 2}', "limit"),
        ('{"limit": 1, "limit": 1}', "limit"),
        ('{"a": {"b": 1, "c": 2, "b": 3}}', "b"),
        ('{"objects": [{"a": 1}, {"a": 1, "\\u0061": 2}]}', "a"),
        ('{"a": [1, {"b": 1, "b": 2}]}', "b"),
        ('{"a": [[{"b" : 1, "b"\n: 2}]]}', "b"),
        ('{"a": "b\\"c\\": d", "": 1, "": 2}', ""),
    ],
)
def test_a_name_twice_in_one_object_is_refused_with_the_name(body: str, name: str) -> None:
    with pytest.raises(InvalidRequestError, match=f'body: the name "{name}" occurs twice in one object: send it once'):
        load_object(body)


@pytest.mark.parametrize(
    "body",
    [
        '{"a": {"a": 1}, "b": [{"a": 1}, {"a": 2}]}',
        '{"a": "\\"a\\": 1, \\"a\\": 2"}',
        '{"a": [1, {"a": 1}], "\\u0062": ["a", {"a": 1}], "c": "d: e"}',
    ],
)
def test_a_name_in_several_objects_is_read(body: str) -> None:
    assert load_object(body) == json.loads(body)


def test_all_problems_of_a_short_body_are_reported() -> None:
    with pytest.raises(InvalidRequestError) as caught:
        parse_body(ObjectBody, {"vector": ["a"] * 30})

    assert [detail.field for detail in caught.value.details] == [f"vector.{index}" for index in range(MAX_DETAILS)]


@pytest.mark.parametrize(
    ("model", "body"),
    [
        (ObjectBody, {"vectors": {f"v{index}": [""] * 16_000 for index in range(20)}}),
        (SearchRequest, {"bm25": {"query": "x"}, "filter": {"and": [{"or": [{}] * 100}] * 100}}),
        (ObjectIds, {"ids": ["x"] * 1000 + [""] * 10_000}),
    ],
)
def test_a_long_body_is_read_up_to_the_first_problem_of_each_list(model: Any, body: Any) -> None:
    # As after an earlier request, when the models inside have validators of their own.
    for each in (AllOf, AnyOf, Condition):
        each.model_rebuild()

    with pytest.raises(ValidationError) as caught:
        strict_json._validator(model, fail_fast=True).validate_json(orjson.dumps(body), strict=True)

    assert caught.value.error_count() <= 20
    with pytest.raises(InvalidRequestError):
        parse_body(model, body)


@pytest.mark.parametrize("model", [CollectionConfig, CollectionUpdate, ImportRequest, ObjectBatch, AggregateRequest])
def test_a_long_body_of_every_kind_gets_a_sentence(model: type[BaseModel]) -> None:
    body = {"description": "x" * MAX_BODY_FOR_ALL_PROBLEMS, "properties": [{"name": {}, "type": {}}], "nonsense": 1}

    with pytest.raises(InvalidRequestError):
        parse_body(model, body)


def test_a_long_description_of_a_collection_is_read() -> None:
    properties = [{"name": f"p{number}", "type": "int", "description": "x" * 100} for number in range(400)]

    assert len(parse_body(CollectionConfig, {"name": "Long", "properties": properties}).properties) == 400
