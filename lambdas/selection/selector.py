"""Lists and deletes the objects that match a filter."""

from functools import partial
from typing import Any

import orjson

from lambdas.collections.model import Collection
from lambdas.deadline import Deadline
from lambdas.errors import CollectionNotFoundError
from lambdas.objects.bulk import BulkOperation, BulkOutcome, BulkWriter, version_of
from lambdas.objects.document import stored_object
from lambdas.objects.document_sizes import choose_size
from lambdas.objects.hidden_versions import read_consistently
from lambdas.objects.model import ObjectError
from lambdas.opensearch import OpenSearch
from lambdas.response_size import MAX_PAGE_BYTES, escaped_bytes
from lambdas.search.budget import check_filter
from lambdas.selection.body import build_list_body, build_matches_body, fit_limit
from lambdas.selection.request import DeleteRequest, DeleteResult, Deletion, ListRequest, ObjectPage
from lambdas.settings import RequestLimits


class Selector:
    """Lists and deletes the objects that match a filter."""

    def __init__(self, engine: OpenSearch, bulk: BulkWriter, limits: RequestLimits | None = None) -> None:
        self._engine = engine
        self._bulk = bulk
        self._limits = limits or RequestLimits()

    def page(self, collection: Collection, request: ListRequest) -> ObjectPage:
        """Return one page of objects, as searches see them. It ends early where it would exceed Lambda's limit.

        Raises `InvalidRequestError` for a filter that does not fit the collection.
        """
        check_filter(request.filter, self._limits)
        body = build_list_body(collection, request)
        size = choose_size(partial(self._search, collection), collection, body)
        # Of a page that its objects cut, one more than fits: it shows whether another page follows.
        limit = fit_limit(collection, request) if size == body["size"] else size
        hits = self._search(collection, body | {"size": limit + 1})["hits"]["hits"]
        chosen = _fit_page(hits[:limit])
        objects = [stored_object(collection, hit, vectors=request.include_vectors) for hit in chosen]
        return ObjectPage(objects=objects, next=objects[-1].id if len(chosen) < len(hits) else None)

    def delete(
        self, collection: Collection, request: DeleteRequest, *, deadline: Deadline, refresh: bool = False
    ) -> DeleteResult:
        """Delete the objects that match now, including writes that searches do not see yet.

        An object that is written in between is not deleted, but named as failed. Raises `InvalidRequestError`.
        """
        check_filter(request.filter, self._limits)
        body = build_matches_body(collection, request)
        self._engine.request("POST", f"/{collection.alias}/_refresh", timeout=max(1.0, deadline.remaining()))
        response = self._search(collection, body)
        hits: list[Any] = response["hits"]["hits"]
        if request.dry_run:
            deletions = [Deletion(id=hit["_id"], status="dry_run") for hit in hits]
        else:
            operations = [BulkOperation(hit["_id"], None, "delete", version_of(hit)) for hit in hits]
            outcomes = self._bulk.write(collection.alias, operations, deadline=deadline, refresh=refresh)
            if gone := next((each.error for each in outcomes if isinstance(each.error, CollectionNotFoundError)), None):
                raise gone  # the index was replaced meanwhile: what is left is deleted in the new one
            deletions = [_report_deletion(hit["_id"], outcome) for hit, outcome in zip(hits, outcomes, strict=True)]
        failed = [deletion for deletion in deletions if deletion.status == "failed"]
        return DeleteResult(
            dry_run=request.dry_run,
            matches=response["hits"]["total"]["value"],
            deleted=0 if request.dry_run else len(deletions) - len(failed),
            failed=len(failed),
            objects=deletions if request.verbose else failed,
        )

    def _search(self, collection: Collection, body: dict[str, Any]) -> Any:
        def ask(always: list[dict[str, Any]]) -> Any:
            asked = body | {"query": {"bool": {"filter": [body["query"], *always]}}} if always else body
            return self._engine.request("POST", f"/{collection.alias}/_search", asked)

        return read_consistently(self._engine, collection, ask)


def _fit_page(hits: list[Any]) -> list[Any]:
    """Return as many hits as fit into a response, but at least one: an empty page would never end."""
    size = 0
    for index, hit in enumerate(hits):
        size += escaped_bytes(orjson.dumps(hit))
        if size > MAX_PAGE_BYTES and index:
            return hits[:index]
    return hits


def _report_deletion(object_id: str, outcome: BulkOutcome) -> Deletion:
    error = outcome.error
    if error is None:
        return Deletion(id=object_id, status="deleted")
    return Deletion(id=object_id, status="failed", error=ObjectError(code=error.code, message=error.message))
