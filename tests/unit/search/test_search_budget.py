"""The limits of what one request may cost."""

from typing import Any

import pytest

from lambdas.aggregate.body import build_aggregate_body, estimate_cost
from lambdas.aggregate.request import AggregateRequest
from lambdas.errors import InvalidRequestError
from lambdas.search.budget import check_aggregate, check_filter, check_searches
from lambdas.search.request import SearchRequest
from lambdas.settings import RequestLimits, SettingsError
from tests.builders import collection

TEXTS = [{"name": name, "type": "text", "tokenization": "word"} for name in ("a", "b")]
BOOKS = collection(
    properties=[*TEXTS, {"name": "n", "type": "int"}, {"name": "seen", "type": "boolean"}],
    vectors={"default": {"vectorizer": "none", "dimensions": 500}},
)
WIDE = collection(properties=[{"name": f"p{place}", "type": "text"} for place in range(20)], vectors={})
LIMITS = RequestLimits()


def like(pattern: str) -> dict[str, Any]:
    return {"property": "a", "operator": "like", "value": pattern}


def words(count: int) -> str:
    return " ".join(f"word{place}" for place in range(count))


def check(*requests: dict[str, Any], on: Any = BOOKS, limits: RequestLimits = LIMITS) -> None:
    check_searches(on, [SearchRequest.model_validate(each) for each in requests], limits)


LISTING: dict[str, Any] = {"sort": [{"property": "_id"}]}
NEAR: dict[str, Any] = {"near_vector": {"vector": [0.1] * 500}}


@pytest.mark.parametrize(
    ("requests", "message"),
    [
        ([LISTING | {"filter": {"or": [like("a*")] * 21}}], "21 conditions with 'like', and at most 20"),
        ([LISTING | {"filter": {"not": {"and": [like("a*")] * 7}}}] * 3, "21 conditions with 'like', and at most 20"),
        (
            [NEAR | {"boost": {"conditions": [{"filter": like("a*")}] * 11}}] * 2,
            "22 conditions with 'like', and at most 20",
        ),
        ([LISTING | {"filter": {"or": [like("*a")] * 6}}], "6 'like' patterns that begin with a wildcard, and at most"),
        ([LISTING | {"filter": like("?a")}] * 6, "6 'like' patterns that begin with a wildcard, and at most 5"),
        ([{"bm25": {"query": words(33), "fuzziness": "auto"}}], "33 words searched with fuzziness, and at most 32"),
        ([{"bm25": {"query": words(11), "fuzziness": 1}}] * 3, "33 words searched with fuzziness, and at most 32"),
        ([{"hybrid": {"query": "a-b." * 17, "fuzziness": 2}}], "34 words searched with fuzziness"),
        ([{"bm25": {"query": "\u4e2d" * 33, "fuzziness": 2}}], "words searched with fuzziness"),
        ([LISTING | {"filter": {"or": [like("a")] * 1 + [{"not": like("a")}] * 20}}], "21 conditions with 'like'"),
        ([LISTING | {"limit": 1000, "include_vectors": True}] * 2, "12,000,000 bytes of vectors"),
        ([LISTING | {"limit": 1000}] * 6, "6,000 objects in the response, and at most 5,000"),
        ([NEAR | {"limit": 10, "context": 10}] * 20 + [NEAR | {"limit": 39, "context": 10}], "5,019 objects in the"),
        ([NEAR | {"limit": 40, "context": "section"}] * 6, "5,040 objects in the"),
        ([NEAR | {"offset": 9_990}] * 3, "30,000 candidates, and at most 20,000"),
        (
            [NEAR | {"diversity": {"candidates": 200}}] * 21,
            "25,200,000 bytes of vectors that diversity and smoothing compare",
        ),
        (
            [{"bm25": {"query": "x"}, "rerank": {"model": "cohere.rerank-v3-5:0", "candidates": 1000}}] * 3,
            "3,000 texts to rerank, and at most 2,000",
        ),
        (
            [{"near_text": {"query": [f"{place:04}" * 2_500 for place in range(20)]}}] * 6,
            "1,200,000 characters to embed",
        ),
    ],
)
def test_searches_above_a_limit_are_rejected_with_number_and_limit(
    requests: list[dict[str, Any]], message: str
) -> None:
    with pytest.raises(InvalidRequestError, match=message):
        check(*requests)


@pytest.mark.parametrize(
    "requests",
    [
        [LISTING | {"filter": {"and": [like("a*")] * 15 + [like("*a")] * 5}}],
        [{"bm25": {"query": words(32), "fuzziness": "auto"}}],
        [{"bm25": {"query": words(500), "fuzziness": 0}}],
        [LISTING | {"limit": 1000, "include_vectors": True}],
        [{"hybrid": {"query": "a few words", "vector": [0.1] * 500}, "explain": True}] * 20,
        [NEAR | {"limit": 250}] * 20,
        [{"near_text": {"query": "w" * 10_000}}] * 20,
    ],
)
def test_searches_up_to_the_limits_pass(requests: list[dict[str, Any]]) -> None:
    check(*requests)


