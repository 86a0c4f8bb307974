from typing import Any
from uuid import UUID

import pytest

from lambdas.errors import InvalidRequestError
from lambdas.response_size import MAX_RESPONSE_BYTES, escaped_bytes
from lambdas.selection.body import build_list_body, build_matches_body
from lambdas.selection.request import DeleteRequest, ListRequest
from lambdas.selection.selector import Selector
from tests.builders import NOW, collection

ID = "7a3f2e0c-5b1d-4c89-9a57-2f6c1d0e8b34"


def test_the_first_page_asks_for_one_object_more_in_the_order_of_ids() -> None:
    assert build_list_body(collection(), ListRequest(limit=10)) == {
        "size": 11,
        "sort": [{"id": "asc"}],
        "query": {"match_all": {}},
        "_source": {"includes": ["properties", "created", "updated", "key"]},
        "seq_no_primary_term": True,
        "track_total_hits": False,
    }


def test_another_page_goes_on_after_an_id() -> None:
    request = ListRequest.model_validate(
        {
            "after": UUID(ID),
            "filter": {"property": "year", "operator": "equal", "value": 1999},
            "include_vectors": True,
            "return_properties": ["title"],
        }
    )

    body = build_list_body(collection(), request)

    assert body["search_after"] == [ID]
    assert body["query"] == {"term": {"properties.year": 1999}}
    assert body["_source"] == {"includes": ["properties.title", "created", "updated", "key", "vectors.*"]}


def test_a_property_that_is_not_there_cannot_be_returned() -> None:
    with pytest.raises(InvalidRequestError, match="'plot' is not a property of 'Film'"):
        build_list_body(collection(), ListRequest(return_properties=["plot"]))


def test_a_deletion_looks_for_ids_and_versions_only() -> None:
    request = DeleteRequest.model_validate(
        {"filter": {"property": "year", "operator": "equal", "value": 1}, "limit": 7}
    )

    assert build_matches_body(collection(), request) == {
        "size": 7,
        "sort": [{"id": "asc"}],
        "query": {"bool": {"filter": [{"term": {"properties.year": 1}}]}},
        "_source": False,
        "seq_no_primary_term": True,
        "track_total_hits": True,
    }


class Pages:
    """An OpenSearch that finds as many objects of a given size as it is asked for."""

    def __init__(self, text: str) -> None:
        self.text = text

    def request(self, method: str, path: str, body: Any, **_: Any) -> Any:
        source = {
            "created": NOW.isoformat(),
            "updated": NOW.isoformat(),
            "properties": {"title": self.text},
        }
        hits = [
            {"_id": str(UUID(int=number)), "_source": source, "_primary_term": 1, "_seq_no": number}
            for number in range(body["size"])
        ]
        return {"hits": {"hits": hits}}


@pytest.mark.parametrize(
    ("text", "expected"),
    [("x" * 10, 100), ("x" * 1_000_000, 5), ('"' * 1_000_000, 1), ("ö" * 1_000_000, 2), ("x" * 6_000_000, 1)],
    ids=["small", "ASCII", "quotes", "two bytes", "larger than a page"],
)
def test_a_page_ends_where_its_escaped_bytes_reach_the_limit(text: str, expected: int) -> None:
    chosen = Selector(Pages(text), bulk=None).page(collection(), ListRequest())  # type: ignore[arg-type]

    assert len(chosen.objects) == expected
    assert chosen.next == str(UUID(int=expected - 1))
    if expected > 1:
        body = chosen.model_dump_json().encode()
        assert escaped_bytes(body) < MAX_RESPONSE_BYTES


def test_a_page_with_large_vectors_asks_for_fewer_objects() -> None:
    wide = collection(vectors={"default": {"vectorizer": "none", "dimensions": 10_000}})

    with_vectors = build_list_body(wide, ListRequest(limit=1000, include_vectors=True))
    without = build_list_body(wide, ListRequest(limit=1000))

    assert (with_vectors["size"], without["size"]) == (101, 1001)


def test_a_page_that_its_vectors_cut_has_a_next_page() -> None:
    wide = collection(vectors={"default": {"vectorizer": "none", "dimensions": 10_000}})
    request = ListRequest(limit=1000, include_vectors=True)

    page = Selector(Pages(10), bulk=None).page(wide, request)  # type: ignore[arg-type]

    assert (len(page.objects), page.next) == (100, str(UUID(int=99)))
