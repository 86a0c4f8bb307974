"""Documents as import jobs: split, extract and load, with AWS played by moto and OpenSearch by a dictionary."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from moto import mock_aws

from benchmarks.documents.files import DAMAGES, make_markdown, zip_of
from lambdas.collections.model import Collection
from lambdas.deadline import Deadline
from lambdas.document_imports.document_steps import DocumentLoading
from lambdas.document_imports.document_writer import DocumentWriter
from lambdas.document_imports.extractor import Extractor
from lambdas.document_imports.stored_documents import StoredDocuments
from lambdas.documents.blocks import DocumentError
from lambdas.documents.child import failure, written
from lambdas.documents.limits import LIMITS
from lambdas.documents.names import DocumentFormat
from lambdas.documents.read_document import read_document
from lambdas.errors import ConflictError
from lambdas.imports.files.s3_source import S3Source
from lambdas.imports.loading.job_collections import Target
from lambdas.imports.loading.load_outcome import Delivery
from lambdas.imports.loading.loader import Loader
from lambdas.jobs.chunk import Chunk, Source
from lambdas.jobs.job import Job, JobState
from lambdas.objects.bulk import BulkWriter
from lambdas.objects.writer import ObjectWriter
from tests.document_engine import FakeEngine
from tests.document_texts import SHORT
from tests.import_builders import BUCKET, NOW, ImportWorld, control

FILM = {"name": "Film", "created": NOW, "updated": NOW, "properties": [{"name": "year", "type": "int"}]}
GOOD = make_markdown(SHORT)


class InProcess:
    """Reads documents without a process of their own."""

    def read(self, data: bytes, kind: DocumentFormat) -> bytes:
        """As the child does."""
        try:
            return b"".join(written(read_document(data, kind)))
        except DocumentError as error:
            return failure(error.message, error.page)


class One:
    """Knows one collection."""

    def __init__(self, collection: Collection) -> None:
        self.collection = collection

    def get(self, _: str) -> Collection:
        """The collection."""
        return self.collection


class World:
    """What an import of documents passes through."""

    def __init__(self, aws: ImportWorld) -> None:
        self.aws = aws
        self.engine = FakeEngine()
        self.collection = Collection.model_validate(FILM | {"documents": {"on_delete": "remove"}})
        aws.extract_url = aws.sqs.create_queue(QueueName="alto-extract")["QueueUrl"]
        aws.version_the_bucket()

    def extractor(self) -> Extractor:
        """The extract function."""
        return Extractor(self.aws.s3, S3Source(self.aws.s3), self.aws.queue, InProcess(), bucket=BUCKET)

    def loader(self) -> Loader[Collection]:
        """The load function."""
        engine: Any = self.engine
        bulk = BulkWriter(engine)
        writer: Any = ObjectWriter(engine, bulk, None)  # type: ignore[arg-type]
        documents = DocumentWriter(engine, bulk, lambda _: writer, lambda _: None)
        return Loader(
            s3=self.aws.s3,
            source=S3Source(self.aws.s3),
            jobs=self.aws.jobs,
            queue=self.aws.queue,
            collections=One(self.collection),
            writer=writer,
            refresh=lambda _: None,
            error_bucket=BUCKET,
            identify=lambda collection: Target(collection.name, collection.alias, {}),
            documents=DocumentLoading(StoredDocuments(self.aws.s3, BUCKET), documents),
        )

    def waiting(self, url: str | None) -> list[Chunk]:
        """The chunks of a queue, taken out of it."""
        taken = []
        while messages := self.aws.sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
            for message in messages:
                taken.append(Chunk.model_validate_json(message["Body"]))
                self.aws.sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        return taken

    def finish(self) -> None:
        """Read and load all that waits."""
        for chunk in self.waiting(self.aws.extract_url):
            self.extractor().extract(chunk)
        for chunk in self.waiting(self.aws.queue_url):
            self.loader().load(chunk, Delivery("receipt", 1), Deadline.after(60))

    def run(self, content: bytes, key: str) -> Job:
        """Import a file from end to end."""
        source = self.aws.upload(content, key)
        self.aws.split(source)
        self.finish()
        return self.aws.job(source)

    @property
    def passages(self) -> list[dict[str, Any]]:
        """The passages that are stored."""
        stored = self.engine.stored.get(self.collection.alias, {}).values()
        return sorted((each["_source"]["properties"] for each in stored), key=lambda each: each["ordinal"])


@pytest.fixture
def world() -> Iterator[World]:
    with mock_aws():
        yield World(ImportWorld.create())


def counts(job: Job) -> tuple[JobState, int, int, int]:
    return job.state, job.loaded, job.unchanged, job.failed


def test_a_document_is_one_record_of_a_job(world: World) -> None:
    world.aws.s3.put_object(Bucket=BUCKET, Key="Film/a/pump.md.metadata.json", Body=b'{"year": 1994}')

    job = world.run(GOOD, "Film/a/pump.md")

    assert counts(job) == (JobState.COMPLETED, 1, 0, 0)
    assert job.passages == len(world.passages) == 2
    assert {(each["document"], each["year"]) for each in world.passages} == {("a/pump.md", 1994)}


def test_every_document_of_a_zip_file_is_counted_and_every_failure_is_named(world: World) -> None:
    bad = {f"{number}.{kind}": made(SHORT) for number, (kind, made, _) in enumerate(DAMAGES.values())}
    files = bad | {"good.md": GOOD, "folder/good.md": GOOD, "photo.png": b"png", "../up.md": GOOD}

    job = world.run(zip_of(files), "Film/all.zip")

    assert counts(job) == (JobState.COMPLETED, 2, 0, len(bad) + 2)
    lines = [line for uri in job.error_files for line in world.aws.lines_of(uri)]
    said = {line["record"]["document"]: line["message"] for line in lines}
    assert said.keys() == {*bad, "photo.png", "../up.md"}
    for number, (kind, _, word) in enumerate(DAMAGES.values()):
        assert word in said[f"{number}.{kind}"]
    assert all(line["unreadable"] for line in lines)
    assert {each["document"] for each in world.passages} == {"good.md", "folder/good.md"}


def test_the_same_document_again_is_unchanged(world: World) -> None:
    world.run(GOOD, "Film/pump.md")

    assert counts(world.run(GOOD, "Film/pump.md")) == (JobState.COMPLETED, 0, 1, 0)


def test_an_upload_of_a_name_replaces_what_was_uploaded_under_it_before(world: World) -> None:
    upload = "Film/uploads/5d0c9c1e-4a55-5f8e-8a53-2d9c7c1b6f1{}/pump.md"
    world.run(GOOD, upload.format(0))
    world.run(b"# Other\n\nAnother text.", upload.format(1))

    assert [(each["document"], each["text"]) for each in world.passages] == [("pump.md", "Another text.")]


def test_metadata_that_come_later_are_added(world: World) -> None:
    world.run(GOOD, "Film/pump.md")
    metadata = world.aws.upload(b'{"metadataAttributes": {"year": 1995}}', "Film/pump.md.metadata.json")

    world.aws.split(metadata)
    world.finish()

    assert counts(world.aws.job(metadata)) == (JobState.COMPLETED, 1, 0, 0)
    assert {each["year"] for each in world.passages} == {1995}


def test_metadata_without_a_document_start_nothing(world: World) -> None:
    assert world.aws.split(world.aws.upload(b"{}", "Film/pump.md.metadata.json")).result == "ignored"


def removed(world: World, key: str) -> Source:
    version = world.aws.s3.delete_object(Bucket=BUCKET, Key=key)["VersionId"]
    entry = {"bucket": {"name": BUCKET}, "object": {"key": key, "versionId": version}}
    event = json.dumps({"Records": [{"eventName": "ObjectRemoved:DeleteMarkerCreated", "s3": entry}]})
    world.aws.splitter().split_all(event, Deadline.after(60))
    world.finish()
    return Source(bucket=BUCKET, key=key, version_id=version, etag="")


@pytest.mark.parametrize(("on_delete", "left", "loaded"), [("remove", 0, 1), ("keep", 2, 0)])
def test_a_deleted_document_takes_its_passages_with_it_if_asked(
    world: World, on_delete: str, left: int, loaded: int
) -> None:
    world.collection = Collection.model_validate(FILM | {"documents": {"on_delete": on_delete}})
    world.run(GOOD, "Film/pump.md")

    source = removed(world, "Film/pump.md")

    assert counts(world.aws.job(source)) == (JobState.COMPLETED, loaded, 1 - loaded, 0)
    assert len(world.passages) == left


def test_a_collection_without_settings_for_documents_fails_the_job(world: World) -> None:
    world.collection = Collection.model_validate(FILM)

    job = world.run(GOOD, "Film/pump.md")

    assert job.state is JobState.FAILED
    assert "has no settings for documents" in str(job.reason)


def test_a_chunk_that_is_read_again_reads_only_what_was_not_stored(world: World) -> None:
    source = world.aws.upload(zip_of({"a.md": GOOD, "b.md": GOOD}), "Film/all.zip")
    world.aws.split(source)
    [chunk] = world.waiting(world.aws.extract_url)
    StoredDocuments(world.aws.s3, BUCKET).put(
        chunk.job_id, 0, {"name": "a.md", "source": "s3://b/k", "metadata": {}}, failure("As before.")
    )

    world.extractor().extract(chunk, attempt=2)
    world.finish()

    assert counts(world.aws.job(source)) == (JobState.COMPLETED, 1, 0, 1)


def test_a_large_document_is_refused_without_being_read(world: World) -> None:
    source = world.aws.upload(GOOD, "Film/pump.md")
    world.aws.split(source)
    [chunk] = world.waiting(world.aws.extract_url)

    world.extractor().extract(chunk.model_copy(update={"size": LIMITS.file_bytes + 1}))
    world.finish()

    [line] = world.aws.error_lines(source)
    assert "split it" in line["message"]


def test_documents_are_not_retried(world: World) -> None:
    job = world.run(zip_of({"bad.md": b""}), "Film/all.zip")

    with pytest.raises(ConflictError, match="Import the file again with 'repeat' true"):
        control(world.aws).retry_failed(job.id)


@pytest.mark.parametrize("options", [{"format": "pdf", "gzip": True}, {"format": "zip", "embedding": "batch"}])
def test_options_that_documents_do_not_have_are_refused(options: dict[str, Any]) -> None:
    from lambdas.jobs.import_options import ImportOptions

    with pytest.raises(ValueError, match="which documents do not have"):
        ImportOptions.model_validate(options)
