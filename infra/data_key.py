"""The customer key of stages that want one: for the bucket, the queues, the table, the domain and the logs."""

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from constructs import Construct

from infra.permissions import USE_KEY
from infra.removal import removal_policy
from infra.settings import Settings


def data_key(scope: Construct, construct_id: str, *, settings: Settings) -> kms.Key | None:
    """A key that AWS renews every year, or None where the stage is content with those that AWS owns.

    The account's own policies say who uses it (see `permissions.let_use_key`); what is added here are the services that
    act without a role: CloudWatch Logs, and S3 when it tells a queue of an upload.
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
    groups = stack.format_arn(
        service="logs",
        resource="log-group",
        resource_name=f"{stack.stack_name}-*",
        arn_format=cdk.ArnFormat.COLON_RESOURCE_NAME,
    )
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
                "ArnLike": {"aws:SourceArn": f"arn:{stack.partition}:s3:::{stack.stack_name}-*"},
                "StringEquals": {"aws:SourceAccount": stack.account},
            },
        )
    )
    return key
