"""The functions as they are wired in Lambda, with a real OpenSearch, moto and the model emulator behind them."""

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from subprocess import DEVNULL

import httpx
import pytest

from lambdas.jobs.queues import ChunkQueue
from local.emulator import Emulator
from local.processes import LOOPBACK
from tests.api import Api
from tests.functions import Functions

JOBS_TABLE = "alto-jobs"


@pytest.fixture(scope="session")
def emulator(aws_url: str) -> Iterator[Emulator]:
    """Bedrock and SageMaker with the real small model. Its batch jobs find their files in moto's account."""
    with Emulator(model="minilm", s3_endpoint=aws_url) as running:
        yield running


@pytest.fixture(scope="session")
def aws_url() -> Iterator[str]:
    """moto's AWS account, in a process of its own: other tests use moto in this one, and reset it."""
    port = random_port()
    server = subprocess.Popen(
        [sys.executable, "-m", "tests.moto_server", "-H", LOOPBACK, "-p", str(port)], stderr=DEVNULL
    )
    url = f"http://{LOOPBACK}:{port}"
    try:
        wait_until_answering(url, server)
        yield url
    finally:
        server.terminate()
        server.wait()


def random_port() -> int:
    """A free port that the system chooses. The first free one would be the same for suites that start together."""
    with socket.create_server((LOOPBACK, 0)) as reserved:
        return int(reserved.getsockname()[1])


def wait_until_answering(url: str, server: "subprocess.Popen[bytes]") -> None:
    for _ in range(300):
        assert server.poll() is None, "moto's server ended"
        try:
            httpx.get(url)
        except httpx.TransportError:
            time.sleep(0.1)
        else:
            return
    pytest.fail("moto's server does not respond")


@pytest.fixture(scope="session")
def environment(opensearch_url: str, emulator: Emulator, aws_url: str) -> dict[str, str]:
    """The variables that Lambda sets for the functions."""
    return {
        "AWS_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "AWS_EC2_METADATA_DISABLED": "true",
        # They would stand among what commands print in the same process.
        "POWERTOOLS_METRICS_DISABLED": "true",
        "AWS_ENDPOINT_URL": aws_url,
        "AWS_ENDPOINT_URL_BEDROCK": emulator.url,
        "AWS_ENDPOINT_URL_BEDROCK_RUNTIME": emulator.url,
        "AWS_ENDPOINT_URL_BEDROCK_AGENT_RUNTIME": emulator.url,
        "AWS_ENDPOINT_URL_SAGEMAKER_RUNTIME": emulator.url,
        "ALTO_OPENSEARCH_URL": opensearch_url,
        "ALTO_JOBS_TABLE": JOBS_TABLE,
        "ALTO_IMPORT_BUCKET": "alto-imports",
        "ALTO_SPLIT_QUEUE_URL": f"{aws_url}/123456789012/alto-split",
        "ALTO_EXTRACT_QUEUE_URL": f"{aws_url}/123456789012/alto-extract",
        "ALTO_BATCH_ROLE_ARN": "arn:aws:iam::123456789012:role/alto-batch-inference",
        "ALTO_CHUNK_QUEUE_URL": f"{aws_url}/123456789012/alto-chunks",
    }


@pytest.fixture(scope="session")
def api(environment: dict[str, str]) -> Iterator[Api]:
    """The HTTP API of functions that were just started, with a table, a bucket and a queue for imports."""
    import boto3

    from lambdas.handlers import query, write

    with pytest.MonkeyPatch.context() as patch:
        for name, value in environment.items():
            patch.setenv(name, value)
        region = environment["AWS_REGION"]
        boto3.client("dynamodb", region_name=region).create_table(
            TableName=JOBS_TABLE,
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
            AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("pk", "sk")],
            BillingMode="PAY_PER_REQUEST",
        )
        boto3.client("s3", region_name=region).create_bucket(Bucket=environment["ALTO_IMPORT_BUCKET"])
        boto3.client("sqs", region_name=region).create_queue(QueueName="alto-split")
        yield Api(query.lambda_handler, write.lambda_handler)


@pytest.fixture
def functions(api: Api, environment: dict[str, str]) -> Iterator[Functions]:
    """The functions behind the queues. What is to be delivered later is delivered at once."""
    with Functions(environment["AWS_REGION"]) as running, pytest.MonkeyPatch.context() as patch:
        patch.setattr(ChunkQueue, "send_later", lambda queue, chunk, _: queue.send([chunk]))
        yield running
