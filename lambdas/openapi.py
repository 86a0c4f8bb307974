"""The API's description, put together from the routes of both HTTP functions.

`python -m lambdas.openapi` writes docs/openapi.json, which the query function serves as it is; with `--check` it only
compares, and fails with the command to run.
"""

import sys
from pathlib import Path
from typing import Any

import orjson

from lambdas.handlers import query, write
from lambdas.meta import VERSION

TARGET = Path(__file__).parents[1] / "docs" / "openapi.json"
DESCRIPTION = (
    "Semantic search in your own AWS account. Requests are signed with SigV4 (service `execute-api`). The headers "
    "X-AWS-Access-Key, X-AWS-Secret-Key and X-AWS-Session-Token give the model calls other credentials."
)


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
    merged["components"] = {"schemas": schemas}
    return merged


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
