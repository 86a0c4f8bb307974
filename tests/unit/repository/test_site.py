"""The pages of the site that are generated, as whole values."""

from pathlib import Path
from typing import Any

import pytest

from alto.sync.aggregate import Aggregate
from local.site.command_line import commands_page
from local.site.http_examples import Operation, curl, json_text, typescript
from local.site.http_reference import operation_text
from local.site.links import broken_links
from local.site.navigation import navigation_of
from local.site.pages import site_pages, title_of
from local.site.python_api import docstring_text, python_pages, signature_block
from local.site.python_examples import PYTHON
from local.site.schemas import cell, description_of, fields_table, type_of
from local.site.stage_settings import comments_of, settings_page

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def pages() -> dict[str, str]:
    return site_pages(ROOT)


def test_no_link_of_the_site_is_broken(pages: dict[str, str]) -> None:
    files = {path.relative_to(ROOT / "docs").as_posix() for path in (ROOT / "docs").rglob("*") if path.is_file()}

    assert broken_links(pages, files.__contains__) == []


def test_each_page_has_a_title_and_a_place_in_the_navigation(pages: dict[str, str]) -> None:
    placed: list[str] = []

    def walk(entries: list[Any]) -> None:
        for entry in entries:
            [target] = entry.values()
            walk(target) if isinstance(target, list) else placed.append(target)

    walk(navigation_of(sorted(pages), {name: title_of(text) for name, text in pages.items()}))

    assert sorted(placed) == sorted(pages)


def test_each_command_setting_and_operation_has_its_entry(pages: dict[str, str]) -> None:
    assert "## alto collections create\n" in commands_page()
    assert "| `permissions_boundary` | text |" in settings_page()
    assert "## Search a collection { #search }" in pages["reference/http/search.md"]
    assert "### Query.hybrid" in python_pages()["query.md"]


def test_each_setting_has_a_note() -> None:
    rows = [line for line in settings_page().splitlines() if line.startswith("| `")]

    assert len(rows) > 40
    assert [row for row in rows if row.endswith("|  |")] == []


BOOKS: dict[str, Any] = {
    "operationId": "count_books",
    "tags": ["Search"],
    "summary": "Count books",
    "description": "Counts them.",
    "parameters": [
        {"name": "name", "in": "path", "required": True, "example": "It's", "schema": {"type": "string"}},
        {"name": "all", "in": "query", "example": True, "schema": {"type": "boolean", "description": "Whether all."}},
    ],
    "requestBody": {
        "content": {
            "application/json": {
                "schema": {"$ref": "#/components/schemas/Count"},
                "example": {"title": "Emma's"},
            }
        }
    },
    "responses": {
        "200": {
            "description": "The count.",
            "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Total"}}},
        },
        "404": {"description": "Nothing is there."},
        "default": {"$ref": "#/components/responses/Error"},
    },
}


def test_an_operation_is_a_section_with_its_example(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(PYTHON, "count_books", "count()")
    operation = Operation("count_books", "POST", "/v1/{name}/count", BOOKS)

    assert (
        operation_text(operation)
        == """## Count books { #count-books }

`POST /v1/{name}/count`

Counts them.

| parameter | in | type | |
|---|---|---|---|
| `name` **required** | path | string |  |
| `all` | query | boolean | Whether all |

**Body**: [Count](schemas.md#count)

=== "curl"

    ```sh
    curl -s "$ALTO/v1/It%27s/count?all=true" \\
      -H 'content-type: application/json' -d '{"title": "Emma'\\''s"}'
    ```

=== "Python"

    ```py
    count()
    ```

=== "TypeScript"

    ```ts
    await client.call("POST", "/v1/It%27s/count?all=true", {"title": "Emma's"});
    ```

**Response 200**: [Total](schemas.md#total). The count.

**Errors**: `404` ([what they mean](index.md#errors))."""
    )


@pytest.mark.parametrize(
    ("method", "command"),
    [("GET", 'curl -s "$ALTO/v1/x"'), ("HEAD", 'curl -s --head "$ALTO/v1/x"'), ("PUT", 'curl -s -X PUT "$ALTO/v1/x"')],
)
def test_a_request_without_a_body_is_short(method: str, command: str) -> None:
    assert curl(Operation("x", method, "/v1/x", {})) == command


def test_an_operation_with_a_method_of_the_client_uses_it() -> None:
    assert typescript(Operation("get_meta", "GET", "/v1/meta", {})) == "await client.getMeta();"


def test_json_is_on_one_line_where_it_fits() -> None:
    value = {"filter": {"property": "lent", "value": True}, "near": {"vector": [0.1, 0.2]}}

    assert json_text(value, 50) == (
        '{\n  "filter": {"property": "lent", "value": true},\n  "near": {"vector": [0.1, 0.2]}\n}'
    )


@pytest.mark.parametrize(
    ("schema", "text"),
    [
        ({"$ref": "#/components/schemas/Hit"}, "[Hit](#hit)"),
        ({"anyOf": [{"type": "string"}, {"type": "null"}]}, "string or null"),
        ({"type": "array", "items": {"enum": ["a", 1]}}, 'list of `"a"`, `1`'),
        ({"const": None}, "`null`"),
        ({"type": "object", "additionalProperties": {"type": "number"}}, "map of number"),
        ({}, "any"),
    ],
)
def test_a_type_is_one_line(schema: dict[str, Any], text: str) -> None:
    assert type_of(schema) == text


def test_the_fields_of_an_object_are_a_table() -> None:
    schema = {
        "required": ["limit"],
        "properties": {
            "limit": {
                "type": "integer",
                "minimum": 1,
                "maximum": 9,
                "default": 3,
                "description": "How many | <at most>.",
            }
        },
    }

    assert fields_table(schema) == (
        "| field | type | |\n|---|---|---|\n"
        "| `limit` **required** | integer | How many \\| &lt;at most&gt;. From 1 to 9. Default: `3` |"
    )


def test_a_cell_keeps_programs_as_they_are() -> None:
    assert cell("a <b>\n`c <d>`") == "a &lt;b&gt; `c <d>`"


def test_limits_of_an_optional_value_are_told() -> None:
    schema = {"anyOf": [{"type": "string", "maxLength": 9}, {"type": "null"}], "default": None}

    assert description_of(schema) == "At most 9 characters"


def test_a_signature_is_that_of_the_source() -> None:
    text = signature_block("over_all", Aggregate.over_all)

    assert text == (
        "```py\nover_all(\n    *,\n    group_by: GroupBy | None = None,\n"
        "    **settings: Unpack[AggregateSettings],\n) -> Either\n```"
    )


def test_a_docstring_becomes_markdown() -> None:
    def count() -> None:
        """Count books.

        Args:
            title: The title,
                or a part of it.
            **others: More.

        Returns:
            The count.

        Raises `AltoError` without books:

            count()
        """

    assert docstring_text(count) == (
        "Count books.\n\n**Args**\n\n- `title`: The title, or a part of it.\n- `**others`: More."
        "\n\n**Returns**\n\nThe count.\n\nRaises `AltoError` without books:\n\n```py\ncount()\n```"
    )


def test_the_comment_above_a_setting_is_its_note() -> None:
    source = (
        "class Settings:\n    # Who may\n    # call.\n    auth: str\n    other: int\n\n"
        "    # A group.\n\n    last: int\n"
    )

    assert comments_of(source) == {"auth": "Who may call.", "other": "", "last": ""}
