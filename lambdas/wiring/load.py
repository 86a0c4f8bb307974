"""The services of the load function."""

import os
import random
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import cache

from lambdas.batch_inference.bedrock_jobs import BatchJobs
from lambdas.batch_inference.coordinator import BatchInference
from lambdas.batch_inference.file_format import Outcome
from lambdas.batch_inference.prepared_embedder import PreparedEmbedder
from lambdas.batch_inference.s3_files import BatchFiles, TextSource
from lambdas.batch_inference.state_store import BatchInferenceStore
from lambdas.collections.admin import CollectionAdmin
from lambdas.collections.aliases import AliasStore
from lambdas.collections.model import Collection
from lambdas.collections.names import alias_of
from lambdas.collections.properties import property_paths
from lambdas.collections.registry import CollectionRegistry
from lambdas.deadline import Deadline
from lambdas.document_imports.document_steps import DocumentLoading
from lambdas.document_imports.document_writer import DocumentWriter
from lambdas.document_imports.stored_documents import StoredDocuments
from lambdas.import_settings import LoadSettings
from lambdas.imports.files.s3_source import S3Source
from lambdas.imports.loading.batch_plan import plan_batches
from lambdas.imports.loading.job_collections import Target
from lambdas.imports.loading.loader import Loader
from lambdas.imports.loading.model_turns import LaneTurn, NoLimit, Turn, name_lane
from lambdas.imports.loading.record_batches import RecordWriter
from lambdas.jobs.chunk import Chunk
from lambdas.jobs.lane_store import LaneStore
from lambdas.jobs.queues import ChunkQueue
from lambdas.migrating.copier import PAGES_AT_ONCE, Copier
from lambdas.migrating.fill_steps import FillSteps
from lambdas.migrating.filler import VectorFiller
from lambdas.migrating.rebuild_steps import RebuildSteps
from lambdas.objects.bulk import BulkWriter
from lambdas.objects.retrying_writer import StaleTolerantWriter
from lambdas.objects.writer import ObjectWriter
from lambdas.selection.expired import ExpiredRemover
from lambdas.wiring.aws import aws_access
from lambdas.wiring.embedding import embedder, model_caller
from lambdas.wiring.jobs import job_store
from lambdas.wiring.opensearch import connect
from lambdas.wiring.session import aws_session


@cache
def loader() -> Loader[Collection]:
    """Made once, at the first chunk. Raises `SettingsError` when the environment lacks something."""
    settings = LoadSettings.from_environment(os.environ)
    session = aws_session()
    aws = aws_access(os.environ)
    engine = connect(settings, aws)
    # Loading a chunk takes seconds: next to that a look-up costs nothing, and chunks fit the collection as it is now.
    registry = CollectionRegistry(engine, seconds=0)
    model = embedder(model_caller(aws))
    schema = CollectionAdmin(engine, registry, model, settings.knn_engine, replicas=settings.default_replicas)
    s3 = session.client("s3", region_name=settings.region)
    bulk = BulkWriter(engine)
    writer = ObjectWriter(engine, bulk, model, schema=schema)
    lanes = LaneStore(session.client("dynamodb", region_name=settings.region), settings.jobs_table)

    def make_turn(collection: Collection, chunk: Chunk, deadline: Deadline) -> Turn:
        lane = name_lane(collection)
        if lane is None:
            return NoLimit()
        return LaneTurn(lanes, lane, f"{chunk.job_id}#{chunk.chunk}.{chunk.part}", model, deadline)

    filler = VectorFiller(engine, bulk, model, newer=registry.newer)

    def batch_inference(
        texts: TextSource, writer_of: Callable[[Mapping[str, Outcome]], RecordWriter[Collection]]
    ) -> BatchInference | None:
        if not settings.batch_role_arn:
            return None
        bedrock = session.client("bedrock", region_name=settings.region)
        return BatchInference(
            store=BatchInferenceStore(session.client("dynamodb", region_name=settings.region), settings.jobs_table),
            jobs=BatchJobs(bedrock, role_arn=settings.batch_role_arn, bucket=settings.import_bucket),
            files=BatchFiles(s3, settings.import_bucket, texts),
            writer_of=writer_of,
            region=settings.region,
        )

    return Loader(
        s3=s3,
        source=S3Source(s3),
        jobs=job_store(session, settings),
        queue=ChunkQueue(session.client("sqs", region_name=settings.region), settings.chunk_queue_url),
        collections=registry,
        find_target=AliasStore(engine, registry).find_target,
        writer=StaleTolerantWriter(writer, registry),
        documents=DocumentLoading(
            StoredDocuments(s3, settings.import_bucket),
            DocumentWriter(
                engine,
                bulk,
                lambda known: ObjectWriter(engine, bulk, PreparedEmbedder(model, known), schema=schema),
            ),
        ),
        turns=make_turn,
        plan=plan_batches,
        batch=batch_inference(
            writer, lambda known: ObjectWriter(engine, bulk, PreparedEmbedder(model, known), schema=schema)
        ),
        fills=FillSteps(
            engine=engine,
            s3=s3,
            admin=schema,
            writer=filler,
            batch=batch_inference(
                filler,
                lambda known: VectorFiller(engine, bulk, PreparedEmbedder(model, known), newer=registry.newer),
            ),
        ),
        rebuilds=RebuildSteps(
            engine=engine,
            admin=schema,
            registry=registry,
            copier=Copier(engine, ThreadPoolExecutor(PAGES_AT_ONCE, thread_name_prefix="copy")),
            embedder=model,
            seed=lambda: random.randrange(1 << 31),
        ),
        refresh=lambda collection: engine.request("POST", f"/{alias_of(collection.name)}/_refresh"),
        error_bucket=settings.import_bucket,
        identify=lambda collection: Target(
            collection.name,
            collection.identity,
            {path: item.type for path, item in property_paths(collection.properties)},
        ),
    )


@cache
def expired_remover() -> ExpiredRemover:
    """Made once, at the first run of the schedule. Raises `SettingsError` when the environment lacks something."""
    engine = connect(LoadSettings.from_environment(os.environ), aws_access(os.environ))
    return ExpiredRemover(engine, BulkWriter(engine), CollectionRegistry(engine, seconds=0))
