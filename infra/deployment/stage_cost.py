"""The plan of a stage: its resources and monthly cost at rest, by `benchmarks/estimates/prices.json` (us-east-1)."""

import json
from pathlib import Path
from typing import Any

from infra.settings.settings import Settings

PRICES = Path(__file__).parents[2] / "benchmarks" / "estimates" / "prices.json"
HOURS = 730
# Alarms and metrics of a stage, as in `benchmarks/estimates/cost.py`.
ALARMS = 28
METRICS = 27


def describe_cost(settings: Settings) -> str:
    """One paragraph for the operator: the parts and their sum."""
    # Imported late: it starts CDK.
    from infra.constructs.network import ENDPOINTS  # noqa: PLC0415

    prices: dict[str, Any] = json.loads(PRICES.read_text())
    parts = {"alarms and metrics": ALARMS * prices["alarm_month"] + METRICS * prices["metric_month"]}
    unknown = []
    size = None if settings.existing_domain_url else settings.domain
    if size:
        hourly = prices["stage_node_hour"]
        nodes = {size.instance_type: size.instance_count}
        if size.dedicated_managers:
            nodes[size.manager_instance_type] = nodes.get(size.manager_instance_type, 0) + size.dedicated_managers
        for kind, count in nodes.items():
            if kind in hourly:
                parts[f"{count} x {kind}"] = count * hourly[kind] * HOURS
            else:
                unknown.append(f"{count} x {kind}")
        gib = size.volume_gib * size.instance_count
        parts[f"{gib} GiB of volumes"] = gib * prices["opensearch_gib_month"]
    if settings.makes_vpc:
        zones = max(2, size.zones if size else 0)
        endpoints = sum(bool(each.needed(settings)) for each in ENDPOINTS)
        parts[f"{endpoints} VPC endpoints in {zones} zones"] = (
            endpoints * zones * prices["vpc_endpoint_zone_hour"] * HOURS
        )
    if settings.encryption_key == "customer":
        parts["a key"] = prices["key_month"]
    listed = ", ".join(f"{name} ${dollars:.0f}" for name, dollars in parts.items())
    more = f", and without a known price: {', '.join(unknown)}" if unknown else ""
    return (
        f"plan: five functions, an API, a bucket, a table, five queues; at rest about ${sum(parts.values()):.0f} a "
        f"month ({listed}{more}; us-east-1 prices of {prices['dated']}). Calls are charged besides: docs/cost.md"
    )
