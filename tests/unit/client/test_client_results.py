"""Results as a person and a notebook see them, and values of data frames as they are sent."""

import inspect
import sys
from types import ModuleType
from typing import Any, cast
from uuid import UUID

import httpx
import pytest

import alto
from alto.classes.aggregate import AggregateGroup, AggregateGroupByReturn, GroupedBy
from alto.classes.config import Property
from alto.classes.data import BatchObjectReturn
from alto.classes.query import Filter, Sort
from alto.classes.results import MetadataReturn, Object, Properties, QueryReturn
from alto.classes.search import Search
from alto.util import uuid_of_key
from alto.values import leave_out_missing

ID = UUID("6f9619ff-8b86-4d01-b42d-00cf4fc964ff")


def film(title: str | None = "Ghosts", score: float | None = 2.5, **settings: Any) -> Object:
    properties = Properties({} if title is None else {"title": title})
    return Object(ID, MetadataReturn(score=score), properties, "Film", **settings)


def films(respond: Any) -> Any:
    return alto.AltoClient("http://localhost:1", transport=httpx.MockTransport(respond)).collections.use("Film")


def nothing_sent(request: httpx.Request) -> httpx.Response:
    raise AssertionError(request)


def test_results_are_read_like_a_list() -> None:
    found = QueryReturn([film("a"), film("b")], total=7)

    assert (len(found), [each.properties["title"] for each in found], found[1].properties["title"]) == (
        2,
        ["a", "b"],
        "b",
    )
    assert bool(QueryReturn([]))


def test_groups_of_an_aggregate_are_read_like_a_list() -> None:
    group = AggregateGroup(GroupedBy("year", 1994), {}, 3)

    assert list(AggregateGroupByReturn([group])) == [group]
    assert len(AggregateGroupByReturn([group])) == 1


def test_the_repr_of_results_shows_each_object_in_a_line() -> None:
    found = QueryReturn([film(vector={"default": [0.1] * 1024})], total=1_200)

    assert repr(found) == (
        "QueryReturn(1 of 1,200 objects):\n"
        "  Object('6f9619ff-8b86-4d01-b42d-00cf4fc964ff', score=2.5, {'title': 'Ghosts'}, "
        "vector={'default': 1024 numbers})"
    )
    assert repr(BatchObjectReturn(0.1, {0: ID}, {})) == "BatchObjectReturn(1 stored, 0 failed)"


def test_a_notebook_gets_a_table_whose_values_are_escaped() -> None:
    shown = QueryReturn([film("<b>Ghosts</b>"), film(None)])._repr_html_()

    assert shown.startswith("<table><thead><tr><th>uuid</th><th>score</th><th>title</th></tr></thead>")
    assert "<td>&lt;b&gt;Ghosts&lt;/b&gt;</td>" in shown
    assert shown.count("<tr>") == 3


def test_a_notebook_gets_twenty_rows_and_the_number_of_the_rest() -> None:
    assert QueryReturn([film()] * 25)._repr_html_().endswith("</table><p>5 more</p>")


def test_a_data_frame_has_a_row_for_each_object(monkeypatch: pytest.MonkeyPatch) -> None:
    pandas: Any = ModuleType("pandas")
    pandas.DataFrame = lambda rows: rows
    monkeypatch.setitem(sys.modules, "pandas", pandas)

    assert QueryReturn([film()]).to_pandas() == [{"uuid": str(ID), "score": 2.5, "title": "Ghosts"}]


def test_a_data_frame_without_pandas_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pandas", None)

    with pytest.raises(alto.AltoConfigurationError, match="pip install pandas"):
        QueryReturn([film()]).to_pandas()


def test_a_property_without_a_value_is_none() -> None:
    hit = {"id": str(ID), "properties": {"title": "Ghosts"}, "score": 1.0}
    found = films(lambda _: httpx.Response(200, json={"objects": [hit], "total": 1, "took_ms": 1}))

    [one] = found.query.bm25("ghosts")
    [chosen] = found.query.bm25("ghosts", return_properties=["title", "year"])

    assert one.properties["year"] is None
    assert one.properties == {"title": "Ghosts"}
    assert chosen.properties == {"title": "Ghosts", "year": None}


