"""How a file is to be read, from the options of `alto import`. Pure."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from alto.cli.exits import CommandError, ExitCode
from alto.compatibility import StrEnum

if TYPE_CHECKING:
    from alto.classes.imports import ImportOptions


class FileFormat(StrEnum):
    """The format of a file."""

    JSONL = "jsonl"
    JSON = "json"
    CSV = "csv"
    PARQUET = "parquet"
    PDF = "pdf"
    DOCX = "docx"
    HTML = "html"
    MARKDOWN = "markdown"
    TEXT = "text"
    ZIP = "zip"


class Quoting(StrEnum):
    """Whether CSV cells may be in quotes."""

    MINIMAL = "minimal"
    NONE = "none"


class Encoding(StrEnum):
    """The characters of a CSV file."""

    UTF_8 = "utf-8"
    UTF_16 = "utf-16"
    LATIN_1 = "latin-1"
    WINDOWS_1252 = "windows-1252"


def import_options(
    file_format: FileFormat | None,
    gzip: bool | None,
    delimiter: str | None,
    columns: str | None,
    mapping: Sequence[str],
    *,
    any_ids: bool,
    quoting: Quoting | None = None,
    escape: str | None = None,
    encoding: Encoding | None = None,
    skip_lines: int | None = None,
) -> "ImportOptions":
    """The options, as the client takes them. A delimiter written as backslash and t is a tab."""
    from alto.classes.imports import ImportOptions

    return ImportOptions(
        format=None if file_format is None else file_format.value,
        gzip=gzip,
        delimiter=("\t" if delimiter == "\\t" else delimiter) or None,
        columns=[name.strip() for name in columns.split(",")] if columns else None,
        mapping=dict(_renamed(each) for each in mapping) or None,
        ids="any" if any_ids else None,
        quoting=None if quoting is None else quoting.value,
        escape=escape,
        encoding=None if encoding is None else encoding.value,
        skip_lines=skip_lines,
    )


def _renamed(text: str) -> tuple[str, str | None]:
    field, sign, name = text.partition("=")
    if not sign or not field:
        raise CommandError(f"--map '{text}': write FIELD=PROPERTY, or FIELD= to leave it out.", ExitCode.USAGE)
    return field, name or None
