"""Groups of hits that share a value of a property. Pure.

Formed here, of the candidates, and not by OpenSearch's `collapse`, which does not support a property with several
values, and in a hybrid search sees the hits of the page only.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, NamedTuple

from pydantic import Field, StringConstraints

from lambdas.collections.model import CollectionConfig
from lambdas.collections.properties import property_at
from lambdas.errors import InvalidRequestError
from lambdas.models import StrictModel
from lambdas.search.clauses.boost import collect_values
from lambdas.search.results.candidate import Candidate

GROUPED_TYPES = frozenset({"text", "int", "number", "boolean", "date", "uuid"})


class GroupHits(StrictModel):
    """The best hits are grouped by a value that they share."""

    property: Annotated[
        str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9_]{0,99}(\.[A-Za-z][A-Za-z0-9_]{0,99}){0,4}$")
    ] = Field(description="A property, or one of an object (`author.name`).")
    groups: int = Field(default=10, ge=1, le=1000, description="How many groups a page has. `offset` counts groups.")
    objects_per_group: int = Field(default=3, ge=1, le=1000, description="How many hits are shown of each.")
    candidates: int = Field(default=500, ge=1, le=1000, description="How many of the best hits are grouped.")


class Group(NamedTuple):
    """Candidates that share a value; of them, the best."""

    value: Any
    size: int
    min_distance: float | None
    max_distance: float | None
    objects: list[Candidate]


def check_group_property(collection: CollectionConfig, group_by: GroupHits) -> None:
    """Raise `InvalidRequestError` for a property without values to group by."""
    item = property_at(collection.properties, group_by.property)
    if item is not None and item.scalar_type in GROUPED_TYPES:
        return
    fitting = ", ".join(known.name for known in collection.properties if known.scalar_type in GROUPED_TYPES)
    is_what = f"is {item.type}" if item else f"is not a property of '{collection.name}'"
    problem = f"'{group_by.property}' {is_what}. It can be grouped by: {fitting or 'none'}"
    raise InvalidRequestError.at("group_by.property", problem)


def group_hits(found: Sequence[Candidate], collection: CollectionConfig, group_by: GroupHits) -> list[Group]:
    """Return all groups, in the order of their best hits. A hit is in the group of each of its values."""
    path = group_by.property.split(".")
    return form_groups([(hit, collect_values(hit.properties, path)) for hit in found], collection, group_by)


def form_groups(
    found: Sequence[tuple[Candidate, Sequence[Any]]], collection: CollectionConfig, group_by: GroupHits
) -> list[Group]:
    """Return the groups of hits of which each comes with its values, see `group_hits`."""
    kind = _read_kind(collection, group_by)
    members: dict[Any, list[Candidate]] = {}
    shown: dict[Any, Any] = {}
    for hit, values in found:
        for key, value in _by_comparable(kind, values).items():
            shown.setdefault(key, value)
            members.setdefault(key, []).append(hit)
    return [_build_group(shown[key], hits, group_by.objects_per_group) for key, hits in members.items()]


def read_group_value(hit: Candidate, collection: CollectionConfig, group_by: GroupHits, value: Any) -> Any:
    """Return the value of a group as the document of its best hit has it: a column has UUIDs in lower case."""
    kind = _read_kind(collection, group_by)
    values = _by_comparable(kind, collect_values(hit.properties, group_by.property.split(".")))
    [key] = _by_comparable(kind, [value])
    return values.get(key, value)


def _read_kind(collection: CollectionConfig, group_by: GroupHits) -> str:
    item = property_at(collection.properties, group_by.property)
    return item.scalar_type if item else "text"


def _by_comparable(kind: str, values: Sequence[Any]) -> dict[Any, Any]:
    """Return values by what equal ones share: dates in any zone are compared as moments, UUIDs without case."""
    if kind == "date":
        return {datetime.fromisoformat(value): value for value in values}
    return {value.lower(): value for value in values} if kind == "uuid" else dict(zip(values, values, strict=True))


def _build_group(value: Any, hits: Sequence[Candidate], limit: int) -> Group:
    objects = list(hits[:limit])
    distances = [hit.distance for hit in objects if hit.distance is not None]
    return Group(
        value=value,
        size=len(hits),
        min_distance=min(distances, default=None),
        max_distance=max(distances, default=None),
        objects=objects,
    )
