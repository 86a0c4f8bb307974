"""Values typed by the schema, and first letters of properties as Weaviate has them, in Alto's client."""

import asyncio
import json
import warnings
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import httpx
import pytest

import alto
from alto.classes.config import Configure, DataType, Property
from alto.classes.data import GeoCoordinate
from alto.classes.init import AdditionalConfig
from alto.classes.query import Boost, Filter, GroupBy, Rerank, Sort
from alto.classes.search import Search
from alto.operations import collections
from tests.unit.client.test_client_compatibility import STORED

ID = "6f9619ff-8b86-4d01-b42d-00cf4fc964ff"
TYPES = {
    "title": "text",
    "released": "date",
    "seen": "date[]",
    "studio": "uuid",
    "price": "number",
    "ratings": "number[]",
    "year": "int",
    "place": "geo",
}
VALUES: dict[str, Any] = {
    "title": ID,
    "released": "2026-01-02T03:04:05.5Z",
    "seen": ["2026-01-02T03:04:05Z"],
    "studio": ID,
    "price": 2,
    "ratings": [1, 2.5],
    "year": 1994,
    "place": {"lat": 1.5, "lon": 2},
    "credit": {"since": "2026-01-02T03:04:05Z", "fee": 3, "note": "2026-01-02T03:04:05Z"},
}
DATE = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def described(name: str, kind: str, **rest: Any) -> dict[str, Any]:
    return {"name": name, "type": kind, "description": "", "filterable": True} | rest


class Server:
    """Responds with one object, and with the collection's configuration."""

    def __init__(self, *capitals: str, values: dict[str, Any] | None = None, status: int = 200) -> None:
        nested = [described("since", "date"), described("fee", "number"), described("note", "text")]
        self.properties = [described(name, kind) for name, kind in TYPES.items()]
        self.properties += [described("credit", "object", properties=nested)]
        self.properties += [described(name, "text") for name in capitals]
        self.values = VALUES if values is None else values
        self.status = status
        self.asked: list[tuple[str, str, Any]] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        body = json.loads(request.content or b"null")
        path = request.url.path.removeprefix("/v1/collections/Film")
        self.asked.append((request.method, path, body))
        if (request.method, path) == ("GET", ""):
            return httpx.Response(self.status, json=STORED | {"properties": self.properties})
        stored = {"id": ID, "collection": "Film", "properties": self.values, "score": 1.0}
        stored |= {"created": "2026-01-01T00:00:00Z", "updated": "2026-01-01T00:00:00Z"}
        if path == "/objects/batch":
            return httpx.Response(200, json={"results": [{"status": "stored"} for _ in body["objects"]]})
        if path == "/objects/delete":
            return httpx.Response(200, json={"failed": 0, "matches": 0, "deleted": 0, "objects": []})
        if path.startswith("/objects") and path not in {"/objects/list", "/objects/get"}:
            return httpx.Response(200, json=stored)
        page = {"objects": [stored], "total": 1, "took_ms": 1}
        return httpx.Response(200, json=page | {"results": [page]})

    @property
    def films(self) -> Any:
        return alto.AltoClient("http://localhost:1", transport=httpx.MockTransport(self)).collections.use("Film")

    @property
    def schemas_read(self) -> int:
        return sum(method == "GET" and path == "" for method, path, _ in self.asked)


def test_values_have_the_types_of_their_properties() -> None:
    server = Server()
    films = server.films

    for found in (
        films.query.bm25("a").objects[0],
        films.query.fetch_objects().objects[0],
        films.query.fetch_object_by_id(ID),
        films.query.fetch_objects_by_ids([ID]).objects[0],
        next(films.iterator()),
        next(iter(films.query.fetch_objects(sort=Sort.by_id()))),
    ):
        assert found.properties == {
            "title": ID,
            "released": datetime(2026, 1, 2, 3, 4, 5, 500_000, tzinfo=UTC),
            "seen": [DATE],
            "studio": UUID(ID),
            "price": 2.0,
            "ratings": [1.0, 2.5],
            "year": 1994,
            "place": GeoCoordinate(1.5, 2),
            "credit": {"since": DATE, "fee": 3.0, "note": "2026-01-02T03:04:05Z"},
        }
        assert isinstance(found.properties["price"], float)
    assert server.schemas_read == 1


