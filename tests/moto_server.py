"""moto's server, with an S3 that rejects unknown uploads: moto itself returns 500 when one is to be completed."""

import sys
from typing import Any

from moto.s3.exceptions import NoSuchUpload
from moto.s3.models import S3Backend
from moto.server import main

complete = S3Backend.complete_multipart_upload


def complete_if_there(self: S3Backend, bucket_name: str, multipart_id: str, body: Any) -> Any:
    """As S3."""
    if multipart_id not in self.get_bucket(bucket_name).multiparts:
        raise NoSuchUpload(upload_id=multipart_id)
    return complete(self, bucket_name, multipart_id, body)


S3Backend.complete_multipart_upload = complete_if_there  # type: ignore[method-assign]

if __name__ == "__main__":
    main(sys.argv[1:])
