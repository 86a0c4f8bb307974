"""Ids of the user's own: one rule in server and client, and keys in the records of imports."""

import json
import random
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

import pytest

from alto.util import uuid_of_key
from lambdas.errors import InvalidObjectError
from lambdas.jobs.import_options import ImportOptions
from lambdas.json_text import RepeatedNameError, parse_json
from lambdas.objects.keys import id_of_key, parse_uuid
from lambdas.objects.model import ObjectInput, parse_object
from lambdas.records.record_shape import RecordShape

ID = "7a3f2e0c-5b1d-4c89-9a57-2f6c1d0e8b34"


def random_key(source: random.Random) -> str:
    alphabet = source.choice(["0123456789abcdefABCDEF-{}", "isbn/ .:?#%\\\"'", "éÅ\u0301\U0001f600\u0000\n"])
    return "".join(source.choice(alphabet) for _ in range(source.randrange(1, 45)))


def test_id_of_a_key_is_the_documented_uuid() -> None:
    assert id_of_key("Film", "isbn-1") == str(uuid5(NAMESPACE_URL, "alto:Film#isbn-1"))
    assert id_of_key("Film", "isbn-1") == "321872a1-ffa8-56c4-beb0-663a934df0ce"


def test_client_and_server_agree_on_thousands_of_keys() -> None:
    source = random.Random(15)
    keys = {random_key(source) for _ in range(5000)} | {ID, ID.upper(), ID.replace("-", ""), f"{{{ID}}}"}

    assert all(str(uuid_of_key("film", key)) == id_of_key("Film", key) for key in keys)


def test_no_two_keys_share_an_id() -> None:
    source = random.Random(16)
    keys = {key for key in (random_key(source) for _ in range(5000)) if parse_uuid(key) is None}

    assert len({id_of_key("Film", key) for key in keys}) == len(keys)


@pytest.mark.parametrize("form", [ID, ID.upper(), ID.replace("-", ""), f"{{{ID}}}", f"urn:uuid:{ID}"])
def test_a_key_that_is_a_uuid_is_its_own_id(form: str) -> None:
    assert id_of_key("Film", form) == ID


@pytest.mark.parametrize(
    "text",
    [
        "7a3f2e0c5b1d-4c89-9a57-2f6c1d0e8b34",
        "7a3f-2e0c-5b1d-4c89-9a57-2f6c-1d0e-8b34",
        "1234_5678_1234567812345678123456",
        f"{{{ID}",
        f"{ID} ",
        "١٢٣٤٥٦٧٨-1234-1234-1234-123456781234",
    ],
)
def test_text_that_only_resembles_a_uuid_is_a_key(text: str) -> None:
    assert parse_uuid(text) is None
    assert id_of_key("Film", text) == str(uuid5(NAMESPACE_URL, f"alto:Film#{text}")) == str(uuid_of_key("Film", text))


def test_keys_are_not_normalized() -> None:
    assert id_of_key("Film", "caf\u00e9") != id_of_key("Film", "cafe\u0301")
    assert id_of_key("Film", "a") != id_of_key("Film", "A") != id_of_key("Film", " A")


def test_object_with_a_key_gets_its_id_and_keeps_it() -> None:
    item = parse_object({"key": "isbn-1"}, "Film")

    assert (item.id, item.key) == (id_of_key("Film", "isbn-1"), "isbn-1")
    assert parse_object({"key": "isbn-1", "id": item.id.upper()}, "Film")[0] == item.id


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        ({"key": 7}, "key: must be text, not 7."),
        ({"key": True}, "key: must be text, not true."),
        ({"key": ""}, "key: must have 1 to 512 characters, not 0."),
        ({"key": "x" * 513}, "key: must have 1 to 512 characters, not 513."),
        ({"key": "isbn-1", "id": ID}, f'id: is {ID}, but the key "isbn-1" has the id 321872a1'),
        ({"id": "isbn-1"}, "not \"isbn-1\"; an id of your own is sent as 'key'."),
        ({"id": "7a3f-2e0c-5b1d-4c89-9a57-2f6c-1d0e-8b34"}, "id: must be a UUID such as"),
    ],
)
def test_wrong_key_is_rejected_with_its_reason(raw: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidObjectError) as caught:
        parse_object(raw, "Film")

    assert message in caught.value.message


# Records of files


def test_a_name_twice_in_one_object_is_never_dropped() -> None:
    for text in ('{"a":1,"a":2}', '{"a":{"k":1,"k":2}}', '[{"b":1},{"b":1,"\\u0062":2}]', '{":a":1, "b" : 2, "b": 3}'):
        with pytest.raises(RepeatedNameError, match="occurs twice in one object"):
            parse_json(text)


