"""The page of a stage's settings, from their model and the comments of its source."""

import inspect
import re
from typing import Any

from infra.settings.fields import DomainSize, ExistingVpc
from infra.settings.settings import Settings
from local.site.schemas import cell, limits_of

INTRODUCTION = """# Settings of a stage

Every key of a stage's block in `cdk.json` or `stages.json`, from their model (`infra/settings/settings.py`).
[Deploying](../deploy.md#a-stage) describes what they do together.
"""


# Characters of a word that a narrow column has no room for.
LONG = 30
# Settings that are blocks of their own.
BLOCKS = {"domain": DomainSize, "existing_vpc": ExistingVpc}


def settings_page() -> str:
    """Return the reference of the settings."""
    parts = [INTRODUCTION, settings_table(Settings)]
    for name, block in BLOCKS.items():
        parts += [f"## {name}", block.__doc__ or "", settings_table(block)]
    return "\n\n".join(parts) + "\n"


def settings_table(model: Any) -> str:
    """Return the settings of a model as a table."""
    schema = model.model_json_schema()
    comments = comments_of(inspect.getsource(model))
    rows = []
    for name, field in schema["properties"].items():
        is_required = name in schema.get("required", [])
        default = "**required**" if is_required else default_of(field)
        form = field.get("description", "")
        notes = [comments.get(name, ""), form if form != "text" else ""]
        note = ". ".join(each[0].upper() + each[1:].rstrip(".") for each in notes if each)
        rows.append(f"| `{name}` | {cell(values_of(name, field))} | {default} | {breakable(cell(note))} |")
    return "\n".join(["| setting | values | default | |", "|---|---|---|---|", *rows])


def breakable(text: str) -> str:
    """Return a cell's text whose long words, such as ARNs, may be broken after a colon or a slash."""
    return " ".join(
        re.sub(r"(?<=[:/])", "<wbr>", word) if len(word) > LONG and "`" not in word else word
        for word in text.split(" ")
    )


def default_of(field: dict[str, Any]) -> str:
    """Return the default of a setting; empty for none."""
    default = field.get("default")
    return (
        f"`{str(default).lower() if isinstance(default, bool) else default}`" if default not in (None, [], {}) else ""
    )


def values_of(name: str, field: dict[str, Any]) -> str:
    """Return the values that a setting takes, in words."""
    options = [each for each in field.get("anyOf", [field]) if each.get("type") != "null"]
    field = options[0] if options else field
    if "enum" in field:
        return ", ".join(f"`{each}`" for each in field["enum"])
    if "$ref" in field:
        return f"[block](#{name})"
    kind = {"array": "list", "object": "map", "string": "text", "integer": "number"}.get(
        field.get("type", ""), field.get("type", "")
    )
    limits = limits_of({name: value for name, value in field.items() if name != "pattern"})
    return " ".join(filter(None, [kind, limits]))


def comments_of(source: str) -> dict[str, str]:
    """Return the comment directly above each field of a class."""
    found: dict[str, str] = {}
    comment: list[str] = []
    for line in source.splitlines():
        if match := re.match(r"    # (.*)", line):
            comment.append(match[1])
        elif match := re.match(r"    (\w+):", line):
            found[match[1]] = " ".join(comment)
            comment = []
        else:
            comment = []
    return found
