"""Import jobs."""

from datetime import datetime
from typing import Any
from uuid import UUID

from alto.classes.imports import ErrorRecord, FailedRecord, ImportJob, ImportOptions
from alto.compatibility import UTC
from alto.operations.uploads import FileToUpload, Upload, read_upload
from alto.requests import Operation, Phase, Request, Response, imports_path, segment
from alto.values import parse_time, parse_uuid


def start(
    collection: str, uri: str, options: ImportOptions | None, *, repeat: bool, idempotency_key: str | None = None
) -> Operation[ImportJob]:
    """Import an object of S3. The same content again is the same job, unless `repeat` is given."""
    body = {"source": uri, "repeat": repeat} | _options(options)
    request = Request(
        "POST",
        imports_path(collection),
        body,
        phase=Phase.INSERT,
        repeatable=not repeat or idempotency_key is not None,
        headers=_key(idempotency_key),
    )
    return Operation(request, lambda response: read_job(response.body["job"]))


def start_upload(
    collection: str, file: FileToUpload, options: ImportOptions | None, idempotency_key: str | None = None
) -> Operation[Upload]:
    """Where to send a file. Of two such requests one upload is never made."""
    body = {"file_name": file.name, "file_size": file.size} | _options(options)
    path, headers = imports_path(collection), _key(idempotency_key)
    request = Request("POST", path, body, phase=Phase.INSERT, repeatable=True, headers=headers)
    return Operation(request, lambda response: read_upload(response, collection, file.name))


def get_import(import_id: UUID | str, collection: str | None) -> Operation[ImportJob]:
    """The state of a job. Without its collection, which takes the right to see those of all collections."""
    path = f"{imports_path(collection)}/{segment(parse_uuid(import_id))}"
    return Operation(Request("GET", path, repeatable=True), lambda response: read_job(response.body))


def list_imports(
    limit: int, after: str | None, collection: str | None
) -> Operation[tuple[list[ImportJob], str | None]]:
    """A page of jobs of a collection, or of all, the newest first, and where the next one begins."""
    query = {"limit": str(limit)} | ({} if after is None else {"after": after})

    def read(response: Response) -> tuple[list[ImportJob], str | None]:
        return [read_job(each) for each in response.body["imports"]], response.body["next"]

    return Operation(Request("GET", imports_path(collection), query=query, repeatable=True), read)


def control(import_id: UUID | str, collection: str, action: str) -> Operation[ImportJob]:
    """`cancel` or `resume` a job."""
    request = Request("POST", f"{imports_path(collection)}/{import_id}/{action}", phase=Phase.INSERT)
    return Operation(request, lambda response: read_job(response.body))


def retry(import_id: UUID | str, collection: str) -> Operation[ImportJob]:
    """A new job with the failed records."""
    request = Request("POST", f"{imports_path(collection)}/{import_id}/retry", phase=Phase.INSERT)
    return Operation(request, lambda response: read_job(response.body["job"]))


def _key(idempotency_key: str | None) -> dict[str, str]:
    return {} if idempotency_key is None else {"Idempotency-Key": idempotency_key}


def uploaded(upload: Upload, file: FileToUpload, collection: str) -> ImportJob:
    """The job of a file that has just arrived in S3, before Alto has begun with it."""
    now = datetime.now(UTC)
    return ImportJob(
        id=upload.id,
        state="uploaded",
        reason=None,
        collection=collection,
        bucket="",
        key="",
        size=file.size,
        read=0,
        loaded=0,
        unchanged=0,
        failed=0,
        chunks_total=0,
        chunks_done=0,
        errors=(),
        error_files=(),
        created=now,
        updated=now,
    )


def read_job(body: dict[str, Any]) -> ImportJob:
    """A job as the API says it."""
    errors = [
        FailedRecord(**{name: each.get(name) for name in ("chunk", "line_start_byte", "code", "message", "line")})
        for each in body["errors"]
    ]
    progress: dict[str, Any] = body.get("progress") or {}
    ends = progress.get("estimated_end")
    same = ("state", "reason", "collection", "bucket", "key", "size")
    return ImportJob(
        id=UUID(body["id"]),
        **{name: body[name] for name in same},
        **{name: body["counts"][name] for name in ("read", "loaded", "unchanged", "failed")},
        chunks_total=body["chunks"]["total"],
        chunks_done=body["chunks"]["done"],
        chunks_dead=body["chunks"].get("dead", 0),
        errors=tuple(errors),
        error_files=tuple(body["error_files"]),
        created=parse_time(body["created"]),
        updated=parse_time(body["updated"]),
        records_per_second=progress.get("records_per_second"),
        done_share=progress.get("done_share"),
        estimated_end=ends and parse_time(ends),
        problem=(body.get("problem") or {}).get("message"),
        passages=body.get("passages"),
        error_file_url=body.get("error_file_url"),
        kind=body.get("kind", "import"),
        vector=body.get("vector"),
    )


def read_error(line: dict[str, Any]) -> ErrorRecord:
    """A line of the error file."""
    same = ("id", "code", "message", "details", "record", "record_is_cut")
    return ErrorRecord(**{name: line[name] for name in same}, place=line["location"])


def _options(options: ImportOptions | None) -> dict[str, Any]:
    given = {} if options is None else options.to_api()
    return {"options": given} if given else {}
