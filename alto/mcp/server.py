"""The MCP server: tools that send requests of the HTTP API."""

from collections.abc import Callable
from functools import wraps
from typing import Annotated, Any, Literal, TypeVar

from mcp.server import MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from mcp.types import ToolAnnotations
from pydantic import Field

from alto.errors import AltoError
from alto.mcp.results import (
    Citation,
    CitedText,
    CollectionInfo,
    Collections,
    FoundObject,
    Hit,
    ImportJob,
    Objects,
    PropertyInfo,
    SearchResult,
    WriteFailure,
    WriteResult,
)
from alto.requests import segment
from alto.sync.client import AltoClient
from alto.version import VERSION

INSTRUCTIONS = """\
Alto searches collections of objects by meaning and by words. Call list_collections first: it says which collections \
there are and which properties their objects have. Then use search to find objects, ask for a cited text about them, \
and get_objects for whole objects by their ids.\
"""
# Longer texts are cut in hits: a page of them would fill an assistant's memory.
MAX_TEXT = 1_000

READS = ToolAnnotations(read_only_hint=True, open_world_hint=False)
WRITES = ToolAnnotations(read_only_hint=False, destructive_hint=True, idempotent_hint=True, open_world_hint=False)

Collection = Annotated[str, Field(description="The collection's name, as list_collections returns it.")]
Limit = Annotated[int, Field(ge=1, le=100, description="Objects at most.")]
Filter = Annotated[
    dict[str, Any] | None,
    Field(
        description='A filter, such as {"property": "year", "operator": "greater_than", "value": 1990}; operators: '
        "equal, not_equal, greater_than, greater_or_equal, less_than, less_or_equal, like, contains_any, contains_all, "
        'is_null, within_geo_range; combined by {"and": [...]}, {"or": [...]}, {"not": ...}.'
    ),
]
Mode = Annotated[
    Literal["hybrid", "near_text", "bm25"],
    Field(description="hybrid: by words and meaning (the best default); near_text: by meaning; bm25: by words."),
]

T = TypeVar("T")


