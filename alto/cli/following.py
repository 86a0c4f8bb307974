"""An import while it runs, and what is said at its end."""

import time
from datetime import datetime
from pathlib import Path
from typing import Any

import alto
from alto.cli.connection import Connection
from alto.cli.exits import CommandError, ExitCode, exit_code_of, sentence_of
from alto.cli.output import cell, console, note, on_terminal, show_json, show_rows
from alto.cli.progress import Kind, bar
from alto.compatibility import UTC
from alto.values import parse_time, parse_uuid

COUNTS = ("read", "loaded", "unchanged", "failed")
UNFINISHED = frozenset({"splitting", "loading"})
FIRST_POLL_SECONDS = 0.25
LONGEST_POLL_SECONDS = 2.0
# S3 tells of a new file within seconds, and may take minutes.
SECONDS_TO_ARRIVE = 300.0


def job_path(import_id: str) -> str:
    """The path of a job. Raises `AltoConfigurationError` for an id that is none."""
    return f"/v1/imports/{parse_uuid(import_id)}"


def followed(client: "alto.AltoClient", import_id: str, collection: str = "Import") -> dict[str, Any]:
    """The job once it has ended, with a bar until then.

    Raises what the client raises and KeyboardInterrupt, after saying that the import goes on.
    """
    try:
        with bar(collection, Kind.SHARE) as show:
            wait, gives_up = FIRST_POLL_SECONDS, time.monotonic() + SECONDS_TO_ARRIVE
            while True:
                job = _job(client, import_id, missing_is_fine=time.monotonic() < gives_up)
                if job is None:
                    show(0, None, "waiting for S3 to announce the file")
                else:
                    share = job["progress"]["done_share"]
                    # Before the first chunk is done nothing is known but that it goes on.
                    show(share or 0, 1.0 if share else None, progress_text(job, datetime.now(UTC)))
                    if job["state"] not in UNFINISHED:
                        return job
                time.sleep(wait)
                wait = min(LONGEST_POLL_SECONDS, wait * 1.3)
    except KeyboardInterrupt:
        note(f"\nThe import goes on. To follow it again: alto imports follow {import_id}")
        note(f"To stop it:                             alto imports cancel {import_id}")
        raise
    except alto.AltoConnectionError as error:
        again = f"The import goes on all the same: alto imports follow {import_id}"
        raise CommandError(f"{sentence_of(error)} {again}", exit_code_of(error)) from None


def _job(client: "alto.AltoClient", import_id: str, *, missing_is_fine: bool) -> dict[str, Any] | None:
    """The job; None while its file is on its way."""
    try:
        job: dict[str, Any] = client.call("GET", job_path(import_id))
    except alto.AltoNotFoundError:
        if missing_is_fine:
            return None
        raise
    return job


def progress_text(job: dict[str, Any], now: datetime) -> str:
    """Counts, rate and time left, in a few words."""
    counts, progress = job["counts"], job["progress"]
    parts = [job["state"], f"{counts['read']:,} read"]
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
    """Say how an import ended, with its failures, and response the exit code."""
    if as_json:
        show_json(job)
    else:
        show_job(job)
        show_failures(job)
    failed = job["counts"]["failed"]
    if errors and job.get("error_file_url"):
        from alto.cli.download import receive

        receive(job["error_file_url"], errors, connection.transport)
        note(f"{failed:,} failed records are in {errors}, each with its reason.")
    elif failed and job["state"] == "completed" and not as_json:
        note(f"All of them, with the records: alto imports errors {job['id']} --output failed.jsonl")
        note(f"Try them again, after mending the cause: alto imports retry {job['id']} --follow")
    if job["state"] == "completed":
        return ExitCode.PARTIAL if failed else ExitCode.OK
    if job["state"] in UNFINISHED:
        return ExitCode.OK
    raise CommandError(
        f"The import is {job['state']}{': ' + job['reason'] if job['reason'] else '.'} "
        f"To go on after mending it: alto imports resume {job['id']} --follow"
    )


def show_jobs(jobs: list[dict[str, Any]]) -> None:
    """A line for each job; a terminal, which is narrow, gets the counts that matter."""
    counted = ("read", "failed") if on_terminal() else COUNTS
    rows = [
        (
            job["id"],
            job["collection"],
            job["state"],
            *(job["counts"][name] for name in counted),
            job["key"].rpartition("/")[2],
        )
        for job in jobs
    ]
    show_rows(("IMPORT", "COLLECTION", "STATE", *(name.upper() for name in counted), "FILE"), rows)


def show_job(job: dict[str, Any]) -> None:
    """One job: a sentence on a terminal, its line elsewhere."""
    if not on_terminal():
        show_jobs([job])
        return
    counts = ", ".join(f"{job['counts'][name]:,} {name}" for name in COUNTS)
    console().print(f"{cell(job['collection'])}: {job['state']}, {counts}", style="bold", markup=False)


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
