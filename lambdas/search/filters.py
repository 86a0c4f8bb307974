"""Filters: what a caller writes, and the OpenSearch query it becomes. Pure."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, Tag

from lambdas.collections.model import CollectionConfig, Property
from lambdas.errors import ErrorDetail, InvalidRequestError
from lambdas.models import StrictModel
from lambdas.objects.values import value_problem

Operator = Literal[
    "equal", "not_equal", "less_than", "less_or_equal", "greater_than", "greater_or_equal", "contains_any"
]
Scalar = str | int | float | bool


class Condition(StrictModel):
    """One property compared with a value."""

    property: str
    operator: Operator
    value: Scalar | list[Scalar]


class AllOf(StrictModel):
    """Every filter of the list must hold."""

    all_of: "list[Filter]" = Field(alias="and", min_length=1, max_length=100)


class AnyOf(StrictModel):
    """At least one filter of the list must hold."""

    any_of: "list[Filter]" = Field(alias="or", min_length=1, max_length=100)


class Negation(StrictModel):
    """The filter must not hold."""

    negated: "Filter" = Field(alias="not")


def _form(value: Any) -> str:
    keys = value if isinstance(value, dict) else {}
    return next((key for key in ("and", "or", "not") if key in keys), "condition")


Filter = Annotated[
    Annotated[Condition, Tag("condition")]
    | Annotated[AllOf, Tag("and")]
    | Annotated[AnyOf, Tag("or")]
    | Annotated[Negation, Tag("not")],
    Discriminator(_form),
]

for model in (AllOf, AnyOf, Negation):
    model.model_rebuild()


@dataclass(frozen=True, slots=True)
class Comparison:
    """How an operator becomes a query, and which property types it is for."""

    query: Callable[[str, Any], dict[str, Any]]
    types: frozenset[str]
    takes_list: bool = False


def _not(query: dict[str, Any]) -> dict[str, Any]:
    return {"bool": {"must_not": [query]}}


EVERY_TYPE = frozenset({"text", "int", "number", "boolean", "date", "uuid"})
ORDERED_TYPES = frozenset({"int", "number", "date"})

COMPARISONS: dict[Operator, Comparison] = {
    "equal": Comparison(lambda field, value: {"term": {field: value}}, EVERY_TYPE),
    "not_equal": Comparison(lambda field, value: _not({"term": {field: value}}), EVERY_TYPE),
    "less_than": Comparison(lambda field, value: {"range": {field: {"lt": value}}}, ORDERED_TYPES),
    "less_or_equal": Comparison(lambda field, value: {"range": {field: {"lte": value}}}, ORDERED_TYPES),
    "greater_than": Comparison(lambda field, value: {"range": {field: {"gt": value}}}, ORDERED_TYPES),
    "greater_or_equal": Comparison(lambda field, value: {"range": {field: {"gte": value}}}, ORDERED_TYPES),
    "contains_any": Comparison(lambda field, value: {"terms": {field: value}}, EVERY_TYPE, takes_list=True),
}


def filter_query(collection: CollectionConfig, condition: Filter) -> dict[str, Any]:
    """The OpenSearch query of a filter.

    Raises `InvalidRequestError` naming the property, the value and what would fit.
    """
    match condition:
        case AllOf(all_of=parts):
            return {"bool": {"filter": [filter_query(collection, part) for part in parts]}}
        case AnyOf(any_of=parts):
            return {"bool": {"should": [filter_query(collection, part) for part in parts], "minimum_should_match": 1}}
        case Negation(negated=part):
            return _not(filter_query(collection, part))
        case Condition():
            return _condition_query(collection, condition)


def _condition_query(collection: CollectionConfig, condition: Condition) -> dict[str, Any]:
    item = collection.property_named(condition.property)
    if item is None:
        known = ", ".join(known.name for known in collection.properties if known.filterable) or "none"
        raise _wrong(condition, f"is not a property of '{collection.name}'. These can be filtered by: {known}")
    if not item.filterable:
        raise _wrong(condition, "is not filterable: the collection says filterable: false for it")
    comparison = COMPARISONS[condition.operator]
    _check_operands(condition, item, comparison)
    field = f"properties.{item.name}.keyword" if item.is_text else f"properties.{item.name}"
    return comparison.query(field, condition.value)


def _check_operands(condition: Condition, item: Property, comparison: Comparison) -> None:
    scalar_type = item.type.removesuffix("[]")
    if scalar_type not in comparison.types:
        allowed = ", ".join(sorted(comparison.types))
        raise _wrong(condition, f"is {item.type}, but '{condition.operator}' compares {allowed}")
    values = condition.value if isinstance(condition.value, list) else [condition.value]
    if comparison.takes_list != isinstance(condition.value, list):
        wanted = "a list of values" if comparison.takes_list else "one value"
        raise _wrong(condition, f"with '{condition.operator}' takes {wanted}, not {condition.value!r}")
    for value in values:
        problem = value_problem(item, value)
        if problem:
            raise _wrong(condition, f"is {item.type}: the value {problem}")


def _wrong(condition: Condition, problem: str) -> InvalidRequestError:
    return InvalidRequestError(
        f"The filter's property '{condition.property}' {problem}.",
        [ErrorDetail(f"filter.{condition.property}", problem)],
    )
