"""Builds the OpenSearch body of an aggregation. Pure."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from lambdas.aggregate.request import AggregateRequest, Metric, PropertyMetrics
from lambdas.collections.index_body import length_field
from lambdas.collections.model import CollectionConfig
from lambdas.collections.properties import PropertyBase, property_at
from lambdas.errors import InvalidRequestError
from lambdas.search.budget import estimate_buckets, reserve
from lambdas.search.clauses.filters import build_filter

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
EXTREMES = (("min", "asc"), ("max", "desc"))
# Most frequent values are counted shard by shard: more candidates make the counts exact. Of all properties together no
# more than OpenSearch's limit of 65,536 buckets. In groups a shard reports only OpenSearch's default reserve, since the
# memory of what is in a group is taken for each candidate.
CANDIDATES = 2_000
ALL_CANDIDATES = 50_000
# OpenSearch's default. A digest takes some 10 kB, ten times less than with 1,000, and OpenSearch's circuit breaker does
# not see it.
COMPRESSION = 100
# OpenSearch returns the upper of two middle values. The values on both sides of the middle have the median between
# them: of a few dozen values, which a digest keeps one by one, exactly.
MIDDLES = (49.999, 50.001)


def build_aggregate_body(
    collection: CollectionConfig, request: AggregateRequest, ids: Sequence[str] | None
) -> dict[str, Any]:
    """Build the body of an aggregation over the objects of `ids`, or of the request's filter, or over all.

    Raises `InvalidRequestError` for an unknown property, or one that a metric does not fit.
    """
    metrics: dict[str, Any] = {}
    is_grouped = request.group_by is not None
    for index, (path, asked) in enumerate(request.properties.items()):
        metrics |= _build_property(collection, f"p{index}", path, asked)
    terms = [each["terms"] for each in metrics.values() if "terms" in each]
    for each in terms:
        least = reserve(each["size"])
        each["shard_size"] = least if is_grouped else max(least, min(CANDIDATES, ALL_CANDIDATES // len(terms)))
    if request.group_by is not None:
        item, field = resolve_property(collection, request.group_by.property, "group_by.property")
        _check_group(item, request.group_by.property)
        limit = request.group_by.limit
        groups = {"field": field, "size": limit, "shard_size": reserve(limit), "collect_mode": "breadth_first"}
        metrics = {"groups": {"terms": groups} | ({"aggs": metrics} if metrics else {})}
    body: dict[str, Any] = {"size": 0, "track_total_hits": True, "query": _build_query(collection, request, ids)}
    return body | ({"aggs": metrics} if metrics else {})


def estimate_cost(request: AggregateRequest) -> Counter[str]:
    """Return the costs of the groups of a request, by the names of the limits."""
    if request.group_by is None:
        return Counter()
    return estimate_buckets(
        request.group_by.limit, [(asked.metrics, asked.limit) for asked in request.properties.values()]
    )


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
    if item.scalar_type in ("int", "number", "date"):
        return _build_numeric(key, field, wanted, is_int=item.scalar_type == "int")
    if item.scalar_type == "boolean":
        return {f"{key}.values": _build_terms(field, 2)}
    found: dict[str, Any] = {}
    if "count" in wanted:
        found[f"{key}.count"] = _build_count(item, path, field)
    if "top_occurrences" in wanted:
        found[f"{key}.top"] = _build_terms(field, asked.limit)
    return found


def _build_numeric(key: str, field: str, wanted: set[Metric], *, is_int: bool) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if wanted & {"count", "min", "max", "mean", "sum"}:
        found[f"{key}.stats"] = {"stats": {"field": field}}
    if is_int:
        # OpenSearch computes with floats, which are exact up to 2^53. Sort values are exact.
        found |= {f"{key}.{name}": _build_extreme(field, order) for name, order in EXTREMES if name in wanted}
    if "median" in wanted:
        found[f"{key}.median"] = {
            "percentiles": {"field": field, "percents": list(MIDDLES), "tdigest": {"compression": COMPRESSION}}
        }
    if "mode" in wanted:
        found[f"{key}.mode"] = _build_terms(field, 1)
    return found


def _build_terms(field: str, size: int) -> dict[str, Any]:
    order = [{"_count": "desc"}, {"_key": "asc"}]
    return {"terms": {"field": field, "size": size, "order": order}}


def _build_extreme(field: str, order: str) -> dict[str, Any]:
    sort = {field: {"order": order, "mode": "min" if order == "asc" else "max", "missing": "_last"}}
    return {"top_hits": {"size": 1, "sort": [sort], "_source": False}}


def _build_count(item: PropertyBase, path: str, field: str) -> dict[str, Any]:
    """Count values by their lengths where they have some: the index leaves out long texts and repeated items."""
    if not item.has_length:
        return {"value_count": {"field": field}}
    return {"sum" if item.is_list else "value_count": {"field": f"lengths.{length_field(path)}"}}


def _check_group(item: PropertyBase, path: str) -> None:
    if item.scalar_type not in METRICS:
        raise InvalidRequestError.at("group_by.property", f"'{path}' is {item.type}, which has no values to group by")
