"""Objects as they go in, and what became of them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias
from uuid import UUID

from alto.unsupported import ALTERNATIVES, Unsupported
from alto.values import Vector

Vectors: TypeAlias = Vector | Mapping[str, Vector]


@dataclass(frozen=True, slots=True)
class GeoCoordinate:
    """A place on Earth, in degrees: the value of a DataType.GEO_COORDINATES property."""

    latitude: float
    longitude: float

    def to_json(self) -> dict[str, float]:
        """As the API takes and answers it."""
        return {"lat": self.latitude, "lon": self.longitude}


@dataclass(slots=True)
class DataObject:
    """An object for `insert_many`. `vector` is one vector, or one for each name."""

    properties: Mapping[str, Any] = field(default_factory=dict)
    uuid: UUID | str | None = None
    vector: Vectors | None = None
    references: None = None


@dataclass(frozen=True, slots=True)
class BatchObject:
    """An object as it was given to a batch."""

    properties: Mapping[str, Any]
    uuid: UUID
    vector: Vectors | None = None
    index: int = 0


@dataclass(frozen=True, slots=True)
class ErrorObject:
    """An object that was not stored, and why. Branch on `code`."""

    message: str
    object_: BatchObject
    code: str
    original_uuid: UUID | None = None
    request_id: str | None = None


@dataclass(frozen=True, slots=True)
class DeleteManyObject:
    """What became of one object of `delete_many`."""

    uuid: UUID
    successful: bool
    error: str | None = None


@dataclass(frozen=True, slots=True)
class DeleteManyReturn:
    """What became of `delete_many`. `objects` names those that failed; with `verbose`, all."""

    failed: int
    matches: int
    objects: list[DeleteManyObject]
    successful: int


@dataclass(frozen=True, slots=True)
class BatchObjectReturn:
    """What became of `insert_many`: each index is in `uuids` or in `errors`, never in both."""

    elapsed_seconds: float
    uuids: dict[int, UUID]
    errors: dict[int, ErrorObject]

    @property
    def has_errors(self) -> bool:
        """Whether any object was not stored."""
        return bool(self.errors)


DataReference = Unsupported("DataReference", ALTERNATIVES["references"])
PhoneNumber = Unsupported("PhoneNumber", "a DataType.TEXT property with Tokenization.FIELD")
