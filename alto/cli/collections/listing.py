"""Reads the list of collections page by page."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import alto

MAX_PAGE = 1_000


def read_collections(
    client: "alto.AltoClient", limit: int | None = None, after: str | None = None
) -> tuple[list[dict[str, Any]], str | None]:
    """Return at most `limit` collections whose names follow `after`, and the last name if more follow."""
    found: list[dict[str, Any]] = []
    while True:
        query = {} if limit is None else {"limit": str(min(limit - len(found), MAX_PAGE))}
        if after is not None:
            query["after"] = after
        page = client.call("GET", "/v1/collections", query=query)
        found += page["collections"]
        after = page.get("next")
        if after is None or len(found) == limit:
            return found, after
