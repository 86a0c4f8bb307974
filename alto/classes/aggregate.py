"""Aggregates: what to compute about many objects, and the results."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from alto.errors import AltoConfigurationError
from alto.unsupported import ALTERNATIVES, Unsupported

__all__ = [
    "AggregateBoolean",
    "AggregateDate",
    "AggregateGroup",
    "AggregateGroupByReturn",
    "AggregateInteger",
    "AggregateNumber",
    "AggregateReturn",
    "AggregateText",
    "GroupByAggregate",
    "GroupedBy",
    "Metrics",
    "TopOccurrence",
]


@dataclass(frozen=True, slots=True)
class GroupByAggregate:
    """One group for each value of a property, the largest first. `limit` groups at most; 10 if not given."""

    prop: str
    limit: int | None = None

    def to_api(self) -> dict[str, Any]:
        """As the API takes it."""
        return {"property": self.prop} | ({} if self.limit is None else {"limit": self.limit})


@dataclass(frozen=True, slots=True)
class PropertyMetrics:
    """The metrics of one property. `kind` is the class of the result, `metrics` have the API's names."""

    name: str
    kind: type["Aggregate"]
    metrics: tuple[str, ...]
    limit: int | None = None

    def to_api(self) -> dict[str, Any]:
        """As the API takes it."""
        return {"metrics": list(self.metrics)} | ({} if self.limit is None else {"limit": self.limit})


class Metrics:
    """The metrics of a property: `Metrics("year").integer(mean=True)`. Without any metric: all of its type."""

    reference = Unsupported("Metrics.reference", ALTERNATIVES["references"])

    def __init__(self, property_: str) -> None:
        self._name = property_

    def text(
        self,
        count: bool = False,
        top_occurrences_count: bool = False,
        top_occurrences_value: bool = False,
        limit: int | None = None,
        min_occurrences: int | None = None,
    ) -> PropertyMetrics:
        """The most frequent values of a text or a uuid, `limit` at most (5). `min_occurrences` is its older name.

        Args:
            count: The number of values.
            top_occurrences_count: How often each of the most frequent values occurs.
            top_occurrences_value: The most frequent values.
            limit: How many of them.
            min_occurrences: The older name of `limit`.
        """
        if limit is not None and min_occurrences is not None:
            raise AltoConfigurationError("Metrics.text: limit and min_occurrences are the same: give limit only")
        top = top_occurrences_count or top_occurrences_value
        limit = min_occurrences if limit is None else limit
        return self._choose(AggregateText, limit=limit, count=count, top_occurrences=top)

    def integer(  # noqa: PLR0917 (Weaviate's)
        self,
        count: bool = False,
        maximum: bool = False,
        mean: bool = False,
        median: bool = False,
        minimum: bool = False,
        mode: bool = False,
        sum_: bool = False,
    ) -> PropertyMetrics:
        """Statistics of whole numbers.

        Args:
            count: The number of values.
            maximum: The largest value.
            mean: The mean.
            median: The median.
            minimum: The smallest value.
            mode: The most frequent value.
            sum_: The sum.
        """
        return self._choose(
            AggregateInteger, count=count, max=maximum, mean=mean, median=median, min=minimum, mode=mode, sum=sum_
        )

    def number(  # noqa: PLR0917 (Weaviate's)
        self,
        count: bool = False,
        maximum: bool = False,
        mean: bool = False,
        median: bool = False,
        minimum: bool = False,
        mode: bool = False,
        sum_: bool = False,
    ) -> PropertyMetrics:
        """Statistics of numbers.

        Args:
            count: The number of values.
            maximum: The largest value.
            mean: The mean.
            median: The median.
            minimum: The smallest value.
            mode: The most frequent value.
            sum_: The sum.
        """
        return self._choose(
            AggregateNumber, count=count, max=maximum, mean=mean, median=median, min=minimum, mode=mode, sum=sum_
        )

    def boolean(
        self,
        count: bool = False,
        percentage_false: bool = False,
        percentage_true: bool = False,
        total_false: bool = False,
        total_true: bool = False,
    ) -> PropertyMetrics:
        """How many are true. Percentages are shares from 0 to 1, as in Weaviate.

        Args:
            count: The number of values.
            percentage_false: The share of false.
            percentage_true: The share of true.
            total_false: The number of false.
            total_true: The number of true.
        """
        return self._choose(
            AggregateBoolean,
            count=count,
            percentage_false=percentage_false,
            percentage_true=percentage_true,
            total_false=total_false,
            total_true=total_true,
        )

    def date_(
        self,
        count: bool = False,
        maximum: bool = False,
        median: bool = False,
        minimum: bool = False,
        mode: bool = False,
    ) -> PropertyMetrics:
        """Statistics of dates.

        Args:
            count: The number of values.
            maximum: The largest value.
            median: The median.
            minimum: The smallest value.
            mode: The most frequent value.
        """
        return self._choose(AggregateDate, count=count, max=maximum, median=median, min=minimum, mode=mode)

    def _choose(self, kind: type["Aggregate"], *, limit: int | None = None, **metrics: bool) -> PropertyMetrics:
        chosen = tuple(name for name, is_chosen in metrics.items() if is_chosen) or tuple(metrics)
        return PropertyMetrics(self._name, kind, chosen, limit)


