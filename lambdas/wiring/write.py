"""What the write function is made of."""

import os
from dataclasses import dataclass
from functools import cache
from typing import Any

from botocore.config import Config
from botocore.session import Session

from lambdas.collections.admin import CollectionAdmin
from lambdas.collections.registry import CollectionRegistry
from lambdas.imports.chunk_queue import SplitQueue
from lambdas.imports.control import ImportControl
from lambdas.objects.bulk import BulkWriter
from lambdas.objects.store import ObjectStore
from lambdas.objects.writer import ObjectWriter
from lambdas.settings import WriteSettings
from lambdas.wiring.embedding import embedder
from lambdas.wiring.engine import connect
from lambdas.wiring.jobs import job_store


@dataclass(frozen=True, slots=True)
class WriteServices:
    """Made once, at the first request."""

    registry: CollectionRegistry
    collections: CollectionAdmin
    objects: ObjectStore
    imports: ImportControl


@cache
def services() -> WriteServices:
    """Raises `SettingsError` when the environment lacks something."""
    settings = WriteSettings.from_environment(os.environ)
    session: Any = Session()
    engine = connect(settings, session)
    registry = CollectionRegistry(engine)
    model = embedder(session, os.environ)
    writer = ObjectWriter(engine, BulkWriter(engine), model)
    return WriteServices(
        registry=registry,
        collections=CollectionAdmin(engine, registry, model, settings.knn_engine),
        objects=ObjectStore(engine, writer),
        imports=ImportControl(
            # Signed URLs outlive no other signature in every region.
            s3=session.create_client("s3", region_name=settings.region, config=Config(signature_version="s3v4")),
            jobs=job_store(session, settings),
            go_on=SplitQueue(session.create_client("sqs", region_name=settings.region), settings.split_queue_url).go_on,
            bucket=settings.import_bucket,
            chunk_bytes=settings.chunk_bytes,
        ),
    )
