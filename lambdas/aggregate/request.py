"""The request and response models of an aggregation."""

from typing import Annotated, Any, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from lambdas.models import StrictModel
from lambdas.search.clauses.filter_model import Filter
from lambdas.search.request import SearchRequest

Metric = Literal[
    "count",
    "min",
    "max",
    "mean",
    "median",
    "mode",
    "sum",
    "top_occurrences",
    "total_true",
    "total_false",
    "percentage_true",
    "percentage_false",
]
PropertyPath = Annotated[
    str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9_]{0,99}(\.[A-Za-z][A-Za-z0-9_]{0,99}){0,4}$")
]


class GroupBy(StrictModel):
    """One group for each value of a property, the largest first."""

    property: PropertyPath
    limit: int = Field(
        default=10,
        ge=1,
        le=1000,
        description="Groups at most. With metrics, (1.5 x limit + 10) x (1 + buckets of the metrics in a group) is at "
        "most 60,000, and limit x medians at most 200: see docs/limits.md.",
    )


class PropertyMetrics(StrictModel):
    """The metrics to compute for one property."""

    metrics: list[Metric] = Field(min_length=1, max_length=12)
    limit: int = Field(default=5, ge=1, le=100, description="How many of `top_occurrences`.")


class AggregateRequest(StrictModel):
    """Counts and statistics over all objects, those of a filter, or the results of a search."""

    filter: Filter | None = None
    search: SearchRequest | None = Field(
        default=None, description="Aggregate the hits of this search: at most its `limit`."
    )
    group_by: GroupBy | None = None
    properties: dict[PropertyPath, PropertyMetrics] = Field(default_factory=dict, max_length=50)

    @model_validator(mode="after")
    def _filter_once(self) -> Self:
        if self.filter is not None and self.search is not None:
            raise ValueError("a filter and a search: put the filter into the search")
        if self.search is not None and self.search.group_by is not None:
            raise ValueError("the search that is aggregated lists objects: move group_by out of it")
        return self


class Occurrence(StrictModel):
    """A value, and how many objects have it."""

    value: str
    count: int


class PropertyAggregate(StrictModel):
    """The metrics of one property. A metric without any value to compute it from is null."""

    count: int | None = None
    min: Any = None
    max: Any = None
    mean: Any = None
    median: Any = None
    mode: Any = None
    sum: float | None = None
    top_occurrences: list[Occurrence] | None = None
    total_true: int | None = None
    total_false: int | None = None
    percentage_true: float | None = None
    percentage_false: float | None = None


class Group(StrictModel):
    """The objects that share a value."""

    value: str | int | float | bool
    total: int
    properties: dict[str, PropertyAggregate]


class AggregateResponse(StrictModel):
    """How many objects, and the metrics: of all, or of each group."""

    total: int
    properties: dict[str, PropertyAggregate] | None = None
    groups: list[Group] | None = None
    other_objects: int | None = Field(
        default=None, description="With `group_by`: objects in groups beyond the limit, counted once for each value."
    )
