"""The functions as they are wired in Lambda, with a real OpenSearch, moto and the model emulator behind them."""

from collections.abc import Iterator

import pytest

from local.emulator import Emulator
from tests.api import Api

JOBS_TABLE = "alto-jobs"


@pytest.fixture(scope="session")
def emulator() -> Iterator[Emulator]:
    """Bedrock and SageMaker with the real small model."""
    with Emulator(model="minilm") as running:
        yield running


@pytest.fixture(scope="session")
def aws_url() -> Iterator[str]:
    """moto's AWS account."""
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture(scope="session")
def environment(opensearch_url: str, emulator: Emulator, aws_url: str) -> dict[str, str]:
    """What Lambda would set for the functions."""
    return {
        "AWS_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_ENDPOINT_URL": aws_url,
        "AWS_ENDPOINT_URL_BEDROCK_RUNTIME": emulator.url,
        "AWS_ENDPOINT_URL_SAGEMAKER_RUNTIME": emulator.url,
        "ALTO_OPENSEARCH_URL": opensearch_url,
        "ALTO_JOBS_TABLE": JOBS_TABLE,
        "ALTO_IMPORT_BUCKET": "alto-imports",
        "ALTO_SPLIT_QUEUE_URL": f"{aws_url}/123456789012/alto-split",
        "ALTO_CHUNK_QUEUE_URL": f"{aws_url}/123456789012/alto-chunks",
    }


@pytest.fixture(scope="session")
def api(environment: dict[str, str]) -> Iterator[Api]:
    """The HTTP API of functions that were just started."""
    import boto3

    from lambdas.handlers import query, write

    with pytest.MonkeyPatch.context() as patch:
        for name, value in environment.items():
            patch.setenv(name, value)
        boto3.client("dynamodb", region_name=environment["AWS_REGION"]).create_table(
            TableName=JOBS_TABLE,
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
            AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("pk", "sk")],
            BillingMode="PAY_PER_REQUEST",
        )
        yield Api(query.lambda_handler, write.lambda_handler)
