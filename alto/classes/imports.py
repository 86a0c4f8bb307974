"""Imports: how a file is read, the progress of a job, its failed records."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, TypeAlias
from uuid import UUID

__all__ = ["ErrorRecord", "FailedRecord", "ImportJob", "ImportOptions", "ImportState"]

ImportState: TypeAlias = Literal["uploaded", "splitting", "loading", "completed", "failed", "incomplete", "cancelled"]
FileFormat: TypeAlias = Literal["jsonl", "json", "csv", "parquet", "pdf", "docx", "html", "markdown", "text", "zip"]
ENDED = frozenset({"completed", "failed", "incomplete", "cancelled"})


@dataclass(frozen=True, slots=True)
class ImportOptions:
    """How the records of a file are read; None means the server's default (docs/imports.md).

    `mapping` leads from fields of the records to properties (or `id`, `_key`, `vector`), or to None, to leave one out.
    """

    format: FileFormat | None = None
    gzip: bool | None = None
    delimiter: str | None = None
    columns: Sequence[str] | None = None
    mapping: Mapping[str, str | None] | None = None
    ids: Literal["uuid", "any"] | None = None
    embedding: Literal["on_demand", "batch"] | None = None
    # Of CSV, as `delimiter` and `columns`.
    quote: str | None = None
    quoting: Literal["minimal", "none"] | None = None
    escape: str | None = None
    encoding: Literal["utf-8", "utf-16", "latin-1", "windows-1252"] | None = None
    skip_lines: int | None = None
    # Of documents: properties that each of their passages gets.
    metadata: Mapping[str, Any] | None = None

    def to_api(self) -> dict[str, Any]:
        """As the API takes it."""
        csv = {
            "delimiter": self.delimiter,
            "columns": None if self.columns is None else list(self.columns),
            "quote": self.quote,
            "quoting": self.quoting,
            "escape": self.escape,
            "encoding": self.encoding,
            "skip_lines": self.skip_lines,
        }
        dialect = {name: value for name, value in csv.items() if value is not None}
        plain = {"format": self.format, "gzip": self.gzip, "ids": self.ids, "embedding": self.embedding}
        given: dict[str, Any] = {name: value for name, value in plain.items() if value is not None}
        if dialect:
            given["csv"] = dialect
        if self.mapping is not None:
            given["mapping"] = dict(self.mapping)
        if self.metadata is not None:
            given["metadata"] = dict(self.metadata)
        return given


@dataclass(frozen=True, slots=True)
class FailedRecord:
    """One of the first records that were not loaded, in short.

    `line` is its line, or row of a Parquet file, from 1; None while it is not known.
    """

    chunk: int
    line_start_byte: int
    code: str
    message: str
    line: int | None = None


@dataclass(frozen=True, slots=True)
class ErrorRecord:
    """A record that was not loaded, as the error file has it.

    `place` says where in the file it is. `record` is the record itself, of JSON lines its line; if `record_is_cut`, the
    beginning of that.
    """

    id: str | None
    code: str
    message: str
    details: list[dict[str, str]]
    place: dict[str, Any]
    record: Any
    record_is_cut: bool


@dataclass(frozen=True, slots=True)
class ImportJob:
    """An import: at any moment read = loaded + unchanged + failed. `size` is in bytes.

    `uploaded` is the client's word for a file that is in S3 while Alto has not begun with it.
    """

    id: UUID
    state: ImportState
    reason: str | None
    collection: str
    bucket: str
    key: str
    size: int
    read: int
    loaded: int
    unchanged: int
    failed: int
    chunks_total: int
    chunks_done: int
    errors: tuple[FailedRecord, ...]
    error_files: tuple[str, ...]
    created: datetime
    updated: datetime
    chunks_dead: int = 0
    records_per_second: float | None = None
    done_share: float | None = None
    estimated_end: datetime | None = None
    problem: str | None = None
    # Of the documents that are loaded or unchanged; None for other formats.
    passages: int | None = None
    # What it does, and the vector that a fill makes.
    kind: Literal["import", "fill", "rebuild"] = "import"
    vector: str | None = None
    # Signed: it gives access to the file for an hour.
    error_file_url: str | None = field(default=None, repr=False)

    @property
    def finished(self) -> bool:
        """Whether the job has ended."""
        return self.state in ENDED
