"""Aggregates: Weaviate's parameters as the one request of Alto's API, and how its response is read."""

import warnings
from typing import Any, TypeAlias

from alto.classes.aggregate import (
    Aggregate,
    AggregateBoolean,
    AggregateDate,
    AggregateGroup,
    AggregateGroupByReturn,
    AggregateInteger,
    AggregateNumber,
    AggregateReturn,
    AggregateText,
    GroupByAggregate,
    GroupedBy,
    PropertyMetrics,
    ReturnMetrics,
    TopOccurrence,
)
from alto.classes.filters import FilterExpression
from alto.errors import AltoConfigurationError
from alto.requests import Operation, Phase, Request, Response, segment
from alto.values import expect, to_json

GroupBy: TypeAlias = str | GroupByAggregate

# How many results of a search count at most: as many as the API returns.
MOST_OBJECTS = {"hybrid": 500}
MOST_OBJECTS_OF_OTHERS = 1000


def limit_search(mode: dict[str, Any], object_limit: int | None) -> dict[str, Any]:
    """The search whose results are aggregated, with a limit: the given one, or the most that the API takes.

    Raises `AltoConfigurationError` if a search by a vector has neither a limit nor a threshold: every object would
    count.
    """
    [(kind, settings)] = mode.items()
    most = MOST_OBJECTS.get(kind, MOST_OBJECTS_OF_OTHERS)
    if object_limit is not None and not 1 <= object_limit <= most:
        raise AltoConfigurationError(f"object_limit: {object_limit} is not from 1 to {most:,}")
    has_threshold = "distance" in settings or "certainty" in settings
    if object_limit is None and not has_threshold and kind != "hybrid":
        raise AltoConfigurationError(
            f"aggregate.{kind}: give object_limit, certainty or distance; otherwise every object would count"
        )
    return mode | {"limit": object_limit or most}


def aggregate(
    collection: str,
    *,
    filters: FilterExpression | None = None,
    search: dict[str, Any] | None = None,
    group_by: GroupBy | None = None,
    metrics: ReturnMetrics = None,
    total_count: bool = True,
) -> Operation[AggregateReturn | AggregateGroupByReturn]:
    """Aggregate all objects, those of a filter, or the results of a search."""
    asked = [metrics] if isinstance(metrics, PropertyMetrics) else list(metrics or ())
    grouped = GroupByAggregate(group_by) if isinstance(group_by, str) else group_by
    body: dict[str, Any] = {}
    if asked:
        body["properties"] = {each.name: each.to_api() for each in asked}
    if grouped is not None:
        body["group_by"] = grouped.to_api()
    chosen = expect("filters", filters, FilterExpression, "Filter.by_property('year').equal(1994)")
    condition = {} if chosen is None else {"filter": chosen.body}
    body |= condition if search is None else {"search": search | condition}
    request = Request(
        "POST",
        f"/v1/collections/{segment(collection)}/aggregate",
        content=to_json(body),
        phase=Phase.QUERY,
        repeatable=True,
    )

    def read(response: Response) -> AggregateReturn | AggregateGroupByReturn:
        return _read(response.body, asked, grouped, total_count=total_count, search=search)

    return Operation(request, read)


def count(collection: str) -> Operation[int]:
    """How many objects there are, as searches see them."""
    request = Request("POST", f"/v1/collections/{segment(collection)}/aggregate", content=b"{}", repeatable=True)
    return Operation(request, lambda response: int(response.body["total"]))


def _read(
    body: dict[str, Any],
    asked: list[PropertyMetrics],
    grouped: GroupByAggregate | None,
    *,
    total_count: bool,
    search: dict[str, Any] | None,
) -> AggregateReturn | AggregateGroupByReturn:
    _warn_if_cut(body["total"], search)
    if grouped is None:
        return AggregateReturn(_properties(body["properties"], asked), body["total"] if total_count else None)
    return AggregateGroupByReturn(
        [
            AggregateGroup(
                GroupedBy(grouped.prop, group["value"]),
                _properties(group["properties"], asked),
                group["total"] if total_count else None,
            )
            for group in body["groups"]
        ]
    )


def _warn_if_cut(total: int, search: dict[str, Any] | None) -> None:
    """Warn when a threshold includes more objects than are counted."""
    if search is None or total < search["limit"]:
        return
    [settings] = (value for name, value in search.items() if name not in {"limit", "filter"})
    if "distance" in settings or "certainty" in settings:
        warnings.warn(
            f"Only the {total:,} nearest objects are aggregated; there may be more within the threshold.",
            UserWarning,
            stacklevel=2,
        )


def _properties(found: dict[str, Any], asked: list[PropertyMetrics]) -> dict[str, Aggregate]:
    return {each.name: _aggregate(each, found[each.name]) for each in asked}


def _aggregate(asked: PropertyMetrics, found: dict[str, Any]) -> Aggregate:
    count = found.get("count")
    if asked.kind is AggregateText:
        top = found.get("top_occurrences") or ()
        return AggregateText(count, [TopOccurrence(each["count"], each["value"]) for each in top])
    if asked.kind is AggregateBoolean:
        return AggregateBoolean(
            count,
            percentage_false=_share(found.get("percentage_false")),
            percentage_true=_share(found.get("percentage_true")),
            total_false=found.get("total_false"),
            total_true=found.get("total_true"),
        )
    outer = {"count": count, "maximum": found.get("max"), "minimum": found.get("min")}
    middle = {"median": found.get("median"), "mode": found.get("mode")}
    if asked.kind is AggregateDate:
        return AggregateDate(**outer, **middle)
    sum_ = found.get("sum")
    if asked.kind is AggregateInteger:
        whole = None if sum_ is None else int(sum_)
        return AggregateInteger(**outer, **middle, mean=found.get("mean"), sum_=whole)
    return AggregateNumber(**outer, **middle, mean=found.get("mean"), sum_=sum_)


def _share(percentage: float | None) -> float | None:
    return None if percentage is None else percentage / 100
