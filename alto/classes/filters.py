"""Filters, and the JSON that they become."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from alto.classes.data import GeoCoordinate
from alto.errors import AltoConfigurationError
from alto.unsupported import ALTERNATIVES, Unsupported, raise_unsupported

FilterValue: TypeAlias = Any
UnknownProperty: TypeAlias = Literal["error", "matches_nothing"]


@dataclass(frozen=True, slots=True)
class FilterExpression:
    """A condition, or several joined by &, | and ~. `body` is what the API takes."""

    body: dict[str, Any]

    def __and__(self, other: "FilterExpression") -> "FilterExpression":
        return Filter.all_of([self, other])

    def __or__(self, other: "FilterExpression") -> "FilterExpression":
        return Filter.any_of([self, other])

    def __invert__(self) -> "FilterExpression":
        return FilterExpression({"not": self.body})


@dataclass(frozen=True, slots=True)
class FilterByProperty:
    """A property that waits for its operator."""

    name: str
    length: bool = False
    unknown_property: UnknownProperty = "error"

    def equal(self, val: FilterValue) -> FilterExpression:
        """The value is this one; a list contains it.

        Args:
            val: The value, of the type of the property.
        """
        return self._compared("equal", val)

    def not_equal(self, val: FilterValue) -> FilterExpression:
        """The value is another one, or missing.

        Args:
            val: The value, of the type of the property.
        """
        return self._compared("not_equal", val)

    def less_than(self, val: FilterValue) -> FilterExpression:
        """Numbers and dates.

        Args:
            val: The value, of the type of the property.
        """
        return self._compared("less_than", val)

    def less_or_equal(self, val: FilterValue) -> FilterExpression:
        """Numbers and dates.

        Args:
            val: The value, of the type of the property.
        """
        return self._compared("less_or_equal", val)

    def greater_than(self, val: FilterValue) -> FilterExpression:
        """Numbers and dates.

        Args:
            val: The value, of the type of the property.
        """
        return self._compared("greater_than", val)

    def greater_or_equal(self, val: FilterValue) -> FilterExpression:
        """Numbers and dates.

        Args:
            val: The value, of the type of the property.
        """
        return self._compared("greater_or_equal", val)

    def contains_any(self, val: Sequence[FilterValue]) -> FilterExpression:
        """At least one of these.

        Args:
            val: The values.
        """
        return self._compared("contains_any", list(val))

    def contains_all(self, val: Sequence[FilterValue]) -> FilterExpression:
        """All of these: as many conditions, joined by &.

        Args:
            val: The values.
        """
        return Filter.all_of([self.equal(each) for each in val])

    def contains_none(self, val: Sequence[FilterValue]) -> FilterExpression:
        """None of these.

        Args:
            val: The values.
        """
        return ~self.contains_any(val)

    def like(self, val: str) -> FilterExpression:
        """A text with * for any characters and ? for one.

        Args:
            val: The pattern.
        """
        return self._compared("like", val)

    def has_words(self, val: str) -> FilterExpression:
        """A searchable text with every one of these words, as `bm25` finds them: Alto's own.

        Args:
            val: The words.
        """
        return self._compared("has_words", val)

    def is_none(self, val: bool) -> FilterExpression:
        """Whether the value is missing.

        Args:
            val: True for objects without a value.
        """
        return self._compared("is_null", val)

    def within_geo_range(self, coordinate: GeoCoordinate, distance: float) -> FilterExpression:
        """At most so many meters from a place.

        Args:
            coordinate: The place.
            distance: How many meters away at most.
        """
        circle = {"lat": coordinate.latitude, "lon": coordinate.longitude, "meters": distance}
        return self._compared("within_geo_range", circle)

    def _compared(self, operator: str, value: FilterValue) -> FilterExpression:
        rest: dict[str, Any] = {"length": True} if self.length else {}
        if self.unknown_property != "error":
            rest["unknown_property"] = self.unknown_property
        return FilterExpression({"property": self.name, "operator": operator, "value": value} | rest)


# Weaviate's names of what every object has.
_OWN_NAMES = {"_creationTimeUnix": "_created", "_lastUpdateTimeUnix": "_updated"}


class Filter:
    """Where each filter begins."""

    by_ref = by_ref_count = by_ref_multi_target = Unsupported("filters by references", ALTERNATIVES["references"])

    @staticmethod
    def by_property(
        name: str, length: bool = False, *, unknown_property: UnknownProperty = "error"
    ) -> FilterByProperty:
        """By a property's value; with `length`, by that of its text or list.

        Args:
            name: The property, or a path such as "author.name".
            length: Whether the length is compared.
            unknown_property: "matches_nothing" treats a property that the collection does not have as one without a
                value, instead of as an error: Alto's own.
        """
        if "[" in name:
            raise_unsupported(f"the place in a list in Filter.by_property({name!r})", ALTERNATIVES["list_place"])
        return FilterByProperty(_OWN_NAMES.get(name, name), length, unknown_property)

    @staticmethod
    def by_id() -> FilterByProperty:
        """By the object's id."""
        return FilterByProperty("_id")

    @staticmethod
    def by_creation_time() -> FilterByProperty:
        """By when the object was first stored."""
        return FilterByProperty("_created")

    @staticmethod
    def by_update_time() -> FilterByProperty:
        """By when the object was last stored."""
        return FilterByProperty("_updated")

    @staticmethod
    def all_of(filters: Sequence[FilterExpression]) -> FilterExpression:
        """Every one holds.

        Args:
            filters: The filters.
        """
        return FilterExpression({"and": _parts("and", filters)})

    @staticmethod
    def any_of(filters: Sequence[FilterExpression]) -> FilterExpression:
        """At least one holds.

        Args:
            filters: The filters.
        """
        return FilterExpression({"or": _parts("or", filters)})

    @staticmethod
    def not_(filter_: FilterExpression) -> FilterExpression:
        """It does not hold.

        Args:
            filter_: The filter.
        """
        return ~filter_


def _parts(joint: str, filters: Sequence[FilterExpression]) -> list[dict[str, Any]]:
    """The bodies; a & b & c is one list of three, not a pair within a pair."""
    if not filters:
        raise AltoConfigurationError("filters: the list is empty: give at least one filter, or none at all")
    parts: list[dict[str, Any]] = []
    for each in filters:
        parts.extend(each.body[joint] if set(each.body) == {joint} else [each.body])
    return parts
