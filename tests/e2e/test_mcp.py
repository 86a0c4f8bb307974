"""`alto mcp` as assistants start it, over the deployed stack: every tool, by the SDK's own client."""

import asyncio
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from mcp import Client, StdioServerParameters

from local.processes import unused_port
from tests.e2e.conftest import Alto

NAME = "Assisted"
FILM = {"properties": {"title": "A Christmas Carol", "plot": "Three ghosts teach an old miser to be generous."}}


@pytest.fixture(scope="module")
def url(alto: Alto) -> Iterator[str]:
    titan = {
        "vectorizer": "text2vec-aws",
        "service": "bedrock",
        "model": "amazon.titan-embed-text-v2:0",
        "region": "us-east-1",
        "dimensions": 256,
    }
    body = {
        "name": NAME,
        "properties": [{"name": "title", "type": "text"}, {"name": "plot", "type": "text"}],
        "vectors": {"default": titan},
        "generative": {"model": "amazon.nova-lite-v1:0"},
    }
    assert alto.api.post("/v1/collections", json=body).status_code == 201
    yield str(alto.api.base_url)
    alto.api.delete(f"/v1/collections/{NAME}")


def arguments(url: str, *more: str) -> list[str]:
    return ["-m", "alto", "mcp", "--url", url, *more]


def test_an_assistant_uses_every_tool_over_stdio(alto: Alto, url: str) -> None:
    alto.s3.put_object(Bucket=alto.stack.bucket, Key="elsewhere/up.jsonl", Body=b'{"title": "Up"}\n')

    async def use() -> None:
        server = StdioServerParameters(command=sys.executable, args=arguments(url, "--write"))
        async with Client(server) as client:

            async def call(tool: str, **given: Any) -> Any:
                done = await client.call_tool(tool, given)
                assert not done.is_error, done.content
                return done.structured_content

            assert len((await client.list_tools()).tools) == 7
            assert NAME in [each["name"] for each in (await call("list_collections"))["collections"]]
            [made] = (await call("insert_objects", collection=NAME, objects=[FILM]))["ids"]
            found = await call("search", collection=NAME, query="a stingy man and spirits")
            assert [each["id"] for each in found["hits"]] == [made]
            assert (await call("get_objects", collection=NAME, ids=[made]))["objects"][0]["properties"] == FILM[
                "properties"
            ]
            text = await call("ask", collection=NAME, question="Who teaches the old miser to be generous?")
            assert {each["id"] for each in text["citations"]} == {made}
            assert all(each["quote"] in FILM["properties"][each["property"]] for each in text["citations"])
            job = await call("import_file", collection=NAME, source=f"s3://{alto.stack.bucket}/elsewhere/up.jsonl")
            assert (await call("get_import", collection=NAME, import_id=job["id"]))["id"] == job["id"]
            refused = await client.call_tool("search", {"collection": "Nothing", "query": "x"})
            assert refused.is_error
            assert "collection_not_found" in str(refused.content)

    asyncio.run(use())


def test_an_assistant_searches_over_http(url: str) -> None:
    port = unused_port()
    address = f"http://127.0.0.1:{port}/mcp"

    async def use() -> None:
        async with Client(address) as client:
            assert "insert_objects" not in [each.name for each in (await client.list_tools()).tools]
            done = await client.call_tool("search", {"collection": NAME, "query": "ghosts", "mode": "bm25"})
            assert not done.is_error, done.content

    server = subprocess.Popen([sys.executable, *arguments(url, "--http", "--port", str(port))])
    try:
        deadline = time.monotonic() + 60
        while True:
            try:
                # A page of another host that a browser was led to has no access.
                rebound = httpx.post(address, headers={"host": "elsewhere.example"}, json={}, trust_env=False)
                break
            except httpx.TransportError:
                assert server.poll() is None
                assert time.monotonic() < deadline
                time.sleep(0.2)
        assert rebound.status_code == 421
        asyncio.run(use())
    finally:
        server.terminate()
        server.wait(10)
