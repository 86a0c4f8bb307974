"""An import job as the API shows it. Pure."""

from datetime import datetime, timedelta

from pydantic import Field

from lambdas.jobs.chunk import Count, Problem, RecordError
from lambdas.jobs.job import SHOWS_PROBLEM, Job, JobState
from lambdas.models import StrictModel

MAX_FIRST_ERRORS = 10
# A job item is rewritten with every chunk, so it must stay small. All files lie under one prefix anyway.
MAX_ERROR_FILES = 100


class ImportCounts(StrictModel):
    """Records. At every moment read = loaded + unchanged + failed."""

    read: Count
    loaded: Count
    unchanged: Count = Field(description="Were stored with this very content before the job began: cost no model call.")
    failed: Count


class ImportChunks(StrictModel):
    """Parts of the object."""

    total: Count
    done: Count
    dead: Count = Field(description="Given up after many attempts. `POST .../resume` tries them again.")


class ImportProgress(StrictModel):
    """How fast it goes."""

    records_per_second: float | None = Field(description="Since the job began.")
    done_share: float | None = Field(description="Chunks done of all, 0 to 1; null while they are not known.")
    estimated_end: datetime | None


class ImportResponse(StrictModel):
    """An import job as the API shows it."""

    id: str
    state: JobState
    reason: str | None = Field(description="Why the job ended as it did, where the counts do not say it.")
    collection: str
    bucket: str
    key: str
    size: Count = Field(description="Bytes.")
    counts: ImportCounts
    chunks: ImportChunks
    errors: list[RecordError] = Field(description=f"The first {MAX_FIRST_ERRORS} records that failed.")
    error_files: list[str] = Field(
        description=f"JSON lines with every record that failed: S3 addresses, at most {MAX_ERROR_FILES}."
    )
    error_file: str | None = Field(description="All of them in one, once the job is completed.")
    error_file_url: str | None = Field(description="Downloads it, for an hour.")
    progress: ImportProgress
    problem: Problem | None = Field(description="What last kept a chunk back, while the job is not finished.")
    created: datetime
    updated: datetime


def progress_of(job: Job, now: datetime) -> ImportProgress:
    """How fast it was on average, and when it ends if it goes on like that."""
    seconds = ((now if job.unfinished else job.updated) - job.created).total_seconds()
    read = job.loaded + job.unchanged + job.failed
    remaining = job.chunks_total - job.chunks_done
    known = job.state is JobState.LOADING and job.chunks_done and remaining > 0
    return ImportProgress(
        records_per_second=round(read / seconds, 1) if seconds > 0 else None,
        done_share=round(job.chunks_done / job.chunks_total, 4) if job.chunks_total else None,
        estimated_end=now + timedelta(seconds=seconds * remaining / job.chunks_done) if known else None,
    )


def response_of(job: Job, now: datetime | None = None) -> ImportResponse:
    """The job as the API shows it."""
    return ImportResponse(
        id=job.id,
        state=job.state,
        reason=job.reason or None,
        collection=job.collection,
        bucket=job.source.bucket,
        key=job.source.key,
        size=job.size,
        counts=ImportCounts(
            read=job.loaded + job.unchanged + job.failed,
            loaded=job.loaded,
            unchanged=job.unchanged,
            failed=job.failed,
        ),
        chunks=ImportChunks(total=job.chunks_total, done=job.chunks_done, dead=job.chunks_dead),
        errors=job.errors[:MAX_FIRST_ERRORS],
        error_files=job.error_files[:MAX_ERROR_FILES],
        error_file=job.error_file,
        error_file_url=None,
        progress=progress_of(job, now or job.updated),
        problem=job.problem if job.state in SHOWS_PROBLEM else None,
        created=job.created,
        updated=job.updated,
    )
