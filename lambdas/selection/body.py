"""Builds the OpenSearch bodies that list, update and delete objects. Pure."""

from collections.abc import Sequence
from typing import Any

from lambdas.collections.model import CollectionConfig
from lambdas.errors import InvalidRequestError
from lambdas.search.budget import NUMBER_BYTES
from lambdas.search.clauses.filters import build_filter
from lambdas.selection.request import DeleteRequest, ListRequest, UpdateRequest

# Of the vectors of one page, which ends where they would be more: far above what a response carries.
MAX_VECTOR_BYTES = 12_000_000


def fit_limit(collection: CollectionConfig, request: ListRequest) -> int:
    """Return how many objects a page may have: fewer than its `limit` where their vectors would exceed a response."""
    if not request.include_vectors:
        return request.limit
    numbers = sum(config.resolved_dimensions or 0 for config in collection.vectors.values())
    return max(1, min(request.limit, MAX_VECTOR_BYTES // max(1, numbers * NUMBER_BYTES)))


def build_list_body(collection: CollectionConfig, request: ListRequest) -> dict[str, Any]:
    """Build the search for a page and one more object, which shows whether another page follows.

    The order is that of ids, which never change: an object that is neither written nor deleted meanwhile is on exactly
    one page, even if others change. Raises `InvalidRequestError`.
    """
    body: dict[str, Any] = {
        "size": fit_limit(collection, request) + 1,
        "sort": [{"id": "asc"}],
        "query": build_filter(collection, request.filter) if request.filter else {"match_all": {}},
        "_source": {"includes": _list_source_fields(collection, request)},
        "seq_no_primary_term": True,
        "track_total_hits": False,
    }
    return body if request.after is None else body | {"search_after": [str(request.after)]}


def build_matches_body(collection: CollectionConfig, request: DeleteRequest) -> dict[str, Any]:
    """Build the search for ids, versions and number of the objects to delete. Raises `InvalidRequestError`."""
    return {
        "size": request.limit,
        "sort": [{"id": "asc"}],
        "query": {"bool": {"filter": [build_filter(collection, request.filter)]}},
        "_source": False,
        "seq_no_primary_term": True,
        "track_total_hits": True,
    }


def build_update_body(
    collection: CollectionConfig,
    request: UpdateRequest,
    *,
    size: int,
    after: str | None,
    count: bool = False,
    ids: Sequence[str] = (),
) -> dict[str, Any]:
    """Build the search for a page of the objects to update, as a write needs them; with `ids`, only of these.

    With `count` all objects that match from `after` on are counted: a condition on the id has OpenSearch count only
    these, where `search_after` would have it count those before, too. Raises `InvalidRequestError`.
    """
    conditions = [build_filter(collection, request.filter)]
    if after is not None:
        conditions.append({"range": {"id": {"gt": after}}})
    if ids:
        conditions.append({"ids": {"values": [*ids]}})
    return {
        "size": size,
        "sort": [{"id": "asc"}],
        "query": {"bool": {"filter": conditions}},
        "_source": False if request.dry_run else {"includes": ["properties", "key", "text_hash", "vectors.*"]},
        "seq_no_primary_term": True,
        "track_total_hits": count,
    }


def _list_source_fields(collection: CollectionConfig, request: ListRequest) -> list[str]:
    # The engine keeps vectors outside of `_source` and restores only those that a pattern names.
    always = ["created", "updated", "key", *(["vectors.*"] if request.include_vectors else [])]
    if request.return_properties is None:
        return ["properties", *always]
    for name in request.return_properties:
        if collection.property_named(name) is None:
            problem = f"'{name}' is not a property of '{collection.name}'"
            raise InvalidRequestError.at("return_properties", problem)
    return [f"properties.{name}" for name in request.return_properties] + always