def test_words_cost_once_for_each_property_and_pairs_too() -> None:
    query = {"bm25": {"query": words(30), "phrase_boost": 0.2}}

    check(*[query] * 8, on=WIDE)
    with pytest.raises(InvalidRequestError, match="10,800 conditions, words and pairs of words"):
        check(*[query] * 9, on=WIDE)


def test_fuzzy_words_are_counted_in_each_property() -> None:
    check({"bm25": {"query": words(12), "fuzziness": 1}}, on=WIDE)
    with pytest.raises(InvalidRequestError, match="260 fuzzy words, counted in each property, and at most 256"):
        check({"bm25": {"query": words(13), "fuzziness": 1}}, on=WIDE)


def test_a_wrong_property_does_not_hide_the_cost_of_the_other_queries() -> None:
    wrong = {"bm25": {"query": "x", "properties": ["nothing"]}}

    check(wrong, {"bm25": {"query": "x"}})
    with pytest.raises(InvalidRequestError, match="21 conditions"):
        check(wrong, LISTING | {"filter": {"or": [like("a")] * 21}})


def test_filters_of_listings_and_deletions_have_the_same_limits() -> None:
    condition = SearchRequest.model_validate(LISTING | {"filter": {"or": [like("a")] * 21}}).filter

    with pytest.raises(InvalidRequestError, match="21 conditions with 'like'"):
        check_filter(condition, LIMITS)


def aggregate(**question: Any) -> None:
    request = AggregateRequest.model_validate(question)
    check_aggregate(BOOKS, request.filter, request.search, estimate_cost(request), LIMITS)


@pytest.mark.parametrize(
    ("question", "message"),
    [
        (
            {"group_by": {"property": "a", "limit": 201}, "properties": {"n": {"metrics": ["median"]}}},
            "201 medians .groups x properties., and at most 200 are possible: lower group_by.limit",
        ),
        (
            {
                "group_by": {"property": "a", "limit": 700},
                "properties": {"b": {"metrics": ["top_occurrences"], "limit": 100}},
            },
            "170,660 buckets .groups x values., and at most 60,000",
        ),
        ({"filter": {"or": [like("a")] * 21}}, "21 conditions with 'like'"),
        ({"search": {"bm25": {"query": words(33), "fuzziness": 1}}}, "33 words searched with fuzziness"),
    ],
)
def test_aggregations_above_a_limit_are_rejected(question: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidRequestError, match=message):
        aggregate(**question)


def test_grouped_aggregations_up_to_the_limits_pass() -> None:
    aggregate(group_by={"property": "a", "limit": 200}, properties={"n": {"metrics": ["median"]}})
    aggregate(group_by={"property": "a", "limit": 1000}, properties={"b": {"metrics": ["top_occurrences"]}})


def test_what_is_in_groups_is_computed_for_a_small_reserve_of_groups() -> None:
    request = AggregateRequest.model_validate(
        {"group_by": {"property": "a", "limit": 1}, "properties": {"n": {"metrics": ["median", "mode"]}}}
    )

    groups = build_aggregate_body(BOOKS, request, None)["aggs"]["groups"]

    assert groups["terms"]["shard_size"] == 12
    assert groups["terms"]["collect_mode"] == "breadth_first"
    assert groups["aggs"]["p0.mode"]["terms"]["shard_size"] == 12
    assert groups["aggs"]["p0.median"]["percentiles"]["tdigest"] == {"compression": 100}


def test_limits_are_settings_of_the_environment() -> None:
    limits = RequestLimits.from_environment({"ALTO_LIMIT_LIKE_PATTERNS": "1", "AWS_REGION": "us-east-1"})

    assert (limits.like_patterns, limits.fuzzy_words) == (1, 32)
    with pytest.raises(InvalidRequestError, match="2 conditions with 'like', and at most 1"):
        check(LISTING | {"filter": {"or": [like("a")] * 2}}, limits=limits)
    with pytest.raises(SettingsError, match="ALTO_LIMIT_LIKE_PATTERNS"):
        RequestLimits.from_environment({"ALTO_LIMIT_LIKE_PATTERNS": "many"})


def test_a_request_highlights_a_bounded_number_of_texts() -> None:
    check({"bm25": {"query": "a"}, "highlight": True, "limit": 1_000}, on=WIDE)
    check({"bm25": {"query": "a"}, "limit": 1_000}, {"bm25": {"query": "a"}, "limit": 1_000}, on=WIDE)

    with pytest.raises(InvalidRequestError, match=r"20,020 texts to highlight .*and at most 20,000"):
        check(*[{"bm25": {"query": "a"}, "highlight": True, "limit": size} for size in (1_000, 1)], on=WIDE)
