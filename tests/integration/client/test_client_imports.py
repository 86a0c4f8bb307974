"""Uploads of the client through the HTTP API and signed URLs, with S3 played by moto."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import boto3
import pytest

import alto
from alto.classes.config import DataType, Property
from alto.classes.imports import ImportOptions
from lambdas.imports.files import uploads
from tests.api import Api
from tests.api_server import ApiServer

MIB = 1_048_576


@pytest.fixture(scope="module")
def s3(environment: dict[str, str]) -> Any:
    client = boto3.client(
        "s3",
        endpoint_url=environment["AWS_ENDPOINT_URL"],
        region_name=environment["AWS_REGION"],
        aws_access_key_id="AKIDEXAMPLE",
        aws_secret_access_key="secret",
    )
    client.create_bucket(Bucket=environment["ALTO_IMPORT_BUCKET"])
    return client


@pytest.fixture(scope="module")
def server(api: Api, s3: Any) -> Iterator[ApiServer]:
    with ApiServer(api) as running:
        yield running


@pytest.fixture
def films(server: ApiServer) -> Iterator[str]:
    with alto.connect_to_local(port=server.port) as client:
        collection = client.collections.create(
            f"Film{uuid4().hex[:8]}", properties=[Property(name="title", data_type=DataType.TEXT)]
        )
        yield collection.name
        client.collections.delete(collection.name)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """12 MiB, no two parts of which are alike."""
    found = tmp_path / "films.data"
    found.write_bytes(b"".join(f"{number:07}\n".encode() for number in range(12 * MIB // 8)))
    return found


def stored(s3: Any, bucket: str, collection: str, job: Any) -> Any:
    return s3.get_object(Bucket=bucket, Key=f"{collection}/uploads/{job.id}/films.data.jsonl")


@pytest.fixture
def _parts_of_5_mib(monkeypatch: pytest.MonkeyPatch) -> None:
    """The smallest that S3 takes."""
    monkeypatch.setattr(uploads, "PART_BYTES", 5 * MIB)


OPTIONS = ImportOptions(format="jsonl", mapping={"Titel": "title"})


@pytest.mark.usefixtures("_parts_of_5_mib")
def test_a_large_file_arrives_in_parts_with_its_import_metadata(
    server: ApiServer, s3: Any, environment: dict[str, str], films: str, file: Path
) -> None:
    bucket = environment["ALTO_IMPORT_BUCKET"]
    shown: list[int] = []

    with alto.connect_to_local(port=server.port) as client:
        job = client.imports.from_file(
            file, collection=films, options=OPTIONS, progress=lambda done, _: shown.append(done)
        )

    found = stored(s3, bucket, films, job)
    assert found["Body"].read() == file.read_bytes()
    assert found["ETag"].endswith('-3"')
    assert found["Metadata"]["alto-import-id"] == str(job.id)
    assert '"Titel"' in found["Metadata"]["alto-import-options"]
    assert sorted(shown) == shown
    assert shown[-1] == 12 * MIB
    # Of this collection: the account is shared, and other tests leave uploads open.
    assert s3.list_multipart_uploads(Bucket=bucket, Prefix=f"{films}/").get("Uploads", []) == []


def test_a_small_file_arrives_in_one_piece(
    server: ApiServer, s3: Any, environment: dict[str, str], films: str, file: Path
) -> None:
    with alto.connect_to_local(port=server.port) as client:
        job = client.imports.from_file(file, collection=films, options=OPTIONS)

    found = stored(s3, environment["ALTO_IMPORT_BUCKET"], films, job)
    assert found["Body"].read() == file.read_bytes()
    assert found["Metadata"]["alto-import-id"] == str(job.id)


@pytest.mark.usefixtures("_parts_of_5_mib")
def test_the_asynchronous_client_uploads_the_same(
    server: ApiServer, s3: Any, environment: dict[str, str], films: str, file: Path
) -> None:
    async def upload() -> Any:
        async with alto.use_async_with_local(port=server.port) as client:
            return await client.imports.from_file(file, collection=films, options=OPTIONS)

    job = asyncio.run(upload())

    assert stored(s3, environment["ALTO_IMPORT_BUCKET"], films, job)["Body"].read() == file.read_bytes()


def test_a_file_for_a_collection_that_is_not_there_is_not_sent(server: ApiServer, file: Path) -> None:
    with alto.connect_to_local(port=server.port) as client, pytest.raises(alto.AltoNotFoundError):
        client.imports.from_file(file, collection="Nowhere", options=OPTIONS)


def test_a_file_whose_format_cannot_be_told_is_not_sent(server: ApiServer, films: str, file: Path) -> None:
    with (
        alto.connect_to_local(port=server.port) as client,
        pytest.raises(alto.AltoInvalidRequestError, match="has no ending that names its format"),
    ):
        client.imports.from_file(file, collection=films)
