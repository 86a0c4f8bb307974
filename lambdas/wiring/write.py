"""What the write function is made of."""

import os
from dataclasses import dataclass
from functools import cache
from typing import Any

from botocore.session import Session

from lambdas.collections.admin import CollectionAdmin
from lambdas.collections.registry import CollectionRegistry
from lambdas.imports.progress import JobStore
from lambdas.objects.bulk import BulkWriter
from lambdas.objects.store import ObjectStore
from lambdas.objects.writer import ObjectWriter
from lambdas.settings import WriteSettings
from lambdas.wiring.embedding import embedder
from lambdas.wiring.engine import connect


@dataclass(frozen=True, slots=True)
class WriteServices:
    """Made once, at the first request."""

    registry: CollectionRegistry
    collections: CollectionAdmin
    objects: ObjectStore
    jobs: JobStore


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
        jobs=JobStore(session.create_client("dynamodb", region_name=settings.region), settings.jobs_table),
    )
