"""S3 objects that are written piece by piece."""

import pytest
from moto import mock_aws

from lambdas.imports.files.s3_multipart import PART_BYTES, GrowingObject
from tests.import_builders import BUCKET, ImportWorld


@pytest.mark.parametrize("size", [10, PART_BYTES + 10], ids=["small", "in parts"])
@pytest.mark.parametrize(("replaces", "kept"), [(True, b"b"), (False, b"a")])
def test_of_two_that_write_an_object_the_first_counts_unless_it_replaces(
    size: int, replaces: bool, kept: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    with mock_aws():
        s3 = ImportWorld.create().s3
        written = [GrowingObject(s3, BUCKET, "list", "text/plain", replaces=replaces) for _ in range(2)]
        for each, content in zip(written, (b"a", b"b"), strict=True):
            each.write(content * size)
        for each in written:
            each.close()

        assert s3.get_object(Bucket=BUCKET, Key="list")["Body"].read() == kept * size
