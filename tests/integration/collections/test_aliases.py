"""Aliases over a real OpenSearch, driven through API Gateway events."""

import json
from collections.abc import Iterator
from uuid import UUID, uuid4

import pytest
from typer.testing import CliRunner

import alto
from alto.cli.main import app
from alto.mcp.server import Tools
from lambdas.handlers import http
from lambdas.handlers.route_table import METHODS
from tests.api import Api, Context, Response, event
from tests.api_server import ApiServer
from tests.functions import Functions
from tests.instances import in_instance, instances, send

ID = str(UUID(int=1))


def create(api: Api, name: str) -> None:
    vectors = {"default": {"vectorizer": "none", "dimensions": 2}}
    made = api(
        "POST", "/v1/collections", {"name": name, "properties": [{"name": "of", "type": "text"}], "vectors": vectors}
    )
    assert made.status == 201, made.body
    body = {"id": ID, "properties": {"of": name}, "vector": [1.0, 0.0]}
    assert api("POST", f"/v1/collections/{name}/objects", body, query={"consistency": "wait"}).status == 201


@pytest.fixture(scope="module")
def collections(api: Api) -> Iterator[tuple[str, str]]:
    """Two collections, each with one object that says its collection."""
    stem = uuid4().hex[:8]
    first, second = f"First{stem}", f"Second{stem}"
    create(api, first)
    create(api, second)
    yield first, second
    for each in (first, second):
        api("DELETE", f"/v1/collections/{each}")


@pytest.fixture
def names(api: Api, collections: tuple[str, str]) -> Iterator[tuple[str, str, str]]:
    """The two collections, and an alias, which points at the first."""
    first, second = collections
    alias = f"Alias{uuid4().hex[:8]}"
    assert api("POST", "/v1/aliases", {"alias": alias, "collection": first}).status == 201
    yield first, second, alias
    api("DELETE", f"/v1/aliases/{alias}")


def move(api: Api, alias: str, targets: tuple[str, str], times: int) -> None:
    for number in range(times):
        assert api("PUT", f"/v1/aliases/{alias}", {"collection": targets[number % 2]}).status == 200


def found_in(api: Api, name: str) -> str:
    response = api("POST", f"/v1/collections/{name}/search", {"near_vector": {"vector": [1.0, 0.0]}})
    assert response.status == 200, response.body
    return str(response.body["objects"][0]["properties"]["of"])


def test_an_alias_stands_for_its_collection_in_every_path(api: Api, names: tuple[str, str, str]) -> None:
    first, _, alias = names
    path = f"/v1/collections/{alias}"

    assert found_in(api, alias) == first
    assert found_in(api, alias[0].lower() + alias[1:]) == first
    assert api("GET", path).body["name"] == first
    assert api("HEAD", path).status == 200
    assert api("PATCH", path, {"description": "by its alias"}).body["name"] == first
    assert api("POST", f"{path}/aggregate", {}).body["total"] == 1
    assert api("GET", f"{path}/objects/{ID}").body["properties"]["of"] == first
    other = {"id": str(UUID(int=2)), "properties": {"of": "other"}, "vector": [0.0, 1.0]}
    assert api("POST", f"{path}/objects", other, query={"consistency": "wait"}).status == 201
    assert api("GET", f"/v1/collections/{first}/objects/{other['id']}").body["properties"]["of"] == "other"
    assert api("GET", f"{path}/imports").body == {"imports": [], "next": None}
    upload = api("POST", f"{path}/imports", {"file_name": "x.jsonl"})
    assert f"/{first}/uploads/" in upload.body["upload"]["url"]
    these = {"filter": {"property": "of", "operator": "equal", "value": "other"}}
    assert api("POST", f"{path}/objects/delete", these, query={"consistency": "wait"}).body["deleted"] == 1


BODIES: dict[str, dict[str, object]] = {
    "properties": {"name": "year", "type": "int"},
    "vectors": {"vectors": {"other": {"vectorizer": "none", "dimensions": 2}}},
    "search": {"near_vector": {"vector": [1.0, 0.0], "target_vector": "default"}},
    "aggregate": {},
    "generate": {
        "bm25": {"query": "nothing"},
        "generate": {"grouped_task": "Say it.", "model": "amazon.nova-lite-v1:0"},
    },
    "objects/batch": {"objects": [{"properties": {"of": "batch"}, "vector": [0.0, 1.0]}]},
    "objects/list": {},
    "objects/get": {"ids": [ID]},
    "objects/update": {"filter": {"property": "of", "operator": "equal", "value": "batch"}, "set": {"year": 1}},
    "objects/repair": {"dry_run": True},
    "rebuild": {},
    "rebuild/undo": {},
}
# They need a vector that Alto makes, and a former index: the collection is found by the alias before it says so.
REFUSED: dict[str, dict[str, object]] = {"vectors/default/fill": {}, "rebuild/finish": {}, "embed": {"texts": ["x"]}}


