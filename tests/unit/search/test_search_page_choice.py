"""Boosts, smoothing and diversity choose the page by columns and vectors; its documents alone are read."""

from base64 import b64encode
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest

from lambdas.search.body import Plan, plan_search
from lambdas.search.request import SearchRequest
from lambdas.search.results.packed_vectors import build_packed_fields
from lambdas.search.results.postprocess import (
    Found,
    build_response,
    build_wanted_body,
    complete_found,
    read_found,
)
from lambdas.search.vectors.target_vectors import Targets
from lambdas.search.vectors.vector_leg import QueryVector
from tests.builders import FILM_PROPERTIES, collection

HIDDEN = {"name": "maker", "type": "object", "filterable": False, "properties": [{"name": "born", "type": "int"}]}
FILMS = collection(properties=[*FILM_PROPERTIES, HIDDEN])
VECTOR = QueryVector(Targets("cosine", [("default", 1.0)]), [("default", [1.0, 0.0, 0.0])])
NOW = datetime(2026, 11, 29, tzinfo=UTC)
RECENT = {"conditions": [{"property": "year", "origin": 2020, "scale": 10, "curve": "linear"}], "weight": 1}
YOUNG = {"conditions": [{"property": "maker.born", "origin": 2020, "scale": 10, "curve": "linear"}]}
NEAR: dict[str, Any] = {"near_vector": {"vector": [1.0, 0.0, 0.0]}}
WORDS: dict[str, Any] = {"bm25": {"query": "ghost"}}
BOTH: dict[str, Any] = {"hybrid": {"query": "ghost", "alpha": 0.5}}
PACKED = build_packed_fields(["default"])
VECTORS = {
    "_source": False,
    "stored_fields": "_none_",
    "docvalue_fields": ["id"],
    "script_fields": PACKED,
    "track_total_hits": False,
}
DOCUMENTS = {"_source": {"includes": ["properties", "key"]}, "track_total_hits": False}


def plan(**fields: Any) -> Plan:
    request = SearchRequest.model_validate(fields)
    return plan_search(FILMS, request, None if request.bm25 else VECTOR)


def response(hits: list[dict[str, Any]]) -> dict[str, Any]:
    return {"took": 3, "hits": {"total": {"value": len(hits), "relation": "eq"}, "hits": hits}}


def pack(vector: list[float]) -> str:
    return b64encode(np.array(vector, "<f4").tobytes()).decode()


def vectors(**found: list[float]) -> dict[str, Any]:
    """A response with vectors; the scores are those of a search by vector."""
    return response(
        [
            {"_score": (1 + vector[0]) / 2, "fields": {"id": [key], "vectors.default": [pack(vector)]}}
            for key, vector in found.items()
        ]
    )


def documents(*keys: str) -> dict[str, Any]:
    return response([{"_id": key, "_source": {"properties": {"title": f"Film {key}"}}} for key in keys])


# b is like a; c is like neither.
NEAREST = vectors(a=[0.9, 0.1, 0.0], b=[0.89, 0.1, 0.0], c=[0.5, 0.0, 0.8])


def shown(found: Found) -> list[tuple[str, Any]]:
    return [(hit.id, hit.properties.get("title")) for hit in build_response(found).objects]


def test_a_diverse_search_reads_vectors_first_and_the_documents_of_its_page_afterwards() -> None:
    made = plan(**NEAR, diversity={"balance": 0.5}, limit=2)

    wanted = {
        "_source": False,
        "stored_fields": "_none_",
        "docvalue_fields": ["id"],
        "script_fields": PACKED,
        "size": 100,
    }
    assert {name: made.bodies[0][name] for name in wanted} == wanted
    assert made.documents == DOCUMENTS
    found = read_found(made, [NEAREST], NOW)
    assert build_wanted_body(found) == {"query": {"ids": {"values": ["a", "c"]}}, "size": 2} | DOCUMENTS
    whole = complete_found(found, documents("c", "a"), NOW)
    assert (whole.wanted, whole.took) == ((), 6)
    assert shown(whole) == [("a", "Film a"), ("c", "Film c")]


