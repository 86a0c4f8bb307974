"""Uploads that the API signs, with S3 played by moto."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from lambdas.errors import ConflictError, InvalidRequestError
from lambdas.imports.files.upload_metadata import UploadMetadata
from lambdas.imports.files.uploads import (
    MAX_FILE_BYTES,
    MAX_PARTS,
    MIB,
    PART_BYTES,
    PartsRequest,
    UploadCompletion,
    UploadReference,
    Uploads,
    parts_of,
)
from lambdas.imports.import_service import ImportControl, ImportRequest
from lambdas.jobs.import_options import ImportOptions
from lambdas.jobs.job import JobState
from lambdas.wiring.write import SIGNING
from tests import import_builders
from tests.import_builders import BUCKET, NOW, ImportWorld, films


@pytest.fixture
def world() -> Iterator[ImportWorld]:
    with mock_aws():
        yield ImportWorld.create()


def control(world: ImportWorld) -> ImportControl:
    return import_builders.control(world, now=lambda: NOW)


def large(**more: Any) -> ImportRequest:
    asked = {"collection": "Film", "file_name": "films.jsonl", "file_size": 200 * MIB} | more
    return ImportRequest.model_validate(asked)


def reference(upload_id: str) -> dict[str, str]:
    return {"file_name": "films.jsonl", "upload_id": upload_id}


def begun(world: ImportWorld) -> tuple[str, str]:
    started = control(world).start(large())
    assert started.upload is not None
    assert started.upload.parts is not None
    return started.id, started.upload.parts.upload_id


@pytest.mark.parametrize(
    ("size", "count", "part_bytes"),
    [
        (PART_BYTES + 1, 2, PART_BYTES),
        (10 * PART_BYTES, 10, PART_BYTES),
        (MAX_PARTS * PART_BYTES, MAX_PARTS, PART_BYTES),
        (MAX_PARTS * PART_BYTES + 1, 9847, PART_BYTES + MIB),
        (MAX_FILE_BYTES, 9987, 525 * MIB),
    ],
)
def test_parts_are_as_few_and_small_as_s3_allows(size: int, count: int, part_bytes: int) -> None:
    assert parts_of(size) == (count, part_bytes)
    assert (count - 1) * part_bytes < size <= count * part_bytes


def test_a_large_file_is_sent_in_parts_and_keeps_id_and_options(world: ImportWorld) -> None:
    asked = large(options={"mapping": {"year": None}})
    started = control(world).start(asked)
    assert started.upload is not None
    assert (started.upload.method, started.upload.url, started.upload.headers) == ("PUT", None, {})
    parts = started.upload.parts
    assert parts is not None
    assert (parts.part_bytes, parts.count, [each.number for each in parts.urls]) == (PART_BYTES, 4, [1, 2, 3, 4])
    for each in parts.urls:
        query = parse_qs(urlsplit(each.url).query)
        assert (query["partNumber"], query["uploadId"]) == ([str(each.number)], [parts.upload_id])
        assert f"/Film/uploads/{started.id}/films.jsonl" in each.url

    key = f"Film/uploads/{started.id}/films.jsonl"
    # moto takes no smaller parts but the last one, as S3.
    content = films(5).ljust(5 * MIB, b"\n")
    etags = [
        world.s3.upload_part(Bucket=BUCKET, Key=key, UploadId=parts.upload_id, PartNumber=number, Body=body)["ETag"]
        for number, body in ((1, content), (2, films(3)))
    ]
    completion = UploadCompletion.model_validate(reference(parts.upload_id) | {"etags": etags})
    done = control(world).uploads.complete("Film", started.id, completion)
    again = control(world).uploads.complete("Film", started.id, completion)

    assert done == again
    assert done.source == f"s3://{BUCKET}/{key}"
    stored = world.s3.get_object(Bucket=BUCKET, Key=key)
    assert stored["Body"].read() == content + films(3)
    assert UploadMetadata.read(stored["Metadata"]) == UploadMetadata(started.id, asked.options)
    world.split(world.upload_source(key, stored["ETag"].strip('"')), chunk_bytes=MIB)
    assert control(world).get(started.id).state in (JobState.SPLITTING, JobState.LOADING)


def test_a_small_file_and_one_of_unknown_size_are_sent_in_one_piece(world: ImportWorld) -> None:
    for size in (PART_BYTES, None):
        upload = control(world).start(large(file_size=size)).upload
        assert upload is not None
        assert upload.parts is None
        assert upload.url is not None
    assert world.s3.list_multipart_uploads(Bucket=BUCKET).get("Uploads", []) == []


def test_a_hundred_urls_come_at_once_and_the_others_on_request(world: ImportWorld) -> None:
    started = control(world).start(large(file_size=150 * PART_BYTES))
    assert started.upload is not None
    assert started.upload.parts is not None
    assert len(started.upload.parts.urls) == 100
    upload_id = started.upload.parts.upload_id

    request = PartsRequest.model_validate(reference(upload_id) | {"numbers": [101, 150]})
    signed = control(world).uploads.sign("Film", started.id, request)

    assert [each.number for each in signed.urls] == [101, 150]
    assert all("uploadId" in each.url and started.id in each.url for each in signed.urls)
    assert (signed.expires - NOW).total_seconds() == 3600


def test_an_upload_that_was_given_up_leaves_nothing(world: ImportWorld) -> None:
    import_id, upload_id = begun(world)
    given_up = UploadReference.model_validate(reference(upload_id))

    control(world).uploads.abort("Film", import_id, given_up)
    control(world).uploads.abort("Film", import_id, given_up)

    assert world.s3.list_multipart_uploads(Bucket=BUCKET).get("Uploads", []) == []


def test_an_upload_that_s3_no_longer_has_was_completed_or_has_to_begin_again(
    world: ImportWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    def forgotten(**_: object) -> None:
        # S3's response; moto fails.
        raise ClientError({"Error": {"Code": "NoSuchUpload", "Message": "no"}}, "CompleteMultipartUpload")

    monkeypatch.setattr(world.s3, "complete_multipart_upload", forgotten)
    completion = UploadCompletion.model_validate(reference("u") | {"etags": ["abc"]})

    with pytest.raises(ConflictError, match="Start the import again"):
        control(world).uploads.complete("Film", "some-id", completion)
    world.s3.put_object(Bucket=BUCKET, Key="Film/uploads/some-id/films.jsonl", Body=b"{}")

    assert control(world).uploads.complete("Film", "some-id", completion).id == "some-id"


def test_parts_that_did_not_arrive_are_named_as_what_is_wrong(world: ImportWorld) -> None:
    import_id, upload_id = begun(world)
    completion = UploadCompletion.model_validate(reference(upload_id) | {"etags": ["9b2cf535f27731c974343645a3985328"]})

    with pytest.raises(InvalidRequestError, match=r"etags: S3 cannot put the parts together \(InvalidPart"):
        control(world).uploads.complete("Film", import_id, completion)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"file_size": -1}, "greater than or equal to 0"),
        ({"file_size": MAX_FILE_BYTES + 1}, "less than or equal to"),
        ({"file_name": None, "source": "s3://bucket/key.csv"}, "S3 knows that of a 'source'"),
        ({"file_name": "a/b.csv"}, "pattern"),
    ],
)
def test_a_request_for_an_upload_that_makes_no_sense_is_refused(wrong: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        large(**wrong)


@pytest.mark.parametrize("name", ["films.xlsx", "films", "films.CSV"])
def test_a_file_of_any_name_is_taken_when_the_options_name_its_format(world: ImportWorld, name: str) -> None:
    assert control(world).start(large(file_name=name, options={"format": "csv"})).upload is not None


def test_a_file_without_a_known_ending_or_format_is_rejected(world: ImportWorld) -> None:
    with pytest.raises(InvalidRequestError, match=r"films\.xlsx.* no ending that names its format"):
        control(world).start(large(file_name="films.xlsx"))


@pytest.mark.parametrize("numbers", [[], [0], [MAX_PARTS + 1], [1] * 101])
def test_parts_that_s3_does_not_have_are_refused(numbers: list[int]) -> None:
    with pytest.raises(ValueError, match="numbers"):
        PartsRequest.model_validate(reference("u") | {"numbers": numbers})


def test_signed_urls_lead_to_the_region_of_the_bucket() -> None:
    s3 = boto3.client(
        "s3",
        region_name="eu-south-2",
        aws_access_key_id="testing",
        aws_secret_access_key="testing",
        config=SIGNING,
    )

    upload = Uploads(s3, BUCKET).begin("Film", "films.csv", UploadMetadata(str(uuid4()), ImportOptions()), None)

    assert upload.url is not None
    assert urlsplit(upload.url).hostname == f"{BUCKET}.s3.eu-south-2.amazonaws.com"
