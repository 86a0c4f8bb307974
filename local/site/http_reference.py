"""The pages of the HTTP API: one a tag, with every operation, its parameters, its fields and its example."""

from textwrap import indent
from typing import Any

from local.site.http_examples import Operation, curl, json_text, operations, typescript
from local.site.python_examples import PYTHON
from local.site.schemas import cell, description_of, fields_table, schemas_page, type_of

SCHEMAS = "schemas.md"
ORDER = list(PYTHON)
INTRODUCTION = """# HTTP API

{description}

The examples use one collection, `Book`, in the order of use, and run in Alto's tests:

=== "curl"

    ```sh
    ALTO=http://127.0.0.1:8700   # where `make up ARGS="--port 8700"` runs Alto
    # In AWS: curl --aws-sigv4 "aws:amz:<region>:execute-api" --user "$AWS_ACCESS_KEY_ID:$AWS_SECRET_ACCESS_KEY" \\
    #   --header "x-amz-security-token: $AWS_SESSION_TOKEN" …
    ```

=== "Python"

    ```py
    import alto

    client = alto.connect_to_local(port=8700)  # in AWS: alto.connect_to_aws(url)
    ```

=== "TypeScript"

    ```ts
    import alto, {{ Filters }} from "alto-search";

    const client = await alto.connectToLocal({{ port: 8700 }}); // in AWS: alto.connectToAWS({{ url }})
    ```

{table}

## Errors

Every error has one form, [ErrorEnvelope](schemas.md#errorenvelope): a stable `code`, a message, and the fields that are
wrong.

| status | |
|---|---|
{errors}

Every operation can also end with one of these, of API Gateway or of Alto ([limits](../../limits.md)):

| status | |
|---|---|
| 401, 403 | The token is missing or expired; the caller does not have this right ([security](../../security.md)). |
| 413 | The request, or its response, is too large. |
| 429 | More requests than the stage, or the model's quota, admits; retry after the seconds in `Retry-After`. |
| 504 | The model took too long. |

The machine-readable description is [openapi.json](../../openapi.json).
"""


def page_of(tag: str) -> str:
    """Return the file name of a tag's page."""
    return f"{tag.lower()}.md"


def http_pages(document: dict[str, Any]) -> dict[str, str]:
    """Return the pages of the HTTP API by file name."""
    by_tag: dict[str, list[Operation]] = {}
    for operation in sorted(operations(document), key=in_order_of_use):
        by_tag.setdefault(operation.details["tags"][0], []).append(operation)
    rows = [
        f"| `{each.method} {each.template}` | [{each.details['summary']}]({page_of(tag)}#{anchor(each)}) |"
        for tag, found in by_tag.items()
        for each in found
    ]
    table = "\n".join(["| operation | |", "|---|---|", *rows])
    description = document["info"]["description"]
    pages = {"index.md": INTRODUCTION.format(description=description, table=table, errors=errors_of(document))}
    for tag, found in by_tag.items():
        parts = [f"# {tag}", *(operation_text(each) for each in found)]
        pages[page_of(tag)] = "\n\n".join(parts) + "\n"
    return pages | {SCHEMAS: schemas_page(document["components"]["schemas"])}


def in_order_of_use(operation: Operation) -> int:
    """Sort operations as a program would call them: what is deleted comes last."""
    return ORDER.index(operation.name)


def anchor(operation: Operation) -> str:
    """Return the anchor of an operation's heading."""
    return operation.name.replace("_", "-")


def errors_of(document: dict[str, Any]) -> str:
    """Return the rows of all statuses of errors, each with the descriptions that it has."""
    found: dict[str, dict[str, None]] = {}
    for operation in operations(document):
        for status, response in operation.details["responses"].items():
            if status.isdigit() and not status.startswith("2") and "description" in response:
                found.setdefault(status, {})[response["description"]] = None
    return "\n".join(f"| {status} | {cell(' '.join(found[status]))} |" for status in sorted(found))


def operation_text(operation: Operation) -> str:
    """Return an operation's section."""
    details = operation.details
    return "\n\n".join(
        filter(
            None,
            [
                f"## {details['summary']} {{ #{anchor(operation)} }}",
                f"`{operation.method} {operation.template}`",
                details.get("description", ""),
                parameters_table(details.get("parameters", [])),
                body_text(details),
                example_text(operation),
                responses_text(details["responses"]),
                returned_text(operation),
            ],
        )
    )


def parameters_table(parameters: list[dict[str, Any]]) -> str:
    """Return the parameters of path, query and header as a table."""
    rows = [
        f"| `{each['name']}`{' **required**' if each.get('required') else ''} | {each['in']} |"
        f" {cell(type_of(each['schema'], SCHEMAS))} | {cell(parameter_description(each))} |"
        for each in parameters
    ]
    return "\n".join(["| parameter | in | type | |", "|---|---|---|---|", *rows]) if rows else ""


def parameter_description(parameter: dict[str, Any]) -> str:
    """Return a parameter's description, with its schema's limits."""
    schema = dict(parameter["schema"])
    schema["description"] = parameter.get("description") or schema.get("description", "")
    return description_of(schema)


def body_text(details: dict[str, Any]) -> str:
    """Return the body of a request: the name of its schema, whose fields are on the page of schemas."""
    content = details.get("requestBody", {}).get("content", {}).get("application/json")
    if content is None:
        return ""
    schema = content["schema"]
    if "$ref" in schema:
        return f"**Body**: {type_of(schema, SCHEMAS)}"
    return f"**Body**: {type_of(schema, SCHEMAS)}\n\n{fields_table(schema, SCHEMAS)}".strip()


def example_text(operation: Operation) -> str:
    """Return the example in three tabs."""
    tabs = (
        ("curl", "sh", curl(operation)),
        ("Python", "py", PYTHON[operation.name]),
        ("TypeScript", "ts", typescript(operation)),
    )
    return "\n\n".join(
        f'=== "{title}"\n\n' + indent(f"```{language}\n{source}\n```", "    ") for title, language, source in tabs
    )


def returned_text(operation: Operation) -> str:
    """Return what the example returned when it was recorded; empty if it has no body."""
    if operation.response is None:
        return ""
    return f"The example returns:\n\n```json\n{json_text(operation.response)}\n```"


def responses_text(responses: dict[str, Any]) -> str:
    """Return the responses that succeed, each with its body, and the statuses of errors in one line."""
    lines, errors = [], []
    for status, response in responses.items():
        if not status.startswith("2"):
            errors.append(status)
            continue
        schema = response.get("content", {}).get("application/json", {}).get("schema")
        kind = f": {type_of(schema, SCHEMAS)}" if schema else ""
        lines.append(f"**Response {status}**{kind}. {response['description']}")
    statuses = ", ".join(f"`{each}`" for each in errors if each != "default")
    return "\n\n".join([*lines, f"**Errors**: {statuses or 'none of its own'} ([what they mean](index.md#errors))."])
