"""What queries response."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID


@dataclass(frozen=True, slots=True)
class MetadataReturn:
    """What is known about an object. None is: not known, or of no meaning for this search."""

    creation_time: datetime | None = None
    last_update_time: datetime | None = None
    distance: float | None = None
    certainty: float | None = None
    score: float | None = None
    explain_score: str | None = None
    is_consistent: bool | None = None
    rerank_score: float | None = None


@dataclass(frozen=True, slots=True)
class Object:
    """One object that was found."""

    uuid: UUID
    metadata: MetadataReturn
    properties: dict[str, Any]
    collection: str
    vector: dict[str, list[float]] = field(default_factory=dict, repr=False)
    references: None = None
    # With group_by: the name of its group.
    belongs_to_group: str | None = None


@dataclass(frozen=True, slots=True)
class Group:
    """Hits that share a value, which is the group's name. `count` is how many of the hits that were grouped have it."""

    name: str
    min_distance: float | None
    max_distance: float | None
    number_of_objects: int
    objects: list[Object]
    rerank_score: float | None = None
    count: int = 0


@dataclass(frozen=True, slots=True)
class QueryReturn:
    """The objects found, best first; with `group_by` those of all groups, and the groups by name.

    `total` is how many match, as the server counts; `truncated`, that pages cannot reach all of them. `reranked` is
    None without a rerank, and False when the model was not to be had: then the order is that of the search.
    """

    objects: list[Object]
    total: int = 0
    took_ms: int = 0
    truncated: bool = False
    groups: dict[str, Group] = field(default_factory=dict)
    reranked: bool | None = None
    query_profile: dict[str, float] | None = None
