"""Keeps an older version of a file from overwriting a newer one.

The job of the newest version cancels the jobs of older ones, and its loaders wait until theirs have stopped. The order
makes every interleaving safe: a job is stored, then noted as one of its file, and only then asks S3 which version is
the newest. So of two jobs that start at the same time, that of the newer version finds the other one, or the other one
finds the newer version before it sends any chunk.
"""

from collections.abc import Callable

from lambdas.errors import ImportNotFoundError
from lambdas.imports.files.s3_source import S3Source
from lambdas.jobs.chunk import Source
from lambdas.jobs.file_versions import FileVersions
from lambdas.jobs.job import Job
from lambdas.jobs.job_store import JobStore

REPLACED = "A newer version of the file was uploaded: another job imports it."
# A retry of a retry of a retry ...
MOST_RETRIES = 100


class NewestVersion:
    """Admits jobs of the newest version of their file."""

    def __init__(
        self, source: S3Source, jobs: JobStore, versions: FileVersions, request_split: Callable[[str], None]
    ) -> None:
        self._source = source
        self._jobs = jobs
        self._versions = versions
        self._request_split = request_split

    def admit(self, job: Job) -> bool:
        """Cancel the jobs of older versions of a job's file, or the job itself if its file has a newer version.

        False if it was cancelled. To be called before the job's first chunk is sent; repeating it has no further
        effect.
        """
        file = original_source(self._jobs, job)
        self._versions.add(file, job.collection, job.id)
        if not self._source.is_newest(file):
            self._jobs.cancel(job.id, REPLACED)
            return False
        replaced = self._replace_others(file, job)
        return not replaced or self._jobs.note_replaced(job, replaced)

    def _replace_others(self, file: Source, job: Job) -> list[str]:
        """Cancel the jobs of other versions. Return those that may still be loading."""
        replaced = []
        for other in self._versions.others(file, job.collection):
            try:
                older = self._jobs.get(other.job_id)
            except ImportNotFoundError:
                continue  # it expired a moment before its note
            if self._jobs.cancel(older.id, REPLACED) and older.options.embedding == "batch":
                self._request_split(older.id)
            if older.unfinished or self._jobs.live_chunks(older.id):
                replaced.append(older.id)
        return replaced


def original_source(jobs: JobStore, job: Job) -> Source:
    """Return the file whose records a job loads: for a retry, that of the job in which they failed."""
    for _ in range(MOST_RETRIES):
        if job.retry_of is None:
            break
        try:
            job = jobs.get(job.retry_of)
        except ImportNotFoundError:
            break
    return job.source