@dataclass(frozen=True, slots=True)
class AggregateInteger:
    """Statistics of whole numbers. None means not asked for, or no object has a value."""

    count: int | None
    maximum: int | None
    mean: float | None
    median: float | None
    minimum: int | None
    mode: int | None
    sum_: int | None


@dataclass(frozen=True, slots=True)
class AggregateNumber:
    """Statistics of numbers."""

    count: int | None
    maximum: float | None
    mean: float | None
    median: float | None
    minimum: float | None
    mode: float | None
    sum_: float | None


@dataclass(frozen=True, slots=True)
class TopOccurrence:
    """A value, and how many objects have it."""

    count: int | None
    value: str | None


@dataclass(frozen=True, slots=True)
class AggregateText:
    """The most frequent values of texts."""

    count: int | None
    top_occurrences: list[TopOccurrence]


@dataclass(frozen=True, slots=True)
class AggregateBoolean:
    """Counts of true and false. Percentages are shares, 0 to 1."""

    count: int | None
    percentage_false: float | None
    percentage_true: float | None
    total_false: int | None
    total_true: int | None


@dataclass(frozen=True, slots=True)
class AggregateDate:
    """Statistics of dates, as RFC 3339 text."""

    count: int | None
    maximum: str | None
    median: str | None
    minimum: str | None
    mode: str | None


Aggregate: TypeAlias = AggregateInteger | AggregateNumber | AggregateText | AggregateBoolean | AggregateDate
ReturnMetrics: TypeAlias = PropertyMetrics | Sequence[PropertyMetrics] | None


@dataclass(frozen=True, slots=True)
class AggregateReturn:
    """The aggregate of all objects that count."""

    properties: dict[str, Aggregate]
    total_count: int | None


@dataclass(frozen=True, slots=True)
class GroupedBy:
    """The value that the objects of a group share."""

    prop: str
    value: str | int | float | bool


@dataclass(frozen=True, slots=True)
class AggregateGroup:
    """The aggregate of one group."""

    grouped_by: GroupedBy
    properties: dict[str, Aggregate]
    total_count: int | None


@dataclass(frozen=True, slots=True)
class AggregateGroupByReturn:
    """The aggregate of each group, the largest first; iterate over it, or index it."""

    groups: list[AggregateGroup]

    def __len__(self) -> int:
        return len(self.groups)

    def __bool__(self) -> bool:
        return True

    def __iter__(self) -> Iterator[AggregateGroup]:
        return iter(self.groups)

    def __getitem__(self, at: int) -> AggregateGroup:
        return self.groups[at]
