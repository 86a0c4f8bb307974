"""Log groups with a retention; those that AWS creates keep their events for ever."""

import aws_cdk as cdk
from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs
from constructs import Construct

from infra.constructs.removal import removal_policy
from infra.settings.settings import Settings

VENDED = "/aws/vendedlogs/"
RETENTION = {
    1: logs.RetentionDays.ONE_DAY,
    3: logs.RetentionDays.THREE_DAYS,
    7: logs.RetentionDays.ONE_WEEK,
    14: logs.RetentionDays.TWO_WEEKS,
    30: logs.RetentionDays.ONE_MONTH,
    90: logs.RetentionDays.THREE_MONTHS,
    180: logs.RetentionDays.SIX_MONTHS,
    365: logs.RetentionDays.ONE_YEAR,
    731: logs.RetentionDays.TWO_YEARS,
}


def vended_log_name(scope: Construct) -> str:
    """The name of a log group that a service writes to itself, different for each stack that ever existed.

    Services add groups with other names to one policy of the account, which has room for 5,120 characters. The id of
    the stack is in the name because a group that was retained must not be in the way of the next stack of its stage.
    """
    stack = cdk.Stack.of(scope)
    unique = cdk.Fn.select(2, cdk.Fn.split("/", stack.stack_id))
    return f"{VENDED}{stack.stack_name}-{unique}"


def log_group(
    scope: Construct, construct_id: str, *, settings: Settings, key: kms.IKey | None, name: str | None = None
) -> logs.LogGroup:
    """A log group with the stage's retention and key; it is retained or deleted with the stage's data."""
    return logs.LogGroup(
        scope,
        construct_id,
        log_group_name=name,
        retention=RETENTION[settings.log_retention_days],
        encryption_key=key,
        removal_policy=removal_policy(settings),
    )
