"""Boosting, smoothing, reranking, diversity and grouping of the hits of a search, as docs/search.md describes them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from alto.classes.filters import FilterExpression
from alto.compatibility import StrEnum
from alto.errors import AltoConfigurationError


def _given(**values: Any) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}


@dataclass(frozen=True, slots=True)
class GroupBy:
    """Groups hits that share a value of `prop`. The search's `limit` is how many hits are grouped."""

    prop: str
    objects_per_group: int
    number_of_groups: int

    def to_api(self, candidates: int | None) -> dict[str, Any]:
        """As the API takes it."""
        return {
            "property": self.prop,
            "groups": self.number_of_groups,
            "objects_per_group": self.objects_per_group,
        } | _given(candidates=candidates)


@dataclass(frozen=True, slots=True)
class Rerank:
    """Puts the hits into the order of a model on Bedrock, such as `cohere.rerank-v3-5:0`.

    Attributes:
        prop: What the model reads of each hit: a text property, or several; all if not given.
        query: What hits are compared with; the search's own text if not given.
        model: The model; that of the collection's `reranker_config` if not given.
        region: Its AWS region; the collection's, or that of Alto, if not given.
        candidates: How many of the best hits are reranked; 100 if not given.
    """

    prop: str | Sequence[str] | None = None
    query: str | None = None
    model: str | None = None
    region: str | None = None
    candidates: int | None = None

    def to_api(self) -> dict[str, Any]:
        """As the API takes it."""
        names = [self.prop] if isinstance(self.prop, str) else self.prop
        return _given(
            model=self.model,
            query=self.query,
            properties=None if names is None else list(names),
            region=self.region,
            candidates=self.candidates,
        )


@dataclass(frozen=True, slots=True)
class Smoothing:
    """Hits that are alike get similar scores, which finds more on collections of long or many texts.

    Attributes:
        weight: The share of the mean score of the nearest hits, 0 to 1; 0.2 if not given.
        neighbours: How many of the nearest hits make up that mean; 5 if not given.
        candidates: How many of the best hits are scored again; 100 if not given, which is the most.
        target_vector: The vector by which hits are compared; the one that is searched if not given.
    """

    weight: float | None = None
    neighbours: int | None = None
    candidates: int | None = None
    target_vector: str | None = None

    def to_api(self) -> dict[str, Any]:
        """As the API takes it."""
        return _given(
            weight=self.weight,
            neighbours=self.neighbours,
            candidates=self.candidates,
            target_vector=self.target_vector,
        )


@dataclass(frozen=True, slots=True)
class MMR:
    """Maximal marginal relevance. `limit` objects are chosen; the search's own `limit` says from how many."""

    limit: int | None = None
    balance: float | None = None


class Diversity:
    """How hits are chosen that say something else than those before them."""

    @staticmethod
    def mmr(limit: int | None = None, balance: float | None = None) -> MMR:
        """`balance` is 0 (only difference) to 1 (only relevance); .5 if not given.

        Args:
            limit: How many objects are chosen, of those from the search's `offset` to `offset` + `limit`.
            balance: 0 is only difference, 1 only relevance; 0.5 if not given.
        """
        return MMR(limit, balance)


class BoostCurve(StrEnum):
    """How a boost falls with the distance from its origin. GAUSSIAN if not given."""

    EXPONENTIAL = "exp"
    GAUSSIAN = "gauss"
    LINEAR = "linear"


class BoostModifier(StrEnum):
    """Functions of the number in `Boost.numeric_property`. LOG1P and SQRT dampen very large ones."""

    NONE = "none"
    LOG1P = "log1p"
    SQRT = "sqrt"


@dataclass(frozen=True, slots=True)
class BoostReturn:
    """A preference. `weight` is its share of the score, 0 to 1; `depth` is how many hits are scored again."""

    conditions: tuple[dict[str, Any], ...]
    weight: float | None = None
    depth: int | None = None

    def to_api(self) -> dict[str, Any]:
        """As the API takes it."""
        return {"conditions": list(self.conditions)} | _given(weight=self.weight, candidates=self.depth)