STORED = {
    "id": str(ID),
    "properties": {"title": "Ghosts"},
    "collection": "Film",
    "created": "2026-11-23T09:30:00Z",
    "updated": "2026-11-23T09:30:00Z",
    "version": "3.1",
}


@pytest.mark.parametrize(
    ("read", "body"),
    [
        (lambda film: film.query.fetch_object_by_id(ID, return_properties=["year"]), STORED),
        (lambda film: film.query.fetch_objects(return_properties=["year"])[0], {"objects": [STORED], "next": None}),
        (lambda film: next(film.iterator(return_properties=["year"])), {"objects": [STORED], "next": None}),
        (lambda film: film.query.fetch_objects_by_ids([ID], return_properties=["year"])[0], {"objects": [STORED]}),
    ],
)
def test_a_property_that_was_asked_for_is_there_in_every_read(read: Any, body: Any) -> None:
    found = read(films(lambda _: httpx.Response(200, json=body)))

    assert found.properties == {"year": None}
    assert found.properties["other"] is None
    assert found.version == "3.1"


def test_the_passages_around_a_hit_come_with_it() -> None:
    near = {"id": str(ID), "ordinal": 3, "properties": {"text": "Wear gloves."}}
    hit = {"id": str(ID), "properties": {"text": "Turn it."}, "score": 1.0, "context": [near]}
    found = films(lambda _: httpx.Response(200, json={"objects": [hit], "total": 1, "took_ms": 1}))

    [passage] = found.query.bm25("turn", context="section")[0].context
    assert (passage.uuid, passage.ordinal, passage.properties["text"]) == (ID, 3, "Wear gloves.")


def test_passages_with_the_words_come_with_the_object() -> None:
    hit = {"id": str(ID), "properties": {}, "score": 1.0, "highlights": {"title": ["<em>Ghosts</em>"]}}
    found = films(lambda _: httpx.Response(200, json={"objects": [hit], "total": 1, "took_ms": 1}))

    assert found.query.bm25("ghosts", highlight=True)[0].highlights == {"title": ["<em>Ghosts</em>"]}


