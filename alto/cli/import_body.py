"""How a file is to be read, from the options of `alto import`. Pure."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from alto.cli.exits import CommandError, ExitCode
from alto.compatibility import StrEnum

if TYPE_CHECKING:
    from alto.classes.imports import ImportOptions


class FileFormat(StrEnum):
    """What a record is."""

    JSONL = "jsonl"
    CSV = "csv"
    PARQUET = "parquet"


def import_options(
    file_format: FileFormat | None,
    gzip: bool | None,
    delimiter: str | None,
    columns: str | None,
    mapping: Sequence[str],
    *,
    any_ids: bool,
) -> "ImportOptions":
    """What was said, as the client takes it. A delimiter written as backslash and t is a tab."""
    from alto.classes.imports import ImportOptions

    return ImportOptions(
        format=None if file_format is None else file_format.value,
        gzip=gzip,
        delimiter=("\t" if delimiter == "\\t" else delimiter) or None,
        columns=[name.strip() for name in columns.split(",")] if columns else None,
        mapping=dict(_renamed(each) for each in mapping) or None,
        ids="any" if any_ids else None,
    )


def _renamed(text: str) -> tuple[str, str | None]:
    field, sign, name = text.partition("=")
    if not sign or not field:
        raise CommandError(f"--map '{text}': write FIELD=PROPERTY, or FIELD= to leave it out.", ExitCode.USAGE)
    return field, name or None
