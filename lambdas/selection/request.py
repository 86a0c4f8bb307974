"""The request and response models of listing and deleting objects by a filter."""

from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import Field, model_validator

from lambdas.collections.properties import PropertyName
from lambdas.models import StrictModel
from lambdas.objects.model import ObjectError, StoredObject
from lambdas.search.clauses.filter_model import Filter

MAX_PAGE = 1000
# As many hits as one OpenSearch search returns.
MAX_DELETIONS = 10_000

PageLimit = Annotated[
    int,
    Field(
        ge=1,
        le=MAX_PAGE,
        description="Objects of a page. A page that would be larger than a response may be (6 MB) ends earlier.",
    ),
]


class ListRequest(StrictModel):
    """One page of objects, by id."""

    filter: Filter | None = None
    limit: PageLimit = 100
    after: UUID | None = Field(default=None, description="The `next` of the page before. Without it: the first page.")
    include_vectors: bool = False
    return_properties: list[PropertyName] | None = Field(
        default=None, max_length=500, description="All properties, if not given."
    )


class ObjectPage(StrictModel):
    """Objects in the order of their ids."""

    objects: list[StoredObject]
    next: str | None = Field(default=None, description="Send it as `after` for the next page. Absent on the last one.")


class DeleteRequest(StrictModel):
    """Which objects to delete."""

    filter: Filter
    dry_run: bool = Field(default=False, description="Only report what would be deleted.")
    verbose: bool = Field(default=False, description="Name every object, not only those that failed.")
    limit: int = Field(default=MAX_DELETIONS, ge=1, le=MAX_DELETIONS, description="Objects to delete at most.")


class Deletion(StrictModel):
    """The outcome for one object."""

    id: str
    status: Literal["deleted", "failed", "dry_run"]
    error: ObjectError | None = None


class DeleteResult(StrictModel):
    """The outcome for the objects that match."""

    dry_run: bool
    matches: int = Field(description="Objects that match. If more than `limit`: send the request again.")
    deleted: int
    failed: int
    objects: list[Deletion] = Field(description="Those that failed; with `verbose`, all.")


class UpdateRequest(StrictModel):
    """Which objects to change, and how: give either `set` or `merge`."""

    filter: Filter
    set: dict[str, Any] | None = Field(
        default=None,
        min_length=1,
        description="Properties that get these values, each as a whole; `null` removes one. Others are kept.",
    )
    merge: dict[str, Any] | None = Field(
        default=None,
        min_length=1,
        description="As `set`, but the fields of `object` properties are merged (RFC 7396).",
    )
    dry_run: bool = Field(default=False, description="Only report what would be updated.")
    verbose: bool = Field(default=False, description="Name every object, not only those that failed.")
    limit: int = Field(
        default=MAX_DELETIONS, ge=1, le=MAX_DELETIONS, description="Objects to look at in this request at most."
    )
    after: UUID | None = Field(default=None, description="The `next` of the previous response.")

    @model_validator(mode="after")
    def _one_of_two(self) -> Self:
        if (self.set is None) == (self.merge is None):
            raise ValueError("give either 'set' (values replace stored ones) or 'merge' (fields of objects are merged)")
        return self

    @property
    def change(self) -> dict[str, Any]:
        """The properties to set or to merge."""
        return self.set or self.merge or {}


class Update(StrictModel):
    """The outcome for one object."""

    id: str
    status: Literal["updated", "unchanged", "failed", "dry_run"]
    error: ObjectError | None = None


class UpdateResult(StrictModel):
    """The outcome for the objects that this request looked at."""

    dry_run: bool
    matches: int = Field(description="Objects that match, from `after` on: not those of earlier requests.")
    updated: int
    unchanged: int = Field(description="Objects that had these values already: they were not written.")
    failed: int
    objects: list[Update] = Field(description="Those that failed; with `verbose`, all.")
    next: str | None = Field(
        default=None, description="More objects match: send it as `after` to continue. Absent at the end."
    )
