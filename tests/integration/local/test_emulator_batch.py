"""The emulator's batch jobs as their callers see them: through boto3, with the files in moto's account."""

import json
import time
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from local.emulator import Emulator

TITAN = "amazon.titan-embed-text-v2:0"
BUCKET = "emulated-batches"
KEYS = {"aws_access_key_id": "AKIDEXAMPLE", "aws_secret_access_key": "secret", "region_name": "us-east-1"}


@pytest.fixture(scope="module")
def batches(aws_url: str) -> Iterator[Emulator]:
    with Emulator(model="stub", s3_endpoint=aws_url) as emulator:
        yield emulator


@pytest.fixture
def s3(aws_url: str) -> Any:
    client = boto3.client("s3", endpoint_url=aws_url, **KEYS)  # type: ignore[call-overload]
    client.create_bucket(Bucket=BUCKET)
    return client


@pytest.fixture
def bedrock(batches: Emulator) -> Any:
    batches.reset()
    return boto3.client("bedrock", endpoint_url=batches.url, **KEYS)  # type: ignore[call-overload]


def request(name: str, **changes: Any) -> dict[str, Any]:
    return {
        "jobName": name,
        "clientRequestToken": name,
        "roleArn": "arn:aws:iam::123456789012:role/batch",
        "modelId": TITAN,
        "inputDataConfig": {"s3InputDataConfig": {"s3Uri": f"s3://{BUCKET}/{name}.jsonl"}},
        "outputDataConfig": {"s3OutputDataConfig": {"s3Uri": f"s3://{BUCKET}/out/"}},
    } | changes


def put(s3: Any, name: str, texts: list[str]) -> None:
    lines = [
        json.dumps({"recordId": f"r{number}", "modelInput": {"inputText": text, "dimensions": 256}})
        for number, text in enumerate(texts)
    ]
    s3.put_object(Bucket=BUCKET, Key=f"{name}.jsonl", Body="\n".join(lines).encode())


def ended(bedrock: Any, arn: str) -> dict[str, Any]:
    until = time.monotonic() + 30
    while time.monotonic() < until:
        job: dict[str, Any] = bedrock.get_model_invocation_job(jobIdentifier=arn)
        if job["status"] not in ("Submitted", "InProgress", "Stopping"):
            return job
        time.sleep(0.02)
    pytest.fail("the job does not end")


def test_a_job_writes_a_vector_or_error_per_record_and_a_manifest(bedrock: Any, s3: Any) -> None:
    put(s3, "mixed", ["fine"] * 149 + [""])

    arn = bedrock.create_model_invocation_job(**request("mixed"))["jobArn"]
    job = ended(bedrock, arn)

    assert job["status"] == "Completed", job
    assert (job["totalRecordCount"], job["errorRecordCount"]) == (150, 1)
    folder = f"out/{arn.rpartition('/')[2]}"
    lines = s3.get_object(Bucket=BUCKET, Key=f"{folder}/mixed.jsonl.out")["Body"].read().splitlines()
    found = {line["recordId"]: line for line in map(json.loads, lines)}
    assert len(found["r0"]["modelOutput"]["embedding"]) == 256
    assert found["r149"]["error"]["errorCode"] == 400
    assert found["r149"]["modelInput"] == {"inputText": "", "dimensions": 256}
    manifest = json.loads(s3.get_object(Bucket=BUCKET, Key=f"{folder}/manifest.json.out")["Body"].read())
    assert (manifest["totalRecordCount"], manifest["successRecordCount"]) == (150, 149)


def test_the_same_token_is_the_same_job(bedrock: Any, s3: Any) -> None:
    put(s3, "twice", ["a"] * 100)

    first, second = (bedrock.create_model_invocation_job(**request("twice"))["jobArn"] for _ in range(2))

    assert first == second
    listed = bedrock.list_model_invocation_jobs(nameContains="twice")["invocationJobSummaries"]
    assert [each["jobArn"] for each in listed] == [first]


@pytest.mark.parametrize(
    ("name", "texts", "says"),
    [("few", ["a"] * 99, "takes 100 to 50000"), ("absent", None, "NoSuchKey")],
)
def test_input_that_cannot_be_used_fails_the_job(
    bedrock: Any, s3: Any, name: str, texts: list[str] | None, says: str
) -> None:
    if texts is not None:
        put(s3, name, texts)

    job = ended(bedrock, bedrock.create_model_invocation_job(**request(name))["jobArn"])

    assert job["status"] == "Failed"
    assert says in job["message"]


def test_a_job_can_be_stopped_while_it_runs_and_not_after(bedrock: Any, s3: Any, batches: Emulator) -> None:
    put(s3, "stopped", ["a"] * 100)
    batches.faults(batch={"seconds": 60})
    arn = bedrock.create_model_invocation_job(**request("stopped"))["jobArn"]

    bedrock.stop_model_invocation_job(jobIdentifier=arn)

    assert bedrock.get_model_invocation_job(jobIdentifier=arn.rpartition("/")[2])["status"] == "Stopped"
    with pytest.raises(ClientError, match="ConflictException"):
        bedrock.stop_model_invocation_job(jobIdentifier=arn)


@pytest.mark.parametrize(
    ("changes", "code"),
    [({"modelId": "cohere.embed-english-v3"}, "ValidationException"), ({"modelId": "no.model"}, "ValidationException")],
)
def test_a_model_without_batch_inference_is_refused(bedrock: Any, changes: dict[str, Any], code: str) -> None:
    with pytest.raises(ClientError, match=code):
        bedrock.create_model_invocation_job(**request("refused", **changes))


def test_a_job_that_does_not_exist_is_told(bedrock: Any) -> None:
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        bedrock.get_model_invocation_job(jobIdentifier="abcdefghij12")