@pytest.mark.parametrize(
    ("search", "body"),
    [
        (Search.bm25("a", fuzziness="auto"), {"bm25": {"query": "a", "fuzziness": "auto"}}),
        (Search.bm25("a", fuzziness=0), {"bm25": {"query": "a", "fuzziness": 0}}),
        (
            Search.bm25("a", phrase_boost=0.2, scoring="sum"),
            {"bm25": {"query": "a", "phrase_boost": 0.2, "scoring": "sum"}},
        ),
        (Search.hybrid("a", phrase_boost=0.2), {"hybrid": {"query": "a", "phrase_boost": 0.2}}),
        (Search.hybrid("a", fuzziness=1, scoring="sum"), {"hybrid": {"query": "a", "fuzziness": 1, "scoring": "sum"}}),
        (Search.bm25("a", min_score=2), {"bm25": {"query": "a"}, "min_score": 2}),
        (Search.hybrid("a", highlight=True), {"hybrid": {"query": "a"}, "highlight": True}),
        (Search.hybrid("a", highlight=False), {"hybrid": {"query": "a"}}),
        (Search.near_text("a", include_passage=True), {"near_text": {"query": "a"}, "include_passage": True}),
        (Search.near_text("a", context=2), {"near_text": {"query": "a"}, "context": 2}),
        (Search.bm25("a", context="section"), {"bm25": {"query": "a"}, "context": "section"}),
    ],
)
def test_settings_of_words_have_the_names_of_the_api(search: Search, body: dict[str, Any]) -> None:
    assert search.to_api() == body


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda film: film.query.near_text("a", limt=3),
            r"near_text\(\) got an unexpected .* 'limt'. Did you mean 'limit'",
        ),
        (lambda film: film.query.near_vector([1], query_properties=["a"]), "'query_properties'"),
        (lambda film: film.query.fetch_objects(filter=None), "Did you mean 'filters'"),
        (lambda film: film.aggregate.over_all(metrics=None), "Did you mean 'return_metrics'"),
        (lambda film: film.aggregate.near_text("a", limit=3), "'limit'; it has certainty, .*object_limit"),
        (lambda _: cast(Any, alto.connect_to_local)(header={}), "Did you mean 'headers'"),
    ],
)
def test_a_misspelt_keyword_is_named_with_the_right_one(call: Any, message: str) -> None:
    with pytest.raises(TypeError, match=message):
        call(films(nothing_sent))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda film: film.query.bm25("a", filters={"property": "a"}),
            "filters: expected Filter.by_property.*got dict",
        ),
        (lambda film: film.query.fetch_objects(filters={}), "filters: expected"),
        (lambda film: film.query.fetch_objects(sort=[Sort.by_id()]), "sort: expected Sort.by_property.*got list"),
        (lambda film: film.aggregate.over_all(filters={}), "filters: expected"),
        (lambda film: film.aggregate.near_text("a", object_limit=3, filters={}), "filters: expected"),
        (lambda film: film.data.delete_many({"a": 1}), "where: expected"),
        (lambda film: film.data.delete_many(None), "where: expected"),
        (lambda film: film.query.bm25("a", limit="x"), "limit: expected 10, got str"),
        (lambda film: film.query.bm25("a", limit=True), "limit: expected 10, got bool"),
        (lambda film: film.query.bm25("a", group_by="year"), "group_by: expected GroupBy"),
        (lambda film: film.query.bm25("a", rerank="cohere"), "rerank: expected Rerank"),
        (lambda film: film.data.insert([1]), "properties: expected a dict"),
        (lambda film: film.data.insert({"a": 1}, consistency="now"), "consistency: expected 'wait' or 'none'"),
        (lambda film: film.data.insert_many([{"a": 1}], consistency="now"), "consistency: expected"),
    ],
)
def test_an_argument_of_the_wrong_kind_names_the_right_one(call: Any, message: str) -> None:
    with pytest.raises(alto.AltoConfigurationError, match=message):
        call(films(nothing_sent))


@pytest.mark.parametrize("properties", [[{"name": "title"}], ["title"], {"title": "text"}])
def test_properties_of_a_new_collection_are_checked(properties: Any) -> None:
    client = alto.AltoClient("http://localhost:1", transport=httpx.MockTransport(nothing_sent))

    with pytest.raises(alto.AltoConfigurationError, match=r"properties\[0\]: expected Property\(name="):
        client.collections.create("Film", properties=properties)


def test_a_collection_is_named_by_text() -> None:
    client = alto.AltoClient("http://localhost:1", transport=httpx.MockTransport(nothing_sent))

    with pytest.raises(alto.AltoConfigurationError, match="name: expected 'Film', got int"):
        client.collections.use(5)  # type: ignore[call-overload]


class NaTType:
    """As pandas has one."""


NAN = float("nan")


@pytest.mark.parametrize(
    ("given", "sent"),
    [
        ({"a": 1, "b": NAN}, {"a": 1}),
        ({"a": NaTType()}, {}),
        ({"a": None, "b": 0.0, "c": ""}, {"a": None, "b": 0.0, "c": ""}),
        ({"place": {"city": "Rome", "zip": NAN}}, {"place": {"city": "Rome"}}),
    ],
)
def test_missing_values_of_a_data_frame_are_left_out(given: dict[str, Any], sent: dict[str, Any]) -> None:
    assert leave_out_missing(given) == sent


def test_missing_scalars_of_numpy_are_left_out() -> None:
    numpy = pytest.importorskip("numpy")

    given = {
        "a": numpy.float32("nan"),
        "b": numpy.datetime64("NaT", "ns"),
        "c": numpy.float32(1.5),
        "d": numpy.array([1.0]),
    }

    assert sorted(leave_out_missing(given)) == ["c", "d"]


