"""Plans jobs: the format, the columns and the size of the chunks of a file."""

from collections.abc import Callable
from datetime import datetime

from pydantic import ValidationError

from lambdas.imports.files.s3_notifications import SUFFIXES, collection_of
from lambdas.imports.files.s3_source import S3Object, S3Source
from lambdas.imports.files.upload_metadata import UploadMetadata
from lambdas.imports.splitting.chunk_planner import Planner
from lambdas.imports.splitting.chunk_sizes import chunk_bytes_for
from lambdas.jobs.chunk import Source
from lambdas.jobs.import_options import ImportOptions
from lambdas.jobs.job import Job, JobFailedError

# A UUID in quotes, and the end of the line.
LIST_LINE_BYTES = 39
# 2,000 objects: their texts, of which each is read when its turn comes, are some megabytes.
LIST_CHUNK_BYTES = 78_000
# So many times that for batch inference: each of its jobs should have as many records as it takes.
BATCH_LISTS = 20


class JobPlanner:
    """Plans the jobs of files that were put into the bucket, and of fills."""

    def __init__(self, source: S3Source, planner: Planner, chunk_bytes: int, now: Callable[[], datetime]) -> None:
        self._source = source
        self._planner = planner
        self._chunk_bytes = chunk_bytes
        self._now = now

    def plan(self, source: Source) -> Job:
        """Return the job of a file that was put into the bucket; a failed one if it cannot be imported."""
        collection = collection_of(source.key)
        job_id: str | None = None
        try:
            if collection is None:
                raise JobFailedError(
                    f"{source.uri} names no collection: upload it as <Collection>/<name>, or import it with "
                    "POST .../imports."
                )
            found = self._source.describe(source)
            about = UploadMetadata.read(found.metadata).trusted_at(source.key)
            job_id = about.import_id
            options = about.options.resolved(source.key)
            if options is not None and options.is_documents and options.embedding == "batch":
                raise JobFailedError(f"{source.uri} is a document, and options.embedding 'batch' is for other formats.")
            if options is None:
                raise JobFailedError(
                    f"{source.uri} has no ending that names its format: rename it to end in one of "
                    f"{', '.join(SUFFIXES)}, or import it with POST .../imports and options.format."
                )
            return plan_job(
                self._planner,
                found,
                collection,
                options=options,
                chunk_bytes=self._chunk_bytes,
                now=self._now(),
                job_id=job_id,
                alias=about.alias,
            )
        except ValidationError as error:
            reason = f"The options that {source.uri} was uploaded with are wrong: {error.errors()[0]['msg']}."
        except JobFailedError as error:
            reason = error.reason
        return Job.refused(source, collection or "", reason, self._now(), job_id)

    def plan_list(self, job: Job, found: S3Object) -> Job:
        """Return a fill whose objects are listed in this file."""
        return Job.planned(
            found.source,
            job.collection,
            size=found.size,
            chunk_bytes=LIST_CHUNK_BYTES * (BATCH_LISTS if job.options.embedding == "batch" else 1),
            now=self._now(),
            options=job.options,
            content_id=found.content_id,
        ).model_copy(update={"expected": found.size // LIST_LINE_BYTES})


def plan_job(
    planner: Planner,
    found: S3Object,
    collection: str,
    *,
    options: ImportOptions,
    chunk_bytes: int,
    now: datetime,
    job_id: str | None,
    alias: str | None,
) -> Job:
    """Return a job that is ready to be split. `options` are resolved. Raises `JobFailedError` if it is unreadable."""
    source, size = found.source, found.size
    plan = planner.plan(source, options, size, chunk_bytes)
    return Job.planned(
        source,
        collection,
        size=size,
        chunk_bytes=chunk_bytes_for(size, plan.options, plan.least),
        now=now,
        options=plan.options,
        columns=plan.columns,
        job_id=job_id,
        alias=alias,
        content_id=found.content_id,
    )