def test_a_hybrid_search_reads_ids_then_vectors_then_the_documents_of_its_page() -> None:
    made = plan(**BOTH, diversity={"balance": 0, "candidates": 3}, offset=1, limit=1)
    leg = response([{"_score": 1.0 - place / 10, "fields": {"id": [key]}} for place, key in enumerate("abcd")])

    found = read_found(made, [leg, leg], NOW)
    assert build_wanted_body(found) == {"query": {"ids": {"values": ["a", "b", "c"]}}, "size": 3} | VECTORS
    chosen = complete_found(found, NEAREST, NOW)
    assert build_wanted_body(chosen) == {"query": {"ids": {"values": ["c"]}}, "size": 1} | DOCUMENTS
    assert shown(complete_found(chosen, documents("c"), NOW)) == [("c", "Film c")]


def test_smoothing_sees_vectors_and_the_page_has_its_scores() -> None:
    made = plan(**NEAR, smoothing={"weight": 1, "neighbours": 1}, limit=2)

    found = read_found(made, [NEAREST], NOW)

    # Each has the score of its nearest other: a that of b, and b and c that of a.
    assert [hit.id for hit in found.hits] == ["b", "c"]
    assert shown(complete_found(found, documents("b", "c"), NOW)) == [("b", "Film b"), ("c", "Film c")]


def test_a_boost_of_words_reads_its_columns_first() -> None:
    made = plan(**WORDS, boost=RECENT, limit=1, highlight=True)
    columns = {"_source": False, "docvalue_fields": ["id", "properties.year"]}
    hits = [
        {"_score": 2.0 - place, "fields": {"id": [key], "properties.year": [year]}}
        for place, (key, year) in enumerate((("a", 2011), ("b", 2019)))
    ]

    assert {name: made.bodies[0][name] for name in columns} == columns
    assert "highlight" not in made.bodies[0]
    assert made.vectors is None
    assert made.documents
    assert made.documents["highlight"]["highlight_query"]
    found = read_found(made, [response(hits)], NOW)
    assert list(found.wanted) == ["b"]
    assert shown(complete_found(found, documents("b"), NOW)) == [("b", "Film b")]


def test_a_boost_and_smoothing_read_columns_and_vectors_together() -> None:
    made = plan(**NEAR, boost=RECENT, smoothing={"neighbours": 1}, limit=1)

    assert (made.bodies[0]["_source"], made.bodies[0]["script_fields"]) == (False, PACKED)
    assert made.bodies[0]["docvalue_fields"] == ["id", "properties.year"]
    years = {"a": 2000, "b": 2020, "c": 2000}
    hits = [
        hit | {"fields": hit["fields"] | {"properties.year": [years[hit["fields"]["id"][0]]]}}
        for hit in NEAREST["hits"]["hits"]
    ]
    assert list(read_found(made, [response(hits)], NOW).wanted) == ["b"]


def test_an_object_of_the_page_that_was_deleted_in_between_is_left_out() -> None:
    found = read_found(plan(**NEAR, diversity={"balance": 0.5}, limit=2), [NEAREST], NOW)

    assert shown(complete_found(found, documents("c"), NOW)) == [("c", "Film c")]


def test_an_object_without_the_vector_is_like_no_other() -> None:
    without = {"_score": 0.2, "fields": {"id": ["d"], "vectors.default": [None]}}
    made = plan(**NEAR, diversity={"balance": 0}, limit=2)

    found = read_found(made, [response([*NEAREST["hits"]["hits"][:2], without])], NOW)

    assert list(found.wanted) == ["a", "d"]


def test_a_page_without_hits_reads_no_documents() -> None:
    found = read_found(plan(**NEAR, diversity={}), [response([])], NOW)

    assert (list(found.wanted), shown(found)) == ([], [])


@pytest.mark.parametrize(
    "fields",
    [
        NEAR | {"diversity": {"candidates": 5}, "limit": 5},
        NEAR | {"diversity": {}, "rerank": {"query": "ghost", "model": "cohere.rerank-v3-5:0"}},
        NEAR | {"diversity": {}, "group_by": {"property": "year"}},
        NEAR | {"diversity": {}, "boost": YOUNG},
        WORDS | {"boost": YOUNG},
        WORDS,
    ],
    ids=["all candidates", "rerank", "groups", "a boost without columns", "the same of words", "no step"],
)
def test_other_searches_read_documents_with_their_hits(fields: dict[str, Any]) -> None:
    made = plan(**fields)

    assert (made.documents, made.vectors) == (None, None)
    assert "properties" in made.bodies[0]["_source"]["includes"]
