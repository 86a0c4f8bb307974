"""Reads the S3 object of a job: always the version that the job was created for."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple
from uuid import NAMESPACE_URL, uuid5

from lambdas.jobs.chunk import Chunk, Source
from lambdas.jobs.job import JobFailedError
from lambdas.records.byte_lines import BLOCK_BYTES

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client

# Without s3:ListBucket, S3 responses 403 for what is not there.
REASONS = {
    403: "Alto may not read {uri}, or it is gone. Allow its functions s3:GetObject and s3:ListBucket on the bucket.",
    404: "{uri} is gone, or was never there: upload it, then import it again.",
    405: "{uri} is gone: it was deleted before it was loaded. Upload it again.",
    412: "{uri} was overwritten while it was being loaded. The new content is an import of its own.",
}


class S3Object(NamedTuple):
    """One version of an object. `content_id` is a UUID that only objects of the same content share."""

    source: Source
    size: int
    metadata: dict[str, str]
    content_id: str


class S3Source:
    """Reads objects from S3."""

    def __init__(self, s3: "S3Client") -> None:
        self._s3 = s3

    def describe(self, source: Source) -> S3Object:
        """Return this version of an object.

        Raises `JobFailedError` if it is gone, was overwritten or may not be read.
        """
        with self._reasons(source):
            response = self._s3.head_object(**_exactly(source), ChecksumMode="ENABLED")
            return S3Object(source, response["ContentLength"], response["Metadata"], _content_id(response))

    def find(self, bucket: str, key: str) -> S3Object:
        """Return the newest version of an object. Raises `JobFailedError` as `describe` does."""
        sought = Source(bucket=bucket, key=key, etag="")
        with self._reasons(sought):
            response = self._s3.head_object(Bucket=bucket, Key=key, ChecksumMode="ENABLED")
        version = response.get("VersionId")
        found = sought.model_copy(
            update={"etag": response["ETag"].strip('"'), "version_id": None if version == "null" else version}
        )
        return S3Object(found, response["ContentLength"], response["Metadata"], _content_id(response))

    def is_newest(self, source: Source) -> bool:
        """Whether S3 has no newer version of the object. A deleted or unreadable object has none."""
        try:
            newest = self.find(source.bucket, source.key).source
        except JobFailedError:
            return True
        return (newest.version_id or newest.etag) == (source.version_id or source.etag)

    def read(self, source: Source, start: int, end: int) -> bytes:
        """Bytes `start` to `end` - 1. Raises `JobFailedError` as `describe` does."""
        with self._reasons(source):
            # Read at once: a stream that is held open while objects are embedded is cut off by S3.
            response = self._s3.get_object(**_exactly(source), Range=f"bytes={start}-{end - 1}")
            return response["Body"].read()

    def read_chunk(self, chunk: Chunk, start: int, end: int, own_bucket: str) -> bytes:
        """Bytes `start` to `end` - 1 of the content that a chunk is a part of, from the file or its stored part."""
        if chunk.stored_key is None:
            return self.read(chunk.source, start, end)
        span = f"bytes={start - chunk.base}-{end - chunk.base - 1}"
        return self._s3.get_object(Bucket=own_bucket, Key=chunk.stored_key, Range=span)["Body"].read()

    def stream(self, source: Source, start: int = 0) -> Iterator[bytes]:
        """The object from byte `start` on, block by block. Raises `JobFailedError` as `describe` does."""
        with self._reasons(source):
            body = self._s3.get_object(**_exactly(source), Range=f"bytes={start}-")["Body"]
        with closing(body):
            yield from body.iter_chunks(BLOCK_BYTES)

    def store_chunk(self, bucket: str, key: str, content: bytes) -> None:
        """Store a part of a compressed file. Storing the same part again changes nothing."""
        self._s3.put_object(Bucket=bucket, Key=key, Body=content, ContentType="application/octet-stream")

    @contextmanager
    def _reasons(self, source: Source) -> Iterator[None]:
        try:
            yield
        except self._s3.exceptions.ClientError as error:
            reason = REASONS.get(error.response["ResponseMetadata"]["HTTPStatusCode"])
            if reason is None:
                raise
            raise JobFailedError(reason.format(uri=source.uri)) from error


def _exactly(source: Source) -> Any:
    version = {} if source.version_id is None else {"VersionId": source.version_id}
    return {"Bucket": source.bucket, "Key": source.key, "IfMatch": f'"{source.etag}"'} | version


def _content_id(response: Any) -> str:
    """Derive a UUID from the object's checksum, or from its ETag where S3 has only a short checksum of it.

    An ETag is a hash of the content only in buckets without a customer key, and depends on the sizes of the parts.
    """
    # Of parts, S3 has checksums of checksums, which depend on their sizes as the ETag does.
    is_whole = response.get("ChecksumType", "FULL_OBJECT") == "FULL_OBJECT"
    checksums = (response.get(f"Checksum{name}") for name in ("SHA256", "CRC64NVME")) if is_whole else ()
    content = next(filter(None, checksums), response["ETag"])
    return str(uuid5(NAMESPACE_URL, f"alto:content:{content}#{response['ContentLength']}"))
