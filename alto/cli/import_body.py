"""How a file is to be read, from the options of `alto import`. Pure."""

from collections.abc import Sequence
from enum import StrEnum
from typing import Any

from alto.cli.exits import CommandError, ExitCode


class FileFormat(StrEnum):
    """What a record is."""

    JSONL = "jsonl"
    CSV = "csv"
    PARQUET = "parquet"


# S3 announces only objects that end so.
ENDINGS = (".jsonl", ".jsonl.gz", ".csv", ".csv.gz", ".parquet")


def upload_name(name: str, file_format: FileFormat | None, gzip: bool | None) -> str:
    """The name under which a file is uploaded: it tells the format even where only an option does."""
    if file_format is None or name.lower().endswith(ENDINGS):
        return name
    compressed = name.lower().endswith(".gz") if gzip is None else gzip
    return f"{name}.{file_format.value}{'.gz' if compressed else ''}"


def import_options(
    file_format: FileFormat | None,
    gzip: bool | None,
    delimiter: str | None,
    columns: str | None,
    mapping: Sequence[str],
    *,
    any_ids: bool,
) -> dict[str, Any]:
    """The API's `options`: only what was said. A delimiter written as backslash and t is a tab."""
    made: dict[str, Any] = {}
    if file_format:
        made["format"] = file_format.value
    if gzip is not None:
        made["gzip"] = gzip
    dialect = {
        "delimiter": "\t" if delimiter == "\\t" else delimiter,
        "columns": [name.strip() for name in columns.split(",")] if columns else None,
    }
    if said := {name: value for name, value in dialect.items() if value}:
        made["csv"] = said
    if mapping:
        made["mapping"] = dict(_renamed(each) for each in mapping)
    if any_ids:
        made["ids"] = "any"
    return made


def _renamed(text: str) -> tuple[str, str | None]:
    field, sign, name = text.partition("=")
    if not sign or not field:
        raise CommandError(f"--map '{text}': write FIELD=PROPERTY, or FIELD= to leave it out.", ExitCode.USAGE)
    return field, name or None
