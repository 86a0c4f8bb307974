"""What queries answer."""

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


@dataclass(frozen=True, slots=True)
class QueryReturn:
    """The objects found, best first. `total` is how many match, as the server counts."""

    objects: list[Object]
    total: int = 0
    took_ms: int = 0
