"""The AWS account of `make bench-import`: S3, SQS and DynamoDB, played by moto."""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import boto3
import httpx

from local.processes import LOOPBACK, unused_port


def prepare_account(url: str, name: str = "alto") -> dict[str, str]:
    """Make what an import needs in moto's account, and return it as the environment of the functions."""
    keys = {"aws_access_key_id": "benchmark", "aws_secret_access_key": "benchmark"}
    s3, sqs, dynamodb = (
        boto3.client(service, endpoint_url=url, region_name="us-east-1", **keys)  # type: ignore[call-overload]
        for service in ("s3", "sqs", "dynamodb")
    )
    s3.create_bucket(Bucket=f"{name}-imports")
    queues = {
        each: sqs.create_queue(QueueName=f"{name}-{each.lower()}")["QueueUrl"] for each in ("SPLIT", "CHUNK", "EXTRACT")
    }
    dynamodb.create_table(
        TableName=f"{name}-jobs",
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
        AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"} for key in ("pk", "sk")],
        BillingMode="PAY_PER_REQUEST",
    )
    return {
        "AWS_REGION": "us-east-1",
        "AWS_ENDPOINT_URL": url,
        "ALTO_JOBS_TABLE": f"{name}-jobs",
        "ALTO_IMPORT_BUCKET": f"{name}-imports",
        **{f"ALTO_{each}_QUEUE_URL": queue for each, queue in queues.items()},
    }


@contextmanager
def aws_account() -> Iterator[dict[str, str]]:
    """Start moto's account in a process of its own; yields the environment of the functions in it."""
    port = unused_port()
    url = f"http://{LOOPBACK}:{port}"
    command = [sys.executable, "-m", "benchmarks.imports.moto_server", "-H", LOOPBACK, "-p", str(port)]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        for _ in range(300):
            try:
                httpx.get(url)
                break
            except httpx.TransportError:
                time.sleep(0.1)
        yield prepare_account(url)
    finally:
        server.terminate()
        server.wait()
