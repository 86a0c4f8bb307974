"""The optional customer key: for the bucket, the queues, the table, the domain, the logs and the alarm topic."""

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from constructs import Construct

from infra.constructs.log_group import VENDED
from infra.constructs.permissions import USE_KEY, bucket_name_pattern
from infra.constructs.removal import removal_policy
from infra.settings.settings import Settings


def data_key(scope: Construct, construct_id: str, *, settings: Settings) -> kms.Key | None:
    """A key that AWS rotates every year, or None if the stage uses the keys that AWS owns.

    IAM policies decide which roles use it (see `permissions.grant_use_key`). The key policy adds the services that act
    without a role: CloudWatch Logs, S3 when it notifies a queue of an upload, and CloudWatch when it publishes alarms.
    """
    if settings.encryption_key != "customer":
        return None
    stack = cdk.Stack.of(scope)
    key = kms.Key(
        scope,
        construct_id,
        alias=f"alias/alto-{settings.stage}",
        description=f"Alto: data of stage {settings.stage}",
        enable_key_rotation=True,
        pending_window=cdk.Duration.days(30),
        removal_policy=removal_policy(settings),
    )
    groups = [
        stack.format_arn(
            service="logs",
            resource="log-group",
            resource_name=f"{place}{stack.stack_name}-*",
            arn_format=cdk.ArnFormat.COLON_RESOURCE_NAME,
        )
        for place in ("", VENDED)
    ]
    key.add_to_resource_policy(
        iam.PolicyStatement(
            principals=[iam.ServicePrincipal(f"logs.{stack.region}.amazonaws.com")],
            actions=[*USE_KEY, "kms:ReEncryptFrom", "kms:ReEncryptTo"],
            resources=["*"],
            conditions={"ArnLike": {"kms:EncryptionContext:aws:logs:arn": groups}},
        )
    )
    key.add_to_resource_policy(
        iam.PolicyStatement(
            principals=[iam.ServicePrincipal("s3.amazonaws.com")],
            actions=["kms:Decrypt", "kms:GenerateDataKey"],
            resources=["*"],
            conditions={
                "ArnLike": {"aws:SourceArn": bucket_name_pattern(stack)},
                "StringEquals": {"aws:SourceAccount": stack.account},
            },
        )
    )
    key.add_to_resource_policy(
        iam.PolicyStatement(
            principals=[iam.ServicePrincipal("cloudwatch.amazonaws.com")],
            actions=["kms:Decrypt", "kms:GenerateDataKey"],
            resources=["*"],
            conditions={"StringEquals": {"aws:SourceAccount": stack.account}},
        )
    )
    return key
