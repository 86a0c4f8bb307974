"""Pages of the list of collections."""

from datetime import UTC, datetime
from typing import Any

import pytest

from lambdas.collections.index_body import index_body
from lambdas.collections.listing import page_of
from lambdas.collections.model import Collection
from lambdas.collections.properties import Property
from lambdas.collections.registry import CollectionRegistry
from lambdas.response_size import MAX_RESPONSE_BYTES, escaped_bytes

CREATED = datetime(2026, 1, 1, tzinfo=UTC)
NAMES = [f"Film{place:04}" for place in range(1_000)]


def named(name: str, *properties: Property) -> Collection:
    return Collection(name=name, created=CREATED, updated=CREATED, properties=list(properties))


class Engine:
    """Has collections, in no order."""

    def request(self, method: str, path: str, **_: Any) -> Any:
        assert (method, path) == ("GET", "/alto-*/_mapping")
        mappings = index_body(named("Any"), "lucene")["mappings"]
        stored = {name: named(name).model_dump(mode="json") for name in reversed(NAMES)}
        meta = mappings["_meta"]["alto"]
        return {
            name: {"mappings": {"_meta": {"alto": meta | {"collection": meta["collection"] | each}}}}
            for name, each in stored.items()
        }


@pytest.mark.parametrize("limit", [1, 7, 100, 999, 1_000])
def test_pages_have_every_collection_once_in_order(limit: int) -> None:
    registry = CollectionRegistry(Engine())  # type: ignore[arg-type]
    found, pages = list[str](), 0
    after: str | None = ""
    while after is not None and pages < 5:
        page = page_of(registry.list(after), limit)
        found += [each.name for each in page.collections]
        assert len(page.collections) <= limit
        after, pages = page.next, pages + 1

    assert found == NAMES[: 5 * limit]
    assert (after is None) == (5 * limit >= len(NAMES))


def test_a_page_may_begin_behind_a_name_that_no_collection_has() -> None:
    registry = CollectionRegistry(Engine())  # type: ignore[arg-type]

    assert [each.name for each in page_of(registry.list("Film0500x"), 2).collections] == ["Film0501", "Film0502"]


def test_a_page_ends_where_the_response_is_full() -> None:
    # As a string in the response, each quote has four bytes.
    properties = [Property(name=f"p{place}", type="int", description='"' * 2_000) for place in range(200)]
    wide = [named(f"Wide{place}", *properties) for place in range(6)]

    page = page_of(iter(wide), 100)

    assert escaped_bytes(page.model_dump_json().encode()) <= MAX_RESPONSE_BYTES
    assert (len(page.collections), page.next) == (3, "Wide2")
    assert page_of(iter(wide[3:]), 100).next is None
