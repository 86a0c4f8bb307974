"""JSON schemas of the OpenAPI document as Markdown."""

import html
import json
import re
from typing import Any

Schema = dict[str, Any]

PREFIX = "#/components/schemas/"
LIMITS = {
    "minimum": "from {}",
    "exclusiveMinimum": "above {}",
    "maximum": "to {}",
    "exclusiveMaximum": "below {}",
    "minLength": "at least {} characters",
    "maxLength": "at most {} characters",
    "minItems": "at least {} items",
    "maxItems": "at most {} items",
    "pattern": "matching `{}`",
}


def anchor(name: str) -> str:
    """Return the anchor of a schema's heading, as GitHub and the site make it."""
    return name.lower()


def type_of(schema: Schema, page: str = "") -> str:
    """Return a schema's type in one line; other schemas are links into `page`."""
    if "$ref" in schema:
        name = schema["$ref"].removeprefix(PREFIX)
        return f"[{name}]({page}#{anchor(name)})"
    if "const" in schema or "enum" in schema:
        return ", ".join(f"`{json.dumps(value)}`" for value in schema.get("enum", [schema.get("const")]))
    parts = [each for kind in ("anyOf", "oneOf", "allOf") for each in schema.get(kind, [])]
    if parts:
        return " or ".join(dict.fromkeys(type_of(each, page) for each in parts))
    kind = str(schema.get("type", "any"))
    if kind == "array":
        return f"list of {type_of(schema.get('items', {}), page)}"
    if kind == "object" and isinstance(schema.get("additionalProperties"), dict):
        return f"map of {type_of(schema['additionalProperties'], page)}"
    return kind


def limits_of(schema: Schema) -> str:
    """Return the limits of a value, as in "from 1 to 100"."""
    parts = [schema, *(each for each in schema.get("anyOf", []) if each.get("type") != "null")]
    texts = [text.format(part[name]) for part in parts for name, text in LIMITS.items() if name in part]
    return ", ".join(dict.fromkeys(texts)).replace(", to ", " to ")


def cell(text: str) -> str:
    """Return text that fits into a table's cell: in one line, with `<name>` escaped for HTML."""
    parts = re.split(r"(`[^`]*`)", " ".join(text.split()).replace("|", "\\|"))
    return "".join(part if part.startswith("`") else html.escape(part, quote=False) for part in parts)


def description_of(schema: Schema) -> str:
    """Return a field's description with its limits and default."""
    parts = [schema.get("description", "").rstrip(".")]
    if limits := limits_of(schema):
        parts.append(limits[0].upper() + limits[1:])
    if schema.get("default") not in (None, [], {}):
        parts.append(f"Default: `{json.dumps(schema['default'])}`")
    return ". ".join(filter(None, parts))


def fields_table(schema: Schema, page: str = "") -> str:
    """Return the fields of an object as a table; empty if it has none."""
    required = set(schema.get("required", []))
    rows = [
        f"| `{name}`{' **required**' if name in required else ''} | {cell(type_of(field, page))} |"
        f" {cell(description_of(field))} |"
        for name, field in schema.get("properties", {}).items()
    ]
    return "\n".join(["| field | type | |", "|---|---|---|", *rows]) if rows else ""


def schemas_page(schemas: dict[str, Schema]) -> str:
    """Return the page of all schemas, by name."""
    parts = ["# Schemas", "Every object of requests and responses, by name. Fields that are not listed are refused."]
    for name in sorted(schemas, key=str.lower):
        schema = schemas[name]
        parts += [f"## {name}", schema.get("description", ""), fields_table(schema) or type_of(schema)]
    return "\n\n".join(filter(None, parts)) + "\n"
