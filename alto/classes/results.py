"""The results of queries."""

import html
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Generic
from uuid import UUID

from typing_extensions import TypeVar

from alto.classes.profiles import QueryProfileReturn
from alto.errors import AltoConfigurationError

# A notebook shows at most so many rows, and a cell so many characters.
MOST_ROWS = 20
MOST_CHARACTERS = 200


# The properties of a collection's objects: a TypedDict if `use(name, TypedDict)` named one.
P = TypeVar("P", default=dict[str, Any])
# References, which Alto does not have: `Collection[Film, None]` is Weaviate's annotation.
R = TypeVar("R", default=None)


class Properties(dict[str, Any]):
    """The properties of an object by name. One without a value is None: `properties["subtitle"]` raises no error."""

    def __missing__(self, name: str) -> None:
        return None


@dataclass(frozen=True, slots=True)
class MetadataReturn:
    """The metadata of an object. None means unknown, or without meaning for this search."""

    creation_time: datetime | None = None
    last_update_time: datetime | None = None
    distance: float | None = None
    certainty: float | None = None
    score: float | None = None
    explain_score: str | None = None
    is_consistent: bool | None = None
    rerank_score: float | None = None


@dataclass(frozen=True, slots=True)
class Passage:
    """A passage next to one that was found, in the same document.

    Attributes:
        uuid: Its id.
        ordinal: Its place in the document, from 0.
        properties: Its values by name; a property without a value is None.
    """

    uuid: UUID
    ordinal: int
    properties: Properties


@dataclass(frozen=True, slots=True, repr=False)
class Object(Generic[P]):
    """One object that was found.

    Attributes:
        uuid: Its id.
        metadata: Its scores, and its times if they were asked for.
        properties: Its values by name; a property without a value is None.
        collection: The collection's name.
        vector: Its vectors by name, those that were asked for.
        belongs_to_group: With group_by, the name of its group.
        highlights: With `highlight`, passages of each property with the words of the query within `<em>`.
        version: Of an object that was read by its id: give it as `if_version` to a write.
        key: The id of your own that it was inserted with.
        context: With `context`, the passages around it in its document, in their order.
        passage: With `include_passage`, the passage of its text nearest to the query.
    """

    uuid: UUID
    metadata: MetadataReturn
    properties: P
    collection: str
    vector: dict[str, list[float]] = field(default_factory=dict)
    references: None = None
    belongs_to_group: str | None = None
    highlights: dict[str, list[str]] = field(default_factory=dict)
    version: str | None = None
    key: str | None = None
    context: list[Passage] = field(default_factory=list)
    passage: str | None = None

    def _plain(self) -> dict[str, Any]:
        found: Any = self.properties
        return dict(found)

    def __repr__(self) -> str:
        scores = {name: getattr(self.metadata, name) for name in ("score", "distance", "rerank_score")}
        shown = "" if self.key is None else f", key={self.key!r}"
        shown += "".join(f", {name}={value:.4g}" for name, value in scores.items() if value is not None)
        vectors = f", vector={{{', '.join(f'{name!r}: {len(each)} numbers' for name, each in self.vector.items())}}}"
        return f"Object({str(self.uuid)!r}{shown}, {self._plain()!r}{vectors if self.vector else ''})"


class ObjectsTable(Generic[P]):
    """Results that are read like a list of objects, and shown as a table."""

    __slots__ = ()

    objects: list[Object[P]]

    def __len__(self) -> int:
        return len(self.objects)

    def __bool__(self) -> bool:
        # As before results had a length: `if response:` asks whether there is a response.
        return True

    def __iter__(self) -> Iterator[Object[P]]:
        return iter(self.objects)

    def __getitem__(self, at: Any) -> Any:
        return self.objects[at]

    def to_pandas(self) -> Any:
        """The objects as a data frame of pandas: id, scores, and a column for each property.

        Raises `AltoConfigurationError` if pandas is not installed.
        """
        try:
            import pandas as pd  # type: ignore[import-not-found, import-untyped, unused-ignore]
        except ImportError:
            raise AltoConfigurationError("to_pandas needs pandas, which is not installed: pip install pandas") from None
        return pd.DataFrame(_rows(self.objects))

    def _repr_html_(self) -> str:
        """A table, for notebooks."""
        rows = _rows(self.objects[:MOST_ROWS])
        names = list(dict.fromkeys(name for row in rows for name in row))
        head = "".join(f"<th>{html.escape(name)}</th>" for name in names)
        body = "".join(
            "<tr>" + "".join(f"<td>{html.escape(_cell(row.get(name)))}</td>" for name in names) + "</tr>"
            for row in rows
        )
        more = f"<p>{len(self.objects) - MOST_ROWS:,} more</p>" if len(self.objects) > MOST_ROWS else ""
        return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>{more}"


@dataclass(frozen=True, slots=True)
class Group(ObjectsTable[P]):
    """Hits that share a value, which is the group's name. `count` is how many of the hits that were grouped have it."""

    name: str
    min_distance: float | None
    max_distance: float | None
    number_of_objects: int
    objects: list[Object[P]]
    rerank_score: float | None = None
    count: int = 0


@dataclass(frozen=True, slots=True, repr=False)
class QueryReturn(ObjectsTable[P]):
    """The objects found, best first; iterate over it, or index it.

    Attributes:
        objects: The objects; with `group_by` those of all groups.
        total: How many match, as the server counts.
        took_ms: The server's time.
        truncated: Whether pages cannot reach all of them.
        groups: With `group_by`, the groups by name.
        reranked: None without a rerank; False if the model was unavailable: the order is then that of the search.
        query_profile: With `query_profile`, the time of each part.
        alpha: The weight of the vector that a hybrid search used.
    """

    objects: list[Object[P]]
    total: int = 0
    took_ms: int = 0
    truncated: bool = False
    groups: dict[str, Group[P]] = field(default_factory=dict)
    reranked: bool | None = None
    query_profile: QueryProfileReturn | None = None
    alpha: float | None = None

    def __repr__(self) -> str:
        shown = "".join(f"\n  {each!r:.{MOST_CHARACTERS}}" for each in self.objects[:MOST_ROWS])
        left = len(self.objects) - MOST_ROWS
        return (
            f"QueryReturn({len(self.objects):,} of {self.total:,} objects){':' if self.objects else ''}{shown}"
            f"{f'{chr(10)}  and {left:,} more' if left > 0 else ''}"
        )


def _rows(objects: Sequence[Object[Any]]) -> list[dict[str, Any]]:
    """A row for each object; a score that no object has is not a column."""
    scores = ("score", "distance", "certainty", "rerank_score")
    used = [name for name in scores if any(getattr(each.metadata, name) is not None for each in objects)]
    has_keys = any(each.key is not None for each in objects)
    return [
        {"uuid": str(each.uuid)}
        | ({"key": each.key} if has_keys else {})
        | {name: getattr(each.metadata, name) for name in used}
        | dict(each.properties)
        for each in objects
    ]


def _cell(value: object) -> str:
    text = "" if value is None else f"{value:.4g}" if isinstance(value, float) else str(value)
    return text if len(text) <= MOST_CHARACTERS else f"{text[:MOST_CHARACTERS]}…"
