"""The services of the write function."""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import NamedTuple

from botocore.config import Config

from lambdas.batch_inference.file_format import batch_problem
from lambdas.collections.admin import CollectionAdmin
from lambdas.collections.aliases import AliasStore
from lambdas.collections.model import Collection
from lambdas.collections.registry import CollectionRegistry
from lambdas.idempotency import IdempotentRequests
from lambdas.import_settings import WriteSettings
from lambdas.imports.import_service import ImportControl
from lambdas.jobs.queues import SplitQueue
from lambdas.migrating.rebuild import Rebuilds
from lambdas.migrating.vectors import VectorMigration
from lambdas.objects.bulk import PARTS_AT_ONCE, BulkWriter
from lambdas.objects.reader import ObjectReader
from lambdas.objects.repair import VectorRepairer
from lambdas.objects.retrying_writer import StaleTolerantWriter
from lambdas.objects.store import ObjectStore
from lambdas.objects.writer import ObjectWriter
from lambdas.selection.selector import Selector
from lambdas.selection.updater import Updater
from lambdas.settings import RequestLimits
from lambdas.wiring.aws import aws_access
from lambdas.wiring.embedding import embedder, model_caller, stage_roles
from lambdas.wiring.jobs import job_store
from lambdas.wiring.opensearch import connect
from lambdas.wiring.session import aws_session

# Signed URLs are good in every region only with this signature, and with the region in their host: at the global host,
# a new bucket of another region responds with a redirect, and a region that has to be enabled not at all.
SIGNING = Config(signature_version="s3v4", s3={"addressing_style": "virtual"})


class WriteServices(NamedTuple):
    """Made once, at the first request."""

    registry: CollectionRegistry
    collections: CollectionAdmin
    aliases: AliasStore
    objects: ObjectStore
    repairer: VectorRepairer
    reader: ObjectReader
    selector: Selector
    updater: Updater
    requests: IdempotentRequests
    imports: ImportControl
    vectors: VectorMigration
    rebuilds: Rebuilds
    # Why batch inference cannot embed a collection, if it cannot.
    batch_problem: Callable[[Collection], str | None]


@cache
def services() -> WriteServices:
    """Raises `SettingsError` when the environment lacks something."""
    settings = WriteSettings.from_environment(os.environ)
    session = aws_session()
    aws = aws_access(os.environ)
    engine = connect(settings, aws)
    registry = CollectionRegistry(engine)
    model = embedder(model_caller(aws))
    aliases = AliasStore(engine, registry)
    collections = CollectionAdmin(
        engine,
        registry,
        model,
        settings.knn_engine,
        replicas=settings.default_replicas,
        max_shards=settings.max_shards,
        roles=stage_roles(aws),
        is_alias=aliases.is_taken,
    )
    bulk = BulkWriter(engine, executor=ThreadPoolExecutor(PARTS_AT_ONCE, thread_name_prefix="bulk"))
    reader = ObjectReader(engine)
    writer = ObjectWriter(engine, bulk, model, schema=collections)
    tolerant = StaleTolerantWriter(writer, registry)
    limits = RequestLimits.from_environment(os.environ)
    dynamodb = session.client("dynamodb", region_name=settings.region)
    jobs = job_store(session, settings)

    def find_batch_problem(collection: Collection) -> str | None:
        return batch_problem(collection.vectors, settings.region)

    splitting = SplitQueue(session.client("sqs", region_name=settings.region), settings.split_queue_url)
    return WriteServices(
        registry=registry,
        collections=collections,
        aliases=aliases,
        objects=ObjectStore(engine, tolerant, reader),
        repairer=VectorRepairer(engine, writer, model),
        reader=reader,
        selector=Selector(engine, bulk, limits),
        updater=Updater(engine, tolerant, limits, registry.newer),
        requests=IdempotentRequests(dynamodb, settings.jobs_table),
        imports=ImportControl(
            s3=session.client("s3", region_name=settings.region, config=SIGNING),
            jobs=jobs,
            request_split=splitting.request_split,
            schedule_watchdog=splitting.schedule_watchdog,
            bucket=settings.import_bucket,
            chunk_bytes=settings.chunk_bytes,
        ),
        vectors=VectorMigration(
            collections=collections,
            jobs=jobs,
            request_split=splitting.request_split,
            schedule_watchdog=splitting.schedule_watchdog,
            bucket=settings.import_bucket,
            batch_problem=find_batch_problem,
        ),
        rebuilds=Rebuilds(
            engine=engine,
            collections=collections,
            jobs=jobs,
            request_split=splitting.request_split,
            schedule_watchdog=splitting.schedule_watchdog,
        ),
        batch_problem=find_batch_problem,
    )
