"""Filters: the request model. Pure. Described in docs/filters.md; `filters.py` builds the query."""

from typing import Annotated, Any, ClassVar, Literal

from pydantic import Discriminator, Field, StringConstraints, Tag, model_validator

from lambdas.errors import abbreviate
from lambdas.models import StrictModel
from lambdas.objects.values import INT_MAX, INT_MIN

Operator = Literal[
    "equal",
    "not_equal",
    "less_than",
    "less_or_equal",
    "greater_than",
    "greater_or_equal",
    "like",
    "has_words",
    "contains_any",
    "contains_all",
    "contains_none",
    "is_null",
    "within_geo_range",
]
# Below OpenSearch's own limit of 1,024 clauses a query, which includes those of the search.
MAX_CLAUSES = 900

Text = Annotated[str, StringConstraints(max_length=10_000)]
Whole = Annotated[int, Field(ge=INT_MIN, le=INT_MAX)]
Scalar = Text | Whole | float | bool


class GeoRange(StrictModel):
    """A circle on Earth."""

    lat: float = Field(ge=-90, le=90)
    lon: float = Field(ge=-180, le=180)
    meters: float = Field(gt=0, le=20_100_000, description="Half of Earth's circumference at most.")


class Condition(StrictModel):
    """One property compared with a value."""

    unknown_field_hint: ClassVar[str] = "a filter is a condition with property, operator and value, or and, or, not"

    property: str = Field(
        pattern=r"^(_id|_created|_updated|[A-Za-z][A-Za-z0-9_]{0,99}(\.[A-Za-z][A-Za-z0-9_]{0,99}){0,4})$",
        description="A property, one of an object (`author.name`), or `_id`, `_created`, `_updated`.",
    )
    operator: Operator
    value: Scalar | Annotated[list[Scalar], Field(min_length=1, max_length=MAX_CLAUSES)] | GeoRange = Field(
        description="Of the property's type. A list with contains_*, true or false with is_null, a circle with "
        "within_geo_range, a pattern with * and ? with like (at most 10 of them; \\* and \\? are the signs "
        "themselves). A request has at most 20 like, of which 5 begin with * or ?."
    )
    length: bool = Field(
        default=False, description="Compares the length instead: characters of a text, items of a list."
    )
    unknown_property: Literal["error", "matches_nothing"] = Field(
        default="error",
        description="Of a property that the collection does not have, such as one that no object was stored with yet: "
        "an error, or treated as one without a value, so that only not_equal, contains_none and is_null match.",
    )


class _Combination(StrictModel):
    """A filter made of others."""

    @model_validator(mode="before")
    @classmethod
    def _stands_alone(cls, value: Any) -> Any:
        own = next(field.alias for field in cls.model_fields.values())
        if isinstance(value, dict) and (others := [name for name in value if name != own]):
            raise ValueError(
                f"has {abbreviate(others[0])} next to it: a filter is one condition, or one of and, or, not; "
                "several belong in the list of an and"
            )
        return value


class AllOf(_Combination):
    """Every filter of the list must hold."""

    all_of: "list[Filter]" = Field(alias="and", min_length=1, max_length=100)


class AnyOf(_Combination):
    """At least one filter of the list must hold."""

    any_of: "list[Filter]" = Field(alias="or", min_length=1, max_length=100)


class Negation(_Combination):
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


def count_clauses(condition: Filter) -> int:
    """Count the clauses of the filter's query."""
    match condition:
        case AllOf(all_of=parts) | AnyOf(any_of=parts):
            return 1 + sum(count_clauses(part) for part in parts)
        case Negation(negated=part):
            return 1 + count_clauses(part)
        case Condition(operator="contains_all", value=list() as values):
            return 1 + len(values)
        case _:
            return 1


def count_levels(condition: Filter) -> int:
    """Return how deep the filter nests: 0 for a single condition."""
    match condition:
        case AllOf(all_of=parts) | AnyOf(any_of=parts):
            return 1 + max(map(count_levels, parts))
        case Negation(negated=part):
            return 1 + count_levels(part)
        case _:
            return 0
