"""Import jobs."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from alto.requests import Answer, Operation, Request, segment
from alto.values import parsed_uuid


@dataclass(frozen=True, slots=True)
class FailedRecord:
    """A record that was not loaded."""

    chunk: int
    line_start_byte: int
    code: str
    message: str


@dataclass(frozen=True, slots=True)
class ImportJob:
    """An import: at any moment read = loaded + unchanged + failed. `size` is in bytes."""

    id: UUID
    state: Literal["splitting", "loading", "completed", "failed", "incomplete", "cancelled"]
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

    @property
    def finished(self) -> bool:
        """Whether nothing more will happen."""
        return self.state not in {"splitting", "loading"}


def get_import(import_id: UUID | str) -> Operation[ImportJob]:
    """How far a job is."""
    return Operation(Request("GET", f"/v1/imports/{segment(parsed_uuid(import_id))}", repeatable=True), _read)


def _read(answer: Answer) -> ImportJob:
    body: dict[str, Any] = answer.body
    errors = [
        FailedRecord(**{name: each[name] for name in ("chunk", "line_start_byte", "code", "message")})
        for each in body["errors"]
    ]
    same = ("state", "reason", "collection", "bucket", "key", "size")
    return ImportJob(
        id=UUID(body["id"]),
        **{name: body[name] for name in same},
        **{name: body["counts"][name] for name in ("read", "loaded", "unchanged", "failed")},
        chunks_total=body["chunks"]["total"],
        chunks_done=body["chunks"]["done"],
        errors=tuple(errors),
        error_files=tuple(body["error_files"]),
        created=datetime.fromisoformat(body["created"]),
        updated=datetime.fromisoformat(body["updated"]),
    )
