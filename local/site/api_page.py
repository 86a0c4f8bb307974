"""The reference of the HTTP API as one page of HTML, which a local stack serves at /docs."""

import html
import json
import re
from functools import cache
from pathlib import Path
from typing import Any

from local.site.http_examples import Operation, curl, json_text, operations, typescript
from local.site.http_reference import in_order_of_use
from local.site.python_examples import PYTHON
from local.site.schemas import PREFIX, description_of, type_of

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "openapi.json"
STYLE = """
:root { color-scheme: light dark; --line: #8884; --soft: #8881; }
body { font: 16px/1.5 system-ui, sans-serif; margin: 0 auto; max-width: 62rem; padding: 1rem; }
nav { columns: 18rem; margin: 1.5rem 0; font-size: .9rem; } nav a { display: block; }
section { border-top: 1px solid var(--line); padding: .5rem 0 1.5rem; } h3 { margin: 1rem 0 .3rem; }
table { border-collapse: collapse; width: 100%; font-size: .85rem; margin: .8rem 0; }
td, th { text-align: left; vertical-align: top; padding: .35rem .6rem .35rem 0; border-bottom: 1px solid var(--line); }
code, pre { font: .85em ui-monospace, monospace; background: var(--soft); border-radius: 4px; overflow-wrap: anywhere; }
code { padding: .1em .3em; } pre { padding: .8rem; overflow-x: auto; } pre code { background: none; padding: 0; }
summary { cursor: pointer; margin: .4rem 0; } a { color: inherit; }
"""


@cache
def local_page() -> bytes:
    """Return the page of the API that this checkout describes."""
    return api_page(json.loads(DOCUMENT.read_text())).encode()


def api_page(document: dict[str, Any]) -> str:
    """Return a document's reference: every operation with its fields and its example in three languages."""
    found = sorted(operations(document), key=in_order_of_use)
    tags = list(dict.fromkeys(each.details["tags"][0] for each in found))
    links, sections = [], []
    for tag in tags:
        sections.append(f"<h2>{tag}</h2>")
        for each in (one for one in found if one.details["tags"][0] == tag):
            links.append(f'<a href="#{each.name}">{html.escape(each.details["summary"])}</a>')
            sections.append(section_of(each, document["components"]["schemas"]))
    info = document["info"]
    return f"""<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{info["title"]}: HTTP API</title>
<style>{STYLE}</style>
<h1>{info["title"]}: HTTP API</h1>
{paragraphs(info["description"])}
<nav aria-label="Operations">{"".join(links)}</nav>
{"".join(sections)}
</html>
"""


def section_of(operation: Operation, schemas: dict[str, Any]) -> str:
    """Return an operation's section."""
    details = operation.details
    parameters = {
        f"{each['name']} ({each['in']})": each["schema"] | {"description": parameter_description(each)}
        for each in details.get("parameters", [])
    }
    needed = {f"{each['name']} ({each['in']})" for each in details.get("parameters", []) if each.get("required")}
    content = details.get("requestBody", {}).get("content", {}).get("application/json", {})
    body = schemas.get(content.get("schema", {}).get("$ref", "").removeprefix(PREFIX), {})
    programs = (("curl", curl(operation)), ("Python", PYTHON[operation.name]), ("TypeScript", typescript(operation)))
    returned = [] if operation.response is None else [("Response", json_text(operation.response))]
    examples = "".join(
        f"<details{' open' if title == 'curl' else ''}><summary>{title}</summary>"
        f"<pre><code>{html.escape(source)}</code></pre></details>"
        for title, source in (*programs, *returned)
    )
    return (
        f'<section id="{operation.name}"><h3>{html.escape(details["summary"])}</h3>'
        f"<p><code>{operation.method} {operation.template}</code></p>{paragraphs(details.get('description', ''))}"
        f"{table('parameter', parameters, needed)}"
        f"{table('field of the body', body.get('properties', {}), set(body.get('required', [])))}{examples}</section>"
    )


def parameter_description(parameter: dict[str, Any]) -> str:
    """Return a parameter's own description, or that of its schema."""
    return str(parameter.get("description") or parameter["schema"].get("description", ""))


def table(title: str, fields: dict[str, Any], required: set[str]) -> str:
    """Return the table of fields; empty if there are none."""
    rows = [
        f"<tr><td><code>{name}</code>{' required' if name in required else ''}<td>{inline(plain_type(schema))}"
        f"<td>{inline(description_of(schema))}"
        for name, schema in fields.items()
    ]
    return f"<table><tr><th>{title}<th>type<th>{''.join(rows)}</table>" if rows else ""


def plain_type(schema: dict[str, Any]) -> str:
    """Return a type without links: the page has no section of each schema."""
    return re.sub(r"\[(\w[^\]]*)\]\([^)]*\)", r"\1", type_of(schema))


def paragraphs(text: str) -> str:
    """Return a description's paragraphs."""
    return "".join(f"<p>{inline(each)}</p>" for each in text.split("\n\n") if each.strip())


def inline(text: str) -> str:
    """Return text for HTML; what is between backticks is code."""
    return re.sub(r"`([^`]*)`", r"<code>\1</code>", html.escape(text, quote=False))