@pytest.mark.parametrize(
    ("write", "method", "query"),
    [
        (lambda data: data.insert({"a": 1}, consistency="wait"), "POST", "consistency=wait"),
        (lambda data: data.insert({"a": 1}), "POST", ""),
        (lambda data: data.update(ID, {"a": 1}, consistency="wait"), "PATCH", "consistency=wait"),
        (lambda data: data.replace(ID, {"a": 1}, consistency="wait"), "PUT", "consistency=wait"),
        (lambda data: data.delete_by_id(ID, consistency="wait"), "DELETE", "consistency=wait"),
        (
            lambda data: data.delete_many(Filter.by_property("a").equal(1), consistency="wait"),
            "POST",
            "consistency=wait",
        ),
        (lambda data: data.insert_many([{"a": 1}]), "POST", "consistency=wait"),
        (lambda data: data.insert_many([{"a": 1}], consistency=None), "POST", ""),
        (lambda data: data.update(ID, {"a": 1}, if_version="3.1"), "PATCH", "if_version=3.1"),
        (lambda data: data.replace(ID, {"a": 1}, if_version="3.1"), "PUT", "if_version=3.1"),
        (lambda data: data.delete_by_id(ID, if_version="3.1"), "DELETE", "if_version=3.1"),
    ],
)
def test_every_write_can_wait_and_compare_versions(write: Any, method: str, query: str) -> None:
    asked: list[httpx.Request] = []

    def respond(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        deleted = {"deleted": 1, "failed": 0, "matches": 1, "objects": []}
        body = {"id": str(ID), "results": [{"status": "created"}]} | deleted
        return httpx.Response(204) if request.method == "DELETE" else httpx.Response(200, json=body)

    write(films(respond).data)

    assert [(request.method, request.url.query.decode()) for request in asked] == [(method, query)]


def test_a_write_of_a_version_is_not_repeated_when_its_response_is_lost() -> None:
    asked: list[httpx.Request] = []

    def lose(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        raise httpx.ReadError("lost")

    with pytest.raises(alto.AltoConnectionError):
        films(lose).data.update(ID, {"a": 1}, if_version="3.1")

    assert len(asked) == 1


def test_help_shows_every_keyword() -> None:
    client = alto.AltoClient("http://localhost:1", transport=httpx.MockTransport(nothing_sent))

    shown = inspect.signature(client.collections.use("Film").query.hybrid).parameters

    assert {"query", "alpha", "limit", "filters", "highlight", "fuzziness", "return_metadata"} <= set(shown)
    assert "settings" not in shown


def test_a_key_of_ones_own_gives_one_id() -> None:
    assert (
        uuid_of_key("film", "isbn-1") == uuid_of_key("Film", "isbn-1") == UUID("321872a1-ffa8-56c4-beb0-663a934df0ce")
    )
    assert uuid_of_key("Film", str(ID)) == ID


def public_methods() -> list[Any]:
    from alto.sync import aggregate, client, collection, collections, config, data, fetch, imports, query

    classes = [
        each
        for module in (aggregate, client, collection, collections, config, data, fetch, imports, query)
        for each in vars(module).values()
        if inspect.isclass(each) and each.__module__ == module.__name__
    ]
    return [
        function
        for kind in classes
        for name, function in vars(kind).items()
        if inspect.isfunction(function) and not name.startswith("_")
    ]


@pytest.mark.parametrize("function", public_methods(), ids=lambda function: function.__qualname__)
def test_every_public_method_describes_its_arguments(function: Any) -> None:
    described = inspect.getdoc(function) or ""
    parameters = [
        name
        for name, each in inspect.signature(inspect.unwrap(function)).parameters.items()
        if name not in {"self", "_", "__"} and each.kind is not inspect.Parameter.VAR_POSITIONAL
    ]

    assert described
    if "AltoNotSupportedError`." not in described and "**settings:" not in described:
        assert [name for name in parameters if f"{name}:" not in described] == []


def test_a_property_of_the_right_kind_is_accepted() -> None:
    assert Property(name="title", data_type="text").to_api()["type"] == "text"  # type: ignore[arg-type]
