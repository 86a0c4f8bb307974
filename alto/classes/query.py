"""What a search is asked for, and what it answers."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Literal

from alto.classes.aggregate import Metrics
from alto.classes.data import GeoCoordinate
from alto.classes.filters import Filter, FilterExpression
from alto.classes.results import MetadataReturn, Object, QueryReturn
from alto.classes.sorting import Sort, Sorting
from alto.errors import AltoConfigurationError
from alto.refusals import refuse, refuse_given
from alto.values import Vector, numbers

__all__ = [
    "BM25Operator",
    "Filter",
    "FilterExpression",
    "GeoCoordinate",
    "HybridFusion",
    "HybridVector",
    "MetadataQuery",
    "MetadataReturn",
    "Metrics",
    "Move",
    "Object",
    "QueryReturn",
    "Sort",
    "Sorting",
]


class HybridFusion(StrEnum):
    """How the scores of both legs become one."""

    RANKED = "ranked"
    RELATIVE_SCORE = "relative_score"


@dataclass(frozen=True, slots=True)
class MetadataQuery:
    """What to say about each object beside its properties. Score and distance cost nothing and are always there."""

    creation_time: bool = False
    last_update_time: bool = False
    distance: bool = False
    certainty: bool = False
    score: bool = False
    explain_score: bool = False
    is_consistent: bool = False

    @classmethod
    def full(cls) -> "MetadataQuery":
        """Everything."""
        return cls(
            creation_time=True, last_update_time=True, distance=True, certainty=True, score=True, explain_score=True
        )


@dataclass(frozen=True, slots=True)
class Operator:
    """How many words of a query an object has to have, as the API takes it."""

    settings: dict[str, Any]


class BM25Operator:
    """How many words of a query an object has to have."""

    @staticmethod
    def or_(minimum_match: int = 1) -> Operator:
        """At least so many of them."""
        return Operator({"operator": "or", "minimum_match": minimum_match})

    @staticmethod
    def and_() -> Operator:
        """All of them, in one property."""
        return Operator({"operator": "and"})

    @staticmethod
    def and_cross() -> Operator:
        """All of them, in the properties together."""
        return Operator({"operator": "and_across"})


@dataclass(frozen=True, slots=True)
class Move:
    """Moves the query's vector towards, or away from, concepts. `force` is 0 to 1."""

    force: float
    objects: None = None
    concepts: str | Sequence[str] | None = None

    def to_api(self) -> dict[str, Any]:
        """As the API takes it. Raises `AltoConfigurationError` without concepts."""
        if self.objects:
            refuse("Move(objects=…)", "Move(concepts=…) with the texts of those objects")
        if not self.concepts:
            raise AltoConfigurationError("Move: give concepts, as in Move(force=0.5, concepts='winter')")
        concepts = [self.concepts] if isinstance(self.concepts, str) else list(self.concepts)
        return {"force": self.force, "concepts": concepts}


@dataclass(frozen=True, slots=True)
class HybridVectorQuery:
    """The vector leg of a hybrid search, as the API takes it."""

    settings: dict[str, Any] = field(default_factory=dict)


class HybridVector:
    """The vector leg of a hybrid search, when the query's own vector is not wanted."""

    @staticmethod
    def near_vector(
        vector: Vector, *, certainty: float | None = None, distance: float | None = None
    ) -> HybridVectorQuery:
        """This vector."""
        _refuse_thresholds(certainty, distance)
        return HybridVectorQuery({"vector": numbers(vector)})


def _refuse_thresholds(certainty: float | None, distance: float | None) -> None:
    if certainty is not None or distance is not None:
        refuse_given(max_vector_distance=True)


type MetadataNames = Literal[
    "creation_time", "last_update_time", "distance", "certainty", "score", "explain_score", "is_consistent"
]
type ReturnMetadata = MetadataQuery | Sequence[MetadataNames] | None
type ReturnProperties = str | Sequence[str] | None
type IncludeVector = bool | str | Sequence[str]


def wants(asked: ReturnMetadata, *names: MetadataNames) -> bool:
    """Whether any of these was asked for."""
    if isinstance(asked, MetadataQuery):
        return any(getattr(asked, name) for name in names)
    return any(name in (asked or ()) for name in names)
