"""LangChain's filter operators as Alto's filters."""

from collections.abc import Callable, Mapping
from typing import Any

from alto.classes.filters import Filter, FilterByProperty, FilterExpression

MetadataFilter = FilterExpression | Mapping[str, Any]

_OPERATORS: dict[str, Callable[[FilterByProperty, Any], FilterExpression]] = {
    "$eq": FilterByProperty.equal,
    "$ne": FilterByProperty.not_equal,
    "$lt": FilterByProperty.less_than,
    "$lte": FilterByProperty.less_or_equal,
    "$gt": FilterByProperty.greater_than,
    "$gte": FilterByProperty.greater_or_equal,
    "$in": FilterByProperty.contains_any,
    "$nin": FilterByProperty.contains_none,
    "$like": FilterByProperty.like,
    "$exists": lambda name, exists: name.is_none(not exists),
    "$between": lambda name, ends: Filter.all_of([name.greater_or_equal(ends[0]), name.less_or_equal(ends[1])]),
}


def to_filter(given: MetadataFilter | None, path: Callable[[str], str]) -> FilterExpression | None:
    """The filter of Alto that a filter of metadata means.

    `{"year": 1972}` and `{"year": {"$gte": 1972, "$lt": 1980}}` compare properties, `$and`, `$or` and `$not` join
    filters, and several keys hold together. A key that no document has matches nothing. A filter of Alto stays as it
    is. `path` is the property of a key.

    Raises:
        ValueError: An operator is unknown, or a filter is empty.
    """
    if given is None or isinstance(given, FilterExpression):
        return given
    if not given:
        return None
    return _joined([_condition(name, value, path) for name, value in given.items()])


def _condition(name: str, value: Any, path: Callable[[str], str]) -> FilterExpression:
    if name == "$and":
        return Filter.all_of(_each("$and", value, path))
    if name == "$or":
        return Filter.any_of(_each("$or", value, path))
    if name == "$not":
        return ~_joined([_condition(key, operand, path) for key, operand in value.items()])
    if name.startswith("$"):
        raise ValueError(f"filter: unknown operator {name!r}: use $and, $or, $not, or the name of a property")
    by_property = Filter.by_property(path(name), unknown_property="matches_nothing")
    if not isinstance(value, Mapping):
        return by_property.is_none(True) if value is None else by_property.equal(value)
    unknown = [operator for operator in value if operator not in _OPERATORS]
    if unknown or not value:
        raise ValueError(f"filter.{name}: unknown operator {unknown}: use one of {', '.join(_OPERATORS)}")
    return _joined([_OPERATORS[operator](by_property, operand) for operator, operand in value.items()])


def _each(operator: str, filters: Any, path: Callable[[str], str]) -> list[FilterExpression]:
    if not isinstance(filters, (list, tuple)) or not filters:
        raise ValueError(f"filter: {operator} takes a list of filters, for example [{{'year': 1972}}]")
    return [part for each in filters if (part := to_filter(each, path)) is not None]


def _joined(conditions: list[FilterExpression]) -> FilterExpression:
    return conditions[0] if len(conditions) == 1 else Filter.all_of(conditions)
