"""The MCP server, called by the SDK's own client in memory; Alto is a list of responses."""

import asyncio
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import httpx
import pytest
from mcp import Client

import alto
from alto.mcp.server import MAX_TEXT, make_server
from tests.command_line import alto as command
from tests.command_line import error, reply

READING = {"list_collections", "search", "get_objects", "ask", "get_import"}
WRITING = {"insert_objects", "import_file"}
ID = str(UUID(int=1))
HIT = {"id": ID, "score": 0.9, "properties": {"title": "Up", "plot": "x" * (MAX_TEXT + 1)}}
JOB = {"id": ID, "state": "loading", "reason": None, "counts": {"read": 3, "loaded": 2, "failed": 1}}


class Server:
    """An MCP server over these responses of Alto, and its requests."""

    def __init__(self, *responses: httpx.Response, write: bool = True) -> None:
        self._left: Iterator[httpx.Response] = iter(responses)
        self.asked: list[httpx.Request] = []
        client = alto.AltoClient("http://localhost:1", transport=httpx.MockTransport(self._respond))
        self._server = make_server(client, write=write)

    def _respond(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        return next(self._left)

    def tools(self) -> list[Any]:
        async def ask() -> list[Any]:
            async with Client(self._server) as client:
                return [*(await client.list_tools()).tools]

        return asyncio.run(ask())

    def call(self, tool: str, **arguments: Any) -> Any:
        async def ask() -> Any:
            async with Client(self._server) as client:
                return await client.call_tool(tool, arguments)

        return asyncio.run(ask())

    def result(self, tool: str, **arguments: Any) -> Any:
        called = self.call(tool, **arguments)
        assert not called.is_error, called.content
        return called.structured_content


@pytest.mark.parametrize(("write", "expected"), [(False, READING), (True, READING | WRITING)])
def test_only_with_write_there_are_tools_that_change_something(write: bool, expected: set[str]) -> None:
    tools = Server(write=write).tools()

    assert {each.name for each in tools} == expected
    assert {each.name for each in tools if each.annotations.read_only_hint} == READING


def test_every_tool_and_argument_is_described_and_the_results_are_structured() -> None:
    for tool in Server().tools():
        assert tool.description.endswith("."), tool.name
        assert tool.output_schema["properties"], tool.name
        for name, argument in tool.input_schema["properties"].items():
            assert argument.get("description"), (tool.name, name)


def test_collections_are_listed_with_their_properties() -> None:
    film = {
        "name": "Film",
        "description": "Films",
        "properties": [{"name": "year", "type": "int", "description": "of the premiere"}],
        "vectors": {"default": {}},
    }

    [found] = Server(reply({"collections": [film]})).result("list_collections")["collections"]

    assert found["properties"] == [{"name": "year", "type": "int", "description": "of the premiere"}]
    assert found["vectors"] == ["default"]


def test_a_search_sends_its_settings_and_shortens_long_texts() -> None:
    server = Server(reply({"objects": [HIT], "total": 1}))
    year = {"property": "year", "operator": "equal", "value": 1}

    [hit] = server.result("search", collection="Film", query="a", mode="near_text", limit=3, filter=year)["hits"]

    assert (server.asked[0].url.path, alto_body(server)) == (
        "/v1/collections/Film/search",
        {"near_text": {"query": "a"}, "limit": 3, "offset": 0, "filter": year},
    )
    assert (hit["id"], hit["shortened"], len(hit["properties"]["plot"])) == (ID, ["plot"], MAX_TEXT + 1)


def test_objects_are_returned_whole() -> None:
    found = Server(reply({"objects": [HIT], "missing": ["b"]})).result("get_objects", collection="Film", ids=[ID, "b"])

    assert (found["objects"][0]["properties"], found["missing"]) == (HIT["properties"], ["b"])


def test_a_text_has_citations_and_the_objects_that_were_read() -> None:
    citation = {"id": ID, "property": "title", "quote": "Up", "quote_start": 0}
    generated = {"text": "It is Up.", "citations": [citation]}

    found = Server(reply({"objects": [HIT], "generated": generated})).result("ask", collection="Film", question="?")

    assert (found["text"], found["citations"]) == ("It is Up.", [{"id": ID, "property": "title", "quote": "Up"}])
    assert [each["id"] for each in found["sources"]] == [ID]


def test_written_objects_are_named_and_so_are_those_that_failed() -> None:
    results = [
        {"id": ID, "status": "created"},
        {"id": None, "status": "failed", "error": {"code": "invalid_object", "message": "no"}},
    ]
    server = Server(reply({"results": results}))

    found = server.result("insert_objects", collection="Film", objects=[{"properties": {}}, {"properties": {"a": 1}}])

    assert found == {"ids": [ID], "failed": [{"index": 1, "code": "invalid_object", "message": "no"}]}
    assert server.asked[0].url.query == b"consistency=wait"


def test_an_import_is_started_and_followed() -> None:
    server = Server(reply({"id": ID, "job": JOB}, 202), reply(JOB))

    started = server.result("import_file", collection="Film", source="s3://b/k.jsonl")

    assert started == server.result("get_import", collection="Film", import_id=ID)
    assert (started["state"], started["read"], started["loaded"]) == ("loading", 3, 2)
    assert server.asked[1].url.path == f"/v1/collections/Film/imports/{ID}"


@pytest.mark.parametrize("code", ["collection_not_found", "invalid_request", "forbidden"])
def test_an_error_of_alto_is_one_that_the_assistant_can_read(code: str) -> None:
    statuses = {"collection_not_found": 404, "invalid_request": 400, "forbidden": 403}

    called = Server(error(statuses[code], code)).call("search", collection="Film", query="a")

    assert called.is_error
    assert code in called.content[0].text


def test_the_error_of_a_text_is_an_error_of_the_tool() -> None:
    failed = {"error": {"code": "model_throttled", "message": "Too many requests."}}

    called = Server(reply({"objects": [HIT], "generated": failed})).call("ask", collection="Film", question="?")

    assert called.is_error
    assert "model_throttled: Too many requests." in called.content[0].text


@pytest.mark.parametrize("arguments", [{"limit": 0}, {"mode": "magic"}, {"query": None}])
def test_a_wrong_argument_is_an_error_before_anything_is_sent(arguments: dict[str, Any]) -> None:
    server = Server()

    assert server.call("search", **{"collection": "Film", "query": "a"} | arguments).is_error
    assert server.asked == []


def test_without_the_package_the_command_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("alto.cli.mcp.find_spec", lambda _: None)

    done = command("mcp")

    assert (done.code, "alto[cli,mcp]" in done.err) == (1, True)


def alto_body(server: Server) -> Any:
    return httpx.Response(200, content=server.asked[0].content).json()
