"""Objects to write, and the results of writing them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias
from uuid import UUID

from alto.values import Vector
from alto.weaviate_names import refused_names

# Whether a write waits until searches see it.
Consistency: TypeAlias = Literal["none", "wait"]
Vectors: TypeAlias = Vector | Mapping[str, Vector]


@dataclass(frozen=True, slots=True)
class GeoCoordinate:
    """A place on Earth, in degrees: the value of a DataType.GEO_COORDINATES property."""

    latitude: float
    longitude: float

    def to_json(self) -> dict[str, float]:
        """As the API takes and returns it."""
        return {"lat": self.latitude, "lon": self.longitude}


@dataclass(slots=True)
class DataObject:
    """An object for `insert_many`. `vector` is one vector, or one for each name; `key` an id of your own."""

    properties: Mapping[str, Any] = field(default_factory=dict)
    uuid: UUID | str | None = None
    vector: Vectors | None = None
    references: None = None
    key: str | None = None


@dataclass(frozen=True, slots=True)
class BatchObject:
    """An object as it was given to a batch."""

    properties: Mapping[str, Any]
    uuid: UUID
    vector: Vectors | None = None
    index: int = 0
    key: str | None = None


@dataclass(frozen=True, slots=True)
class ErrorObject:
    """An object that was not stored, and why. `code` is stable."""

    message: str
    object_: BatchObject
    code: str
    original_uuid: UUID | None = None
    request_id: str | None = None


@dataclass(frozen=True, slots=True)
class DeleteManyObject:
    """The result of one object of `delete_many`."""

    uuid: UUID
    successful: bool
    error: str | None = None


@dataclass(frozen=True, slots=True)
class DeleteManyReturn:
    """The result of `delete_many`. `objects` names those that failed; with `verbose`, all."""

    failed: int
    matches: int
    objects: list[DeleteManyObject]
    successful: int


@dataclass(frozen=True, slots=True)
class UpdateManyObject:
    """The result of one object of `update_many`."""

    uuid: UUID
    status: str
    error: str | None = None


@dataclass(frozen=True, slots=True)
class UpdateManyReturn:
    """The result of `update_many`. `objects` names those that failed; with `verbose`, all."""

    failed: int
    matches: int
    objects: list[UpdateManyObject]
    updated: int
    unchanged: int


@dataclass(frozen=True, slots=True, repr=False)
class BatchObjectReturn:
    """The result of `insert_many`: each index is in `uuids` or in `errors`, never in both."""

    elapsed_seconds: float
    uuids: dict[int, UUID]
    errors: dict[int, ErrorObject]

    @property
    def has_errors(self) -> bool:
        """Whether any object was not stored."""
        return bool(self.errors)

    @property
    def all_responses(self) -> list[UUID | ErrorObject]:
        """The id or the error of each object, in their order."""
        both: dict[int, UUID | ErrorObject] = {**self.uuids, **self.errors}
        return [both[index] for index in sorted(both)]

    def __repr__(self) -> str:
        first = f", first error: {next(iter(self.errors.values())).message!r:.100}" if self.errors else ""
        return f"BatchObjectReturn({len(self.uuids):,} stored, {len(self.errors):,} failed{first})"


__getattr__ = refused_names(__name__)
