"""Files that callers upload to S3 themselves: in one piece, or, when they are large, in parts.

A signed URL can do what its signer can, for an hour: put this one object, or this one part of it. Nothing about an
upload is stored but at S3: each request says again which upload it means.
"""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import AwareDatetime, Field, StringConstraints

from lambdas.errors import ConflictError, InvalidRequestError
from lambdas.imports.files.s3_notifications import UPLOAD_FOLDER
from lambdas.imports.files.upload_metadata import UploadMetadata
from lambdas.models import StrictModel

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client

URL_SECONDS = 3600
MIB = 1_048_576
# A file up to this size is sent in one piece, a larger one in parts of at least this size.
PART_BYTES = 64 * MIB
# S3's own limits.
MAX_PARTS = 10_000
MAX_FILE_BYTES = 5 * 1024**4
# URLs of one response: with credentials of a role each is some 1.5 kB.
MAX_URLS = 100

FileName = Annotated[str, StringConstraints(pattern=r"^[^/\x00-\x1f]{1,200}$")]
PartNumber = Annotated[int, Field(ge=1, le=MAX_PARTS)]
UploadId = Annotated[str, StringConstraints(pattern=r"^[!-~]{1,1024}$")]
ETag = Annotated[str, StringConstraints(pattern=r'^"?[0-9A-Za-z._-]{1,128}"?$')]


class PartUrl(StrictModel):
    """Where to PUT one part, without any headers of Alto's."""

    number: int
    url: str


class UploadParts(StrictModel):
    """How a large file is sent: part n is bytes (n - 1) * part_bytes up to n * part_bytes or the end of the file."""

    upload_id: str
    part_bytes: int
    count: int
    urls: list[PartUrl] = Field(
        description=f"Of the first parts, {MAX_URLS} at most; POST .../imports/{{id}}/upload/parts gives the others."
    )


class Upload(StrictModel):
    """Where to send a file, once. The import starts automatically when it has arrived."""

    method: str
    url: str | None = Field(default=None, description="For the whole file, with exactly these headers.")
    headers: dict[str, str]
    parts: UploadParts | None = Field(
        default=None, description="Instead, if the file is large. POST .../imports/{id}/upload/complete ends it."
    )
    expires: AwareDatetime


class UploadReference(StrictModel):
    """Identifies an upload of a collection: the name sent to start it, and the id from the response."""

    file_name: FileName
    upload_id: UploadId


class PartsRequest(UploadReference):
    """Parts that need URLs: further parts, or parts whose URLs have expired."""

    numbers: list[PartNumber] = Field(min_length=1, max_length=MAX_URLS)


class PartUrls(StrictModel):
    """The URLs of these parts."""

    urls: list[PartUrl]
    expires: AwareDatetime


class UploadCompletion(UploadReference):
    """All parts have arrived."""

    etags: list[ETag] = Field(
        min_length=1, max_length=MAX_PARTS, description="The ETag in S3's response to each part, in their order."
    )


class CompletedUpload(StrictModel):
    """The file is in S3. `GET .../imports/{id}` knows the job as soon as S3 has announced it."""

    id: str
    source: str


