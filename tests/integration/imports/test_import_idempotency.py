"""Starting an import with an Idempotency-Key, over moto's S3, SQS and DynamoDB."""

import zlib
from collections.abc import Iterator
from uuid import uuid4

import boto3
import pytest

from tests.api import Api, Response
from tests.builders import FILM_PROPERTIES


@pytest.fixture
def collection(api: Api) -> Iterator[str]:
    name = f"Import{uuid4().hex[:8]}"
    assert api("POST", "/v1/collections", {"name": name, "properties": FILM_PROPERTIES}).status == 201
    yield name
    api("DELETE", f"/v1/collections/{name}")


def start(api: Api, collection: str, key: str, **request: object) -> Response:
    return api("POST", f"/v1/collections/{collection}/imports", request, headers={"Idempotency-Key": key})


def file_of(environment: dict[str, str], name: str) -> str:
    bucket = environment["ALTO_IMPORT_BUCKET"]
    boto3.client("s3", region_name=environment["AWS_REGION"]).put_object(Bucket=bucket, Key=name, Body=b"{}")
    return f"s3://{bucket}/{name}"


def test_an_import_that_is_to_be_repeated_is_started_once_for_each_key(
    api: Api, environment: dict[str, str], collection: str
) -> None:
    key, source = str(uuid4()), file_of(environment, f"any/{uuid4()}.jsonl")
    request = {"source": source, "repeat": True}

    first, again = start(api, collection, key, **request), start(api, collection, key, **request)
    without_key = api("POST", f"/v1/collections/{collection}/imports", request)

    assert (first.status, again.status) == (202, 202)
    assert again.body["id"] == first.body["id"] != without_key.body["id"]
    assert again.body["job"]["collection"] == collection
    assert "Idempotent-Replayed" not in first.headers
    assert again.headers["Idempotent-Replayed"] == "true"


@pytest.mark.parametrize("query", [{}, {"limit": "5", "after": "content-length"}])
def test_jobs_of_a_collection_that_does_not_exist_are_not_found(api: Api, query: dict[str, str]) -> None:
    response = api("GET", "/v1/collections/NoSuchCollection/imports", query=query)

    assert (response.status, response.body["error"]["code"]) == (404, "collection_not_found")


def test_a_repeated_upload_request_keeps_id_and_gets_a_fresh_url(api: Api, collection: str) -> None:
    key, request = str(uuid4()), {"file_name": "films.csv"}

    first, again = start(api, collection, key, **request), start(api, collection, key, **request)
    lower = start(api, collection[:1].lower() + collection[1:], key, **request)

    assert first.body["id"] == again.body["id"] == lower.body["id"]
    place, _, signature = first.body["upload"]["url"].partition("?")
    assert again.body["upload"]["url"].partition("?")[0] == place
    assert signature
    assert again.body["upload"]["headers"] == first.body["upload"]["headers"]
    assert again.headers["Idempotent-Replayed"] == "true"


def test_an_upload_in_parts_that_is_asked_for_again_is_the_same_upload(api: Api, collection: str) -> None:
    key, request = str(uuid4()), {"file_name": "films.csv", "file_size": 200 * 1024**2}

    first, again = start(api, collection, key, **request), start(api, collection, key, **request)

    assert again.body["id"] == first.body["id"]
    assert again.body["upload"]["parts"]["upload_id"] == first.body["upload"]["parts"]["upload_id"]
    assert len(again.body["upload"]["parts"]["urls"]) == again.body["upload"]["parts"]["count"] > 1


def test_no_signed_url_is_kept(api: Api, environment: dict[str, str], collection: str) -> None:
    start(api, collection, str(uuid4()), file_name="films.csv")

    dynamodb = boto3.client("dynamodb", region_name=environment["AWS_REGION"])
    kept = dynamodb.scan(TableName=environment["ALTO_JOBS_TABLE"])["Items"]
    responses = [zlib.decompress(item["response"]["B"]) for item in kept if "response" in item]
    assert responses
    assert not [response for response in responses if b"X-Amz-Signature" in response]


def test_a_reused_key_is_rejected_and_a_rejected_import_checked_again(api: Api, collection: str) -> None:
    key = str(uuid4())

    refused = [start(api, collection, key, file_name="films.doc") for _ in range(2)]
    other = start(api, collection, key, file_name="films.csv")

    assert [each.error["code"] for each in refused] == ["invalid_request"] * 2
    assert (other.status, other.error["code"]) == (409, "idempotency_key_reused")
