"""The structured results of the tools. Their descriptions are part of what an assistant reads."""

from typing import Any

from pydantic import BaseModel, Field


class PropertyInfo(BaseModel):
    """A property that objects of a collection have."""

    name: str
    type: str
    description: str = ""


class CollectionInfo(BaseModel):
    """A collection: what its objects are and which properties can be filtered by and returned."""

    name: str
    description: str
    properties: list[PropertyInfo]
    vectors: list[str] = Field(description="Names of its vectors; without any, only the mode `bm25` finds something.")


class Collections(BaseModel):
    """All collections."""

    collections: list[CollectionInfo]


class Hit(BaseModel):
    """An object that a search found."""

    id: str
    score: float | None = None
    properties: dict[str, Any]
    shortened: list[str] = Field(
        default_factory=list, description="Properties whose text was cut: `get_objects` returns them whole."
    )


class SearchResult(BaseModel):
    """Objects, best first."""

    hits: list[Hit]
    total: int | None = Field(default=None, description="All objects that the words match, for `bm25`.")


class FoundObject(BaseModel):
    """An object as it is stored."""

    id: str
    key: str | None = None
    properties: dict[str, Any]


class Objects(BaseModel):
    """The objects found, and the ids that none has."""

    objects: list[FoundObject]
    missing: list[str]


class Citation(BaseModel):
    """A verbatim piece of an object that supports a statement, checked by Alto."""

    id: str
    property: str
    quote: str


class CitedText(BaseModel):
    """A text that a model wrote from the objects found, with its sources."""

    text: str
    citations: list[Citation]
    sources: list[Hit] = Field(description="The objects that the model read.")


class WriteFailure(BaseModel):
    """An object that was not stored."""

    index: int
    code: str
    message: str


class WriteResult(BaseModel):
    """The result of storing objects."""

    ids: list[str] = Field(description="The ids of the stored objects.")
    failed: list[WriteFailure]


class ImportJob(BaseModel):
    """An import, which goes on in the background."""

    id: str
    state: str
    read: int = 0
    loaded: int = 0
    failed: int = 0
    reason: str | None = None
