"""Sections 3 and 4 of the table of cases, each row by HTTP requests to the deployed stack."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID, uuid4

import pytest

from tests.e2e.cases import Cases, cases

__all__ = ["cases"]

BIG = 9007199254740993
NOON, HALF = "2020-01-01T12:00:00Z", "2020-01-01T12:00:00.500Z"
LONG = "x" * 9000


def condition(name: str, operator: str, value: Any) -> dict[str, Any]:
    return {"property": name, "operator": operator, "value": value}


@pytest.fixture(scope="module")
def edges(cases: Cases) -> Iterator[str]:
    name = cases.create(vectors={"default": {"vectorizer": "none", "dimensions": 2}})
    objects: list[dict[str, Any]] = [
        {"title": "noon", "at": NOON, "n": BIG},
        {"title": "half", "at": HALF, "n": 2**63 - 1},
        {"title": "Übergröße"},
        {"title": "C:\\temp\\new"},
        {"title": "long", "ob": {"a": LONG}},
    ]
    cases.insert(name, *({"properties": each, "vector": [1, place]} for place, each in enumerate(objects)))
    yield name
    cases.call("DELETE", f"/v1/collections/{name}")


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/objects"),
        ("POST", "/objects/batch"),
        ("POST", "/search"),
        ("POST", "/aggregate"),
        ("PUT", f"/objects/{UUID(int=1)}"),
        ("PATCH", f"/objects/{UUID(int=1)}"),
    ],
)
@pytest.mark.parametrize("items", [1, 2])
def test_row_3_1_a_list_in_place_of_an_object_is_rejected(
    cases: Cases, edges: str, method: str, path: str, items: int
) -> None:
    status, body = cases.call(method, f"/v1/collections/{edges}{path}", [{"properties": {"title": "a"}}] * items)

    assert (status, "expected a JSON object, not [" in body["error"]["message"]) == (400, True), body


@pytest.mark.parametrize(
    ("operator", "value", "titles"),
    [
        ("equal", NOON, ["noon"]),
        ("equal", HALF, ["half"]),
        ("greater_than", NOON, ["half"]),
        ("less_or_equal", NOON, ["noon"]),
        ("contains_any", [NOON], ["noon"]),
    ],
)
def test_row_3_2_dates_are_compared_to_the_millisecond(
    cases: Cases, edges: str, operator: str, value: Any, titles: list[str]
) -> None:
    assert cases.names(edges, sort=[{"property": "_id"}], filter=condition("at", operator, value)) == titles


@pytest.mark.parametrize("more", [{}, {"explain": True}, {"autocut": 1}])
def test_row_3_3_a_hybrid_page_beyond_the_last_hit_is_empty(cases: Cases, edges: str, more: dict[str, Any]) -> None:
    search = {"hybrid": {"query": "noon", "vector": [1, 0]}, "offset": 400, "limit": 10} | more

    assert cases.names(edges, **search) == []
    status, several = cases.call("POST", f"/v1/collections/{edges}/search", {"queries": [search]})
    assert (status, several["results"][0]["objects"]) == (200, [])


def test_row_3_4_the_last_date_is_rejected_or_aggregated(cases: Cases) -> None:
    name = cases.create()
    path = f"/v1/collections/{name}"
    status, _ = cases.call("POST", f"{path}/objects", {"properties": {"at": "9999-12-31T23:59:59-08:00"}})
    cases.insert(name, {"properties": {"at": "9999-12-31T23:59:59.999Z"}})

    found, body = cases.call("POST", f"{path}/aggregate", {"properties": {"at": {"metrics": ["max"]}}})

    assert status == 400
    assert found == 200, body
    assert "9999-12-31T23:59:59.999" in str(body)


@pytest.mark.parametrize("name", ["place", "ob"])
def test_row_3_5_sorting_by_what_has_no_order_lists_the_others(cases: Cases, edges: str, name: str) -> None:
    status, body = cases.call("POST", f"/v1/collections/{edges}/search", {"sort": [{"property": name}]})

    assert (status, "title" in body["error"]["message"]) == (400, True), body


def test_row_3_6_too_many_groups_are_rejected_with_the_limit(cases: Cases, edges: str) -> None:
    asked = {
        "group_by": {"property": "title", "limit": 700},
        "properties": {"title": {"metrics": ["top_occurrences"], "limit": 100}},
    }

    status, body = cases.call("POST", f"/v1/collections/{edges}/aggregate", asked)

    assert status in {200, 400}, body
    assert status == 200 or any(sign.isdigit() for sign in body["error"]["message"])


def test_row_3_7_whole_numbers_are_exact_in_aggregates(cases: Cases, edges: str) -> None:
    status, body = cases.call(
        "POST", f"/v1/collections/{edges}/aggregate", {"properties": {"n": {"metrics": ["min", "max"]}}}
    )

    assert status == 200, body
    assert str(BIG) in str(body)
    assert str(2**63 - 1) in str(body)


def test_row_3_8_null_is_absent_everywhere(cases: Cases) -> None:
    path = f"/v1/collections/{cases.create()}/objects"
    status, made = cases.call("POST", path, {"properties": {"ob": {"a": "x", "k": None}, "tags": ["a", None]}})
    _, changed = cases.call("PATCH", f"{path}/{made['id']}", {"properties": {"ob": {"k": None}}})

    assert (status, made["properties"]) == (201, {"ob": {"a": "x"}, "tags": ["a"]})
    assert changed["properties"] == made["properties"]


def test_row_3_9_an_object_with_a_long_text_is_not_null(cases: Cases, edges: str) -> None:
    assert cases.names(edges, sort=[{"property": "_id"}], filter=condition("ob", "is_null", value=False)) == ["long"]


@pytest.mark.parametrize(("pattern", "title"), [("über*", "Übergröße"), ("C:\\\\temp*", "C:\\temp\\new")])
def test_row_3_10_like_ignores_case_in_every_script(cases: Cases, edges: str, pattern: str, title: str) -> None:
    assert cases.names(edges, sort=[{"property": "_id"}], filter=condition("title", "like", pattern)) == [title]


def test_row_3_11_an_unknown_parameter_is_rejected(cases: Cases, edges: str) -> None:
    status, body = cases.call("GET", f"/v1/collections/{edges}/objects", limt="5")

    assert (status, 'did you mean "limit"?' in body["error"]["message"]) == (400, True)


def test_row_3_12_an_import_into_a_collection_made_again_is_a_new_job(cases: Cases) -> None:
    name = cases.create()
    key = f"Elsewhere/{uuid4().hex}.jsonl"
    source = f"s3://{cases.alto.stack.bucket}/{key}"
    cases.alto.upload(key, b'{"sku": "U1"}\n{"sku": "U2"}\n')
    first = cases.loaded(cases.client.imports.from_s3(source, collection=name), name)
    cases.call("DELETE", f"/v1/collections/{name}")
    assert cases.call("POST", "/v1/collections", {"name": name, "auto_schema": True})[0] == 201

    second = cases.loaded(cases.client.imports.from_s3(source, collection=name), name)

    assert (first.counts, second.counts) == ((2, 2, 0), (2, 2, 0))
    assert set(second.stored) == {"U1", "U2"}


@pytest.mark.parametrize("query", ["noon", "no-such-word"])
def test_row_3_13_an_unknown_rerank_model_is_rejected_without_hits_too(cases: Cases, edges: str, query: str) -> None:
    rerank = {"model": "no.such-model-v1:0", "region": "us-west-2"}

    status, body = cases.call("POST", f"/v1/collections/{edges}/search", {"bm25": {"query": query}, "rerank": rerank})

    assert (status, body["error"]["code"]) == (502, "model_not_found"), body
    assert "no.such-model" in body["error"]["message"]


def test_row_3_14_an_announced_upload_has_not_arrived(cases: Cases, edges: str) -> None:
    path = f"/v1/collections/{edges}/imports"
    _, announced = cases.call("POST", path, {"file_name": "films.jsonl"})

    status, body = cases.call("GET", f"{path}/{announced['id']}")

    assert status == 200 or "arrived" in body["error"]["message"], body


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("/search", {"query": "x"}, "query"),
        ("/objects", {"title": "flat"}, "title"),
        ("/search", {"hybrid": "x"}, "hybrid"),
        ("/search", {"bm25": {"query": "x"}, "limit": None}, "limit"),
        ("/search", {"bm25": {"query": "x"}, "limit": True}, "limit"),
        ("/search", {"bm25": {"query": "x", "fuzziness": 5}}, "bm25.fuzziness"),
        ("/objects/list", {"filter": {"year": 1990}}, "filter"),
        ("/objects/list", {"filter": condition("n", "equal", None)}, "filter.value"),
    ],
)
def test_row_3_15_mistakes_are_told_in_altos_own_words(
    cases: Cases, edges: str, path: str, body: Any, field: str
) -> None:
    status, found = cases.call("POST", f"/v1/collections/{edges}{path}", body)

    told = str(found["error"]["message"])
    assert (status, field in told) == (400, True), told
    assert not [word for word in ("None", "True", "instance of", "Input should", "[a-z", "pydantic") if word in told]


# Words


@pytest.fixture(scope="module")
def words(cases: Cases) -> Iterator[str]:
    name = cases.create([{"name": "title", "type": "text"}])
    titles = ["set created_at of a row", "To be or not to be", "The Who", "O\u2019Reilly books", "cafe\u0301 noir"]
    titles += ["is_active and get_by_id", "mirror at www.the-and-by.org", "C is a language", "C++ is a language"]
    titles += ["part AB-123/45", "part AB-124/45", "vim-tiny vim", "vim-runtime vim vim", "vim-athena", "vim"]
    cases.insert(name, *({"properties": {"title": title}} for title in titles))
    yield name
    cases.call("DELETE", f"/v1/collections/{name}")


def first_of(cases: Cases, words: str, query: str) -> str:
    return str(next(iter(cases.names(words, bm25={"query": query})), None))


@pytest.mark.parametrize("query", ["created_at", "is_active", "get_by_id", "www.the-and-by.org"])
def test_row_4_1_identifiers_and_hosts_are_found(cases: Cases, words: str, query: str) -> None:
    assert query in first_of(cases, words, query)


@pytest.mark.parametrize("query", ["To be or not to be", "The Who"])
def test_row_4_2_a_query_of_stop_words_is_searched(cases: Cases, words: str, query: str) -> None:
    assert first_of(cases, words, query) == query


@pytest.mark.parametrize(("query", "title"), [("o'reilly", "O\u2019Reilly books"), ("caf\u00e9", "cafe\u0301 noir")])
def test_row_4_3_forms_of_one_character_meet(cases: Cases, words: str, query: str, title: str) -> None:
    assert first_of(cases, words, query) == title


@pytest.mark.parametrize(("query", "title"), [("C++", "C++ is a language"), ("AB-123/45", "part AB-123/45")])
def test_row_4_4_names_with_signs_are_before_their_neighbours(cases: Cases, words: str, query: str, title: str) -> None:
    assert first_of(cases, words, query) == title


def test_row_4_5_an_object_whose_title_is_the_query_is_first(cases: Cases, words: str) -> None:
    assert first_of(cases, words, "vim") == "vim"
