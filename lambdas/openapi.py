"""The API's description, put together from the routes of both HTTP functions.

`python -m lambdas.openapi` writes docs/openapi.json, which the query function serves as it is; with `--check` it only
compares, and fails with the command to run.
"""

import sys
from pathlib import Path
from typing import Any

import orjson

from lambdas.api_examples import EXAMPLES, Example
from lambdas.handlers import query, write
from lambdas.meta import VERSION

TARGET = Path(__file__).parents[1] / "docs" / "openapi.json"
DESCRIPTION = (
    "Semantic search in your own AWS account. Requests are signed with SigV4 (service `execute-api`). The headers "
    "X-AWS-Access-Key, X-AWS-Secret-Key and X-AWS-Session-Token give the model calls other credentials."
)

FRAMEWORKS_OWN = frozenset({"HTTPValidationError", "ValidationError"})
ERROR = {
    "description": "It did not work; the error says why.",
    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/ErrorEnvelope"}}},
}


def document() -> dict[str, Any]:
    """The OpenAPI document: what each function describes, in one."""
    parts = [
        orjson.loads(app.get_openapi_json_schema(title="Alto", version=VERSION, description=DESCRIPTION))
        for app in (query.app, write.app)
    ]
    merged: dict[str, Any] = parts[0] | {"servers": [{"url": "/"}], "paths": {}}
    schemas: dict[str, Any] = {}
    for part in parts:
        merged["paths"] |= part["paths"]
        schemas |= part.get("components", {}).get("schemas", {})
    # The framework describes its own form of a refused request, which is not Alto's.
    merged["components"] = {
        "schemas": {name: schema for name, schema in schemas.items() if name not in FRAMEWORKS_OWN},
        "responses": {"Error": ERROR},
    }
    for path in merged["paths"].values():
        for operation in path.values():
            _complete(operation)
    return merged


def _complete(operation: dict[str, Any]) -> None:
    """Add what holds for every operation: the form of any other answer, and an example."""
    operation["responses"].pop("422", None)
    operation["responses"]["default"] = {"$ref": "#/components/responses/Error"}
    example = EXAMPLES.get(operation["operationId"], Example({}))
    for parameter in operation.get("parameters", []):
        if parameter["name"] in example.parameters:
            parameter["example"] = example.parameters[parameter["name"]]
    if example.body is not None:
        operation["requestBody"]["content"]["application/json"]["example"] = example.body


def rendered() -> bytes:
    """The document as it is committed."""
    return orjson.dumps(document(), option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS) + b"\n"


def main() -> None:
    """Write the document, or compare it."""
    if "--check" not in sys.argv:
        TARGET.write_bytes(rendered())
        return
    if not TARGET.exists() or TARGET.read_bytes() != rendered():
        sys.exit("docs/openapi.json does not describe the routes as they are: run `make openapi` and commit it.")


if __name__ == "__main__":
    main()
