"""From a request to the body that OpenSearch gets. Pure."""

from typing import Any

from lambdas.collections.model import CollectionConfig
from lambdas.errors import ErrorDetail, InvalidRequestError
from lambdas.search.filters import filter_query
from lambdas.selection.request import DeleteRequest, ListRequest


def list_body(collection: CollectionConfig, request: ListRequest) -> dict[str, Any]:
    """A page and one more, which tells whether there is a next page.

    The order is that of ids, which never change: an object that is neither written nor deleted meanwhile is on exactly
    one page, whatever happens to others. Raises `InvalidRequestError`.
    """
    body: dict[str, Any] = {
        "size": request.limit + 1,
        "sort": [{"id": "asc"}],
        "query": filter_query(collection, request.filter) if request.filter else {"match_all": {}},
        "_source": {"includes": _included(collection, request)},
        "seq_no_primary_term": True,
        "track_total_hits": False,
    }
    return body if request.after is None else body | {"search_after": [str(request.after)]}


def matches_body(collection: CollectionConfig, request: DeleteRequest) -> dict[str, Any]:
    """Ids and versions of the objects to delete, and how many match in all. Raises `InvalidRequestError`."""
    return {
        "size": request.limit,
        "sort": [{"id": "asc"}],
        "query": {"bool": {"filter": [filter_query(collection, request.filter)]}},
        "_source": False,
        "seq_no_primary_term": True,
        "track_total_hits": True,
    }


def _included(collection: CollectionConfig, request: ListRequest) -> list[str]:
    # The engine keeps vectors outside of `_source` and puts them back only where a pattern names them themselves.
    always = ["created", "updated", *(["vectors.*"] if request.include_vectors else [])]
    if request.return_properties is None:
        return ["properties", *always]
    for name in request.return_properties:
        if collection.property_named(name) is None:
            problem = f"'{name}' is not a property of '{collection.name}'"
            raise InvalidRequestError(f"return_properties: {problem}.", [ErrorDetail("return_properties", problem)])
    return [f"properties.{name}" for name in request.return_properties] + always
