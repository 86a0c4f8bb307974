"""The request and response models of listing and deleting objects by a filter."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from lambdas.collections.properties import PropertyName
from lambdas.models import StrictModel
from lambdas.objects.model import ObjectError, StoredObject
from lambdas.search.clauses.filters import Filter

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
