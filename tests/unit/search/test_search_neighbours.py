"""The passages around a hit: so many before and after it, or its section."""

from typing import Any

import pytest

from lambdas.collections.model import CollectionConfig
from lambdas.errors import InvalidRequestError
from lambdas.search.neighbours import add_neighbours, build_neighbours_body, check_context
from lambdas.search.request import SearchRequest
from lambdas.search.response import Hit, SearchResponse

FIRST, LAST = -(2**63), 2**63 - 1
MANUAL = CollectionConfig.model_validate({"name": "Manual", "documents": {}})
# The headings of a document's passages; the last ones repeat a heading that was there before.
HEADINGS = ["", "Care", "Care", "Care", "Care > Oil", "Care"]


def found(*, without: int | None = None) -> list[dict[str, Any]]:
    properties = [
        {"text": f"Text {number}", "document_version": "v", "ordinal": number, "heading": heading}
        for number, heading in enumerate(HEADINGS)
    ]
    return [
        {"_id": f"p{number}", "_source": {"properties": {name: value for name, value in each.items() if value != ""}}}
        for number, each in enumerate(properties)
        if number != without
    ]


def ordinals(hit: int, context: Any, **how: Any) -> list[int]:
    response = SearchResponse(objects=[Hit(id=f"p{hit}", properties={})], total=1, truncated=False, took_ms=1)
    changed = add_neighbours(response, {f"p{hit}": ("v", hit)}, found(**how), context, ["text"])
    near = changed.objects[0].context
    assert near is not None
    assert all(each.properties == {"text": f"Text {each.ordinal}"} for each in near)
    return [each.ordinal for each in near]


@pytest.mark.parametrize(
    ("hit", "context", "expected"),
    [
        (2, 1, [1, 3]),
        (0, 2, [1, 2]),
        (5, 2, [3, 4]),
        (2, "section", [1, 3]),
        (1, "section", [2, 3]),
        (4, "section", []),
        (0, "section", []),
    ],
)
def test_a_hit_has_the_passages_around_it(hit: int, context: Any, expected: list[int]) -> None:
    assert ordinals(hit, context) == expected


@pytest.mark.parametrize(("context", "expected"), [(2, [1, 3, 4]), ("section", [3])])
def test_a_missing_passage_ends_a_section(context: Any, expected: list[int]) -> None:
    missing = 1 if context == "section" else 0
    assert ordinals(2, context, without=missing) == expected


def test_a_section_has_at_most_ten_passages_before_and_after_the_hit() -> None:
    body = build_neighbours_body({"p": ("v", 50)}, "section", None)

    [around] = body["query"]["bool"]["filter"][0]["bool"]["should"]
    assert around["bool"]["filter"][1] == {"range": {"properties.ordinal": {"gte": 40, "lte": 60}}}
    assert body["size"] == 21


@pytest.mark.parametrize(
    ("ordinal", "expected"),
    [(5, {"gte": 3, "lte": 7}), (LAST, {"gte": LAST - 2, "lte": LAST}), (FIRST, {"gte": FIRST, "lte": FIRST + 2})],
)
def test_places_around_a_passage_are_whole_numbers_of_64_bits(ordinal: int, expected: dict[str, int]) -> None:
    body = build_neighbours_body({"a": ("v1", ordinal)}, 2, None)

    [around] = body["query"]["bool"]["filter"][0]["bool"]["should"]
    assert around["bool"]["filter"][1]["range"]["properties.ordinal"] == expected


def test_the_headings_are_read_even_if_they_are_not_returned() -> None:
    body = build_neighbours_body({"p": ("v", 5)}, "section", ["text"])

    assert "properties.heading" in body["_source"]["includes"]


@pytest.mark.parametrize(("context", "hits"), [(1, 501), ("section", 51)])
def test_more_passages_than_a_response_takes_are_refused(context: Any, hits: int) -> None:
    check_context(MANUAL, context, hits - 1)
    with pytest.raises(InvalidRequestError, match="lower 'context' or 'limit'"):
        check_context(MANUAL, context, hits)


def test_objects_that_are_not_passages_have_no_context() -> None:
    with pytest.raises(InvalidRequestError, match="no documents"):
        check_context(MANUAL.model_copy(update={"documents": None}), "section", 1)


@pytest.mark.parametrize("context", [0, 11, "page", "", 1.5])
def test_another_context_is_refused(context: object) -> None:
    with pytest.raises(ValueError, match="context"):
        SearchRequest.model_validate({"bm25": {"query": "oil"}, "context": context})
