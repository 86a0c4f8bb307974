"""The result of splitting one S3 object."""

from typing import Literal, NamedTuple

from lambdas.jobs.job import Job, JobState

SplitResult = Literal["started", "listing", "continued", "repeated", "failed", "completed", "ignored", "given_up"]


class SplitOutcome(NamedTuple):
    """The result for one S3 object of a notification."""

    result: SplitResult
    key: str
    job_id: str | None = None
    collection: str | None = None
    reason: str | None = None
    chunks: int = 0


def outcome_of(result: SplitResult, job: Job) -> SplitOutcome:
    """Return the outcome with the names of the job."""
    return SplitOutcome(result, job.source.key, job.id, job.collection, job.reason, job.chunks_total)


def result_of(job: Job, *, created: bool) -> SplitResult:
    """Return the result for a job that no chunk is sent of."""
    if created and job.state is JobState.COMPLETED:
        return "completed"
    if created and job.state is JobState.FAILED:
        return "failed"
    return "repeated"
