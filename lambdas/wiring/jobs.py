"""The job table, and the events that announce its changes."""

from typing import Any

from lambdas.import_settings import ImportSettings
from lambdas.jobs.file_versions import FileVersions
from lambdas.jobs.job_events import JobEvents
from lambdas.jobs.job_store import JobStore
from lambdas.observability import logger


def job_store(session: Any, settings: ImportSettings) -> JobStore:
    """The jobs of this stage."""
    events = JobEvents(session.client("events", region_name=settings.region), logger.warning)
    dynamodb = session.client("dynamodb", region_name=settings.region)
    return JobStore(dynamodb, settings.jobs_table, announce=events.announce)


def file_versions(session: Any, settings: ImportSettings) -> FileVersions:
    """The jobs of each file of this stage."""
    return FileVersions(session.client("dynamodb", region_name=settings.region), settings.jobs_table)
