"""How the client finds objects without a search."""

import json
from typing import Any
from uuid import UUID

import httpx
import pytest

import alto
from alto.classes.init import AdditionalConfig
from alto.classes.query import Filter, MetadataQuery, Sort
from lambdas.objects.model import ObjectIds
from lambdas.search.request import SearchRequest
from lambdas.selection.request import ListRequest

# Values as JSON has them: the collection is not read for their types.
UNTYPED = AdditionalConfig(typed_values=False)

MODELS: dict[str, Any] = {"list": ListRequest, "get": ObjectIds, "search": SearchRequest}
IDS = [UUID(int=number) for number in range(1, 2501)]
TIME = "2026-01-02T03:04:05+00:00"


def stored(uuid: UUID, *, vectors: bool) -> dict[str, Any]:
    return {
        "id": str(uuid),
        "collection": "Film",
        "properties": {"number": uuid.int, "title": "A"},
        "created": TIME,
        "updated": TIME,
        "vectors": {"a": [1.0], "b": [2.0]} if vectors else None,
    }


class Server:
    """Has 2,500 objects."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, Any]] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if request.method == "GET":
            return httpx.Response(200, json=stored(IDS[0], vectors="include_vectors" in request.url.params))
        kind = request.url.path.rsplit("/", 1)[-1]
        body = json.loads(request.content)
        self.asked.append((kind, body))
        asked = MODELS[kind].model_validate(body)
        return httpx.Response(200, json=getattr(self, kind)(asked))

    def list(self, asked: ListRequest) -> dict[str, Any]:
        left = [each for each in IDS if asked.after is None or each > asked.after]
        page = left[: asked.limit]
        following = {"next": str(page[-1])} if len(left) > len(page) else {}
        return {"objects": [stored(each, vectors=asked.include_vectors) for each in page]} | following

    def get(self, asked: ObjectIds) -> dict[str, Any]:
        return {
            "objects": [stored(each, vectors=asked.include_vectors) for each in map(UUID, asked.ids) if each in IDS],
            "missing": [],
        }

    def search(self, asked: SearchRequest) -> dict[str, Any]:
        times = {"created": TIME, "updated": TIME} if asked.include_times else {}
        hit = {"id": str(IDS[0]), "properties": {"number": 1}, "score": None} | times
        return {"objects": [hit], "total": 1, "took_ms": 1}

    @property
    def films(self) -> Any:
        client = alto.AltoClient("http://localhost:1", transport=httpx.MockTransport(self), additional_config=UNTYPED)
        return client.collections.use("Film")


def numbers(found: Any) -> list[int]:
    return [each.properties["number"] for each in found.objects]


def test_ten_objects_come_unless_more_are_wanted() -> None:
    server = Server()

    assert numbers(server.films.query.fetch_objects()) == list(range(1, 11))
    assert numbers(server.films.query.fetch_objects(limit=2200)) == list(range(1, 2201))
    assert [body["limit"] for _, body in server.asked] == [10, 1000, 1000, 200]


def test_the_last_id_leads_to_the_next_page() -> None:
    server = Server()
    first = server.films.query.fetch_objects(limit=3)

    second = server.films.query.fetch_objects(
        limit=3, after=first.objects[-1].uuid, filters=Filter.by_property("number").greater_than(0)
    )

    assert numbers(second) == [4, 5, 6]
    assert server.asked[1] == (
        "list",
        {
            "limit": 3,
            "include_vectors": False,
            "after": str(IDS[2]),
            "filter": {"property": "number", "operator": "greater_than", "value": 0},
        },
    )


def test_a_page_ends_where_objects_do() -> None:
    server = Server()

    assert numbers(server.films.query.fetch_objects(limit=10, after=IDS[2497])) == [2499, 2500]
    assert server.films.query.fetch_objects(limit=10, after=IDS[-1]).objects == []


def test_an_order_or_an_offset_is_a_listing() -> None:
    server = Server()
    order = Sort.by_property("year", ascending=False).by_creation_time()

    found = server.films.query.fetch_objects(sort=order, limit=3, return_metadata=MetadataQuery(creation_time=True))
    server.films.query.fetch_objects(offset=20, limit=5, return_properties="number")
    for sort in (Sort.by_id(ascending=False), Sort.by_creation_time(), Sort.by_update_time()):
        server.films.query.fetch_objects(sort=sort)

    year = {"property": "year", "order": "descending"}
    created = {"property": "_created", "order": "ascending"}
    assert server.asked[:2] == [
        ("search", {"sort": [year, created], "limit": 3, "include_times": True}),
        (
            "search",
            {
                "sort": [{"property": "_id", "order": "ascending"}],
                "limit": 5,
                "offset": 20,
                "return_properties": ["number"],
            },
        ),
    ]
    assert found.objects[0].metadata.creation_time.isoformat() == TIME
    assert [body["sort"][0]["property"] for _, body in server.asked[2:]] == ["_id", "_created", "_updated"]


def test_objects_come_by_their_ids_in_the_order_asked_for() -> None:
    server = Server()
    wanted = [IDS[5], str(IDS[1]), UUID(int=9999), IDS[3]]

    assert numbers(server.films.query.fetch_objects_by_ids(wanted)) == [6, 2, 4]
    assert numbers(server.films.query.fetch_objects_by_ids(wanted, limit=1, offset=1)) == [2]
    assert len(server.films.query.fetch_objects_by_ids(IDS).objects) == 2500
    assert server.films.query.fetch_objects_by_ids([]).objects == []
    assert [len(body["ids"]) for _, body in server.asked] == [4, 4, 1000, 1000, 500]


def test_objects_of_ids_can_be_sorted() -> None:
    server = Server()

    server.films.query.fetch_objects_by_ids(IDS[:2], sort=Sort.by_property("year"))

    [(kind, body)] = server.asked
    assert kind == "search"
    assert body["filter"] == {"property": "_id", "operator": "contains_any", "value": [str(each) for each in IDS[:2]]}


def test_only_the_properties_and_vectors_that_are_wanted_come() -> None:
    server = Server()
    query = server.films.query

    one = query.fetch_object_by_id(IDS[0], include_vector="b", return_properties=["number"])
    [many] = query.fetch_objects_by_ids(IDS[:1], include_vector=["a"], return_properties="title").objects
    [page] = query.fetch_objects(limit=1, include_vector=True).objects

    assert (one.properties, one.vector) == ({"number": 1}, {"b": [2.0]})
    assert (many.properties, many.vector) == ({"title": "A"}, {"a": [1.0]})
    assert page.vector == {"a": [1.0], "b": [2.0]}
    assert query.fetch_object_by_id(IDS[0]).vector == {}


def test_an_iterator_goes_through_all_pages() -> None:
    server = Server()

    found = list(server.films.iterator(cache_size=1000, return_properties=["number"], include_vector=["a"]))

    assert [each.uuid for each in found] == IDS
    assert found[0].vector == {"a": [1.0]}
    assert len(server.asked) == 3
    assert next(server.films.iterator(after=IDS[-2])).uuid == IDS[-1]


@pytest.mark.parametrize("other", [{"offset": 1}, {"sort": Sort.by_id()}])
def test_a_cursor_follows_ids_only(other: dict[str, Any]) -> None:
    with pytest.raises(alto.AltoConfigurationError, match="leave out offset and sort"):
        Server().films.query.fetch_objects(after=IDS[0], **other)
