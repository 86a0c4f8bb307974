"""Haystack's filters as Alto's."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from haystack.errors import FilterError

from alto.classes.filters import Filter, FilterByProperty, FilterExpression

# No object has this id.
NOTHING = Filter.by_id().equal("00000000-0000-0000-0000-000000000000")

_COMPARISONS: dict[str, Callable[[FilterByProperty, Any], FilterExpression]] = {
    "==": FilterByProperty.equal,
    "!=": FilterByProperty.not_equal,
    ">": FilterByProperty.greater_than,
    ">=": FilterByProperty.greater_or_equal,
    "<": FilterByProperty.less_than,
    "<=": FilterByProperty.less_or_equal,
    "in": FilterByProperty.contains_any,
    "not in": FilterByProperty.contains_none,
}
_ORDER = (">", ">=", "<", "<=")


def to_filter(filters: dict[str, Any] | None) -> FilterExpression | None:
    """The filter of Alto that Haystack's mean; None if they are empty. A field that no document has matches nothing.

    Args:
        filters: Comparisons `{"field", "operator", "value"}`, joined by `{"operator": "AND", "conditions": [...]}`.

    Raises:
        FilterError: A key is missing, or an operator or a value is wrong.
    """
    if not filters:
        return None
    if "field" in filters:
        return _comparison(filters)
    operator, conditions = _require(filters, "operator"), _require(filters, "conditions")
    parts = [part for each in conditions if (part := to_filter(each)) is not None]
    if operator == "AND":
        return Filter.all_of(parts)
    if operator == "OR":
        return Filter.any_of(parts)
    if operator == "NOT":
        return ~Filter.all_of(parts)
    raise FilterError(f"Unknown operator {operator!r}: use AND, OR or NOT, or name a 'field' to compare")


def _comparison(condition: dict[str, Any]) -> FilterExpression:
    field, operator, value = (_require(condition, key) for key in ("field", "operator", "value"))
    if operator not in _COMPARISONS:
        raise FilterError(f"Unknown operator {operator!r} of {field!r}: use one of {', '.join(_COMPARISONS)}")
    path = "content" if field == "content" else f"meta.{field.removeprefix('meta.')}"
    if operator in ("in", "not in") and not isinstance(value, list):
        raise FilterError(f"{field!r}: the operator {operator!r} takes a list, not {value!r}")
    if operator in _ORDER and not is_ordered(value):
        raise FilterError(f"{field!r}: the operator {operator!r} compares numbers and dates, not {value!r}")
    if operator in _ORDER and value is None:
        return NOTHING
    by_property = Filter.by_id() if field == "id" else Filter.by_property(path, unknown_property="matches_nothing")
    if value is None:
        return by_property.is_none(operator == "==")
    return _COMPARISONS[operator](
        by_property, [to_value(each) for each in value] if operator in ("in", "not in") else to_value(value)
    )


def is_ordered(value: Any) -> bool:
    """Whether less and greater mean something: of numbers, dates, and None, which matches nothing."""
    if isinstance(value, str):
        return is_moment(value)
    return value is None or (isinstance(value, (int, float, datetime)) and not isinstance(value, bool))


def is_moment(text: str) -> bool:
    """Whether a text is a date with a time."""
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return "T" in text


def to_value(value: Any) -> Any:
    """A value as it is stored for filters: a time without a zone is in UTC."""
    if isinstance(value, str) and is_moment(value) and datetime.fromisoformat(value).tzinfo is None:
        return f"{value}Z"
    return value


def _require(filters: dict[str, Any], key: str) -> Any:
    if not isinstance(filters, dict) or key not in filters:
        raise FilterError(f"'{key}' is missing in {filters}")
    return filters[key]
