"""Turns OpenSearch's response to an aggregation into Alto's. Pure."""

import math
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from lambdas.aggregate.body import MIDDLES
from lambdas.aggregate.request import AggregateRequest, AggregateResponse, Group, Occurrence, PropertyAggregate
from lambdas.collections.model import CollectionConfig
from lambdas.collections.properties import property_at

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
FIRST, LAST = datetime.min.replace(tzinfo=UTC) - EPOCH, datetime.max.replace(tzinfo=UTC) - EPOCH
# The farthest zone of a date that Alto stores.
FARTHEST = timedelta(hours=18)


def build_aggregate_response(
    collection: CollectionConfig, request: AggregateRequest, response: Mapping[str, Any]
) -> AggregateResponse:
    """Build the response: the metrics of all objects, or of each group."""
    total: int = response["hits"]["total"]["value"]
    found = response.get("aggregations", {})
    if request.group_by is None:
        return AggregateResponse(total=total, properties=_read_properties(collection, request, found))
    item = property_at(collection.properties, request.group_by.property)
    assert item is not None  # the body was made from it
    groups = [
        Group(
            value=_render_key(item.scalar_type, bucket),
            total=bucket["doc_count"],
            properties=_read_properties(collection, request, bucket),
        )
        for bucket in found["groups"]["buckets"]
    ]
    return AggregateResponse(total=total, groups=groups, other_objects=found["groups"]["sum_other_doc_count"])


def _read_properties(
    collection: CollectionConfig, request: AggregateRequest, found: Mapping[str, Any]
) -> dict[str, PropertyAggregate]:
    aggregates: dict[str, PropertyAggregate] = {}
    for index, (path, asked) in enumerate(request.properties.items()):
        item = property_at(collection.properties, path)
        assert item is not None  # the body was made from it
        values = _read_metrics(item.scalar_type, f"p{index}", found)
        aggregates[path] = PropertyAggregate(**{metric: values.get(metric) for metric in asked.metrics})
    return aggregates


def _read_metrics(kind: str, key: str, found: Mapping[str, Any]) -> dict[str, Any]:
    """Read every metric of one property from OpenSearch's response."""
    values: dict[str, Any] = {}
    if stats := found.get(f"{key}.stats"):
        values |= {"count": stats["count"], "sum": _keep_finite(stats["sum"]) if stats["count"] else None}
        values |= {name: _read_extreme(kind, name, key, found) for name in ("min", "max")}
        values["mean"] = _render_date(stats["avg"]) if kind == "date" else _keep_finite(stats["avg"])
    if median := found.get(f"{key}.median"):
        lower, upper = (_keep_finite(median["values"][str(percent)]) for percent in MIDDLES)
        middle = None if lower is None or upper is None else lower / 2 + upper / 2
        values["median"] = _render_date(middle) if kind == "date" else middle
    if mode := found.get(f"{key}.mode"):
        values["mode"] = _render_value(kind, mode["buckets"][0]["key"]) if mode["buckets"] else None
    if count := found.get(f"{key}.count"):
        values["count"] = int(count["value"])
    if top := found.get(f"{key}.top"):
        values["top_occurrences"] = [
            Occurrence(value=bucket["key"], count=bucket["doc_count"]) for bucket in top["buckets"]
        ]
    if (truths := found.get(f"{key}.values")) is not None:
        values |= _read_booleans(truths["buckets"])
    return values


def _read_extreme(kind: str, name: str, key: str, found: Mapping[str, Any]) -> Any:
    """Read the smallest or largest value. Without values the exact one is of an object that has none."""
    stats = found[f"{key}.stats"]
    exact = found.get(f"{key}.{name}")
    if exact is None or not stats["count"]:
        return _render_value(kind, stats[name])
    return exact["hits"]["hits"][0]["sort"][0]


def _read_booleans(buckets: list[dict[str, Any]]) -> dict[str, Any]:
    counts = {bool(bucket["key"]): bucket["doc_count"] for bucket in buckets}
    true, false = counts.get(True, 0), counts.get(False, 0)
    count = true + false
    return {
        "count": count,
        "total_true": true,
        "total_false": false,
        "percentage_true": 100 * true / count if count else None,
        "percentage_false": 100 * false / count if count else None,
    }


def _render_key(kind: str, bucket: Mapping[str, Any]) -> Any:
    if kind == "boolean":
        return bool(bucket["key"])
    return _render_value(kind, bucket["key"])


def _render_value(kind: str, value: Any) -> Any:
    """Render a value of the property's type. OpenSearch computes with floats, and dates in milliseconds."""
    if value is None or kind in ("text", "uuid"):
        return value
    if kind == "date":
        return _render_date(value)
    return int(value) if kind == "int" else value


def _render_date(milliseconds: float | None) -> str | None:
    if milliseconds is None or _keep_finite(milliseconds) is None:
        return None
    moment = timedelta(milliseconds=round(milliseconds))
    offset = timedelta()
    if not FIRST <= moment <= LAST:
        # In UTC its year does not have four digits. It was written in another zone, and is rendered in the farthest.
        offset = FARTHEST if moment < FIRST else -FARTHEST
    local = EPOCH.replace(tzinfo=timezone(offset)) + (moment + offset)
    return local.isoformat(timespec="milliseconds")


def _keep_finite(value: Any) -> float | None:
    """Return a number, or None for NaN and infinities.

    OpenSearch writes the percentile of no values as "NaN" or null, and a sum beyond the range of a double as
    "Infinity".
    """
    return value if isinstance(value, int | float) and math.isfinite(value) else None