class Boost:
    """Preferences besides the search itself. No object is left out because of them."""

    Curve = BoostCurve
    Modifier = BoostModifier

    @staticmethod
    def filter(filter: FilterExpression, *, weight: float | None = None, depth: int | None = None) -> BoostReturn:  # noqa: A002 (Weaviate's)
        """Objects that match.

        Args:
            filter: Which objects.
            weight: Its share of the score, 0 to 1; 0.25 if not given. A negative weight prefers the others as much.
            depth: How many hits are scored again.
        """
        if weight is not None and weight < 0:
            return BoostReturn(({"filter": {"not": filter.body}},), -weight, depth)
        return BoostReturn(({"filter": filter.body},), weight, depth)

    @staticmethod
    def numeric_property(
        property: str,  # noqa: A002 (Weaviate's)
        *,
        modifier: BoostModifier | None = None,
        weight: float | None = None,
        depth: int | None = None,
    ) -> BoostReturn:
        """Objects whose number is large, compared with the smallest and the largest among the hits.

        Args:
            property: The property.
            modifier: What is done to the number first; nothing if not given.
            weight: Its share of the score, 0 to 1; 0.25 if not given.
            depth: How many hits are scored again.
        """
        condition = {"property": property, "modifier": (modifier or BoostModifier.NONE).value}
        return BoostReturn((condition,), weight, depth)

    @staticmethod
    def time_decay(
        property: str,  # noqa: A002 (Weaviate's)
        *,
        origin: str | datetime | None = None,
        scale: str | timedelta,
        offset: str | timedelta | None = None,
        curve: BoostCurve | None = None,
        decay: float | None = None,
        weight: float | None = None,
        depth: int | None = None,
    ) -> BoostReturn:
        """Objects whose date is near to `origin` (now): at `scale` from there `decay` (.5) is left.

        Args:
            property: The property.
            origin: The best value; now, for a date, if not given.
            scale: How far from the origin `decay` is left.
            offset: How far from the origin nothing is lost.
            curve: How the score falls.
            decay: What is left at `scale`; 0.5 if not given.
            weight: Its share of the score, 0 to 1; 0.25 if not given.
            depth: How many hits are scored again.
        """
        return _decay(
            property, weight, depth, origin=origin, scale=_span(scale), offset=_span(offset), curve=curve, decay=decay
        )

    @staticmethod
    def numeric_decay(
        property: str,  # noqa: A002 (Weaviate's)
        *,
        origin: float,
        scale: float,
        offset: float | None = None,
        curve: BoostCurve | None = None,
        decay: float | None = None,
        weight: float | None = None,
        depth: int | None = None,
    ) -> BoostReturn:
        """Objects whose number is near to `origin`.

        Args:
            property: The property.
            origin: The best value; now, for a date, if not given.
            scale: How far from the origin `decay` is left.
            offset: How far from the origin nothing is lost.
            curve: How the score falls.
            decay: What is left at `scale`; 0.5 if not given.
            weight: Its share of the score, 0 to 1; 0.25 if not given.
            depth: How many hits are scored again.
        """
        return _decay(property, weight, depth, origin=origin, scale=scale, offset=offset, curve=curve, decay=decay)

    @staticmethod
    def blend(
        boosts: BoostReturn | Sequence[BoostReturn], *, weight: float | None = None, depth: int | None = None
    ) -> BoostReturn:
        """Several at once: the weight of each is compared with those of the others.

        Args:
            boosts: The boosts.
            weight: Its share of the score, 0 to 1; 0.25 if not given.
            depth: How many hits are scored again.

        Raises `AltoConfigurationError` without any boost, or if one has a depth of its own.
        """
        parts = [boosts] if isinstance(boosts, BoostReturn) else list(boosts)
        if not parts:
            raise AltoConfigurationError("Boost.blend: give at least one boost")
        if any(each.depth is not None for each in parts):
            raise AltoConfigurationError("Boost.blend: give depth to blend itself, not to its parts")
        conditions = [_given(weight=each.weight) | one for each in parts for one in each.conditions]
        return BoostReturn(tuple(conditions), weight, depth)


def _decay(name: str, weight: float | None, depth: int | None, **settings: Any) -> BoostReturn:
    origin = settings["origin"]
    if isinstance(origin, datetime):
        settings["origin"] = origin.isoformat()
    return BoostReturn(({"property": name} | _given(**settings),), weight, depth)


def _span(span: str | timedelta | None) -> str | None:
    """A duration as the API takes it: seconds, without an exponent."""
    if not isinstance(span, timedelta):
        return span
    return f"{span.total_seconds():.6f}".rstrip("0").rstrip(".") + "s"
