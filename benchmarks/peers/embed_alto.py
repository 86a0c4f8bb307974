"""Alto, wired as in its functions; and once with boto3's client below it. Runs in Alto's own environment."""

import json
import os
from collections.abc import Callable, Sequence
from typing import Any, cast

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError
from measuring import measure

from lambdas.aws.http import HttpResponse
from lambdas.deadline import Deadline
from lambdas.embedding.aws_caller import AwsCaller
from lambdas.embedding.config import Text2VecAws
from lambdas.embedding.embedder import CONCURRENCY
from lambdas.embedding.model_target import HttpCall
from lambdas.embedding.vendor_errors import failure_of
from lambdas.wiring.aws import aws_access
from lambdas.wiring.embedding import embedder, model_caller

type Embed = Callable[[Sequence[str]], Sequence[Any]]


class Boto3Caller:
    """Calls models through boto3's client, with as many connections as Alto has. Alto alone retries."""

    def __init__(self) -> None:
        config = Config(max_pool_connections=CONCURRENCY, retries={"total_max_attempts": 1})
        self._client = boto3.client("bedrock-runtime", config=config)

    def send(self, target: Any, call: HttpCall, **_: Any) -> HttpResponse:
        """Return the response to a call that succeeded. Raises `CallFailedError`."""
        try:
            response = self._client.invoke_model(modelId=target.target, body=call.body)
        except ClientError as error:
            about = error.response["ResponseMetadata"]
            headers = {**about["HTTPHeaders"], "x-amzn-errortype": error.response["Error"]["Code"]}
            message = json.dumps({"message": error.response["Error"]["Message"]}).encode()
            raise failure_of(HttpResponse(about["HTTPStatusCode"], headers, message), target) from None
        return HttpResponse(200, response["ResponseMetadata"]["HTTPHeaders"], response["body"].read())


def alto(job: dict[str, Any]) -> Embed:
    """`Embedder.embed_documents`: a vector or an error for each text."""
    return _embed(job, model_caller(aws_access(os.environ)))


def alto_over_boto3(job: dict[str, Any]) -> Embed:
    """The same, with boto3's client in place of botocore's signature on urllib3."""
    return _embed(job, cast("AwsCaller", Boto3Caller()))


def _embed(job: dict[str, Any], caller: AwsCaller) -> Embed:
    config = Text2VecAws.model_validate({"vectorizer": "text2vec-aws", "region": "us-east-1", "model": job["model"]})
    made = embedder(caller)
    return lambda texts: made.embed_documents(config, texts, deadline=Deadline.after(600))


if __name__ == "__main__":
    measure({"alto": alto, "alto-over-boto3": alto_over_boto3})
