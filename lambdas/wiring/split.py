"""The services of the split function."""

import os
from functools import cache

from lambdas.import_settings import SplitSettings
from lambdas.imports.files.newest_version import NewestVersion
from lambdas.imports.files.s3_source import S3Source
from lambdas.imports.splitting.splitter import Splitter
from lambdas.jobs.queues import ChunkQueue, SplitQueue
from lambdas.wiring.jobs import file_versions, job_store
from lambdas.wiring.session import aws_session


@cache
def splitter() -> Splitter:
    """Made once, at the first notification. Raises `SettingsError` when the environment lacks something."""
    settings = SplitSettings.from_environment(os.environ)
    session = aws_session()
    region = settings.region
    sqs = session.client("sqs", region_name=region)
    source = S3Source(session.client("s3", region_name=region))
    jobs = job_store(session, settings)
    request_split = SplitQueue(sqs, settings.split_queue_url).request_split
    return Splitter(
        source=source,
        jobs=jobs,
        queue=ChunkQueue(sqs, settings.chunk_queue_url, extract_url=settings.extract_queue_url),
        request_split=request_split,
        newest=NewestVersion(source, jobs, file_versions(session, settings), request_split),
        own_bucket=settings.import_bucket,
        chunk_bytes=settings.chunk_bytes,
        gzip_growth=settings.gzip_growth,
    )