def test_an_alias_stands_for_its_collection_below_every_path(api: Api, names: tuple[str, str, str]) -> None:
    first, _, alias = names
    path = f"/v1/collections/{alias}"

    found = {each: api("POST", f"{path}/{each}", body) for each, body in BODIES.items()}
    refused = {each: api("POST", f"{path}/{each}", body) for each, body in REFUSED.items()}

    assert {each: made.body for each, made in found.items() if made.status not in (200, 201, 202)} == {}
    assert found["properties"].body["name"] == found["vectors"].body["collection"]["name"] == first
    assert found["rebuild"].body["collection"] == first
    assert found["objects/update"].body["updated"] == 1
    assert all(made.status in (400, 409) for made in refused.values()), refused
    expiry = {"expiry": {"property": "_updated", "after": "30d"}}
    assert api("PATCH", path, expiry).body["expiry"] == expiry["expiry"]
    assert api("PATCH", path, {"expiry": None}).body["name"] == first
    below = {
        template.split("/{name}/")[1] for template in METHODS if "POST" in METHODS[template] and "/{name}/" in template
    }
    untried = below - BODIES.keys() - REFUSED.keys() - {"vectors/{vector}/fill"}
    # Tried above and by tests/unit/imports/test_import_load.py.
    assert {each for each in untried if not each.startswith("imports")} == {"objects", "objects/delete"}


def test_a_file_below_an_alias_is_imported_into_its_collection(
    api: Api, names: tuple[str, str, str], environment: dict[str, str]
) -> None:
    first, second, alias = names
    line = {"id": str(UUID(int=9)), "properties": {"of": "a file"}, "vector": [0.0, 1.0]}

    with Functions(environment["AWS_REGION"]) as functions:
        functions.upload(f"{alias}/films.jsonl", json.dumps(line).encode())
        functions.work()

    assert api("GET", f"/v1/collections/{first}/objects/{line['id']}").body["properties"] == {"of": "a file"}
    assert api("GET", f"/v1/collections/{second}/objects/{line['id']}").status == 404
    jobs = api("GET", f"/v1/collections/{alias}/imports").body["imports"]
    [job] = [each for each in jobs if "films.jsonl" in json.dumps(each)]
    assert (job["collection"], job["state"], job["counts"]["loaded"]) == (first, "completed", 1)
    # The next tests count what can be searched.
    api("DELETE", f"/v1/collections/{first}/objects/{line['id']}", query={"consistency": "wait"})


def test_clients_tools_and_commands_take_an_alias(api: Api, names: tuple[str, str, str]) -> None:
    first, _, alias = names
    with ApiServer(api) as server, alto.connect_to_local(port=server.port) as client:
        films = client.collections.use(alias)
        near = films.query.near_vector([1.0, 0.0], target_vector="default", limit=1).objects
        tools = Tools(client)
        exported = CliRunner().invoke(app, ["export", alias], env={"ALTO_URL": f"http://127.0.0.1:{server.port}"})

        assert client.collections.exists(alias)
        assert films.config.get().name == first
        assert near[0].properties["of"] == first
        assert first in [each.properties["of"] for each in films.iterator()]
        assert films.aggregate.over_all(total_count=True).total_count == len(exported.stdout.splitlines())
        assert tools.get_objects(alias, [ID]).objects[0].properties["of"] == first


def test_an_alias_that_is_pointed_elsewhere_is_so_at_once(api: Api, names: tuple[str, str, str]) -> None:
    first, second, alias = names
    assert found_in(api, alias) == first

    moved = api("PUT", f"/v1/aliases/{alias}", {"collection": second})

    assert (moved.status, moved.body["collection"]) == (200, second)
    assert found_in(api, alias) == second
    assert [each["alias"] for each in api("GET", "/v1/aliases", query={"collection": second}).body["aliases"]] == [
        alias
    ]
    assert api("GET", "/v1/aliases", query={"collection": first}).body["aliases"] == []


def test_readers_of_an_alias_that_moves_always_find_one_collection(api: Api, names: tuple[str, str, str]) -> None:
    first, second, alias = names

    seen = set()
    with instances(2) as pool:
        moving = [pool.submit(in_instance(move, alias, (first, second), 6)) for _ in range(2)]
        while not all(each.done() for each in moving):
            seen.add(found_in(api, alias))
        for each in moving:
            each.result()

    assert seen <= {first, second}


