"""The parameters that routes share."""

from typing import Annotated, Literal
from uuid import UUID

from aws_lambda_powertools.event_handler.openapi.params import Header, Path, Query

from lambdas.collections.model import CollectionName
from lambdas.idempotency import Answered
from lambdas.objects.model import Version

Name = Annotated[CollectionName, Path()]
ObjectId = Annotated[UUID, Path()]
Consistency = Annotated[
    Literal["none", "wait"], Query(description="`wait` answers when the next search will see the change.")
]
IncludeVectors = Annotated[bool, Query(description="Answer the vectors too.")]
IfVersion = Annotated[
    Version | None,
    Query(description="The `version` that the object must still have. Otherwise the answer is 409 version_conflict."),
]
IdempotencyKey = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        pattern=r"^[!-~]{1,255}$",
        description="A key of your own, new for each request. Sent again within 24 hours, the request is not carried "
        "out again, but answered as before.",
    ),
]


def replayed(answered: Answered) -> dict[str, str | list[str]]:
    """The header that says that a request with an Idempotency-Key was not carried out again."""
    return {"Idempotent-Replayed": "true"} if answered.replayed else {}
