"""The S3 object of a job: always the very content that the job was made for, never another."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from lambdas.imports.job import JobFailedError, Source

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client

# Without s3:ListBucket, S3 answers 403 for what is not there.
REASONS = {
    403: "Alto may not read {uri}, or it is gone. Allow its functions s3:GetObject and s3:ListBucket on the bucket.",
    404: "{uri} is gone: it was deleted before it was loaded. Upload it again.",
    405: "{uri} is gone: it was deleted before it was loaded. Upload it again.",
    412: "{uri} was overwritten while it was being loaded. The new content is an import of its own.",
}


class S3Source:
    """Reads objects from S3."""

    def __init__(self, s3: "S3Client") -> None:
        self._s3 = s3

    def size(self, source: Source) -> int:
        """Bytes of the object. Raises `JobFailedError` if it is gone, was overwritten or may not be read."""
        with self._reasons(source):
            return self._s3.head_object(**_exactly(source))["ContentLength"]

    def read(self, source: Source, start: int, end: int) -> bytes:
        """Bytes `start` to `end` - 1. Raises `JobFailedError` as `size` does."""
        with self._reasons(source):
            # Read at once: a stream that is held open while objects are embedded is cut off by S3.
            answer = self._s3.get_object(**_exactly(source), Range=f"bytes={start}-{end - 1}")
            return answer["Body"].read()

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
