"""The documented policies against what the commands call and the templates consist of."""

import json
from fnmatch import fnmatch
from typing import Any

import pytest

from infra.cdk import stage_settings
from infra.deployment.preflight import preflight
from infra.deployment.rights import DOCUMENTS, FOLDER, Policy, as_text, execution_policy, operator_policy
from tests.infra.scripted_account import ScriptedAccount
from tests.infra.synthesis import Synthesis
from tests.infra.test_deployment import NOT_YET, Commands, begins, event, failed_with
from tests.infra.test_preflight import IN_ORDER
from tests.infra.test_removal import Operator, account

# How IAM names a service that boto3 names otherwise.
PREFIXES = {"opensearch": "es", "service-quotas": "servicequotas", "bedrock-runtime": "bedrock"}
# Operations whose right has another name. Listing the parts of uploads is covered by that for uploads.
RENAMED = {
    "s3:ListObjectVersions": "s3:ListBucketVersions",
    "s3:DeleteObjects": "s3:DeleteObjectVersion",
    "s3:ListMultipartUploads": "s3:ListBucketMultipartUploads",
}
# The services of a template's resource types, as IAM names them.
SERVICES = {
    "ApiGatewayV2": "apigateway",
    "CloudWatch": "cloudwatch",
    "DynamoDB": "dynamodb",
    "EC2": "ec2",
    "Events": "events",
    "IAM": "iam",
    "KMS": "kms",
    "Lambda": "lambda",
    "Logs": "logs",
    "OpenSearchService": "es",
    "S3": "s3",
    "SNS": "sns",
    "SQS": "sqs",
}


def actions(policy: Policy) -> list[str]:
    return [action for statement in policy["Statement"] for action in statement["Action"]]


def right_of(operation: str) -> str:
    service, _, name = operation.partition(".")
    action = f"{PREFIXES.get(service, service)}:{''.join(word.title() for word in name.split('_'))}"
    return RENAMED.get(action, action)


def allows(policy: Policy, action: str) -> bool:
    return any(fnmatch(action, pattern) for pattern in actions(policy))


@pytest.mark.parametrize("name", DOCUMENTS)
def test_the_documented_policy_is_the_one_of_the_code(name: str) -> None:
    assert (FOLDER / name).read_text() == as_text(DOCUMENTS[name]()), "python -m infra.deployment.rights writes it"


def calls_of_preflight() -> ScriptedAccount:
    aws = ScriptedAccount(IN_ORDER | {"bedrock-runtime.invoke_model": {}})
    list(preflight(aws.client, stage_settings("prod"), "q", call_models=True))
    return aws


def calls_of_a_retry() -> ScriptedAccount:
    table = {"ResourceType": "AWS::DynamoDB::Table", "PhysicalResourceId": "jobs", "ResourceStatus": "DELETE_FAILED"}
    more: dict[str, Any] = {
        "cloudformation.describe_stack_resources": {"StackResources": [table]},
        "dynamodb.update_table": {},
    }
    aws = failed_with([[event("CREATE_FAILED", NOT_YET), begins()]], **more)
    Commands(0, 1, 0).deploy(aws)
    return aws


def calls_of_destroy() -> ScriptedAccount:
    uploads = {"Uploads": [{"Key": "a", "UploadId": "u"}]}
    aws = account(s3__list_multipart_uploads=uploads, s3__abort_multipart_upload={})
    Operator("alto-dev").destroy(aws)
    return aws


@pytest.mark.parametrize("calls", [calls_of_preflight, calls_of_a_retry, calls_of_destroy])
def test_the_operator_may_do_what_the_commands_do(calls: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.sleep", lambda _: None)
    called = {right_of(operation) for operation, _ in calls().calls}

    assert len(called) >= 3
    assert [right for right in sorted(called) if not allows(operator_policy(), right)] == []


def test_cloudformation_may_make_every_part_of_every_stage(stage: Synthesis) -> None:
    kinds = {each["Type"].split("::")[1] for each in stage.template["Resources"].values()} - {"CDK"}

    assert kinds <= SERVICES.keys()
    for kind in kinds - {"IAM"}:
        assert allows(execution_policy(), f"{SERVICES[kind]}:Create"), kind


def test_cloudformation_may_make_only_roles_of_a_stage() -> None:
    for statement in execution_policy()["Statement"]:
        if any(action.startswith("iam:") for action in statement["Action"]):
            assert statement["Resource"].startswith(
                ("arn:aws:iam::*:role/alto-", "arn:aws:iam::*:role/aws-service-role/")
            )
    assert not allows(execution_policy(), "iam:CreateUser")


def test_roles_have_names_that_the_execution_policy_covers(stage: Synthesis) -> None:
    # Without a name of its own a role gets the name of the stack, alto-<stage>, in front.
    for role in stage.all("AWS::IAM::Role").values():
        assert "RoleName" not in role["Properties"]
        assert json.dumps(role).count("Path") == 0
