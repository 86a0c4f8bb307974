"""From OpenSearch's answer to Alto's. Pure."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from lambdas.aggregate.request import AggregateRequest, AggregateResponse, Group, Occurrence, PropertyAggregate
from lambdas.collections.model import CollectionConfig
from lambdas.collections.properties import property_at

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def aggregate_response(
    collection: CollectionConfig, request: AggregateRequest, answer: Mapping[str, Any]
) -> AggregateResponse:
    """What was asked, of all objects or of each group."""
    total: int = answer["hits"]["total"]["value"]
    found = answer.get("aggregations", {})
    if request.group_by is None:
        return AggregateResponse(total=total, properties=_properties(collection, request, found))
    item = property_at(collection.properties, request.group_by.property)
    assert item is not None  # the body was made from it
    groups = [
        Group(
            value=_key(item.scalar_type, bucket),
            total=bucket["doc_count"],
            properties=_properties(collection, request, bucket),
        )
        for bucket in found["groups"]["buckets"]
    ]
    return AggregateResponse(total=total, groups=groups, other_objects=found["groups"]["sum_other_doc_count"])


def _properties(
    collection: CollectionConfig, request: AggregateRequest, found: Mapping[str, Any]
) -> dict[str, PropertyAggregate]:
    answered: dict[str, PropertyAggregate] = {}
    for index, (path, asked) in enumerate(request.properties.items()):
        item = property_at(collection.properties, path)
        assert item is not None  # the body was made from it
        values = _metrics(item.scalar_type, f"p{index}", found)
        answered[path] = PropertyAggregate(**{metric: values.get(metric) for metric in asked.metrics})
    return answered


def _metrics(kind: str, key: str, found: Mapping[str, Any]) -> dict[str, Any]:
    """Every metric that OpenSearch's answer has for one property."""
    values: dict[str, Any] = {}
    if stats := found.get(f"{key}.stats"):
        values |= {"count": stats["count"], "sum": stats["sum"] if stats["count"] else None}
        values |= {name: _value(kind, stats[own]) for name, own in (("min", "min"), ("max", "max"))}
        values["mean"] = _date(stats["avg"]) if kind == "date" else stats["avg"]
    if median := found.get(f"{key}.median"):
        middle = median["values"]["50.0"]
        values["median"] = _date(middle) if kind == "date" else _finite(middle)
    if mode := found.get(f"{key}.mode"):
        values["mode"] = _value(kind, mode["buckets"][0]["key"]) if mode["buckets"] else None
    if count := found.get(f"{key}.count"):
        values["count"] = count["value"]
    if top := found.get(f"{key}.top"):
        values["top_occurrences"] = [
            Occurrence(value=bucket["key"], count=bucket["doc_count"]) for bucket in top["buckets"]
        ]
    if (truths := found.get(f"{key}.values")) is not None:
        values |= _truths(truths["buckets"])
    return values


def _truths(buckets: list[dict[str, Any]]) -> dict[str, Any]:
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


def _key(kind: str, bucket: Mapping[str, Any]) -> Any:
    if kind == "boolean":
        return bool(bucket["key"])
    return _value(kind, bucket["key"])


def _value(kind: str, value: Any) -> Any:
    """A value as the property's type writes it. OpenSearch computes with floats, dates in milliseconds."""
    if value is None or kind in ("text", "uuid"):
        return value
    if kind == "date":
        return _date(value)
    return int(value) if kind == "int" else value


def _date(milliseconds: float | None) -> str | None:
    if milliseconds is None or _finite(milliseconds) is None:
        return None
    return (EPOCH + timedelta(milliseconds=round(milliseconds))).isoformat(timespec="milliseconds")


def _finite(value: Any) -> float | None:
    """OpenSearch writes the percentile of nothing as text, "NaN", or as null."""
    return value if isinstance(value, int | float) and value == value else None  # noqa: PLR0124 - NaN
