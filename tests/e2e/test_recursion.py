"""The local account counts the invocations of a chain, and those at once, as Lambda does in a new account."""

import io
import json
import time
import zipfile
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import httpx
import pytest

from local.account import LocalAccount
from local.environments import install_environment
from local.processes import unused_port
from local.stack import PROJECT, TOOLS

REGION = "eu-west-1"
HANDOVERS = 40
LAMBDA_LIMIT = 16
# Of many new accounts.
CONCURRENCY = 10
HANDLER = """
import json, os
import botocore.session

def handler(event, context):
    sqs = botocore.session.Session().create_client("sqs", region_name="eu-west-1")
    for record in event["Records"]:
        left = json.loads(record["body"])
        sqs.send_message(QueueUrl=os.environ["SEEN"], MessageBody=str(left))
        if left:
            sqs.send_message(QueueUrl=os.environ["SELF"], MessageBody=str(left - 1))
"""
SLOW_HANDLER = """
import time

def handler(event, context):
    time.sleep(4)
"""
# Of botocore only what a client of SQS needs.
PACKAGES = ("botocore", "jmespath", "dateutil", "urllib3")
DATA = (
    "data/sqs/",
    "data/endpoints.json",
    "data/partitions.json",
    "data/sdk-default-configuration.json",
    "data/_retry",
)


def bundle() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("index.py", HANDLER)
        for name in (*PACKAGES, "six"):
            found = find_spec(name)
            assert found
            assert found.origin
            origin = Path(found.origin)
            if origin.name != "__init__.py":
                archive.write(origin, origin.name)
                continue
            for path in origin.parent.rglob("*"):
                inside = path.relative_to(origin.parent.parent)
                is_data = inside.parts[1:2] == ("data",) and name == "botocore"
                wanted = not is_data or any(str(inside).startswith(f"botocore/{each}") for each in DATA)
                if wanted and path.is_file() and "__pycache__" not in inside.parts:
                    archive.write(path, str(inside))
    return buffer.getvalue()


@pytest.fixture(scope="module")
def account(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalAccount]:
    folder = tmp_path_factory.mktemp("chains")
    port = unused_port()
    running = LocalAccount(folder / "state", folder / "account.log", port, REGION, {}, concurrency=CONCURRENCY)
    running.start(install_environment("ministack", PROJECT / "requirements" / "ministack.txt", TOOLS))
    yield running
    running.stop()


def make_role(account: LocalAccount, name: str) -> str:
    """The ARN of a new role that functions may have."""
    made = account.client("iam").create_role(
        RoleName=name,
        AssumeRolePolicyDocument=json.dumps(
            {
                "Version": "2012-10-17",
                "Statement": [
                    {
                        "Effect": "Allow",
                        "Principal": {"Service": "lambda.amazonaws.com"},
                        "Action": "sts:AssumeRole",
                    }
                ],
            }
        ),
    )["Role"]
    return str(made["Arn"])


def run_chain(account: LocalAccount, name: str, recursive_loop: str | None) -> tuple[set[int], list[str]]:
    """The invocations of a chain of hand-overs, and the dead letters of its queue."""
    sqs, functions = account.client("sqs"), account.client("lambda")
    seen, dead = (sqs.create_queue(QueueName=f"{name}-{kind}")["QueueUrl"] for kind in ("seen", "dead"))
    dead_arn = sqs.get_queue_attributes(QueueUrl=dead, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    redrive = json.dumps({"deadLetterTargetArn": dead_arn, "maxReceiveCount": 10})
    own = sqs.create_queue(QueueName=name, Attributes={"RedrivePolicy": redrive})["QueueUrl"]
    own_arn = sqs.get_queue_attributes(QueueUrl=own, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    role = make_role(account, name)
    rights = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sqs:*", "Resource": "*"}]}
    account.client("iam").put_role_policy(RoleName=name, PolicyName="sqs", PolicyDocument=json.dumps(rights))
    template = {
        "Resources": {
            "Function": {
                "Type": "AWS::Lambda::Function",
                "Properties": {
                    "FunctionName": name,
                    "Runtime": "python3.13",
                    "Handler": "index.handler",
                    "Role": role,
                    "Timeout": 30,
                    "Code": {"S3Bucket": "code", "S3Key": "bundle.zip"},
                    "Environment": {"Variables": {"SELF": own, "SEEN": seen}},
                }
                | ({"RecursiveLoop": recursive_loop} if recursive_loop else {}),
            }
        }
    }
    account.client("cloudformation").create_stack(StackName=name, TemplateBody=json.dumps(template))
    account.client("cloudformation").get_waiter("stack_create_complete").wait(
        StackName=name, WaiterConfig={"Delay": 1, "MaxAttempts": 60}
    )
    functions.create_event_source_mapping(FunctionName=name, EventSourceArn=own_arn, BatchSize=1)
    sqs.send_message(QueueUrl=own, MessageBody=str(HANDOVERS))
    counted: set[int] = set()
    letters: list[str] = []
    deadline = time.monotonic() + 120
    while 0 not in counted and not letters and time.monotonic() < deadline:
        counted |= {int(body) for body in receive(sqs, seen)}
        letters += receive(sqs, dead)
    return counted | {int(body) for body in receive(sqs, seen)}, letters


def receive(sqs: Any, url: str) -> list[str]:
    """The bodies of all messages that are there now."""
    bodies = []
    while found := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=1).get("Messages"):
        for message in found:
            bodies.append(message["Body"])
            sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    return bodies


@pytest.fixture(scope="module", autouse=True)
def _code(account: LocalAccount) -> None:
    s3 = account.client("s3")
    s3.create_bucket(Bucket="code", CreateBucketConfiguration={"LocationConstraint": REGION})
    s3.put_object(Bucket="code", Key="bundle.zip", Body=bundle())


def test_a_chain_of_40_handovers_runs_to_its_end_if_recursion_is_allowed(account: LocalAccount) -> None:
    seen, dead_letters = run_chain(account, "allowed", "Allow")

    assert seen == set(range(HANDOVERS + 1))
    assert dead_letters == []


@pytest.mark.parametrize("recursive_loop", [None, "Terminate"])
def test_a_chain_is_dropped_after_16_invocations_otherwise(account: LocalAccount, recursive_loop: str | None) -> None:
    seen, dead_letters = run_chain(account, f"stopped{recursive_loop or ''}", recursive_loop)

    assert len(seen) == LAMBDA_LIMIT
    assert dead_letters == [str(HANDOVERS - LAMBDA_LIMIT)]


def test_an_account_of_ten_rejects_the_eleventh_invocation_at_once(account: LocalAccount) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("index.py", SLOW_HANDLER)
    account.client("lambda").create_function(
        FunctionName="slow",
        Runtime="python3.13",
        Handler="index.handler",
        Role=make_role(account, "slow"),
        Timeout=30,
        Code={"ZipFile": buffer.getvalue()},
    )
    url = f"{account.endpoint}/2015-03-31/functions/slow/invocations"
    headers = {"Authorization": f"AWS4-HMAC-SHA256 Credential=test/20261128/{REGION}/lambda/aws4_request"}

    def invoke(_: int) -> int:
        return httpx.post(url, json={}, headers=headers, timeout=60, trust_env=False).status_code

    with ThreadPoolExecutor(CONCURRENCY + 2) as threads:
        statuses = Counter(threads.map(invoke, range(CONCURRENCY + 2)))

    assert statuses == {200: CONCURRENCY, 429: 2}
