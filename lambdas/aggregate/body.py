"""Builds the OpenSearch body of an aggregation. Pure."""

from collections.abc import Sequence
from typing import Any

from lambdas.aggregate.request import AggregateRequest, Metric, PropertyMetrics
from lambdas.collections.model import CollectionConfig
from lambdas.collections.properties import PropertyBase, property_at
from lambdas.errors import InvalidRequestError
from lambdas.search.filters import build_filter

NUMERIC: tuple[Metric, ...] = ("count", "min", "max", "mean", "median", "mode", "sum")
DATES: tuple[Metric, ...] = ("count", "min", "max", "mean", "median", "mode")
TEXTS: tuple[Metric, ...] = ("count", "top_occurrences")
BOOLEANS: tuple[Metric, ...] = ("count", "total_true", "total_false", "percentage_true", "percentage_false")
# The metrics of each type.
METRICS: dict[str, tuple[Metric, ...]] = {
    "int": NUMERIC,
    "number": NUMERIC,
    "date": DATES,
    "text": TEXTS,
    "uuid": TEXTS,
    "boolean": BOOLEANS,
}
# Groups and most frequent values are counted part by part of the index: more candidates make the counts exact.
CANDIDATES = 2000
# The error of the median shrinks with it. 100 is OpenSearch's own.
COMPRESSION = 1000


def build_aggregate_body(
    collection: CollectionConfig, request: AggregateRequest, ids: Sequence[str] | None
) -> dict[str, Any]:
    """Build the body of an aggregation over the objects of `ids`, or of the request's filter, or over all.

    Raises `InvalidRequestError` for an unknown property, or one that a metric does not fit.
    """
    metrics: dict[str, Any] = {}
    for index, (path, asked) in enumerate(request.properties.items()):
        metrics |= _build_property(collection, f"p{index}", path, asked)
    if request.group_by is not None:
        item, field = resolve_property(collection, request.group_by.property, "group_by.property")
        _check_group(item, request.group_by.property)
        terms = {"field": field, "size": request.group_by.limit, "shard_size": CANDIDATES}
        metrics = {"groups": {"terms": terms} | ({"aggs": metrics} if metrics else {})}
    body: dict[str, Any] = {"size": 0, "track_total_hits": True, "query": _build_query(collection, request, ids)}
    return body | ({"aggs": metrics} if metrics else {})


def resolve_property(collection: CollectionConfig, path: str, where: str) -> tuple[PropertyBase, str]:
    """Return the property at a path, and the field of the index with its values."""
    item = property_at(collection.properties, path)
    if item is None:
        known = ", ".join(known.name for known in collection.properties) or "none"
        raise InvalidRequestError.at(where, f"'{path}' is not a property of '{collection.name}'. It has these: {known}")
    parents = path.split(".")
    for depth in range(1, len(parents) + 1):
        parent = property_at(collection.properties, ".".join(parents[:depth]))
        if parent is None or not parent.filterable:
            raise InvalidRequestError.at(where, f"'{path}' is not filterable, so it cannot be aggregated either")
    return item, f"properties.{path}.keyword" if item.is_text else f"properties.{path}"


def _build_query(collection: CollectionConfig, request: AggregateRequest, ids: Sequence[str] | None) -> dict[str, Any]:
    if ids is not None:
        return {"terms": {"id": list(ids)}}
    if request.filter is not None:
        return {"bool": {"filter": [build_filter(collection, request.filter)]}}
    return {"match_all": {}}


def _build_property(collection: CollectionConfig, key: str, path: str, asked: PropertyMetrics) -> dict[str, Any]:
    """Build the aggregations of one property, each named by the property's place and its kind."""
    item, field = resolve_property(collection, path, f"properties.{path}")
    allowed = METRICS.get(item.scalar_type, ())
    for metric in asked.metrics:
        if metric not in allowed:
            fitting = ", ".join(allowed) or "none"
            raise InvalidRequestError.at(
                f"properties.{path}.metrics", f"'{metric}' does not fit {item.type}. These do: {fitting}"
            )
    wanted = set(asked.metrics)
    found: dict[str, Any] = {}
    if item.scalar_type in ("int", "number", "date"):
        if wanted & {"count", "min", "max", "mean", "sum"}:
            found[f"{key}.stats"] = {"stats": {"field": field}}
        if "median" in wanted:
            found[f"{key}.median"] = {
                "percentiles": {"field": field, "percents": [50], "tdigest": {"compression": COMPRESSION}}
            }
        if "mode" in wanted:
            found[f"{key}.mode"] = _build_terms(field, 1)
    elif item.scalar_type == "boolean":
        found[f"{key}.values"] = _build_terms(field, 2)
    else:
        if "count" in wanted:
            found[f"{key}.count"] = {"value_count": {"field": field}}
        if "top_occurrences" in wanted:
            found[f"{key}.top"] = _build_terms(field, asked.limit)
    return found


def _build_terms(field: str, size: int) -> dict[str, Any]:
    order = [{"_count": "desc"}, {"_key": "asc"}]
    return {"terms": {"field": field, "size": size, "shard_size": CANDIDATES, "order": order}}


def _check_group(item: PropertyBase, path: str) -> None:
    if item.scalar_type not in METRICS:
        raise InvalidRequestError.at("group_by.property", f"'{path}' is {item.type}, which has no values to group by")
