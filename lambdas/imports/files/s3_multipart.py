"""Writes an S3 object piece by piece and holds one part in memory (`upload_fileobj` reads from a file instead)."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client

# The smallest part that S3 takes is 5 MiB, except for the last one.
PART_BYTES = 8_388_608


class GrowingObject:
    """An S3 object that is being written. It exists after `close`; an unclosed one is deleted by S3 after a week.

    With `replaces=False` one that is there already stays as it is: of two functions that write it at once, the first
    one counts.
    """

    def __init__(self, s3: "S3Client", bucket: str, key: str, content_type: str, *, replaces: bool = True) -> None:
        self._s3 = s3
        self._bucket = bucket
        self._key = key
        self._content_type = content_type
        self._condition: dict[str, Any] = {} if replaces else {"IfNoneMatch": "*"}
        self._held = bytearray()
        self._upload: str | None = None
        self._parts: list[str] = []
        self.size = 0

    def write(self, content: bytes) -> None:
        """Add to its end."""
        self._held += content
        self.size += len(content)
        if len(self._held) >= PART_BYTES:
            self._send()

    def close(self) -> None:
        """Complete the object, which may be empty."""
        try:
            self._complete()
        except self._s3.exceptions.ClientError as error:
            if not self._condition or error.response["Error"]["Code"] != "PreconditionFailed":
                raise

    def _complete(self) -> None:
        if self._upload is None:
            self._s3.put_object(
                Bucket=self._bucket,
                Key=self._key,
                Body=bytes(self._held),
                ContentType=self._content_type,
                **self._condition,
            )
            return
        if self._held:
            self._send()
        numbered = [{"ETag": etag, "PartNumber": number} for number, etag in enumerate(self._parts, start=1)]
        self._s3.complete_multipart_upload(
            Bucket=self._bucket,
            Key=self._key,
            UploadId=self._upload,
            MultipartUpload={"Parts": numbered},  # type: ignore[typeddict-item]
            **self._condition,
        )

    def _send(self) -> None:
        if self._upload is None:
            begun = self._s3.create_multipart_upload(Bucket=self._bucket, Key=self._key, ContentType=self._content_type)
            self._upload = begun["UploadId"]
        response = self._s3.upload_part(
            Bucket=self._bucket,
            Key=self._key,
            UploadId=self._upload,
            PartNumber=len(self._parts) + 1,
            Body=bytes(self._held),
        )
        self._parts.append(response["ETag"])
        self._held.clear()