class Tools:
    """The tools of one connection. Each method is a tool; its docstring describes it to the assistant."""

    def __init__(self, client: AltoClient) -> None:
        self._client = client

    def list_collections(self) -> Collections:
        """List the collections with their descriptions, properties and vectors. Call this first."""
        found = self._client.call("GET", "/v1/collections")["collections"]
        return Collections(
            collections=[
                CollectionInfo(
                    name=each["name"],
                    description=each["description"],
                    properties=[
                        PropertyInfo(name=item["name"], type=item["type"], description=item.get("description", ""))
                        for item in each["properties"]
                    ],
                    vectors=[*each["vectors"]],
                )
                for each in found
            ]
        )

    def search(  # noqa: PLR0917 (an assistant names the arguments)
        self,
        collection: Collection,
        query: Annotated[str, Field(description="What to look for, in natural language or as words.")],
        mode: Mode = "hybrid",
        limit: Limit = 10,
        offset: Annotated[int, Field(ge=0, description="Hits to skip, for the next page.")] = 0,
        filter: Filter = None,  # noqa: A002 (the name of the API)
        properties: Annotated[
            list[str] | None, Field(description="Return only these properties; all, if not given.")
        ] = None,
    ) -> SearchResult:
        """Search a collection. Returns the best objects with their scores; long texts are shortened."""
        body = {mode: {"query": query}, "limit": limit, "offset": offset} | _given(
            filter=filter, return_properties=properties
        )
        found = self._post(collection, "search", body)
        return SearchResult(hits=_hits(found), total=found.get("total") if mode == "bm25" else None)

    def get_objects(
        self,
        collection: Collection,
        ids: Annotated[list[str], Field(min_length=1, max_length=100, description="Ids or keys of objects.")],
    ) -> Objects:
        """Get whole objects by their ids, as `search` returned them, or by their keys."""
        found = self._post(collection, "objects/get", {"ids": ids})
        objects = [
            FoundObject(id=each["id"], key=each.get("key"), properties=each["properties"]) for each in found["objects"]
        ]
        return Objects(objects=objects, missing=found["missing"])

    def ask(
        self,
        collection: Collection,
        question: Annotated[str, Field(description="The question, or a task for the model.")],
        limit: Annotated[int, Field(ge=1, le=50, description="Objects that the model reads.")] = 5,
        filter: Filter = None,  # noqa: A002 (the name of the API)
        model: Annotated[
            str | None, Field(description="A text model on Bedrock; the collection's own, if not given.")
        ] = None,
    ) -> CitedText:
        """Ask a question about a collection. A model writes a text from the objects found and cites them verbatim."""
        task = {"grouped_task": question} | _given(model=model)
        body = {"hybrid": {"query": question}, "limit": limit, "generate": task} | _given(filter=filter)
        found = self._post(collection, "generate", body)
        text = found.get("generated") or {}
        if error := text.get("error"):
            raise ToolError(f"{error['code']}: {error['message']}")
        citations = [
            Citation(id=each["id"], property=each["property"], quote=each["quote"])
            for each in text.get("citations") or ()
        ]
        return CitedText(text=text.get("text") or "Nothing was found.", citations=citations, sources=_hits(found))

    def get_import(
        self, collection: Collection, import_id: Annotated[str, Field(description="The id of the import.")]
    ) -> ImportJob:
        """Get the state and the counts of an import."""
        return _job(self._client.call("GET", f"{_path(collection)}/imports/{segment(import_id)}"))

    def insert_objects(
        self,
        collection: Collection,
        objects: Annotated[
            list[dict[str, Any]],
            Field(
                min_length=1,
                max_length=1000,
                description='Objects such as {"properties": {"title": "Up"}}, with an `id` (a UUID) or a `key` (any '
                "text) of your own: an object that has it is replaced as a whole.",
            ),
        ],
    ) -> WriteResult:
        """Insert or replace objects. Each succeeds or fails on its own; searches see them when this returns."""
        path = f"{_path(collection)}/objects/batch"
        found = self._client.call("POST", path, {"objects": objects}, query={"consistency": "wait"})
        failed = [
            WriteFailure(index=index, code=each["error"]["code"], message=each["error"]["message"])
            for index, each in enumerate(found["results"])
            if each["status"] == "failed"
        ]
        return WriteResult(ids=[each["id"] for each in found["results"] if each["status"] != "failed"], failed=failed)

    def import_file(
        self,
        collection: Collection,
        source: Annotated[
            str, Field(description="s3://bucket/key of JSON lines, CSV or Parquet, in a bucket that Alto may read.")
        ],
    ) -> ImportJob:
        """Start an import of a file in S3. It goes on in the background: follow it with get_import."""
        started = self._post(collection, "imports", {"source": source})
        return _job(started["job"])

    def _post(self, collection: str, below: str, body: dict[str, Any]) -> Any:
        return self._client.call("POST", f"{_path(collection)}/{below}", body)


def make_server(client: AltoClient, *, write: bool = False) -> MCPServer:
    """Make the server of a connection. Only with `write` it has the tools that change something."""
    server = MCPServer("alto", instructions=INSTRUCTIONS, version=VERSION, log_level="WARNING")
    tools = Tools(client)
    for tool in (tools.list_collections, tools.search, tools.get_objects, tools.ask, tools.get_import):
        server.add_tool(_with_tool_errors(tool), annotations=READS)
    if write:
        for writing in (tools.insert_objects, tools.import_file):
            server.add_tool(_with_tool_errors(writing), annotations=WRITES)
    return server


def _with_tool_errors(tool: Callable[..., T]) -> Callable[..., T]:
    """Return the tool with errors that the assistant can read. The SDK hides every other exception."""

    @wraps(tool)
    def run(*args: Any, **kwargs: Any) -> T:
        try:
            return tool(*args, **kwargs)
        except AltoError as error:
            raise ToolError(f"{error.code}: {error.message}" if error.code else str(error)) from error

    return run


def _hits(found: dict[str, Any]) -> list[Hit]:
    hits = []
    for each in found["objects"]:
        properties = each["properties"]
        long = [name for name, value in properties.items() if isinstance(value, str) and len(value) > MAX_TEXT]
        cut = {name: f"{properties[name][:MAX_TEXT]}…" for name in long}
        hits.append(Hit(id=each["id"], score=each.get("score"), properties=properties | cut, shortened=long))
    return hits


def _job(job: dict[str, Any]) -> ImportJob:
    counts = job["counts"]
    return ImportJob(
        id=job["id"],
        state=job["state"],
        read=counts["read"],
        loaded=counts["loaded"],
        failed=counts["failed"],
        reason=job.get("reason"),
    )


def _given(**values: Any) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}


def _path(collection: str) -> str:
    return f"/v1/collections/{segment(collection)}"
