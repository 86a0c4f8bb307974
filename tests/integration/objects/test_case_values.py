"""Every value is stored, found and returned as it was sent; every vector is that of its object's text."""

import csv
import io
import json
import os
import random
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid5

import httpx
import pytest

from lambdas.dates import parse_date
from tests.api import Api
from tests.instances import in_instance, instances
from tests.integration.imports.test_import_path import Imports
from tests.properties import times

SEED = UUID("0b54a1f6-0c8b-4c50-9d5c-7f2f0e9b6a13")
EXAMPLES = times(60)
TYPES = ("text", "int", "number", "boolean", "date", "uuid")
PROPERTIES = [
    *({"name": f"a_{kind}", "type": kind} for kind in TYPES),
    *({"name": f"l_{kind}", "type": f"{kind}[]"} for kind in TYPES),
    {"name": "ob", "type": "object", "properties": [{"name": "a", "type": "text"}, {"name": "n", "type": "int"}]},
]
OFTEN: dict[str, list[Any]] = {
    "int": [0, -1, 2**53 + 1, 2**63 - 1, -(2**63), 1604029199751626752],
    "number": [0.0, -0.0, 1e-300, 1.7976931348623157e308, 0.1, -2.5, 9007199254740993],
    "date": [
        "0001-01-01T00:00:00Z",
        "9999-12-31T23:59:59.999Z",
        "2020-01-01T12:00:00Z",
        "2020-01-01T12:00:00.500Z",
        "2020-01-01T12:00:00.123456789+05:45",
        "2020-01-01T00:00:00-18:00",
        "1969-12-31T23:59:59.999Z",
    ],
    "text": ["", " ", "a\u0000b", "\U0001f600" * 3, "e\u0301", "x" * 9000, "null", "\u2028"],
}


def make_value(source: random.Random, kind: str) -> Any:
    """Return a value of this type: an edge in half of the cases."""
    if kind in OFTEN and source.random() < 0.5:
        return source.choice(OFTEN[kind])
    moment = datetime.fromtimestamp(source.randrange(-(10**10), 10**11), UTC)
    return {
        "int": source.randrange(-(2**63), 2**63),
        "number": source.uniform(-1e6, 1e6),
        "boolean": source.random() < 0.5,
        "date": f"{moment:%Y-%m-%dT%H:%M:%S}.{source.randrange(1000):03}Z",
        "uuid": str(UUID(int=source.getrandbits(128))),
        "text": "".join(chr(source.randrange(32, 0xD000)) for _ in range(source.randrange(12))),
    }[kind]


def make_objects() -> list[dict[str, Any]]:
    source = random.Random(1503)
    objects = []
    for place in range(EXAMPLES):
        values: dict[str, Any] = {}
        for kind in TYPES:
            values[f"a_{kind}"] = make_value(source, kind)
            values[f"l_{kind}"] = [make_value(source, kind) for _ in range(source.randrange(3))]
        objects.append({"id": str(uuid5(SEED, str(place))), "properties": values})
    return objects


def is_same(stored: Any, sent: Any) -> bool:
    return json.dumps(stored) == json.dumps(sent).replace("-0.0", "0.0")


@pytest.fixture(scope="module")
def objects(api: Api) -> Iterator[list[dict[str, Any]]]:
    assert api("POST", "/v1/collections", {"name": "CaseValues", "properties": PROPERTIES}).status == 201
    made = make_objects()
    for start in range(0, EXAMPLES, 200):
        batch = {"objects": made[start : start + 200]}
        stored = api("POST", "/v1/collections/CaseValues/objects/batch", batch, query={"consistency": "wait"})
        assert stored.body["failed"] == 0, stored.body
    yield made
    api("DELETE", "/v1/collections/CaseValues")


def list_ids(api: Api, condition: dict[str, Any]) -> set[str]:
    return {each["id"] for each in list_all(api, "CaseValues", filter=condition)}


