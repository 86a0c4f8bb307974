"""Reads the documents of a chunk and sends the chunk on to be loaded. Knows no jobs, no OpenSearch and no models."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from lambdas.document_imports.metadata import read_metadata
from lambdas.document_imports.stored_documents import StoredDocuments
from lambdas.documents.archive import MAX_METADATA_BYTES, Archive
from lambdas.documents.blocks import DocumentError
from lambdas.documents.child import failure
from lambdas.documents.limits import LIMITS, Limits
from lambdas.documents.names import (
    METADATA_SUFFIX,
    DocumentFormat,
    document_name,
    format_of,
)
from lambdas.imports.files.s3_notifications import UPLOAD_FOLDER
from lambdas.imports.files.s3_source import S3Source
from lambdas.jobs.chunk import Chunk, Source
from lambdas.jobs.job import JobFailedError
from lambdas.jobs.queues import ChunkQueue

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client

NO_FORMAT = "Its ending names no format of documents: they are PDF, Word (.docx), HTML, Markdown and text (.txt)."


class DocumentReader(Protocol):
    """Reads one document."""

    def read(self, data: bytes, kind: DocumentFormat) -> bytes:
        """Return the lines of the document, or the line of its error."""
        ...


class ExtractOutcome(NamedTuple):
    """The result of reading the documents of a chunk."""

    documents: int
    failed: int
    key: str


class Extractor:
    """Reads documents."""

    def __init__(
        self,
        s3: "S3Client",
        source: S3Source,
        queue: ChunkQueue,
        reader: DocumentReader,
        *,
        bucket: str,
        limits: Limits = LIMITS,
    ) -> None:
        self._s3 = s3
        self._source = source
        self._queue = queue
        self._reader = reader
        self._stored = StoredDocuments(s3, bucket)
        self._limits = limits

    def extract(self, chunk: Chunk, attempt: int = 1) -> ExtractOutcome:
        """Read the documents of a chunk, store them, and send the chunk to be loaded. Repeating it changes nothing.

        What an earlier attempt has read is not read again.
        """
        failed = 0
        open_document = self._opener(chunk)
        for number in range(chunk.start, chunk.end):
            if attempt > 1 and self._stored.exists(chunk.job_id, number):
                continue
            name, lines, metadata = open_document(number)
            failed += lines.startswith(b'{"error"')
            about = {"name": name, "source": chunk.source.uri, "metadata": metadata}
            self._stored.put(chunk.job_id, number, about, lines)
        self._queue.send([chunk.model_copy(update={"stage": None})])
        return ExtractOutcome(chunk.end - chunk.start, failed, chunk.source.key)

    def _opener(self, chunk: Chunk) -> Callable[[int], tuple[str, bytes, dict[str, Any]]]:
        """Return what reads the document of a number: its name, its lines and its metadata."""
        name = document_name(chunk.source.key, UPLOAD_FOLDER)
        if chunk.documents != "zip":
            return lambda _: self._single(chunk, name)
        try:
            archive = Archive(lambda start, end: self._source.read(chunk.source, start, end), chunk.size)
        except (DocumentError, JobFailedError) as error:
            lines = failure(error.message if isinstance(error, DocumentError) else error.reason)
            return lambda number: (f"{name}/{number}", lines, {})
        return lambda number: self._member(archive, number)

    def _single(self, chunk: Chunk, name: str) -> tuple[str, bytes, dict[str, Any]]:
        try:
            if chunk.size > self._limits.file_bytes:
                raise DocumentError(
                    f"The document has {chunk.size:,} bytes, and the limit is {self._limits.file_bytes:,}: split it."
                )
            metadata = read_metadata(self._metadata_of(chunk.source))
            data = self._source.read(chunk.source, 0, chunk.size)
        except DocumentError as error:
            return name, failure(error.message, error.page), {}
        except JobFailedError as error:
            return name, failure(error.reason), {}
        kind = chunk.documents or format_of(name)
        assert kind is not None and kind != "zip"  # noqa: PT018
        return name, self._reader.read(data, kind), metadata

    def _metadata_of(self, source: Source) -> bytes | None:
        key = source.key + METADATA_SUFFIX
        try:
            end = f"bytes=0-{MAX_METADATA_BYTES}"
            return self._s3.get_object(Bucket=source.bucket, Key=key, Range=end)["Body"].read()
        except self._s3.exceptions.ClientError as error:
            if error.response["ResponseMetadata"]["HTTPStatusCode"] in (403, 404, 416):
                return None
            raise

    def _member(self, archive: Archive, number: int) -> tuple[str, bytes, dict[str, Any]]:
        member = archive.members[number]
        name = _shown(member.name)
        try:
            data = archive.read(number, self._limits)
            kind = format_of(member.name)
            if kind is None:
                raise DocumentError(NO_FORMAT)
            metadata = read_metadata(archive.metadata_of(member.name))
        except DocumentError as error:
            return name, failure(error.message), {}
        except JobFailedError as error:
            return name, failure(error.reason), {}
        return name, self._reader.read(data, kind), metadata


def _shown(name: str) -> str:
    """The name as text that any JSON can have."""
    return name.encode("utf-8", "replace").decode()[:1000]