def test_the_asynchronous_client_has_the_same_types() -> None:
    async def find() -> Any:
        async with alto.AltoAsyncClient(
            "http://localhost:1", transport=httpx.MockTransport(Server()), skip_init_checks=True
        ) as client:
            return (await client.collections.use("Film").query.bm25("a")).objects[0].properties["released"]

    assert asyncio.run(find()).year == 2026


def test_values_that_json_has_need_no_schema() -> None:
    server = Server(values={"title": "A film", "price": 2.5, "good": True, "tags": ["a"], "none": None})

    server.films.query.bm25("a")

    assert server.schemas_read == 0


def test_a_property_that_is_new_is_looked_up_again() -> None:
    server = Server(values={"year": 1})
    films = server.films
    films.query.bm25("a")
    server.properties.append(described("later", "date"))
    server.values = {"later": "2026-01-02T03:04:05Z"}

    assert films.query.bm25("a").objects[0].properties == {"later": DATE}
    assert server.schemas_read == 2


def test_types_can_be_left_to_json() -> None:
    server = Server()
    client = alto.AltoClient(
        "http://localhost:1",
        transport=httpx.MockTransport(server),
        additional_config=AdditionalConfig(typed_values=False),
    )

    assert client.collections.use("Film").query.bm25("a").objects[0].properties == VALUES
    assert server.schemas_read == 0


def test_a_value_that_does_not_fit_its_type_stays_as_it_is() -> None:
    server = Server(values={"released": "2026-13-45T99:00:00Z", "studio": 7})

    found = server.films.query.bm25("a").objects[0].properties

    assert (found["released"], found["studio"]) == ("2026-13-45T99:00:00Z", 7)


def test_who_may_not_read_the_collection_gets_a_warning_and_plain_values() -> None:
    films = Server(status=403).films

    with pytest.warns(UserWarning, match="typed_values=False"):
        assert films.query.bm25("a").objects[0].properties == VALUES
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        films.query.fetch_object_by_id(ID)


def test_first_letters_are_lowered_when_a_collection_is_made() -> None:
    made = collections.create(
        "Film",
        description=None,
        properties=[Property(name="Title", data_type=DataType.TEXT)],
        vectors=Configure.Vectors.text2vec_aws_bedrock(model="m", region="us-east-1", source_properties=["Title"]),
        auto_schema=True,
    ).request.body

    assert made is not None
    assert made["properties"][0]["name"] == "title"
    assert made["vectors"]["default"]["source_properties"] == ["title"]


def test_first_letters_are_lowered_when_objects_are_written() -> None:
    server = Server()
    films = server.films

    films.data.insert({"Title": "a", "year": 1})
    films.data.update(ID, {"Title": "a"})
    films.data.replace(ID, {"Title": "a"})
    films.data.insert_many([{"Title": "a"}])
    with films.batch.dynamic() as batch:
        batch.add_object({"Title": "a"})

    bodies = [body for method, _, body in server.asked if method != "GET"]
    written = [each for body in bodies for each in body.get("objects", [body])]
    assert [set(each["properties"]) - {"year"} for each in written] == [{"title"}] * 5
    assert server.schemas_read == 1


