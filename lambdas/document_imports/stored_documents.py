"""Documents that were read: JSON lines in the import bucket, written by `extract` and read by `load`."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple, Self

import orjson

from lambdas.documents.blocks import Block
from lambdas.imports.files.s3_notifications import OWN_PREFIX

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client

NDJSON = "application/x-ndjson"


def key_of(job_id: str, number: int) -> str:
    """Return the key of a document of a job: the same in every attempt."""
    return f"{OWN_PREFIX}imports/{job_id}/documents/{number:08}"


class StoredDocument(NamedTuple):
    """A document that was read, or the reason why it could not be."""

    name: str
    source: str
    title: str = ""
    pages: int = 0
    metadata: Mapping[str, Any] = {}
    blocks: tuple[Block, ...] = ()
    error: str | None = None
    page: int | None = None
    size: int = 0

    @classmethod
    def parse(cls, data: bytes) -> Self:
        """Return the document of a stored file."""
        lines = data.splitlines()
        about, head = orjson.loads(lines[0]), orjson.loads(lines[1])
        if "error" in head:
            return cls(about["name"], about["source"], error=str(head["error"]), page=head["page"])
        blocks = tuple(
            Block(kind, text, page, level, tuple(links))
            for kind, text, page, level, links in map(orjson.loads, lines[2:])
        )
        metadata = about["metadata"]
        return cls(about["name"], about["source"], head["title"], head["pages"], metadata, blocks, size=len(data))


class StoredDocuments:
    """The stored documents of all jobs."""

    def __init__(self, s3: "S3Client", bucket: str) -> None:
        self._s3 = s3
        self._bucket = bucket

    def put(self, job_id: str, number: int, about: Mapping[str, Any], lines: bytes) -> None:
        """Store what was read: `about` has name, source and metadata, `lines` are those of the child."""
        content = orjson.dumps(about, option=orjson.OPT_APPEND_NEWLINE) + lines
        self._s3.put_object(Bucket=self._bucket, Key=key_of(job_id, number), Body=content, ContentType=NDJSON)

    def get(self, job_id: str, number: int) -> StoredDocument:
        """Return a document."""
        return StoredDocument.parse(self._s3.get_object(Bucket=self._bucket, Key=key_of(job_id, number))["Body"].read())

    def exists(self, job_id: str, number: int) -> bool:
        """Whether the document was read in an attempt before."""
        try:
            self._s3.head_object(Bucket=self._bucket, Key=key_of(job_id, number))
        except self._s3.exceptions.ClientError as error:
            if error.response["ResponseMetadata"]["HTTPStatusCode"] in (403, 404):
                return False
            raise
        return True