def list_all(api: Api, name: str, **body: Any) -> list[dict[str, Any]]:
    """Every object, page by page, as an export reads them."""
    found: list[dict[str, Any]] = []
    after: dict[str, Any] = {}
    while True:
        page = api("POST", f"/v1/collections/{name}/objects/list", {"limit": 1000} | body | after)
        assert page.status == 200, page.body
        found += page.body["objects"]
        if page.body.get("next") is None:
            return found
        after = {"after": page.body["next"]}


def test_every_value_comes_back_as_it_was_sent(api: Api, objects: list[dict[str, Any]]) -> None:
    exported = {each["id"]: each["properties"] for each in list_all(api, "CaseValues")}
    for each in objects:
        got = api("GET", f"/v1/collections/CaseValues/objects/{each['id']}").body["properties"]
        for name, sent in each["properties"].items():
            assert is_same(got[name], sent), name
            assert is_same(exported[each["id"]][name], sent), name


@pytest.mark.parametrize("kind", TYPES)
def test_equal_finds_exactly_the_objects_with_the_value(api: Api, objects: list[dict[str, Any]], kind: str) -> None:
    def key(value: Any) -> Any:
        if kind == "date":
            # OpenSearch compares milliseconds.
            return int(parse_date(value).timestamp() * 1000 // 1)
        return float(value) if kind == "number" else value

    for value in {
        json.dumps(each["properties"][f"a_{kind}"]): each["properties"][f"a_{kind}"] for each in objects
    }.values():
        if kind == "text" and len(value) > 8191:
            continue
        expected = {each["id"] for each in objects if key(each["properties"][f"a_{kind}"]) == key(value)}
        assert list_ids(api, {"property": f"a_{kind}", "operator": "equal", "value": value}) == expected, value


@pytest.mark.parametrize("kind", ["int", "number", "date"])
def test_sorting_is_that_of_the_values(api: Api, objects: list[dict[str, Any]], kind: str) -> None:
    values: list[Any] = []
    for offset in range(0, EXAMPLES, 200):
        body = {"sort": [{"property": f"a_{kind}"}], "limit": 200, "offset": offset}
        found = api("POST", "/v1/collections/CaseValues/search", body)
        assert found.status == 200, found.body
        values += [hit["properties"][f"a_{kind}"] for hit in found.body["objects"]]
    keys = [int(parse_date(each).timestamp() * 1000 // 1) for each in values] if kind == "date" else values

    assert len(keys) == len(objects)
    assert keys == sorted(keys)


def moment(value: str) -> int:
    return int(parse_date(value).timestamp() * 1000 // 1)


def test_aggregates_are_those_of_the_values(api: Api, objects: list[dict[str, Any]]) -> None:
    metrics: dict[str, list[str]] = {
        "a_int": ["count", "min", "max", "mode"],
        "a_number": ["count", "min", "max"],
        "a_date": ["count", "min", "max"],
        "a_boolean": ["count", "total_true", "total_false"],
        "a_text": ["count"],
        "a_uuid": ["count"],
        "l_int": ["min", "max"],
    }
    asked = {"properties": {name: {"metrics": wanted} for name, wanted in metrics.items()}}
    response = api("POST", "/v1/collections/CaseValues/aggregate", asked)
    assert response.status == 200, response.body
    found = response.body["properties"]
    values = {name: [each["properties"][name] for each in objects] for name in metrics}

    assert response.body["total"] == len(objects)
    for name in ("a_int", "a_number"):
        assert (found[name]["min"], found[name]["max"]) == (min(values[name]), max(values[name])), name
    listed = [value for each in values["l_int"] for value in each]
    assert (found["l_int"]["min"], found["l_int"]["max"]) == (min(listed), max(listed))
    assert values["a_int"].count(found["a_int"]["mode"]) == max(map(values["a_int"].count, values["a_int"]))
    dates = list(map(moment, values["a_date"]))
    assert (moment(found["a_date"]["min"]), moment(found["a_date"]["max"])) == (min(dates), max(dates))
    assert found["a_boolean"]["total_true"] == sum(values["a_boolean"])
    assert {found[name]["count"] for name in metrics if name.startswith("a_")} == {len(objects)}


@pytest.fixture(scope="module")
def imports(api: Api, environment: dict[str, str]) -> Imports:
    assert api
    return Imports(environment)


# A deletion refreshes the index first; this one finds nothing.
NOTHING = {"property": "_id", "operator": "equal", "value": str(SEED)}


def load(api: Api, imports: Imports, content: bytes, ending: str) -> dict[str, dict[str, Any]]:
    """Import a file into a collection of its own, and export that."""
    name = f"CaseImported{ending.capitalize()}"
    assert api("POST", "/v1/collections", {"name": name, "properties": PROPERTIES}).status == 201
    try:
        imports.notify(imports.upload(f"{name}/values.{ending}", [content]))
        imports.work()
        api("POST", f"/v1/collections/{name}/objects/delete", {"filter": NOTHING}, query={"consistency": "wait"})
        return {each["id"]: each["properties"] for each in list_all(api, name)}
    finally:
        api("DELETE", f"/v1/collections/{name}")


def test_an_export_that_is_imported_is_the_same_objects(
    api: Api, objects: list[dict[str, Any]], imports: Imports
) -> None:
    exported = {each["id"]: each["properties"] for each in list_all(api, "CaseValues")}
    lines = [json.dumps({"id": name, "properties": properties}).encode() for name, properties in exported.items()]

    again = load(api, imports, b"\n".join(lines), "jsonl")

    assert len(exported) == len(objects)
    assert json.dumps(again, sort_keys=True) == json.dumps(exported, sort_keys=True)


def test_values_written_to_csv_and_imported_are_the_same(
    api: Api, objects: list[dict[str, Any]], imports: Imports
) -> None:
    exported = {each["id"]: each["properties"] for each in list_all(api, "CaseValues")}
    names = [f"a_{kind}" for kind in TYPES]
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(["id", *names])
    for name, properties in exported.items():
        values = [properties[each] for each in names]
        writer.writerow([name, *(each if isinstance(each, str) else json.dumps(each) for each in values)])

    again = load(api, imports, text.getvalue().encode(), "csv")

    # An empty cell is a missing value.
    expected = {
        name: {each: properties[each] for each in names if properties[each] != ""}
        for name, properties in exported.items()
    }
    assert len(expected) == len(objects)
    assert json.dumps(again, sort_keys=True) == json.dumps(expected, sort_keys=True)


@pytest.mark.parametrize(
    ("properties", "stored"),
    [
        ({"ob": {"a": "x", "n": None}}, {"ob": {"a": "x"}}),
        ({"l_text": ["a", None]}, {"l_text": ["a"]}),
        ({"l_int": [None, 2**53 + 1]}, {"l_int": [2**53 + 1]}),
        ({"a_text": None}, {}),
        ({"ob": {"a": None}}, {"ob": {}}),
        ({"a_number": -0.0}, {"a_number": 0.0}),
    ],
)
def test_null_is_absent_at_any_depth(
    api: Api, objects: list[dict[str, Any]], properties: dict[str, Any], stored: dict[str, Any]
) -> None:
    path = f"/v1/collections/CaseValues/objects/{uuid5(SEED, 'null')}"
    assert objects
    try:
        put = api("PUT", path, {"properties": properties})
        assert (put.body["properties"], api("GET", path).body["properties"]) == (stored, stored)
        api("PUT", path, {"properties": {"ob": {"a": "y", "n": 1}, "l_text": ["b"]}})
        patched = api("PATCH", path, {"properties": {"ob": {"a": None}, "l_text": ["c", None]}})
        assert patched.body["properties"] == {"ob": {"n": 1}, "l_text": ["c"]}
    finally:
        api("DELETE", path)


@pytest.mark.parametrize(
    "value", ["9999-12-31T23:59:59-08:00", "20230808120000Z", "1693012681207", "2020-01-01 00:00:00Z"]
)
def test_date_that_cannot_be_kept_is_rejected(api: Api, objects: list[dict[str, Any]], value: str) -> None:
    rejected = api("POST", "/v1/collections/CaseValues/objects", {"properties": {"a_date": value}})

    assert objects
    assert rejected.status == 400
    assert value in rejected.error["message"]


# Vectors under races


@pytest.fixture
def raced(api: Api) -> Iterator[str]:
    described = {
        "name": "CaseRaced",
        "properties": [{"name": "title", "type": "text"}],
        "vectors": {
            "default": {"vectorizer": "text2vec-aws", "region": "us-east-1", "model": "amazon.titan-embed-text-v2:0"}
        },
    }
    assert api("POST", "/v1/collections", described).status == 201
    yield "CaseRaced"
    api("DELETE", "/v1/collections/CaseRaced")


def vector_of(api: Api, name: str, object_id: UUID) -> tuple[str, list[float]]:
    found = api("GET", f"/v1/collections/{name}/objects/{object_id}", query={"include_vectors": "true"}).body
    return found["properties"]["title"], found["vectors"]["default"]


def write_title(api: Api, name: str, object_id: UUID, method: str, text: str) -> int:
    return api(method, f"/v1/collections/{name}/objects/{object_id}", {"properties": {"title": text}}).status


# `make test-races` asks for a thousand.
ROUNDS = int(os.environ.get("ALTO_RACE_ROUNDS", "25"))


def test_concurrent_writes_keep_the_vector_of_the_text(api: Api, raced: str) -> None:
    texts = ["a haunted lighthouse", "the price of wheat"]
    expected = {}
    for text in texts:
        api("PUT", f"/v1/collections/{raced}/objects/{uuid5(SEED, text)}", {"properties": {"title": text}})
        expected[text] = vector_of(api, raced, uuid5(SEED, text))[1]

    with instances(4) as pool:
        for round_ in range(ROUNDS):
            object_id = uuid5(SEED, f"round {round_}")
            write_title(api, raced, object_id, "PUT", texts[0])
            jobs = [
                pool.submit(in_instance(write_title, raced, object_id, method, text))
                for method, text in (("PUT", texts[1]), ("PUT", texts[0]), ("PATCH", texts[1]), ("PUT", texts[0]))
            ]
            assert {job.result() for job in jobs} <= {200, 201}
            title, vector = vector_of(api, raced, object_id)
            assert vector == pytest.approx(expected[title], abs=1e-5), round_


def test_repair_finds_and_replaces_the_vector_of_another_text(api: Api, raced: str, opensearch_url: str) -> None:
    right, wrong = uuid5(SEED, "right"), uuid5(SEED, "wrong")
    for object_id, text in ((right, "a haunted lighthouse"), (wrong, "the price of wheat")):
        path = f"/v1/collections/{raced}/objects/{object_id}"
        api("PUT", path, {"properties": {"title": text}}, query={"consistency": "wait"})
    expected = vector_of(api, raced, wrong)[1]
    other = vector_of(api, raced, right)[1]
    index = f"{opensearch_url}/alto-{raced.lower()}"
    changed = httpx.post(
        f"{index}/_update/{wrong}?refresh=true", json={"doc": {"vectors": {"default": other}}}, timeout=60
    )
    assert changed.status_code == 200, changed.text

    path = f"/v1/collections/{raced}/objects/repair"
    seen = api("POST", path, {"dry_run": True}).body
    assert (seen["wrong"], seen["repaired"]) == ([str(wrong)], 0)
    done = api("POST", path, {}, query={"consistency": "wait"}).body

    assert (done["checked"], done["wrong"], done["repaired"], done["failed"]) == (2, [str(wrong)], 1, [])
    assert vector_of(api, raced, wrong)[1] == pytest.approx(expected, abs=1e-5)
    assert api("POST", path, {}).body["wrong"] == []
