"""The rights that Alto's commands need: one policy for the operator, one for CloudFormation.

`python -m infra.deployment.rights` writes both into `docs/examples/`; a test keeps them the same.
"""

import json
from pathlib import Path
from typing import Any

from infra.deployment.account_checks import OPENSEARCH
from infra.deployment.preflight import checks

FOLDER = Path(__file__).parents[2] / "docs" / "examples"
Policy = dict[str, Any]


def _allow(sid: str, actions: tuple[str, ...], resource: str = "*", **more: Any) -> dict[str, Any]:
    return {"Sid": sid, "Effect": "Allow", "Action": sorted(actions), "Resource": resource, **more}


def operator_policy() -> Policy:
    """For the person or pipeline that runs Alto's commands. Deployments themselves use the roles of the bootstrap."""
    looks = tuple({right for check in checks("") for right in check.rights})
    stack = "arn:aws:cloudformation:*:*:stack/alto-*"
    return {
        "Version": "2012-10-17",
        "Statement": [
            _allow("UseTheRolesOfTheBootstrap", ("sts:AssumeRole",), "arn:aws:iam::*:role/cdk-*"),
            _allow("Preflight", looks),
            _allow("PreflightWithCallModels", ("bedrock:InvokeModel",), "arn:aws:bedrock:*::foundation-model/*"),
            _allow(
                "FirstVpcStageOfTheAccount",
                ("iam:CreateServiceLinkedRole",),
                Condition={"StringEquals": {"iam:AWSServiceName": OPENSEARCH}},
            ),
            _allow(
                "RetryOfAFailedFirstDeployment",
                (
                    "cloudformation:DescribeStackEvents",
                    "cloudformation:DescribeStackResources",
                    "cloudformation:UpdateTerminationProtection",
                ),
                stack,
            ),
            _allow("RetryUnprotectsTheTable", ("dynamodb:UpdateTable",), "arn:aws:dynamodb:*:*:table/alto-*"),
            _allow(
                "DestroyEmptiesTheBucket",
                (
                    "s3:AbortMultipartUpload",
                    "s3:DeleteObject",
                    "s3:DeleteObjectVersion",
                    "s3:ListBucketMultipartUploads",
                    "s3:ListBucketVersions",
                ),
                "arn:aws:s3:::alto-*",
            ),
            _allow("SmokeTest", ("execute-api:Invoke",), "arn:aws:execute-api:*:*:*"),
            _allow("ConformanceReadsTheStack", ("cloudformation:ListStackResources",), stack),
            _allow(
                "ConformanceShortensAFunction",
                ("lambda:GetFunctionConfiguration", "lambda:GetFunction", "lambda:UpdateFunctionConfiguration"),
                "arn:aws:lambda:*:*:function:alto-*",
            ),
            _allow("ConformanceReadsLogs", ("logs:FilterLogEvents",), "arn:aws:logs:*:*:log-group:alto-*"),
            _allow("ConformanceImportsFiles", ("s3:PutObject",), "arn:aws:s3:::alto-*/*"),
            _allow("ConformanceReadsTheBill", ("ce:GetCostAndUsage",)),
        ],
    }


def execution_policy() -> Policy:
    """For CloudFormation, in place of AdministratorAccess: what a stage consists of, and only roles of its own."""
    roles = "arn:aws:iam::*:role/alto-*"
    return {
        "Version": "2012-10-17",
        "Statement": [
            _allow(
                "PartsOfAStage",
                (
                    "acm:DescribeCertificate",
                    "apigateway:*",
                    "cloudwatch:*",
                    "dynamodb:*",
                    "ec2:*",
                    "es:*",
                    "events:*",
                    "kms:*",
                    "lambda:*",
                    "logs:*",
                    "s3:*",
                    "sns:*",
                    "sqs:*",
                    "ssm:GetParameter*",
                ),
            ),
            _allow(
                "RolesOfAStage",
                (
                    "iam:AttachRolePolicy",
                    "iam:CreateRole",
                    "iam:DeleteRole",
                    "iam:DeleteRolePermissionsBoundary",
                    "iam:DeleteRolePolicy",
                    "iam:DetachRolePolicy",
                    "iam:GetRole",
                    "iam:GetRolePolicy",
                    "iam:ListAttachedRolePolicies",
                    "iam:ListRolePolicies",
                    "iam:PassRole",
                    "iam:PutRolePermissionsBoundary",
                    "iam:PutRolePolicy",
                    "iam:TagRole",
                    "iam:UntagRole",
                    "iam:UpdateAssumeRolePolicy",
                    "iam:UpdateRole",
                    "iam:UpdateRoleDescription",
                ),
                roles,
            ),
            _allow("RolesOfServices", ("iam:CreateServiceLinkedRole",), "arn:aws:iam::*:role/aws-service-role/*"),
        ],
    }


def as_text(policy: Policy) -> str:
    """A policy document as a file."""
    return json.dumps(policy, indent=2) + "\n"


DOCUMENTS = {"operator-policy.json": operator_policy, "execution-policy.json": execution_policy}

if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for name, make in DOCUMENTS.items():
        (FOLDER / name).write_text(as_text(make()))
