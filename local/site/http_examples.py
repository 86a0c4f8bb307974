"""An operation's example as a request of curl and of the TypeScript client, and as the values of its parameters."""

import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

from local.site.typescript_examples import TYPESCRIPT

# Characters of a line that the column of a page shows without scrolling.
WIDTH = 80


@dataclass(frozen=True)
class Operation:
    """An operation of the OpenAPI document, with its example."""

    name: str
    method: str
    template: str
    details: dict[str, Any]

    @property
    def body(self) -> Any:
        """The body of the example; None if there is no body."""
        contents = self.details.get("requestBody", {}).get("content", {})
        return contents.get("application/json", {}).get("example")

    @property
    def response(self) -> Any:
        """The body that the example returned when it was recorded; None if it has none."""
        bodies = [
            response.get("content", {}).get("application/json", {}).get("example")
            for response in self.details["responses"].values()
        ]
        return next((body for body in bodies if body is not None), None)

    @property
    def path(self) -> str:
        """The path of the example, with its query."""
        given = {each["name"]: each for each in self.details.get("parameters", []) if "example" in each}
        parts = {name: quote(str(each["example"])) for name, each in given.items() if each["in"] == "path"}
        query = {name: as_text(each["example"]) for name, each in given.items() if each["in"] == "query"}
        return self.template.format(**parts) + (f"?{urlencode(query)}" if query else "")


def as_text(value: Any) -> str:
    """Return a value as a query has it."""
    return json.dumps(value) if isinstance(value, bool) else str(value)


def operations(document: dict[str, Any]) -> list[Operation]:
    """Return the operations of a document, in its order."""
    return [
        Operation(details["operationId"], method.upper(), path, details)
        for path, item in document["paths"].items()
        for method, details in item.items()
        if "operationId" in details
    ]


def json_text(value: Any, width: int = WIDTH) -> str:
    """Return JSON as a person writes it: what fits is on one line."""

    def write(part: Any, indent: str, name: str = "") -> str:
        flat = json.dumps(part, ensure_ascii=False)
        if len(f"{indent}{name}{flat},") <= width or not isinstance(part, dict | list) or not part:
            return flat
        inner = indent + "  "
        if isinstance(part, dict):
            names = {key: f"{json.dumps(key)}: " for key in part}
            lines = [f"{inner}{names[key]}{write(each, inner, names[key])}" for key, each in part.items()]
            return "{\n" + ",\n".join(lines) + f"\n{indent}}}"
        return "[\n" + ",\n".join(inner + write(each, inner) for each in part) + f"\n{indent}]"

    return write(value, "")


def curl(operation: Operation) -> str:
    """Return the request for a shell, in which ALTO is Alto's address."""
    options = {"HEAD": "--head ", "GET": ""}.get(operation.method, f"-X {operation.method} ")
    if operation.method == "POST" and operation.body is not None:
        options = ""
    command = f'curl -s {options}"$ALTO{operation.path}"'
    if operation.body is None:
        return command
    escaped = json_text(operation.body).replace("'", "'\\''")
    rest = f"-H 'content-type: application/json' -d '{escaped}'"
    width = len(f"{command} {rest}".partition("\n")[0])
    return f"{command} {rest}" if width <= WIDTH else f"{command} \\\n  {rest}"


def typescript(operation: Operation) -> str:
    """Return the request with the TypeScript client: by a method, or by `call` where it has none."""
    if operation.name in TYPESCRIPT:
        return TYPESCRIPT[operation.name].strip()
    arguments = [json.dumps(operation.method), json.dumps(operation.path)]
    if operation.body is not None:
        arguments.append(json_text(operation.body))
    return f"await client.call({', '.join(arguments)});"
