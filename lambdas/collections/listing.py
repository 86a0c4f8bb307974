"""Pages of the list of collections. Pure."""

from collections.abc import Iterable

from lambdas.collections.model import Collection, CollectionList
from lambdas.response_size import MAX_PAGE_BYTES, escaped_bytes

DEFAULT_LIMIT = 100
MAX_LIMIT = 1_000


def page_of(collections: Iterable[Collection], limit: int) -> CollectionList:
    """Return the first `limit` collections, or as many as fit into a response, but at least one."""
    page, size = list[Collection](), 0
    for each in collections:
        size += escaped_bytes(each.model_dump_json().encode())
        if page and (len(page) == limit or size > MAX_PAGE_BYTES):
            return CollectionList(collections=page, next=page[-1].name)
        page.append(each)
    return CollectionList(collections=page)
