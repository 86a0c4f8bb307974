"""LlamaIndex's metadata filters as Alto's filters."""

from collections.abc import Callable
from typing import Any

from llama_index.core.vector_stores.types import FilterCondition, FilterOperator, MetadataFilter, MetadataFilters

from alto.classes.filters import Filter, FilterByProperty, FilterExpression


def _has(name: FilterByProperty, text: Any) -> FilterExpression:
    return name.like(f"*{text}*")


_OPERATORS: dict[FilterOperator, Callable[[FilterByProperty, Any], FilterExpression]] = {
    FilterOperator.EQ: FilterByProperty.equal,
    FilterOperator.NE: FilterByProperty.not_equal,
    FilterOperator.GT: FilterByProperty.greater_than,
    FilterOperator.GTE: FilterByProperty.greater_or_equal,
    FilterOperator.LT: FilterByProperty.less_than,
    FilterOperator.LTE: FilterByProperty.less_or_equal,
    FilterOperator.IN: FilterByProperty.contains_any,
    FilterOperator.NIN: FilterByProperty.contains_none,
    FilterOperator.ANY: FilterByProperty.contains_any,
    FilterOperator.ALL: FilterByProperty.contains_all,
    FilterOperator.CONTAINS: FilterByProperty.equal,
    # Alto compares patterns without case.
    FilterOperator.TEXT_MATCH: _has,
    FilterOperator.TEXT_MATCH_INSENSITIVE: _has,
    FilterOperator.IS_EMPTY: lambda name, _: name.is_none(True),
}
_OF_LISTS = (FilterOperator.IN, FilterOperator.NIN, FilterOperator.ANY, FilterOperator.ALL)


def to_filter(filters: MetadataFilters | None) -> FilterExpression | None:
    """The filter of Alto that metadata filters mean; None if there are none. A key that no node has matches nothing.

    Raises:
        ValueError: An operator of lists has another value.
    """
    if filters is None or not filters.filters:
        return None
    parts = [
        part
        for each in filters.filters
        if (part := to_filter(each) if isinstance(each, MetadataFilters) else _condition(each))
    ]
    if filters.condition == FilterCondition.OR:
        return Filter.any_of(parts)
    joined = Filter.all_of(parts)
    return ~joined if filters.condition == FilterCondition.NOT else joined


def _condition(given: MetadataFilter) -> FilterExpression:
    if given.operator in _OF_LISTS and not isinstance(given.value, list):
        raise ValueError(f"{given.key}: the operator {given.operator.value!r} takes a list, not {given.value!r}")
    by_property = Filter.by_property(f"metadata.{given.key}", unknown_property="matches_nothing")
    return _OPERATORS[given.operator](by_property, given.value)
