"""The arguments of searches."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal, TypeAlias, get_args
from uuid import UUID

from alto.classes.aggregate import Metrics
from alto.classes.data import GeoCoordinate
from alto.classes.filters import Filter, FilterExpression
from alto.classes.generative import GenerativeConfig
from alto.classes.ranking import MMR, Boost, BoostReturn, Diversity, GroupBy, Rerank, Smoothing
from alto.classes.results import Group, MetadataReturn, Object, QueryReturn
from alto.classes.sorting import Sort, Sorting
from alto.classes.targets import NearVector, NearVectorInput, TargetVectorJoin, TargetVectors, numbers_of
from alto.compatibility import StrEnum
from alto.errors import AltoConfigurationError
from alto.values import is_several, numbers, parse_reference
from alto.weaviate_names import refused_names

__all__ = [
    "MMR",
    "BM25Operator",
    "Boost",
    "BoostReturn",
    "Diversity",
    "Filter",
    "FilterExpression",
    "FilterReturn",
    "GenerativeConfig",
    "GeoCoordinate",
    "Group",
    "GroupBy",
    "HybridFusion",
    "HybridVector",
    "MetadataQuery",
    "MetadataReturn",
    "Metrics",
    "Move",
    "NearVector",
    "Object",
    "QueryReturn",
    "Rerank",
    "Smoothing",
    "Sort",
    "Sorting",
    "TargetVectorJoin",
    "TargetVectors",
]

FilterReturn = FilterExpression


class HybridFusion(StrEnum):
    """How the scores of both legs become one."""

    RANKED = "ranked"
    RELATIVE_SCORE = "relative_score"


@dataclass(frozen=True, slots=True)
class MetadataQuery:
    """The metadata to return with each object. Score and distance cost nothing and are always returned."""

    creation_time: bool = False
    last_update_time: bool = False
    distance: bool = False
    certainty: bool = False
    score: bool = False
    explain_score: bool = False
    is_consistent: bool = False
    query_profile: bool = False

    @classmethod
    def full(cls) -> "MetadataQuery":
        """Everything."""
        return cls(
            creation_time=True, last_update_time=True, distance=True, certainty=True, score=True, explain_score=True
        )

    @classmethod
    def full_with_profile(cls) -> "MetadataQuery":
        """Everything, and where the time went."""
        return replace(cls.full(), query_profile=True)


@dataclass(frozen=True, slots=True)
class Operator:
    """How many words of a query are required, as the API takes it."""

    settings: dict[str, Any]


class BM25Operator:
    """How many words of a query are required."""

    @staticmethod
    def or_(minimum_match: int = 1) -> Operator:
        """At least `minimum_match` of them.

        Args:
            minimum_match: How many words are required.
        """
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
    """Moves the query's vector towards, or away from, concepts and objects. `force` is 0 to 1."""

    force: float
    objects: UUID | str | Sequence[UUID | str] | None = None
    concepts: str | Sequence[str] | None = None

    def to_api(self) -> dict[str, Any]:
        """As the API takes it. Raises `AltoConfigurationError` with neither concepts nor objects."""
        concepts = [self.concepts] if isinstance(self.concepts, str) else list(self.concepts or ())
        objects = [self.objects] if isinstance(self.objects, str | UUID) else list(self.objects or ())
        if not concepts and not objects:
            raise AltoConfigurationError("Move: give concepts or objects, as in Move(force=0.5, concepts='winter')")
        found: dict[str, Any] = {"force": self.force}
        if concepts:
            found["concepts"] = concepts
        if objects:
            found["objects"] = [parse_reference(each) for each in objects]
        return found


@dataclass(frozen=True, slots=True)
class HybridVectorQuery:
    """The vector leg of a hybrid search, as the API takes it. `text` is the one that it was made for, if any."""

    settings: dict[str, Any] = field(default_factory=dict)
    text: str | Sequence[str] | None = None


class HybridVector:
    """The vector leg of a hybrid search, when the query's own vector is not wanted as it is.

    `distance` and `certainty` are a `max_vector_distance`: no hit is farther, whichever leg found it.
    """

    @staticmethod
    def near_text(
        query: str | Sequence[str],
        *,
        certainty: float | None = None,
        distance: float | None = None,
        move_to: Move | None = None,
        move_away: Move | None = None,
    ) -> HybridVectorQuery:
        """The vector of a text: the search's, moved, or another.

        Args:
            query: The text, or several whose vectors are averaged.
            certainty: The threshold as a certainty, 0 to 1.
            distance: The largest distance of a hit.
            move_to: Where to move the vector.
            move_away: From where to move the vector away.
        """
        moves = {"move_to": move_to and move_to.to_api(), "move_away": move_away and move_away.to_api()}
        settings = {name: move for name, move in moves.items() if move is not None}
        return HybridVectorQuery(settings | _largest_distance(certainty, distance), query)

    @staticmethod
    def near_vector(
        vector: NearVectorInput, *, certainty: float | None = None, distance: float | None = None
    ) -> HybridVectorQuery:
        """This vector, or one for each target.

        Args:
            vector: The vector, or one for each name.
            certainty: The threshold as a certainty, 0 to 1.
            distance: The largest distance of a hit.
        """
        return HybridVectorQuery(vectors_of(vector) | _largest_distance(certainty, distance))


def vectors_of(vector: NearVectorInput) -> dict[str, Any]:
    """One vector, or some for each target, as the API takes it. One by name, `{name: vector}`, names its target too."""
    if not isinstance(vector, Mapping):
        return {"vector": numbers(vector)}
    found = {name: numbers_of(name, each) for name, each in vector.items()}
    if len(found) != 1 or is_several(next(iter(found.values()))):
        return {"vectors": found}
    [(target, only)] = found.items()
    return {"vector": only, "target_vector": target}


def _largest_distance(certainty: float | None, distance: float | None) -> dict[str, float]:
    if certainty is not None and distance is not None:
        raise AltoConfigurationError("HybridVector: certainty and distance say the same: give one of them")
    if certainty is not None:
        # Of cosine, the only distance that has a certainty.
        return {"max_vector_distance": 2 * (1 - certainty)}
    return {} if distance is None else {"max_vector_distance": distance}


MetadataNames: TypeAlias = Literal[
    "creation_time",
    "last_update_time",
    "distance",
    "certainty",
    "score",
    "explain_score",
    "is_consistent",
    "query_profile",
]
METADATA_NAMES: frozenset[str] = frozenset(get_args(MetadataNames))
ReturnMetadata: TypeAlias = MetadataQuery | Sequence[MetadataNames] | None
ReturnProperties: TypeAlias = str | Sequence[str] | type[Any] | None
IncludeVector: TypeAlias = bool | str | Sequence[str]


def wants(asked: ReturnMetadata, *names: MetadataNames) -> bool:
    """Whether any of these was asked for. Raises `AltoConfigurationError` for a name that does not exist."""
    if isinstance(asked, MetadataQuery):
        return any(getattr(asked, name) for name in names)
    if unknown := set(asked or ()) - METADATA_NAMES:
        raise AltoConfigurationError(
            f"return_metadata: expected some of {', '.join(sorted(METADATA_NAMES))}, got {sorted(unknown)!r:.80}"
        )
    return any(name in (asked or ()) for name in names)


__getattr__ = refused_names(__name__)
