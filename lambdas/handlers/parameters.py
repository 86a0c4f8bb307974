"""Parameters that several routes have."""

from typing import Annotated, Literal
from uuid import UUID

from aws_lambda_powertools.event_handler.openapi.params import Header, Path, Query

from lambdas.collections.model import CollectionName
from lambdas.idempotency import StoredResponse
from lambdas.objects.model import Version

Name = Annotated[CollectionName, Path()]
ObjectId = Annotated[UUID, Path()]
Consistency = Annotated[
    Literal["none", "wait"],
    Query(description="`wait` responds only after an index refresh, when the next search sees the change."),
]
IncludeVectors = Annotated[bool, Query(description="Include the objects' vectors in the response.")]
IfVersion = Annotated[
    Version | None,
    Query(description="The `version` that the object must still have; otherwise the response is 409 version_conflict."),
]
IdempotencyKey = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        pattern=r"^[!-~]{1,255}$",
        description="A key that you choose, new for each request. If the same request is sent again within 24 hours, "
        "it is not carried out again: the response is the first one.",
    ),
]


def replayed(stored: StoredResponse) -> dict[str, str | list[str]]:
    """Return the header that marks a repeated response to a request with an Idempotency-Key."""
    return {"Idempotent-Replayed": "true"} if stored.replayed else {}
