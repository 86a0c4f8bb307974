"""Listing and deleting the objects that a filter chooses."""

from typing import Any

import orjson

from lambdas.collections.model import Collection
from lambdas.deadline import Deadline
from lambdas.objects.bulk import BulkOperation, BulkOutcome, BulkWriter, version_of
from lambdas.objects.document import stored_object
from lambdas.objects.model import ObjectError
from lambdas.opensearch import OpenSearch
from lambdas.selection.body import list_body, matches_body
from lambdas.selection.request import DeleteRequest, DeleteResult, Deletion, ListRequest, ObjectPage

# Lambda answers carry 6 MB.
MAX_PAGE_BYTES = 5_000_000


class Selector:
    """The objects that a filter chooses."""

    def __init__(self, engine: OpenSearch, bulk: BulkWriter) -> None:
        self._engine = engine
        self._bulk = bulk

    def page(self, collection: Collection, request: ListRequest) -> ObjectPage:
        """One page of objects, as searches see them. It ends early where it would outgrow what Lambda carries.

        Raises `InvalidRequestError` for a filter that does not fit the collection.
        """
        hits = self._answer(collection, list_body(collection, request))["hits"]["hits"]
        chosen = _fitting(hits[: request.limit])
        objects = [stored_object(collection, hit, vectors=request.include_vectors) for hit in chosen]
        return ObjectPage(objects=objects, next=objects[-1].id if len(chosen) < len(hits) else None)

    def delete(
        self, collection: Collection, request: DeleteRequest, *, deadline: Deadline, refresh: bool = False
    ) -> DeleteResult:
        """Delete what matches, as it is now: writes that searches do not see yet are looked at too.

        An object that is written in between is not deleted, but named as failed. Raises `InvalidRequestError`.
        """
        body = matches_body(collection, request)
        self._engine.request("POST", f"/{collection.alias}/_refresh", timeout=max(1.0, deadline.remaining()))
        answer = self._answer(collection, body)
        hits: list[Any] = answer["hits"]["hits"]
        if request.dry_run:
            deletions = [Deletion(id=hit["_id"], status="dry_run") for hit in hits]
        else:
            operations = [BulkOperation(hit["_id"], None, "delete", version_of(hit)) for hit in hits]
            outcomes = self._bulk.write(collection.alias, operations, deadline=deadline, refresh=refresh)
            deletions = [_deletion(hit["_id"], outcome) for hit, outcome in zip(hits, outcomes, strict=True)]
        failed = [deletion for deletion in deletions if deletion.status == "failed"]
        return DeleteResult(
            dry_run=request.dry_run,
            matches=answer["hits"]["total"]["value"],
            deleted=0 if request.dry_run else len(deletions) - len(failed),
            failed=len(failed),
            objects=deletions if request.verbose else failed,
        )

    def _answer(self, collection: Collection, body: dict[str, Any]) -> Any:
        return self._engine.request("POST", f"/{collection.alias}/_search", body)


def _fitting(hits: list[Any]) -> list[Any]:
    """As many hits as fit into an answer, but at least one: a page that never ends would be worse than an error."""
    size = 0
    for index, hit in enumerate(hits):
        size += len(orjson.dumps(hit))
        if size > MAX_PAGE_BYTES and index:
            return hits[:index]
    return hits


def _deletion(object_id: str, outcome: BulkOutcome) -> Deletion:
    error = outcome.error
    if error is None:
        return Deletion(id=object_id, status="deleted")
    return Deletion(id=object_id, status="failed", error=ObjectError(code=error.code, message=error.message))