def test_a_deleted_alias_leaves_its_collection(api: Api, names: tuple[str, str, str]) -> None:
    first, _, alias = names

    assert api("DELETE", f"/v1/aliases/{alias}").status == 204

    gone = api("POST", f"/v1/collections/{alias}/search", {"bm25": {"query": "x"}})
    assert (gone.status, gone.error["code"]) == (404, "collection_not_found")
    assert (api("DELETE", f"/v1/aliases/{alias}").error["code"]) == "alias_not_found"
    assert found_in(api, first) == first


def test_a_collection_is_not_deleted_by_its_alias(api: Api, names: tuple[str, str, str]) -> None:
    first, _, alias = names

    refused = api("DELETE", f"/v1/collections/{alias}")

    assert (refused.status, refused.error["code"]) == (409, "conflict")
    assert first in refused.error["message"]
    assert found_in(api, alias) == first


def test_a_name_belongs_to_one_alias_or_one_collection(api: Api, names: tuple[str, str, str]) -> None:
    first, second, alias = names

    def refused(response: Response) -> bool:
        return response.status == 409

    assert refused(api("POST", "/v1/aliases", {"alias": alias, "collection": second}))
    assert refused(api("POST", "/v1/aliases", {"alias": alias.upper(), "collection": second}))
    assert refused(api("POST", "/v1/aliases", {"alias": second, "collection": first}))
    assert refused(api("POST", "/v1/aliases", {"alias": second.upper(), "collection": first}))
    assert refused(api("POST", "/v1/collections", {"name": alias.upper()}))


def test_an_alias_points_at_a_collection_that_exists(api: Api, names: tuple[str, str, str]) -> None:
    first, _, alias = names
    other = f"Other{uuid4().hex[:8]}"

    to_alias = api("POST", "/v1/aliases", {"alias": other, "collection": alias})
    to_nothing = api("PUT", f"/v1/aliases/{alias}", {"collection": "Nothing"})
    missing = api("PUT", f"/v1/aliases/{other}", {"collection": first})

    assert (to_alias.status, to_alias.error["details"][0]["field"]) == (400, "collection")
    assert to_nothing.error["code"] == "collection_not_found"
    assert missing.error["code"] == "alias_not_found"


def test_an_alias_outlives_its_collection(api: Api, names: tuple[str, str, str]) -> None:
    _, second, alias = names
    gone = f"Gone{uuid4().hex[:8]}"
    create(api, gone)
    api("PUT", f"/v1/aliases/{alias}", {"collection": gone})
    assert found_in(api, alias) == gone
    api("DELETE", f"/v1/collections/{gone}")

    broken = api("POST", f"/v1/collections/{alias}/search", {"bm25": {"query": "x"}})
    assert (broken.status, gone in broken.error["message"]) == (404, True)

    api("PUT", f"/v1/aliases/{alias}", {"collection": second})
    assert found_in(api, alias) == second


def test_a_collection_and_an_alias_created_at_once_never_share_the_name(api: Api, names: tuple[str, str, str]) -> None:
    first, _, _ = names
    with instances(2) as pool:
        for _ in range(2):
            both = f"Both{uuid4().hex[:8]}"
            collection = pool.submit(in_instance(send, "POST", "/v1/collections", {"name": both}))
            alias = pool.submit(in_instance(send, "POST", "/v1/aliases", {"alias": both, "collection": first}))

            made = [collection.result().status, alias.result().status]
            stored = [api("GET", f"/v1/collections/{both}").body.get("name"), api("GET", f"/v1/aliases/{both}").status]

            assert sorted(made) in ([201, 409], [409, 409])
            assert stored[0] == {201: both, 409: first if made[1] == 201 else None}[made[0]]
            assert stored[1] == (200 if made[1] == 201 else 404)
            api("DELETE", f"/v1/collections/{both}")
            api("DELETE", f"/v1/aliases/{both}")


def test_a_token_uses_an_alias_only_of_a_collection_that_it_lists(
    api: Api, names: tuple[str, str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second, alias = names
    monkeypatch.setattr(http, "collections_claim", lambda: "collections")

    def status(method: str, path: str, *listed: str) -> int:
        made = event(method, path, {"bm25": {"query": "x"}} if path.endswith("/search") else None)
        made["requestContext"]["authorizer"] = {"jwt": {"claims": {"collections": list(listed)}, "scopes": None}}
        return int(api.raw(made, Context())["statusCode"])

    path = f"/v1/collections/{alias}"
    assert status("GET", path, first) == 200
    assert status("GET", path, "*") == 200
    # Not even a token that lists the alias itself reaches a collection that it does not list.
    for listed in (second, alias, "Nothing"):
        assert status("GET", path, listed) == 403
        assert status("POST", f"{path}/search", listed) == 403
        assert status("GET", f"{path}/imports", listed) == 403
        assert status("DELETE", path, listed) == 403
    assert status("GET", "/v1/aliases", first) == 403
