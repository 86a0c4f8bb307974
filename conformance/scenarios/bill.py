"""The bill's own figures of the day, by Cost Explorer."""

from datetime import UTC, datetime, timedelta
from typing import Any

from conformance.scenario import Figures, SkippedError, Stage
from infra.deployment.deployment import Clients

LAG = (
    "the bill lags by up to a day: run `make conformance-bill REPORT=<file>.json` tomorrow, which adds its figures to "
    "the report (a cent)"
)


def bill(stage: Stage) -> Figures:
    """Today's costs by Cost Explorer; usually it has none yet."""
    if not stage.options.bill:
        raise SkippedError(LAG)
    today = datetime.now(UTC)
    return costs(stage.aws, stage.settings.region, today, today)


def costs(clients: Clients, region: str, began: datetime, ended: datetime) -> Figures:
    """Dollars by service of the days of a run, in one region. Includes what else ran in the account there."""
    # Cost Explorer is in one region.
    explorer = clients("ce", "us-east-1")
    days = explorer.get_cost_and_usage(
        TimePeriod={"Start": f"{began:%Y-%m-%d}", "End": f"{ended + timedelta(days=1):%Y-%m-%d}"},
        Granularity="DAILY",
        Metrics=["UnblendedCost"],
        Filter={"Dimensions": {"Key": "REGION", "Values": [region]}},
        GroupBy=[{"Type": "DIMENSION", "Key": "SERVICE"}],
    )["ResultsByTime"]
    by_service: dict[str, float] = {}
    for day in days:
        for group in day["Groups"]:
            [service], amount = group["Keys"], _dollars(group)
            by_service[service] = by_service.get(service, 0.0) + amount
    shown = {service: round(amount, 4) for service, amount in sorted(by_service.items()) if amount >= 0.00005}
    return {"dollars": shown, "in all": round(sum(by_service.values()), 4), "estimated": _is_estimate(days)}


def _dollars(group: dict[str, Any]) -> float:
    return float(group["Metrics"]["UnblendedCost"]["Amount"])


def _is_estimate(days: list[dict[str, Any]]) -> bool:
    return any(day.get("Estimated") for day in days)
