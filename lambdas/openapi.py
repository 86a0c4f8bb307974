"""The OpenAPI document, merged from the routes of both HTTP functions.

A route's docstring is the description of its operation, unless it has a `description`. `python -m lambdas.openapi`
writes docs/openapi.json, which the query function serves; with `--check` it only compares, and fails with the command
to run.
"""

import inspect
import sys
from pathlib import Path
from typing import Any

import orjson

from lambdas.api_examples import EXAMPLES, Example
from lambdas.handlers import query, write
from lambdas.handlers.routes import aliases, collections, embed, generate, imports, objects, one_object, search, service
from lambdas.meta import VERSION

TARGET = Path(__file__).parents[1] / "docs" / "openapi.json"
# What the examples return, in their order: recorded by their test.
RESPONSES = TARGET.parent / "api-responses.json"
DESCRIPTION = (
    "Semantic search in your own AWS account. Requests are signed with SigV4 (service `execute-api`). The headers "
    "X-AWS-Access-Key, X-AWS-Secret-Key and X-AWS-Session-Token are the credentials of the request's model calls."
)

FRAMEWORKS_OWN = frozenset({"HTTPValidationError", "ValidationError", "ResponseValidationError"})
# Errors that the framework describes in a form that is not Alto's.
FRAMEWORKS_STATUSES = ("422", "500")
# OpenAPI links: by operation and status, the operations whose parameters are in the response.
THAT_COLLECTION = {"name": "$response.body#/name"}
THAT_OBJECT = {"name": "$request.path.name", "object_id": "$response.body#/id"}
THAT_IMPORT = {"name": "$request.path.name", "import_id": "$response.body#/id"}
OF_OBJECT = dict.fromkeys(
    ("get_object", "object_exists", "replace_object", "merge_object", "delete_object"), THAT_OBJECT
)
LINKS: dict[str, dict[str, dict[str, dict[str, str]]]] = {
    "create_collection": {
        "201": dict.fromkeys(
            ("get_collection", "insert_object", "write_objects", "list_objects", "search", "delete_collection"),
            THAT_COLLECTION,
        )
    },
    "insert_object": {"201": OF_OBJECT},
    "replace_object": {"200": OF_OBJECT, "201": OF_OBJECT},
    "start_import": {"202": dict.fromkeys(("get_import", "cancel_import"), THAT_IMPORT)},
}
ROUTES = (search, generate, embed, service, collections, aliases, objects, one_object, imports)
KEY = "idempotency-key"
REPLAYED = {
    "description": "Present if this response is that of an earlier request with the same Idempotency-Key.",
    "schema": {"type": "string", "enum": ["true"]},
}
ERROR = {
    "description": "The request failed; see `error`.",
    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/ErrorEnvelope"}}},
}


def document() -> dict[str, Any]:
    """Return the OpenAPI document of both functions."""
    parts = [
        orjson.loads(app.get_openapi_json_schema(title="Alto", version=VERSION, description=DESCRIPTION))
        for app in (query.complete_app(), write.app)
    ]
    merged: dict[str, Any] = parts[0] | {"servers": [{"url": "/"}], "paths": {}}
    schemas: dict[str, Any] = {}
    for part in parts:
        merged["paths"] |= part["paths"]
        schemas |= part.get("components", {}).get("schemas", {})
    # The framework describes its own form of an invalid request, which is not Alto's.
    merged["components"] = {
        "schemas": {name: schema for name, schema in schemas.items() if name not in FRAMEWORKS_OWN},
        "responses": {"Error": ERROR},
    }
    recorded = orjson.loads(RESPONSES.read_bytes()) if RESPONSES.exists() else {}
    for path in merged["paths"].values():
        for method, operation in path.items():
            _complete(method, operation, recorded.get(operation["operationId"]))
    _close_names(merged)
    return merged


def _close_names(part: Any) -> None:
    """Add `additionalProperties: false` to each object whose names have a pattern: pydantic rejects other names."""
    if isinstance(part, dict):
        if "patternProperties" in part:
            part.setdefault("additionalProperties", False)
        for each in part.values():
            _close_names(each)
    elif isinstance(part, list):
        for each in part:
            _close_names(each)


def _complete(method: str, operation: dict[str, Any], recorded: dict[str, Any] | None) -> None:
    """Add the parts that all operations have: the default response, links and examples."""
    operation.setdefault("description", _description(operation["operationId"]))
    responses = operation["responses"]
    for status in FRAMEWORKS_STATUSES:
        responses.pop(status, None)
    responses["default"] = {"$ref": "#/components/responses/Error"}
    if method == "head":
        responses["default"] = {"description": "The request failed; a GET returns the error."}
    for status, response in responses.items():
        if method == "head" or status == "204":
            response.pop("content", None)
        if status.startswith("2") and any(each["name"] == KEY for each in operation.get("parameters", [])):
            response["headers"] = {"Idempotent-Replayed": REPLAYED}
    for status, links in LINKS.get(operation["operationId"], {}).items():
        responses[status]["links"] = {
            target: {"operationId": target, "parameters": parameters} for target, parameters in links.items()
        }
    _add_examples(operation, recorded)


def _add_examples(operation: dict[str, Any], recorded: dict[str, Any] | None) -> None:
    """Add the example of the request, and the response to it that was `recorded`."""
    example = EXAMPLES.get(operation["operationId"], Example({}))
    for parameter in operation.get("parameters", []):
        if parameter["name"] in example.parameters:
            parameter["example"] = example.parameters[parameter["name"]]
    if example.body is not None:
        operation["requestBody"]["content"]["application/json"]["example"] = example.body
    if recorded is not None:
        operation["responses"][str(recorded["status"])]["content"]["application/json"]["example"] = recorded["body"]


def _description(operation_id: str) -> str:
    """Return the docstring of the route, which has the name of its operation, with one line for each paragraph."""
    route = next(getattr(module, operation_id) for module in ROUTES if hasattr(module, operation_id))
    paragraphs = (inspect.getdoc(route) or "").split("\n\n")
    return "\n\n".join(" ".join(paragraph.split("\n")) for paragraph in paragraphs)


def rendered() -> bytes:
    """Return the document as it is committed."""
    return orjson.dumps(document(), option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS) + b"\n"


def main() -> None:
    """Write the document, or compare it."""
    if "--check" not in sys.argv:
        TARGET.write_bytes(rendered())
        return
    if not TARGET.exists() or TARGET.read_bytes() != rendered():
        sys.exit("docs/openapi.json does not match the routes: run `make openapi` and commit it.")


if __name__ == "__main__":
    main()
