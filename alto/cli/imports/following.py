"""An import while it runs, and the report at its end."""

import time
from datetime import datetime
from pathlib import Path
from typing import Any

import alto
from alto.cli.connection import Connection
from alto.cli.exits import CommandError, ExitCode, exit_code_of
from alto.cli.terminal.messages import sentence_of
from alto.cli.terminal.output import cell, fits, note, on_terminal, show_json, show_line, show_rows
from alto.cli.terminal.progress import Kind, bar
from alto.compatibility import UTC
from alto.outages import is_outage
from alto.requests import imports_path
from alto.values import parse_time, parse_uuid

COUNTS = ("read", "loaded", "unchanged", "failed")
UNFINISHED = frozenset({"splitting", "loading"})
FIRST_POLL_SECONDS = 0.25
LONGEST_POLL_SECONDS = 2.0
# An outage of Alto does not stop a job: following it outlasts one of so many seconds.
PATIENCE_SECONDS = 600.0
# S3 announces a new file within seconds, and may take minutes.
SECONDS_TO_ARRIVE = 300.0


def job_path(import_id: str, collection: str | None) -> str:
    """The path of a job. Raises `AltoConfigurationError` for an id that is not a UUID.

    An id alone takes the right to see the imports of all collections.
    """
    return f"{imports_path(collection)}/{parse_uuid(import_id)}"


def located_path(client: "alto.AltoClient", import_id: str, collection: str | None) -> str:
    """The path of a job below its collection, which is asked of Alto if it is not given."""
    if collection is None:
        collection = client.call("GET", job_path(import_id, None))["collection"]
    return job_path(import_id, collection)


def follow_job(client: "alto.AltoClient", import_id: str, collection: str | None = None) -> dict[str, Any]:
    """The job once it has ended, with a bar until then. An outage of Alto of up to ten minutes is waited out.

    Raises the client's errors and KeyboardInterrupt, after a note that the import continues.
    """
    try:
        with bar(collection or "Import", Kind.SHARE) as show:
            wait, gives_up = FIRST_POLL_SECONDS, time.monotonic() + SECONDS_TO_ARRIVE
            heard, share = time.monotonic(), 0.0
            while True:
                try:
                    job = _job(client, job_path(import_id, collection), missing_is_fine=time.monotonic() < gives_up)
                except alto.AltoError as error:
                    silent = time.monotonic() - heard
                    if not is_outage(error) or silent > PATIENCE_SECONDS:
                        raise
                    show(share, 1.0 if share else None, f"no response, trying again ({duration(silent)})")
                    time.sleep(LONGEST_POLL_SECONDS)
                    continue
                heard = time.monotonic()
                if job is None:
                    show(0, None, "waiting for S3 to announce the file")
                else:
                    share = share_of(job)
                    # Before the first records nothing is known except that the job runs.
                    show(share, 1.0 if share else None, progress_text(job, datetime.now(UTC)))
                    if job["state"] not in UNFINISHED:
                        return job
                time.sleep(wait)
                wait = min(LONGEST_POLL_SECONDS, wait * 1.3)
    except KeyboardInterrupt:
        note(f"\nThe import continues. To follow it again: alto imports follow {import_id}")
        note(f"To stop it:                              alto imports cancel {import_id}")
        raise
    except alto.AltoError as error:
        if isinstance(error, alto.AltoNotFoundError):
            raise
        code = ExitCode.UNREACHABLE if is_outage(error) else exit_code_of(error)
        again = f"The import {import_id} continues. To follow it again: alto imports follow {import_id}"
        raise CommandError(f"{sentence_of(error)} {again}", code) from None


def share_of(job: dict[str, Any]) -> float:
    """The share that is done, 0 to 1."""
    return float(job["progress"].get("done_share") or 0.0)


def _job(client: "alto.AltoClient", path: str, *, missing_is_fine: bool) -> dict[str, Any] | None:
    """The job; None while its file is on its way."""
    try:
        job: dict[str, Any] = client.call("GET", path)
    except alto.AltoNotFoundError:
        if missing_is_fine:
            return None
        raise
    return job


def progress_text(job: dict[str, Any], now: datetime) -> str:
    """Counts, rate and time left, in a few words."""
    counts, progress = job["counts"], job["progress"]
    parts = [job["state"], f"{counts['read']:,} read"]
    if job.get("passages"):
        parts.append(f"{job['passages']:,} passages")
    if counts["failed"]:
        parts.append(f"{counts['failed']:,} failed")
    if progress["records_per_second"] and counts["read"]:
        parts.append(f"{progress['records_per_second']:,.0f}/s")
    if progress["estimated_end"] and job["state"] in UNFINISHED:
        parts.append(f"{duration((parse_time(progress['estimated_end']) - now).total_seconds())} left")
    if problem := job["problem"]:
        parts.append(f"held back by {problem['code']}")
    return ", ".join(parts)


def duration(seconds: float) -> str:
    """A time in the unit that fits it."""
    whole = max(0, round(seconds))
    if whole < 60:
        return f"{whole} s"
    return f"{whole // 60} min" if whole < 5400 else f"{whole / 3600:.1f} h"


