"""Log groups with a retention; those that AWS creates keep their events for ever."""

from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs
from constructs import Construct

from infra.constructs.removal import removal_policy
from infra.settings.settings import Settings

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


def log_group(scope: Construct, construct_id: str, *, settings: Settings, key: kms.IKey | None) -> logs.LogGroup:
    """A log group with the stage's retention and key; it is retained or deleted with the stage's data."""
    return logs.LogGroup(
        scope,
        construct_id,
        retention=RETENTION[settings.log_retention_days],
        encryption_key=key,
        removal_policy=removal_policy(settings),
    )
