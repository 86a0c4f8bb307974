"""Filters: the OpenSearch query that the request model becomes. Pure. Described in docs/filters.md."""

from collections.abc import Callable
from typing import Any, Literal, NamedTuple

from lambdas.collections.analysis import KEYWORD_LIMIT
from lambdas.collections.index_body import length_field
from lambdas.collections.model import CollectionConfig
from lambdas.collections.properties import NestedProperty, Property, PropertyBase, PropertyType
from lambdas.dates import parse_date
from lambdas.errors import InvalidRequestError, abbreviate
from lambdas.objects.keys import MAX_KEY_CHARACTERS, name_object
from lambdas.objects.values import normalize, value_problem
from lambdas.search.clauses.filter_model import (
    MAX_CLAUSES,
    AllOf,
    AnyOf,
    Condition,
    Filter,
    GeoRange,
    Negation,
    Operator,
    count_clauses,
    count_levels,
)
from lambdas.search.clauses.patterns import MAX_EXPRESSION, Wildcard, build_like, parse_pattern, render_expression

MAX_WILDCARDS = 10
# Far below the limits of OpenSearch and of the JSON encoders in between.
MAX_LEVELS = 32
# Lengths are stored as 32-bit integers.
MAX_LENGTH = 2**31 - 1


class Comparison(NamedTuple):
    """How an operator becomes a query, the property types it accepts, and the form of its value."""

    query: Callable[[str, Any], dict[str, Any]]
    types: frozenset[str]
    form: Literal["one value", "a list of values", "true or false", "a circle with lat, lon and meters"] = "one value"


class Target(NamedTuple):
    """The property of a condition, and the fields of the index that hold it."""

    item: PropertyBase
    field: str
    # The field that every object with a value has.
    presence: str


def _negate(query: dict[str, Any]) -> dict[str, Any]:
    return {"bool": {"must_not": [query]}}


def _in_range(bound: str) -> Callable[[str, Any], dict[str, Any]]:
    return lambda field, value: {"range": {field: {bound: value}}}


def _within(field: str, circle: GeoRange) -> dict[str, Any]:
    return {"geo_distance": {"distance": f"{circle.meters}m", field: {"lat": circle.lat, "lon": circle.lon}}}


SCALAR_TYPES = frozenset({"text", "int", "number", "boolean", "date", "uuid"})
ORDERED_TYPES = frozenset({"int", "number", "date"})
EVERY_TYPE = SCALAR_TYPES | {"geo", "object"}

COMPARISONS: dict[Operator, Comparison] = {
    "equal": Comparison(lambda field, value: {"term": {field: value}}, SCALAR_TYPES),
    "not_equal": Comparison(lambda field, value: _negate({"term": {field: value}}), SCALAR_TYPES),
    "less_than": Comparison(_in_range("lt"), ORDERED_TYPES),
    "less_or_equal": Comparison(_in_range("lte"), ORDERED_TYPES),
    "greater_than": Comparison(_in_range("gt"), ORDERED_TYPES),
    "greater_or_equal": Comparison(_in_range("gte"), ORDERED_TYPES),
    "like": Comparison(build_like, frozenset({"text"})),
    "has_words": Comparison(
        lambda field, value: {"match": {field: {"query": value, "operator": "and"}}}, frozenset({"text"})
    ),
    "contains_any": Comparison(lambda field, value: {"terms": {field: value}}, SCALAR_TYPES, "a list of values"),
    "contains_all": Comparison(
        lambda field, value: {"bool": {"filter": [{"term": {field: each}} for each in value]}},
        SCALAR_TYPES,
        "a list of values",
    ),
    "contains_none": Comparison(
        lambda field, value: _negate({"terms": {field: value}}), SCALAR_TYPES, "a list of values"
    ),
    "is_null": Comparison(
        lambda field, value: _negate({"exists": {"field": field}}) if value else {"exists": {"field": field}},
        EVERY_TYPE,
        "true or false",
    ),
    "within_geo_range": Comparison(_within, frozenset({"geo"}), "a circle with lat, lon and meters"),
}
# They hold for an object without a value.
ABSENCE_OPERATORS = frozenset({"not_equal", "contains_none"})
LENGTH_OPERATORS = frozenset({"equal", "not_equal", "less_than", "less_or_equal", "greater_than", "greater_or_equal"})