@pytest.mark.parametrize(
    "text",
    [
        '{"a":[{"k":1},{"k":2}],"k":3}',
        '{"a":"a","b":"\\"a\\":","c":["a:","a"]}',
        '{"a\\n":1,"a":2}',
        "[1.5, null, true]",
        '"a"',
    ],
)
def test_other_json_is_read_as_written(text: str) -> None:
    assert parse_json(text.encode()) == json.loads(text)


@pytest.mark.parametrize(
    ("kind", "cell"),
    [
        ("uuid", "7a3f-2e0c5b1d4c899a572f6c1d0e8b34"),
        ("uuid", "1234_5678_1234567812345678123456"),
        ("int[]", "[9007199254740993.0]"),
        ("object", '{"k": 1, "k": 2}'),
    ],
)
def test_a_cell_is_never_stored_as_another_value(kind: str, cell: str) -> None:
    shape = RecordShape("Film", ImportOptions(format="csv"), {"a": kind, "a.k": "int"})

    with pytest.raises(InvalidObjectError, match=f"cannot be read as {kind}".replace("[", r"\[")):
        shape.object_of({"a": cell}, ID)


def load(record: dict[str, Any], **options: Any) -> ObjectInput:
    return RecordShape("Film", ImportOptions(format="csv", **options), {}).object_of(record, ID)


@pytest.mark.parametrize(
    ("record", "options", "key"),
    [
        ({"isbn": "i-1", "title": "Up"}, {"mapping": {"isbn": "_key"}}, "i-1"),
        ({"isbn": 17, "title": "Up"}, {"mapping": {"isbn": "_key"}}, "17"),
        ({"_key": "i-1", "title": "Up"}, {}, "i-1"),
        ({"id": "i-1", "title": "Up"}, {"ids": "any"}, "i-1"),
        ({"id": 17.0, "title": "Up"}, {"ids": "any"}, "17"),
        ({"_id": b"i-1", "title": "Up"}, {"ids": "any"}, "i-1"),
        ({"key": "i-1", "properties": {"title": "Up"}}, {}, "i-1"),
        ({"id": id_of_key("Film", "i-1"), "key": "i-1", "properties": {"title": "Up"}}, {}, "i-1"),
        ({"id": id_of_key("Film", "i-1"), "key": "i-1", "properties": {"title": "Up"}}, {"ids": "any"}, "i-1"),
    ],
)
def test_record_gets_the_key_that_it_brings(record: dict[str, Any], options: dict[str, Any], key: str) -> None:
    item = load(record, **options)

    assert (item.key, item.id, item.properties) == (key, id_of_key("Film", key), {"title": "Up"})


@pytest.mark.parametrize("options", [{}, {"ids": "any"}])
def test_record_with_a_uuid_has_no_key(options: dict[str, Any]) -> None:
    item = load({"id": ID, "title": "Up"}, **options)

    assert (item.id, item.key) == (ID, None)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (UUID(int=5).bytes, str(UUID(int=5))),
        (UUID(ID).bytes, ID),
        (b"sixteen letters!", id_of_key("Film", "sixteen letters!")),
        ("sechzehn Bück".encode(), id_of_key("Film", "sechzehn Bück")),
    ],
)
def test_bytes_of_an_id_are_a_uuid_or_text(value: bytes, expected: str) -> None:
    assert load({"id": value}, ids="any").id == expected


def test_property_named_key_stays_a_property() -> None:
    item = load({"key": "a", "value": "b"})

    assert (item.id, item.key, item.properties) == (ID, None, {"key": "a", "value": "b"})


@pytest.mark.parametrize(
    ("record", "options", "message"),
    [
        ({"isbn": 1.5}, {"mapping": {"isbn": "_key"}}, "key: must be text or a whole number, not 1.5."),
        ({"isbn": ""}, {"mapping": {"isbn": "_key"}}, 'key: must be text or a whole number, not "".'),
        ({"id": True}, {"ids": "any"}, "id: must be text or a whole number, not true."),
        ({"id": "i-1", "_key": "i-2"}, {"ids": "any"}, 'id: is "i-1", but the key is "i-2"'),
        ({"id": ID, "_key": "i-2"}, {}, f'id: is {ID}, but the key "i-2" has the id'),
    ],
)
def test_record_with_a_wrong_key_fails(record: dict[str, Any], options: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidObjectError) as caught:
        load(record, **options)

    assert message in caught.value.message


def test_client_rule_takes_numbers_by_their_digits() -> None:
    assert uuid_of_key("Film", 17) == UUID(id_of_key("Film", "17"))
