"""An import job as the API shows it. Pure."""

from datetime import datetime, timedelta

from pydantic import Field

from lambdas.jobs.chunk import Chunk, Count, Problem, RecordError
from lambdas.jobs.import_options import ImportOptions
from lambdas.jobs.job import SHOWS_PROBLEM, Job, JobKind, JobState
from lambdas.models import StrictModel

MAX_FIRST_ERRORS = 10
MAX_DEAD_CHUNKS = 10
# A job item is rewritten with every chunk, so it must stay small. All files are below one prefix anyway.
MAX_ERROR_FILES = 100


class ImportCounts(StrictModel):
    """Records, those of chunks that are being loaded included. At every moment read = loaded + unchanged + failed."""

    read: Count
    loaded: Count
    unchanged: Count = Field(description="Already stored with identical content before the job began; no model call.")
    failed: Count


class ImportChunks(StrictModel):
    """Parts of the object."""

    total: Count
    done: Count
    dead: Count = Field(description="Given up after many attempts. `POST .../resume` tries them again.")


class DeadChunk(StrictModel):
    """A chunk that was given up after many deliveries, and the last reason why it could not be loaded."""

    chunk: Count
    start: Count = Field(description="Where its records begin: a byte of the content, or a row of a Parquet file.")
    end: Count
    problem: Problem | None = Field(description="null if its loader was killed each time, for lack of memory or time.")


class ImportProgress(StrictModel):
    """Rate and estimated end."""

    records_per_second: float | None = Field(description="Since the job began.")
    done_share: float | None = Field(description="Chunks done of all, 0 to 1; null while they are not known.")
    estimated_end: datetime | None


class ImportResponse(StrictModel):
    """An import job as the API shows it."""

    id: str
    kind: JobKind = Field(
        default="import", description="`fill`: gives a vector to stored objects. `rebuild`: copies them."
    )
    vector: str | None = Field(default=None, description="The vector that a fill makes.")
    state: JobState
    reason: str | None = Field(description="Why the job ended, where the counts do not show it.")
    collection: str
    bucket: str
    key: str
    options: ImportOptions | None = Field(
        default=None, description="How the file is read: as requested, with the format and delimiter that were found."
    )
    size: Count = Field(description="Bytes.")
    counts: ImportCounts
    passages: Count | None = Field(
        default=None, description="Passages of the documents that are loaded or unchanged; null for other formats."
    )
    chunks: ImportChunks
    errors: list[RecordError] = Field(description=f"The first {MAX_FIRST_ERRORS} failed records.")
    error_files: list[str] = Field(
        description=f"JSON lines with every record that failed: S3 addresses, at most {MAX_ERROR_FILES}."
    )
    error_file: str | None = Field(description="All of them in one, once the job is completed.")
    error_file_url: str | None = Field(description="A URL that downloads it, valid for one hour.")
    dead_chunks: list[DeadChunk] = Field(
        default=[],
        description=f"The first {MAX_DEAD_CHUNKS} dead chunks. Only when a single job is requested.",
    )
    progress: ImportProgress
    problem: Problem | None = Field(
        description="The last reason why a chunk could not be loaded, while the job is not finished. It is retried."
    )
    created: datetime
    updated: datetime


def dead_chunk(chunk: Chunk, problem: Problem | None) -> DeadChunk:
    """Return a dead chunk as the API shows it."""
    return DeadChunk(chunk=chunk.chunk, start=chunk.start, end=chunk.end, problem=problem)


def progress_of(job: Job, now: datetime) -> ImportProgress:
    """Return the average rate, and the end that it predicts."""
    seconds = ((now if job.unfinished else job.updated) - job.created).total_seconds()
    read = job.loaded + job.unchanged + job.failed
    remaining = job.chunks_total - job.chunks_done
    known = job.state is JobState.LOADING and job.chunks_done and remaining > 0
    return ImportProgress(
        records_per_second=round(read / seconds, 1) if seconds > 0 else None,
        done_share=_done_share(job, read),
        estimated_end=now + timedelta(seconds=seconds * remaining / job.chunks_done) if known else None,
    )


def _done_share(job: Job, read: int) -> float | None:
    if job.expected and job.unfinished:
        # Of a rebuild, objects that were written meanwhile are copied again.
        return round(min(0.99, read / job.expected), 4)
    return round(job.chunks_done / job.chunks_total, 4) if job.chunks_total else None


def response_of(job: Job, now: datetime | None = None) -> ImportResponse:
    """Return the job as the API shows it."""
    return ImportResponse(
        id=job.id,
        kind=job.kind,
        vector=job.vector,
        state=job.state,
        reason=job.reason or None,
        collection=job.collection,
        bucket=job.source.bucket,
        key=job.source.key,
        options=job.options,
        size=job.size,
        counts=ImportCounts(
            read=job.loaded + job.unchanged + job.failed,
            loaded=job.loaded,
            unchanged=job.unchanged,
            failed=job.failed,
        ),
        passages=job.passages if job.options.is_documents else None,
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