# Fields that every object has besides its properties.
OWN_FIELDS: dict[str, PropertyType] = {"_id": "uuid", "_created": "date", "_updated": "date"}


def resolve_own_field(name: str) -> Target:
    """Return one of `OWN_FIELDS` and its field in the index."""
    field = name.removeprefix("_")
    return Target(NestedProperty(name=field, type=OWN_FIELDS[name]), field, field)


def build_filter(collection: CollectionConfig, condition: Filter) -> dict[str, Any]:
    """Build the OpenSearch query of a filter.

    Raises `InvalidRequestError` naming the property, the value and what would fit.
    """
    if count_clauses(condition) > MAX_CLAUSES:
        count = count_clauses(condition)
        problem = f"has {count} conditions, the values of contains_all included: send {MAX_CLAUSES} at most"
        raise InvalidRequestError.at("filter", problem)
    if count_levels(condition) > MAX_LEVELS:
        problem = f"nests and, or and not {count_levels(condition)} levels deep: send {MAX_LEVELS} at most"
        raise InvalidRequestError.at("filter", problem)
    return _build_query(collection, condition)


def _build_query(collection: CollectionConfig, condition: Filter) -> dict[str, Any]:
    match condition:
        case AllOf(all_of=parts):
            return {"bool": {"filter": [_build_query(collection, part) for part in parts]}}
        case AnyOf(any_of=parts):
            return {"bool": {"should": [_build_query(collection, part) for part in parts], "minimum_should_match": 1}}
        case Negation(negated=part):
            return _negate(_build_query(collection, part))
        case Condition():
            return _build_condition(collection, condition)


def _build_condition(collection: CollectionConfig, condition: Condition) -> dict[str, Any]:
    if condition.unknown_property == "matches_nothing" and not has_property(collection, condition.property):
        holds = condition.operator in ABSENCE_OPERATORS or (condition.operator == "is_null" and condition.value is True)
        return {"match_all": {}} if holds else {"match_none": {}}
    target = _resolve_target(collection, condition)
    if condition.length:
        return _build_length_query(target, condition)
    comparison = COMPARISONS[condition.operator]
    _check_operands(condition, target.item, comparison)
    if condition.operator == "is_null" and target.item.type == "object":
        # The texts of an object are in the index by their lengths only if they are long.
        path = condition.property
        fields = [target.presence, f"lengths.{length_field(path)}-*"]
        present = {"bool": {"should": [{"exists": {"field": field}} for field in fields], "minimum_should_match": 1}}
        return _negate(present) if condition.value else present
    field = target.presence if condition.operator == "is_null" else target.field
    if condition.operator == "has_words":
        if not (isinstance(target.item, Property) and target.item.searchable):
            raise _error_at(condition, "is not searchable, so its words cannot be found: compare it by 'like'")
        return comparison.query(f"properties.{condition.property}", condition.value)
    if condition.property == "_id":
        return comparison.query(field, _to_ids(collection, condition.value))
    return comparison.query(field, _to_stored(target.item, condition.value))


def _to_ids(collection: CollectionConfig, value: Any) -> Any:
    """Write ids as they are stored, those of keys too."""
    if isinstance(value, list):
        return [_to_ids(collection, each) for each in value]
    return name_object(collection.name, value).id if isinstance(value, str) else value


def _to_stored(item: PropertyBase, value: Any) -> Any:
    """Write values as they are stored, dates with their milliseconds: OpenSearch rounds shorter ones in some bounds."""
    if isinstance(value, list):
        return [_to_stored(item, each) for each in value]
    if item.scalar_type == "date" and isinstance(value, str):
        return parse_date(value).isoformat(timespec="milliseconds")
    return normalize(value)


def has_property(collection: CollectionConfig, path: str) -> bool:
    """Whether the collection has the property, filterable or not."""
    properties: list[Any] = list(collection.properties)
    for name in [] if path in OWN_FIELDS else path.split("."):
        item = next((known for known in properties if known.name == name), None)
        if item is None:
            return False
        properties = list(item.properties or ())
    return True