def finish(connection: Connection, job: dict[str, Any], *, errors: Path | None, as_json: bool) -> ExitCode:
    """Say how an import ended, with its failures, and return the exit code."""
    if as_json:
        show_json(job)
    else:
        show_job(job)
        show_failures(job)
    failed = job["counts"]["failed"]
    if errors and job.get("error_file_url"):
        from alto.cli.imports.download import receive

        receive(job["error_file_url"], errors, connection.transport)
        note(f"{failed:,} failed records are in {errors}, each with its reason.")
    elif failed and job["state"] == "completed" and not as_json:
        if any("UUID" in each["message"] for each in job["errors"]):
            note("These ids are keys of your own: import the file again with --any-ids.")
        note(f"All of them, with the records: alto imports errors {job['id']} --output failed.jsonl")
        note(f"Try them again, once the cause is fixed: alto imports retry {job['id']} --follow")
    if job["state"] == "completed":
        return ExitCode.PARTIAL if failed else ExitCode.OK
    if job["state"] in UNFINISHED:
        return ExitCode.OK
    ended = "failed" if job["state"] == "failed" else f"is {job['state']}"
    raise CommandError(
        f"The import {ended}{': ' + job['reason'] if job['reason'] else '.'} "
        f"To continue once it is fixed: alto imports resume {job['id']} --follow"
    )


def show_jobs(jobs: list[dict[str, Any]]) -> None:
    """A line for each job; on a terminal that is too narrow for that, two."""
    names = ("IMPORT", "COLLECTION", "STATE", *(name.upper() for name in COUNTS), "FILE", "STARTED")
    rows = [
        (
            job["id"],
            job["collection"],
            job["state"],
            *(job["counts"][name] for name in COUNTS),
            file_of(job),
            minute_of(job.get("created")),
        )
        for job in jobs
    ]
    if not on_terminal() or fits(names, rows):
        show_rows(names, rows)
        return
    for job in jobs:
        show_line(f"{minute_of(job.get('created'))}  {cell(job['collection'])}  {job['state']}".strip(), bold=True)
        for text in (job["id"], cell(file_of(job)), counts_text(job)):
            show_line(f"  {text}", indent=2)


def counts_text(job: dict[str, Any]) -> str:
    """The counts that say something, in a few words."""
    counts = job["counts"]
    return ", ".join(f"{counts[name]:,} {name}" for name in COUNTS if counts[name] or name in {"read", "failed"})


def file_of(job: dict[str, Any]) -> str:
    """The name of the imported file."""
    return str(job["key"]).rpartition("/")[2]


def minute_of(time_of_day: str | None) -> str:
    """A time of the API on this machine's clock, to the minute."""
    return "" if not time_of_day else f"{parse_time(time_of_day).astimezone():%Y-%m-%d %H:%M}"


def show_job(job: dict[str, Any]) -> None:
    """One job: a sentence on a terminal, its line elsewhere."""
    if not on_terminal():
        show_jobs([job])
        return
    show_line(f"{cell(job['collection'])}: {job['state']}, {counts_text(job)}", bold=True)


def show_details(job: dict[str, Any], now: datetime) -> None:
    """All that the API reports about a job."""
    progress, chunks, problem = job["progress"], job["chunks"], job["problem"]
    rate, end = progress.get("records_per_second"), progress.get("estimated_end")
    dead = f", {chunks['dead']:,} dead" if chunks["dead"] else ""
    rows: list[tuple[str, object]] = [
        ("import", job["id"]),
        ("collection", job["collection"]),
        ("state", job["state"]),
        ("reason", job["reason"]),
        ("problem", problem and f"{problem['code']}: {problem.get('message', '')}".rstrip(": ")),
        ("file", f"s3://{job['bucket']}/{job['key']}"),
        ("size", f"{job['size']:,} bytes"),
        ("records", ", ".join(f"{job['counts'][name]:,} {name}" for name in COUNTS)),
        ("chunks", f"{chunks['done']:,} of {chunks['total']:,} done{dead}"),
        ("rate", rate and f"{rate:,.1f} records a second"),
        ("done", progress.get("done_share") is not None and f"{share_of(job):.0%}"),
        ("time left", end and job["state"] in UNFINISHED and duration((parse_time(end) - now).total_seconds())),
        ("started", minute_of(job.get("created"))),
        ("changed", minute_of(job.get("updated"))),
        ("errors", job.get("error_file")),
    ]
    for name, value in rows:
        if value:
            text = f"{name:<10}  {cell(value)}" if on_terminal() else f"{name}\t{cell(value)}"
            show_line(text, bold=name == "state", indent=12)


def show_failures(job: dict[str, Any]) -> None:
    """The first records that failed: a table on a terminal, lines on stderr elsewhere."""
    first, failed = job["errors"], job["counts"]["failed"]
    if not first:
        return
    if on_terminal():
        rows = [(each["line_start_byte"], each["code"], each["message"]) for each in first]
        show_rows(("AT", "CODE", "MESSAGE"), rows, title=f"The first {len(first)} of {failed:,} failed records")
    else:
        for each in first:
            note(f"record at {each['line_start_byte']}: {cell(each['message'])} [{each['code']}]")