class Uploads:
    """Begins and ends uploads into the import bucket."""

    def __init__(self, s3: "S3Client", bucket: str, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._s3 = s3
        self._bucket = bucket
        self._now = now

    def begin(
        self, collection: str, file_name: str, about: UploadMetadata, size: int | None, upload_id: str | None = None
    ) -> Upload:
        """Where to send the file. In one piece unless it is known to be large.

        `upload_id` is that of the parts, if it was begun before.
        """
        key = key_of(collection, str(about.import_id), file_name)
        metadata = about.metadata()
        if size is not None and size > PART_BYTES:
            if upload_id is None:
                made = self._s3.create_multipart_upload(Bucket=self._bucket, Key=key, Metadata=metadata)
                upload_id = made["UploadId"]
            count, part_bytes = parts_of(size)
            urls = self._urls(key, upload_id, range(1, min(count, MAX_URLS) + 1))
            parts = UploadParts(upload_id=upload_id, part_bytes=part_bytes, count=count, urls=urls)
            return Upload(method="PUT", headers={}, parts=parts, expires=self._expiry())
        url = self._signed("put_object", Key=key, Metadata=metadata)
        headers = {f"x-amz-meta-{name}": value for name, value in metadata.items()}
        return Upload(method="PUT", url=url, headers=headers, expires=self._expiry())

    def sign(self, collection: str, import_id: str, request: PartsRequest) -> PartUrls:
        """URLs of these parts."""
        key = key_of(collection, import_id, request.file_name)
        return PartUrls(urls=self._urls(key, request.upload_id, request.numbers), expires=self._expiry())

    def complete(self, collection: str, import_id: str, request: UploadCompletion) -> CompletedUpload:
        """Make one object of the parts, which starts its import. Repeating it has no further effect.

        Raises `InvalidRequestError` for parts that are not there or too small, `ConflictError` for an upload that was
        aborted.
        """
        key = key_of(collection, import_id, request.file_name)
        parts: Any = [{"PartNumber": number, "ETag": etag} for number, etag in enumerate(request.etags, start=1)]
        try:
            self._s3.complete_multipart_upload(
                Bucket=self._bucket, Key=key, UploadId=request.upload_id, MultipartUpload={"Parts": parts}
            )
        except self._s3.exceptions.ClientError as error:
            self._explain(error, key)
        return CompletedUpload(id=import_id, source=f"s3://{self._bucket}/{key}")

    def abort(self, collection: str, import_id: str, request: UploadReference) -> None:
        """Abort an upload: S3 deletes its parts. An upload that does not exist was aborted before."""
        key = key_of(collection, import_id, request.file_name)
        try:
            self._s3.abort_multipart_upload(Bucket=self._bucket, Key=key, UploadId=request.upload_id)
        except self._s3.exceptions.ClientError as error:
            if error.response["Error"]["Code"] != "NoSuchUpload":
                raise

    def _explain(self, error: Any, key: str) -> None:
        """Raise the error of a failed completion; return if it had succeeded before."""
        code, message = error.response["Error"]["Code"], error.response["Error"].get("Message", "")
        if code in {"InvalidPart", "InvalidPartOrder", "EntityTooSmall"}:
            raise InvalidRequestError(
                f"etags: S3 cannot put the parts together ({code}: {message}). Re-upload the parts whose "
                "ETags do not match, then complete the upload again."
            ) from None
        if code != "NoSuchUpload":
            raise error
        try:
            self._s3.head_object(Bucket=self._bucket, Key=key)
        except self._s3.exceptions.ClientError:
            raise ConflictError(
                "The upload does not exist: it was aborted, or has expired after seven days. Start the import again."
            ) from None

    def _urls(self, key: str, upload_id: str, numbers: Sequence[int]) -> list[PartUrl]:
        return [
            PartUrl(number=number, url=self._signed("upload_part", Key=key, UploadId=upload_id, PartNumber=number))
            for number in numbers
        ]

    def _signed(self, operation: str, **parameters: Any) -> str:
        return self._s3.generate_presigned_url(
            operation, Params={"Bucket": self._bucket} | parameters, ExpiresIn=URL_SECONDS
        )

    def _expiry(self) -> datetime:
        return datetime.fromtimestamp(int(self._now().timestamp()) + URL_SECONDS, UTC)


def key_of(collection: str, import_id: str, file_name: str) -> str:
    """Return the key of an uploaded file."""
    return f"{collection}/{UPLOAD_FOLDER}/{import_id}/{file_name}"


def parts_of(size: int) -> tuple[int, int]:
    """How many parts a file of this size is sent in, and the bytes of each but the last: whole MiB."""
    part_bytes = max(PART_BYTES, -(-size // (MAX_PARTS * MIB)) * MIB)
    return -(-size // part_bytes), part_bytes