def _resolve_target(collection: CollectionConfig, condition: Condition) -> Target:
    """Find the property in the index. Raises `InvalidRequestError` for one that cannot be filtered by."""
    path = condition.property
    if path in OWN_FIELDS:
        return resolve_own_field(path)
    properties: list[Any] = list(collection.properties)
    item: PropertyBase | None = None
    for name in path.split("."):
        item = next((known for known in properties if known.name == name), None)
        if item is None:
            known = ", ".join(known.name for known in collection.properties if known.filterable) or "none"
            raise _error_at(condition, f"is not a property of '{collection.name}'. These can be filtered by: {known}")
        if not item.filterable:
            raise _error_at(condition, f"is not filterable: the collection has filterable: false for '{item.name}'")
        properties = list(item.properties or ())
    assert item is not None  # a path has a name
    field = f"properties.{path}"
    presence = f"lengths.{length_field(path)}" if item.has_length else field
    return Target(item, f"{field}.keyword" if item.is_text else field, presence)


def _build_length_query(target: Target, condition: Condition) -> dict[str, Any]:
    if not target.item.has_length or condition.property in OWN_FIELDS:
        raise _error_at(condition, f"is {target.item.type}, which has no length: text and lists have one")
    if condition.operator not in LENGTH_OPERATORS:
        allowed = ", ".join(sorted(LENGTH_OPERATORS))
        raise _error_at(condition, f"compares a length with '{condition.operator}': take one of {allowed}")
    if type(condition.value) is not int or not 0 <= condition.value <= MAX_LENGTH:
        raise _error_at(
            condition,
            f"has a length, which is a whole number from 0 to {MAX_LENGTH}, not {_abbreviate_value(condition)}",
        )
    return COMPARISONS[condition.operator].query(target.presence, condition.value)


def _check_operands(condition: Condition, item: PropertyBase, comparison: Comparison) -> None:
    if item.scalar_type not in comparison.types:
        allowed = ", ".join(sorted(comparison.types))
        raise _error_at(condition, f"is {item.type}, but '{condition.operator}' compares {allowed}")
    value = condition.value
    forms = {bool: "true or false", list: "a list of values", GeoRange: "a circle with lat, lon and meters"}
    form = forms.get(type(value), "one value")
    if form == "true or false" and comparison.form == "one value":
        form = "one value"
    if form != comparison.form:
        raise _error_at(
            condition, f"with '{condition.operator}' takes {comparison.form}, not {_abbreviate_value(condition)}"
        )
    if comparison.form in ("one value", "a list of values"):
        for each in value if isinstance(value, list) else [value]:
            problem = _key_problem(each) if condition.property == "_id" else value_problem(item, each)
            if problem:
                raise _error_at(condition, f"is {item.type}: the value {problem}")
            if isinstance(each, str) and len(each) > KEYWORD_LIMIT:
                raise _error_at(
                    condition,
                    f"is compared with a text of {len(each):,} characters, but only texts of up to {KEYWORD_LIMIT:,} "
                    "can be compared as a whole: use bm25, or compare the length",
                )
    if condition.operator == "like":
        _check_pattern(condition)


def _key_problem(value: object) -> str | None:
    if isinstance(value, str) and 1 <= len(value) <= MAX_KEY_CHARACTERS:
        return None
    return f"must be an id, or a key of 1 to {MAX_KEY_CHARACTERS} characters, not {abbreviate(value)}"


def _check_pattern(condition: Condition) -> None:
    """OpenSearch rejects patterns whose automata are too large, as those of many wildcards are."""
    pattern = str(condition.value)
    if sum(isinstance(part, Wildcard) for part in parse_pattern(pattern)) > MAX_WILDCARDS:
        raise _error_at(condition, f"is compared with a pattern of more than {MAX_WILDCARDS} wildcards: write fewer")
    if not pattern.isascii() and len(render_expression(pattern)) > MAX_EXPRESSION:
        problem = f"is compared with a pattern of {len(pattern)} characters in which case is ignored beyond ASCII"
        raise _error_at(condition, f"{problem}: write a shorter one, of about {MAX_EXPRESSION // 4} characters")


def _abbreviate_value(condition: Condition) -> str:
    return abbreviate(condition.value.model_dump() if isinstance(condition.value, GeoRange) else condition.value)


def _error_at(condition: Condition, problem: str) -> InvalidRequestError:
    return InvalidRequestError.at(f"filter.{condition.property}", f"'{condition.property}' {problem}")
