"""The services of the extract function."""

import os
from functools import cache

from lambdas.document_imports.extractor import Extractor
from lambdas.documents.sandbox import Sandbox
from lambdas.import_settings import ExtractSettings
from lambdas.imports.files.s3_source import S3Source
from lambdas.jobs.queues import ChunkQueue
from lambdas.wiring.session import aws_session

# What Python needs to start. The credentials of the function are not among them.
CHILD_VARIABLES = ("PATH", "LD_LIBRARY_PATH", "LANG", "TZ")


@cache
def extractor() -> Extractor:
    """Made once, at the first chunk. Raises `SettingsError` when the environment lacks something."""
    settings = ExtractSettings.from_environment(os.environ)
    session = aws_session()
    s3 = session.client("s3", region_name=settings.region)
    queue = ChunkQueue(session.client("sqs", region_name=settings.region), settings.chunk_queue_url)
    reader = Sandbox({name: os.environ[name] for name in CHILD_VARIABLES if name in os.environ})
    return Extractor(s3, S3Source(s3), queue, reader, bucket=settings.import_bucket)
