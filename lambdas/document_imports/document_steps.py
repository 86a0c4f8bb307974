"""The documents of a chunk as the loader sees them: each is one record."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from uuid import NAMESPACE_URL, uuid5

from lambdas.collections.model import Collection
from lambdas.deadline import Deadline
from lambdas.document_imports.document_writer import DocumentResult, DocumentWriter
from lambdas.document_imports.stored_documents import StoredDocument, StoredDocuments
from lambdas.documents.names import document_name
from lambdas.errors import AltoError, UnreadableDocumentError
from lambdas.imports.files.s3_notifications import UPLOAD_FOLDER
from lambdas.imports.loading.document_port import WriteBatch
from lambdas.imports.loading.record_batches import RecordBatch, RecordResult
from lambdas.jobs.chunk import Chunk
from lambdas.jobs.job import Job, JobFailedError
from lambdas.objects.model import ObjectInput
from lambdas.records.read_records import ImportRecord

NO_SETTINGS = (
    "The collection '{name}' has no settings for documents: give it some with PATCH /v1/collections/{name} "
    '{{"documents": {{}}}}, and resume the import.'
)


@dataclass(slots=True)
class DocumentBatch(RecordBatch):
    """Documents that are stored together. `removed` is the name of a document that was deleted from S3."""

    documents: list[StoredDocument] = field(default_factory=list)
    removed: str | None = None


class DocumentLoading:
    """Loads the documents that `extract` has read."""

    def __init__(self, stored: StoredDocuments, writer: DocumentWriter) -> None:
        self._stored = stored
        self._writer = writer

    def batches(self, job: Job, chunk: Chunk) -> Iterator[RecordBatch]:
        """Yield the documents of a chunk as one batch."""
        if job.removes:
            name = document_name(job.source.key, UPLOAD_FOLDER)
            yield DocumentBatch([_record(0, StoredDocument(name, job.source.uri))], removed=name)
            return
        documents = [self._stored.get(job.id, number) for number in range(chunk.start, chunk.end)]
        records = [_record(number, document) for number, document in enumerate(documents, start=chunk.start)]
        yield DocumentBatch(records, sum(document.size for document in documents), documents)

    def writer(self, job: Job, collection: Collection, deadline: Deadline) -> WriteBatch:
        """Return what stores a batch. Raises `JobFailedError` if the collection has no settings for documents."""
        settings = collection.documents
        if settings is None:
            raise JobFailedError(NO_SETTINGS.format(name=collection.name))

        def write(batch: RecordBatch) -> list[RecordResult]:
            assert isinstance(batch, DocumentBatch)
            if batch.removed is None:
                return [*self._writer.write(collection, batch.documents, job.options.metadata, deadline=deadline)]
            if settings.on_delete == "keep":
                return [DocumentResult(unchanged_since=job.started_at.min.replace(tzinfo=job.started_at.tzinfo))]
            return [self._writer.remove(collection, batch.removed, deadline=deadline)]

        return write


def _record(number: int, document: StoredDocument) -> ImportRecord:
    """The document as a record: what the error file shows of it, and where it is."""
    shown = {"document": document.name, "source": document.source}
    shown |= {} if document.page is None else {"page": str(document.page)}
    object_id = str(uuid5(NAMESPACE_URL, f"alto:document:{document.source}#{document.name}"))
    item: ObjectInput | AltoError = ObjectInput(object_id, {}, {})
    if document.error is not None:
        item = UnreadableDocumentError(f"{document.name}: {document.error}")
    return ImportRecord(
        number, document.size, shown, object_id, item, place="document", is_unreadable=document.error is not None
    )