def test_first_letters_are_lowered_in_queries() -> None:
    server = Server()
    films = server.films

    films.query.bm25(
        "Title",
        query_properties=["Title^2", "text"],
        filters=Filter.by_property("Title").equal("Title") & ~Filter.by_property("year").equal(1),
        rerank=Rerank(prop="Title", model="m"),
        boost=Boost.filter(Filter.by_property("Title").equal("A")),
        group_by=GroupBy(prop="Title", objects_per_group=1, number_of_groups=2),
        return_properties=["Title"],
    )
    films.query.fetch_objects(sort=Sort.by_property("Title"))
    films.query.multi([Search.bm25("Up", query_properties=["Title"])])
    films.data.delete_many(Filter.by_property("Title").equal("Up"))

    search, listing, several, deletion = (body for method, _, body in server.asked if method != "GET")
    assert search["bm25"] == {"query": "Title", "properties": ["title^2", "text"]}
    assert search["filter"]["and"][0] == {"property": "title", "operator": "equal", "value": "Title"}
    assert (search["rerank"]["properties"], search["return_properties"]) == (["title"], ["title"])
    assert search["boost"]["conditions"][0]["filter"]["property"] == "title"
    assert search["group_by"]["property"] == "title"
    assert listing["sort"][0]["property"] == "title"
    assert several["queries"][0]["bm25"]["properties"] == ["title"]
    assert deletion["filter"]["property"] == "title"


def test_a_property_that_has_a_capital_keeps_it() -> None:
    server = Server("Title")
    films = server.films

    films.data.insert({"Title": "a"})
    films.query.bm25("a", query_properties=["Title"])

    assert server.asked[1][2]["properties"] == {"Title": "a"}
    assert server.asked[2][2]["bm25"]["properties"] == ["Title"]


def test_a_wanted_property_has_the_name_that_it_is_stored_under() -> None:
    found = Server(values={"title": "Up"}).films.query.bm25("a", return_properties=["Title"]).objects[0]

    assert found.properties == {"title": "Up"}


def test_a_place_may_be_written_as_weaviate_does() -> None:
    server = Server()

    server.films.data.insert({"place": {"latitude": 1.0, "longitude": 2.0}})

    assert server.asked[0][2]["properties"] == {"place": {"lat": 1.0, "lon": 2.0}}


def test_filters_on_text_can_compare_words_as_in_weaviate() -> None:
    server = Server()
    server.properties += [
        described("text", "text", searchable=True, tokenization="english"),
        described("code", "text", searchable=True, tokenization="field"),
        described("hidden", "text", searchable=False, tokenization="word"),
        # The API describes every property as searchable that is not said not to be.
        described("draft", "boolean", searchable=True),
    ]
    client = alto.AltoClient(
        "http://localhost:1",
        transport=httpx.MockTransport(server),
        additional_config=AdditionalConfig(word_filters=True),
    )
    text = Filter.by_property("text")

    def sent(condition: Any) -> Any:
        client.collections.use("Film").data.delete_many(condition)
        return server.asked[-1][2]["filter"]

    has_fox = {"property": "text", "operator": "has_words", "value": "fox"}
    has_dog = has_fox | {"value": "dog"}
    assert sent(text.equal("fox")) == has_fox
    assert sent(text.not_equal("fox")) == {"not": has_fox}
    assert sent(text.contains_any(["fox", "dog"])) == {"or": [has_fox, has_dog]}
    assert sent(text.contains_all(["fox", "dog"])) == {"and": [has_fox, has_dog]}
    assert sent(text.contains_none(["fox"])) == {"not": has_fox}
    for name in ("code", "hidden", "draft", "year", "unknown"):
        same = Filter.by_property(name).equal("fox")
        assert sent(same) == same.body
    assert sent(text.like("f*")) == text.like("f*").body
    assert sent(Filter.by_property("text", length=True).equal(3))["operator"] == "equal"


def test_filters_on_text_compare_whole_values_if_nothing_is_said() -> None:
    server = Server()

    server.films.query.fetch_objects(filters=Filter.by_property("text").equal("fox"))

    assert [body["filter"]["operator"] for method, _, body in server.asked if method == "POST"] == ["equal"]
